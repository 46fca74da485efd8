"""Readings in the words of the desk, and as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from app.actions.readings.staff import Decided
from app.domain.readings import Doubt, ReadingSource, ReadingStatus
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.readings.staff import MOST, DeskReading, Warned
from app.sections.readings.labels import STATUSES
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
WARNED_FILTER = {
    str(Warned.DOUBT): "С сомнением",
    str(Warned.LATE): "После срока",
    str(Warned.NONE): "Без предупреждений",
}
DOUBTS = {
    Doubt.ROLL_OVER: "Переход через ноль",
    Doubt.LESS: "Меньше предыдущего",
    Doubt.ZERO: "Расхода нет",
    Doubt.UNUSUAL: "Намного больше обычного",
    Doubt.POWER: "Больше максимальной мощности",
}
SOURCES = {ReadingSource.PORTAL: "кабинет", ReadingSource.STAFF: "сотрудник"}
NOTHING = "Ничего не отмечено. Отметьте показания в таблице"
NO_REASON = "Поле «Причина отказа»: напишите, почему; это прочитает потребитель"
LONG_REASON = "Поле «Причина отказа»: не больше 300 знаков"
REASON_TO_ACCEPT = (
    "Написана причина отказа, а нажата кнопка «Принять». "
    "Чтобы принять, сотрите причину; чтобы отклонить, нажмите «Отклонить отмеченные»"
)


def status_words(row: DeskReading) -> tuple[str, str]:
    """Shape and word of a reading's status, as a clerk reads it."""
    status = ReadingStatus(row.reading.status)
    return ("wait", SENT) if status is ReadingStatus.SENT else STATUSES[status]


def warnings(row: DeskReading) -> list[str]:
    """Everything unusual about a reading, in short words."""
    found = [DOUBTS[Doubt(doubt)] for doubt in row.reading.doubts]
    return [*found, "После срока"] if row.reading.is_late else found


def decided_words(done: Decided) -> str:
    """«Принято: 12. Отклонено: 0. Уже решены другими: 1.»"""
    words = f"Принято: {done.accepted}. Отклонено: {done.refused}."
    if done.left:
        words += f" Уже решены другими: {done.left}."
    if done.exported:
        words += (
            f" Из отклоненных уже выгружены для биллинга: {done.exported}. "
            "Отказ уйдет в биллинг со следующей выгрузкой."
        )
    return words


def readings_table(rows: Iterable[DeskReading]) -> Table:
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
        Column("Предупреждения", Kind.TEXT, 30),
        Column("Источник", Kind.TEXT, 12),
        Column("Передано", Kind.TEXT, 18),
        Column("Статус", Kind.TEXT, 14),
        Column("Причина", Kind.TEXT, 30),
        Column("Решил", Kind.TEXT, 24),
    )
    found = [_cells(row) for row in rows]
    if len(found) > MOST:
        cut: list[Cell] = [f"Только первые {MOST} показаний: сузьте отбор"]
        found = [*found[:MOST], cut + [None] * (len(columns) - 1)]
    return Table("Показания", columns, found)


def _cells(row: DeskReading) -> list[Cell]:
    reading, decimals = row.reading, row.scale.decimals
    previous = reading.previous_value
    return [
        row.contract_number,
        row.customer,
        row.serial_number,
        row.place,
        ZONES[row.zone],
        reading.period.short_label,
        None if previous is None else round(previous, decimals),
        reading.previous_on,
        round(reading.value, decimals),
        reading.taken_on,
        row.scale.multiplier,
        reading.consumption,
        ", ".join(warnings(row)),
        SOURCES[ReadingSource(reading.source)],
        moment(row.receipt.submitted_at),
        status_words(row)[1],
        reading.reason or "",
        row.decided_by or "",
    ]
