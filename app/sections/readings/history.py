"""History of a meter: readings and consumption by month, for the page and as a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.bar_charts import BarChart, build_chart
from app.domain.meters import MeterState, RegisterState
from app.domain.period import Month
from app.domain.reading_history import (
    HistoryRow,
    MonthHistory,
    build_history,
    group_by_year,
    join_zones,
)
from app.domain.readings import ReadingConsumption, build_consumption
from app.extensions import db
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.contracts import VisibleContract
from app.queries.readings.known_readings import list_known
from app.sections.readings.labels import SOURCES, ZONES

MONTHS_BACK = 49
"""Three years, the year before them, and the reading before that."""
CHART_MONTHS = 12
STATUSES = {"sent": "Передано"}


@dataclass(frozen=True, slots=True)
class MeterHistory:
    """Months of a meter, newest first, by year, and their chart.

    Attributes:
        registers: a column each, in the order of ``MonthHistory.zones``.
        chart: the last twelve months; None where no consumption is known.
    """

    registers: tuple[RegisterState, ...]
    months: list[MonthHistory]
    chart: BarChart | None

    @property
    def years(self) -> list[tuple[int, list[MonthHistory]]]:
        """Months by calendar year."""
        return group_by_year(self.months)


def read_history(contract: VisibleContract, meter: MeterState, last: Month) -> MeterHistory:
    """History of all registers of a meter; one SELECT."""
    ids = [register.id for register in meter.registers]
    known = list_known(db.session(), ids, last.plus(-MONTHS_BACK), contract.transferred_at)
    months = join_zones(
        [
            build_history(build_consumption(known[register.id], register.scale), last)
            for register in meter.registers
        ]
    )
    drawn = [
        (month.period, month.total_kwh, month.year_ago_kwh)
        for month in reversed(months[:CHART_MONTHS])
    ]
    return MeterHistory(meter.registers, months, build_chart(drawn))


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


def no_consumption(history: MeterHistory) -> str:
    """Why a meter with readings has no chart of consumption."""
    if any(month.total_kwh is not None for month in history.months[:CHART_MONTHS]):
        return "Расхода за эти месяцы не было: показания не менялись."
    readings = (
        len(zone.readings) for month in history.months for zone in month.zones if zone is not None
    )
    if sum(readings) <= len(history.registers):
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


def history_table(meter: MeterState, history: MeterHistory) -> Table:
    """One row per reading, zone by zone, newest first."""
    columns = (
        Column("Точка поставки", Kind.TEXT, 30),
        Column("Свое название точки", Kind.TEXT, 24),
        Column("Прибор", Kind.TEXT, 16),
        Column("Свое название прибора", Kind.TEXT, 24),
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
        _cells(meter, register, zone, reading)
        for place, register in enumerate(history.registers)
        for month in history.months
        if (zone := month.zones[place]) is not None
        for reading in reversed(zone.readings)
    ]
    return Table("История показаний", columns, rows)


def _cells(
    meter: MeterState, register: RegisterState, row: HistoryRow, reading: ReadingConsumption
) -> list[Cell]:
    return [
        meter.supply_point,
        meter.custom_point or "",
        meter.serial_number,
        meter.custom_name or "",
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
