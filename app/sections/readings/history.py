"""History of a meter: readings and consumption by register, as page and as table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import g

from app.domain.period import Month
from app.domain.reading_history import Bar, HistoryRow, build_bars, build_history
from app.domain.readings import Used, chain
from app.extensions import db
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.readings.customer import list_known
from app.queries.readings.meters import MeterCard, RegisterCard
from app.sections.readings.labels import SOURCES, ZONES

MONTHS_BACK = 49
"""Three years, the year before them, and the reading before that."""
STATUSES = {"sent": "Передано"}


@dataclass(frozen=True, slots=True)
class RegisterHistory:
    """A register's months, newest first, and the bars of its chart."""

    register: RegisterCard
    rows: list[HistoryRow]
    bars: list[Bar]
    top: Decimal | None
    """Consumption of the highest bar, kWh."""


def read_history(meter: MeterCard, last: Month) -> list[RegisterHistory]:
    """All registers of a meter."""
    ids = [register.id for register in meter.registers]
    known = list_known(db.session(), ids, last.plus(-MONTHS_BACK), g.contract.transferred_at)
    found = []
    for register in meter.registers:
        rows = build_history(chain(known[register.id], register.scale), last)
        values = [value for row in rows for value in (row.used, row.year_ago) if value is not None]
        top = max(values, default=None)
        found.append(RegisterHistory(register, rows, build_bars(rows), top))
    return found


def marks(used: Used, span: int) -> str:
    """What is special about a reading, in words."""
    found = []
    if used.reading.kind == "initial":
        found.append("прибор установлен")
    if used.reading.kind == "final":
        found.append("прибор снят")
    if used.reading.kind == "control":
        found.append("контрольное")
    if used.rolled_over:
        found.append("переход через ноль")
    if span > 1 and used.consumption is not None:
        found.append(f"расход за {span} мес.")
    return ", ".join(found)


def status_words(used: Used) -> str:
    """«Принято» unless it still waits."""
    return STATUSES.get(used.reading.status or "", "Принято")


def no_consumption(history: RegisterHistory) -> str:
    """Why a register with readings has no chart of consumption."""
    if history.top is not None:
        return "Расхода за эти месяцы не было: показания не менялись."
    if sum(len(row.readings) for row in history.rows) == 1:
        return "Расхода пока нет: он считается между двумя показаниями, а здесь одно."
    return "Расход по месяцам не посчитать: между показаниями есть пропуски."


def no_readings(meter: MeterCard) -> str:
    """Why the history of a meter is empty."""
    if meter.is_automatic:
        return (
            "Показания этого прибора снимаются автоматически, в кабинет они не приходят. "
            "Объем по месяцам — в разделе «Начисления»."
        )
    if meter.removed_on is not None:
        return f"Прибор снят {meter.removed_on:%d.%m.%Y}, показаний за последние годы нет."
    return "Показаний этого прибора нет. Они появятся здесь, когда их передадут."


def history_table(meter: MeterCard, history: Sequence[RegisterHistory]) -> Table:
    """One row per reading, newest first."""
    columns = (
        Column("Прибор", Kind.TEXT, 16),
        Column("Зона", Kind.TEXT, 10),
        Column("Период", Kind.TEXT, 12),
        Column("Дата", Kind.DATE, 12),
        Column("Показание", Kind.ENERGY, 16),
        Column("Коэффициент", Kind.ENERGY, 14),
        Column("Расход, кВт·ч", Kind.ENERGY, 16),
        Column("Год назад, кВт·ч", Kind.ENERGY, 16),
        Column("Источник", Kind.TEXT, 24),
        Column("Статус", Kind.TEXT, 12),
        Column("Отметки", Kind.TEXT, 30),
    )
    rows: list[list[Cell]] = [
        [
            meter.serial_number,
            ZONES[each.register.zone],
            row.period.short_label,
            used.reading.on,
            round(used.reading.value, each.register.scale.decimals),
            meter.multiplier,
            used.consumption,
            row.year_ago,
            SOURCES.get(used.reading.source or "", ""),
            status_words(used),
            marks(used, used.months),
        ]
        for each in history
        for row in each.rows
        for used in reversed(row.readings)
    ]
    return Table("История показаний", columns, rows)
