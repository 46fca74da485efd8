"""History of a meter: readings and consumption by month, for the page and as a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.meters import MeterState, RegisterState
from app.domain.period import Month
from app.domain.reading_history import Bar, HistoryRow, build_bars, build_history, find_highest
from app.domain.readings import ReadingConsumption, build_consumption
from app.extensions import db
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.contracts import VisibleContract
from app.queries.readings.known_readings import list_known
from app.sections.readings.labels import SOURCES, ZONES

MONTHS_BACK = 49
"""Three years, the year before them, and the reading before that."""
STATUSES = {"sent": "Передано"}


@dataclass(frozen=True, slots=True)
class RegisterHistory:
    """A register's months, newest first, and the bars of its chart.

    Attributes:
        highest_kwh: consumption of the highest bar.
    """

    register: RegisterState
    rows: list[HistoryRow]
    bars: list[Bar]
    highest_kwh: Decimal | None


def read_history(
    contract: VisibleContract, meter: MeterState, last: Month
) -> list[RegisterHistory]:
    """Histories of all registers of a meter; one SELECT for each source."""
    ids = [register.id for register in meter.registers]
    known = list_known(db.session(), ids, last.plus(-MONTHS_BACK), contract.transferred_at)
    found = []
    for register in meter.registers:
        rows = build_history(build_consumption(known[register.id], register.scale), last)
        found.append(RegisterHistory(register, rows, build_bars(rows), find_highest(rows)))
    return found


def marks(row: ReadingConsumption) -> str:
    """What is special about a reading: installed, removed, control, roll-over, gap."""
    found = []
    if row.reading.kind == "initial":
        found.append("прибор установлен")
    if row.reading.kind == "final":
        found.append("прибор снят")
    if row.reading.kind == "control":
        found.append("контрольное")
    if row.rolled_over:
        found.append("переход через ноль")
    if row.months > 1 and row.consumption_kwh is not None:
        found.append(f"расход за {row.months} мес.")
    return ", ".join(found)


def status_label(row: ReadingConsumption) -> str:
    """«Принято» unless it still waits."""
    return STATUSES.get(row.reading.status or "", "Принято")


def no_consumption(history: RegisterHistory) -> str:
    """Why a register with readings has no chart of consumption."""
    if history.highest_kwh is not None:
        return "Расхода за эти месяцы не было: показания не менялись."
    if sum(len(row.readings) for row in history.rows) == 1:
        return "Расхода пока нет: он считается между двумя показаниями, а здесь одно."
    return "Расход по месяцам не посчитать: между показаниями есть пропуски."


def no_readings(meter: MeterState) -> str:
    """Why the history of a meter is empty."""
    if meter.is_automatic:
        return (
            "Показания этого прибора снимаются автоматически, в кабинет они не приходят. "
            "Объем по месяцам — в разделе «Начисления»."
        )
    if meter.removed_on is not None:
        return f"Прибор снят {meter.removed_on:%d.%m.%Y}, показаний за последние годы нет."
    return "Показаний этого прибора нет. Они появятся здесь, когда их передадут."


def history_table(meter: MeterState, history: Sequence[RegisterHistory]) -> Table:
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
    rows = [
        _cells(meter, register_history.register, row, reading)
        for register_history in history
        for row in register_history.rows
        for reading in reversed(row.readings)
    ]
    return Table("История показаний", columns, rows)


def _cells(
    meter: MeterState, register: RegisterState, row: HistoryRow, reading: ReadingConsumption
) -> list[Cell]:
    return [
        meter.serial_number,
        ZONES[register.zone],
        row.period.short_label,
        reading.reading.taken_on,
        round(reading.reading.value, register.scale.decimals),
        meter.multiplier,
        reading.consumption_kwh,
        row.year_ago_kwh,
        SOURCES.get(reading.reading.source or "", ""),
        status_label(reading),
        marks(reading),
    ]
