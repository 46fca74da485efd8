"""Russian labels of submitted readings for clerks, and the list as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from app.actions.readings.decisions import DecisionCounts
from app.domain.reading_checks import Doubt, Remark
from app.domain.readings import ReadingSource, ReadingStatus
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.readings.staff import MAX_ROWS, ReviewedReading, WarningFilter
from app.sections.readings.labels import STATUSES
from app.web.field_errors import labelled_error
from app.web.filters import moment
from app.web.labels import ZONES

SENT = "Ждет проверки"
STATUS_FILTER = {
    str(ReadingStatus.SENT): "Ждут проверки",
    str(ReadingStatus.ACCEPTED): "Приняты",
    str(ReadingStatus.REJECTED): "Отклонены",
    str(ReadingStatus.REPLACED): "Заменены",
    str(ReadingStatus.WITHDRAWN): "Отозваны",
}
REASONS: dict[str, str] = {
    Doubt.UNUSUAL: "Намного больше обычного",
    Doubt.POWER: "Больше максимальной мощности",
    Doubt.LESS: "Меньше предыдущего",
    Doubt.ROLL_OVER: "Переход через ноль",
    Doubt.ZERO: "Расхода нет",
    Remark.LOW: "Намного меньше обычного",
    Remark.ESTIMATED: "Предыдущее рассчитано, не снято",
}
WARNED_FILTER = {
    str(WarningFilter.ANY): "Все необычные",
    str(WarningFilter.DOUBT): "С сомнением",
    **{str(code): label for code, label in REASONS.items()},
    str(WarningFilter.LATE): "После срока",
    str(WarningFilter.NONE): "Без замечаний",
}
SOURCES = {ReadingSource.PORTAL: "кабинет", ReadingSource.STAFF: "сотрудник"}
NOTHING_TICKED = "Ничего не отмечено. Отметьте показания в таблице"
REASON = "Причина отказа"
NO_REASON = labelled_error(REASON, "напишите, почему; это прочитает потребитель")
LONG_REASON = labelled_error(REASON, "не больше 300 знаков")
REASON_TO_ACCEPT = (
    "Написана причина отказа, а нажата кнопка «Принять». "
    "Чтобы принять, сотрите причину; чтобы отклонить, нажмите «Отклонить отмеченные»"
)


def status_label(row: ReviewedReading) -> tuple[str, str]:
    """Shape and label of a reading's status, as a clerk reads it."""
    status = ReadingStatus(row.reading.status)
    return ("wait", SENT) if status is ReadingStatus.SENT else STATUSES[status]


def warnings(row: ReviewedReading) -> list[str]:
    """Labels of everything unusual about a reading."""
    found = [REASONS[code] for code in row.reading.doubts]
    return [*found, "После срока"] if row.reading.is_late else found


def decided_label(done: DecisionCounts) -> str:
    """«Принято: 12. Отклонено: 0. Уже решены другими: 1.»"""
    label = f"Принято: {done.accepted}. Отклонено: {done.rejected}."
    if done.left:
        label += f" Уже решены другими: {done.left}."
    if done.exported:
        label += (
            f" Из отклоненных уже выгружены для биллинга: {done.exported}. "
            "Отказ уйдет в биллинг со следующей выгрузкой."
        )
    return label


def readings_table(rows: Iterable[ReviewedReading]) -> Table:
    """The list for a spreadsheet; where it is cut, its last row says so."""
    columns = (
        Column("Договор", Kind.TEXT, 14),
        Column("Потребитель", Kind.TEXT, 32),
        Column("Прибор", Kind.TEXT, 16),
        Column("Место", Kind.TEXT, 40),
        Column("Зона", Kind.TEXT, 10),
        Column("Месяц", Kind.TEXT, 10),
        Column("Предыдущее", Kind.ENERGY, 14),
        Column("Дата предыдущего", Kind.DATE, 12),
        Column("Показание", Kind.ENERGY, 14),
        Column("Дата показания", Kind.DATE, 12),
        Column("Коэффициент", Kind.ENERGY, 12),
        Column("Расход, кВт·ч", Kind.ENERGY, 16),
        Column("Что необычно", Kind.TEXT, 30),
        Column("Источник", Kind.TEXT, 12),
        Column("Передано", Kind.TEXT, 18),
        Column("Статус", Kind.TEXT, 14),
        Column("Причина", Kind.TEXT, 30),
        Column("Решил", Kind.TEXT, 24),
    )
    found = [_cells(row) for row in rows]
    if len(found) > MAX_ROWS:
        cut: list[Cell] = [f"Только первые {MAX_ROWS} показаний: сузьте отбор"]
        found = [*found[:MAX_ROWS], cut + [None] * (len(columns) - 1)]
    return Table("Показания", columns, found)


def _cells(row: ReviewedReading) -> list[Cell]:
    reading, register = row.reading, row.register
    decimals = register.scale.decimals
    previous = reading.previous_value
    return [
        row.contract_number,
        row.customer,
        register.serial_number,
        register.place,
        ZONES[register.zone],
        reading.period.short_label,
        None if previous is None else round(previous, decimals),
        reading.previous_on,
        round(reading.value, decimals),
        reading.taken_on,
        register.scale.multiplier,
        reading.consumption_kwh,
        ", ".join(warnings(row)),
        SOURCES[ReadingSource(reading.source)],
        moment(row.receipt.submitted_at),
        status_label(row)[1],
        reading.reason or "",
        row.decided_by or "",
    ]
