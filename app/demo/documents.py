"""Monthly documents (УПД) and the corrections of them (УКД)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.demo.cast import Story
from app.demo.directory import KW, KWH
from app.demo.metering import HOURS_PER_MONTH, Point
from app.demo.money import ZERO, Sums, price_line, round_half_up, vat_percent
from app.demo.parties import Deal
from app.demo.rows import ChargeKind, ChargeLineRow, ChargeRow
from app.demo.tariffs import capacity_price, energy_price, has_capacity
from app.demo.timeline import Month, Timeline
from app.demo.usage import Usage

CORRECTION_DAY = 20
# Capacity is paid for the hours of peak, when the load is above its average.
LOAD_FACTOR = Decimal("0.62")
_VAT_CHANGE = (Month(2025, 11), Month(2026, 1))


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its lines."""

    row: ChargeRow
    lines: tuple[ChargeLineRow, ...]


class Correction(NamedTuple):
    """A change of the volume of ``period``, issued in the month ``issued``, in per cent."""

    period: Month
    issued: Month
    percent: int


def sum_lines(lines: Iterable[ChargeLineRow]) -> Sums:
    """Totals of a document: sums of its rounded lines, never computed anew."""
    amount = vat_amount = total = ZERO
    for line in lines:
        amount += line.amount
        vat_amount += line.vat_amount
        total += line.total
    return Sums(amount, vat_amount, total)


def bill_months(
    deal: Deal, points: list[Point], usages: list[Usage], timeline: Timeline, seed: int
) -> list[Document]:
    """A УПД for each billed month of the contract."""
    of_month: dict[Month, list[Usage]] = defaultdict(list)
    for usage in usages:
        of_month[usage.month].append(usage)
    documents = []
    for month in deal.months:
        lines = _Lines(f"UPD-{deal.key}-{month.year}{month.number:02d}", month, deal, seed)
        for point in points:
            lines.add_point(point, [u for u in of_month[month] if u.point is point])
        day = month.last_day
        doc_no = f"{deal.key}/{day:%m%y}"
        documents.append(
            _document(deal, "upd", lines.rows, timeline, doc_no=doc_no, period=month, day=day)
        )
    return documents


class _Lines:
    """Lines of one УПД, numbered as they come."""

    def __init__(self, charge_id: str, month: Month, deal: Deal, seed: int) -> None:
        self.charge_id = charge_id
        self.month = month
        self.category = deal.role.price_category
        self.seed = seed
        self.rows: list[ChargeLineRow] = []

    def add_point(self, point: Point, usages: list[Usage]) -> None:
        """Energy by meter and zone, then losses and capacity of the whole point."""
        for usage in usages:
            method = "estimated" if usage.estimated else "meter"
            price = self._energy_price(point, usage.zone)
            meter_id = usage.meter.row.meter_id
            self._add("EE", point, usage.kwh, price, method, meter_id=meter_id, zone=usage.zone)
        for zone, kwh in _losses(point, usages):
            self._add("LOSS", point, kwh, self._energy_price(point, zone), "calc", zone=zone)
        if has_capacity(self.category):
            total = sum((usage.kwh for usage in usages), Decimal(0))
            kw = round_half_up(total / (HOURS_PER_MONTH * LOAD_FACTOR), 3)
            price = capacity_price(self.seed, self.month, self.category)
            self._add("CAP", point, kw, price, "calc", unit=KW)

    def _energy_price(self, point: Point, zone: str) -> Decimal:
        return energy_price(
            self.seed,
            self.month,
            voltage=point.role.voltage,
            category=self.category,
            zones=len(point.role.zones),
            zone=zone,
        )

    def _add(
        self,
        service: str,
        point: Point,
        qty: Decimal,
        price: Decimal,
        method: str,
        *,
        meter_id: str | None = None,
        zone: str | None = None,
        unit: str = KWH,
    ) -> None:
        rate = vat_percent(self.month)
        sums = price_line(qty, price, rate)
        self.rows.append(
            ChargeLineRow(
                charge_id=self.charge_id,
                line_no=len(self.rows) + 1,
                service_code=service,
                point_id=point.row.point_id,
                meter_id=meter_id,
                zone=zone,
                qty=qty,
                unit=unit,
                price=price,
                amount=sums.amount,
                vat_rate=rate,
                vat_amount=sums.vat_amount,
                total=sums.total,
                method=method,
            )
        )


def _losses(point: Point, usages: list[Usage]) -> Iterator[tuple[str, Decimal]]:
    """Losses between the border of the networks and the meters, whole kWh per zone."""
    if point.row.loss_percent is None:
        return
    for zone in point.role.zones:
        kwh = sum((usage.kwh for usage in usages if usage.zone == zone), Decimal(0))
        lost = round_half_up(kwh * point.row.loss_percent / 100, 0)
        if lost:
            yield zone, lost


def correct_months(deal: Deal, documents: list[Document], timeline: Timeline) -> list[Document]:
    """Corrections of earlier documents, if such is the story of the contract."""
    if Story.CORRECTIONS not in deal.role.stories:
        return []
    of_period = {document.row.period: document for document in documents}
    corrections = [
        Correction(timeline.ago(9), timeline.ago(8), -8),
        Correction(timeline.ago(5), timeline.ago(3), 5),
        # Energy of 2025 corrected in 2026: 20 % and 22 % meet in one month.
        Correction(*_VAT_CHANGE, -6),
    ]
    return [
        _correction(deal, number, of_period[correction.period], correction, timeline)
        for number, correction in enumerate(corrections, 1)
        if correction.period in of_period and correction.issued in of_period
    ]


def _correction(
    deal: Deal, number: int, document: Document, correction: Correction, timeline: Timeline
) -> Document:
    """Change the largest energy line; price and VAT rate stay those of the delivery."""
    energy = (line for line in document.lines if line.service_code == "EE")
    line = max(energy, key=lambda candidate: candidate.qty)
    qty = round_half_up(line.qty * correction.percent / 100, 0)
    sums = price_line(qty, line.price, line.vat_rate)
    issued = correction.issued
    row = ChargeLineRow(
        charge_id=f"UKD-{deal.key}-{issued.year}{issued.number:02d}-{number}",
        line_no=1,
        service_code="CORR",
        point_id=line.point_id,
        meter_id=line.meter_id,
        zone=line.zone,
        qty=qty,
        unit=line.unit,
        price=line.price,
        amount=sums.amount,
        vat_rate=line.vat_rate,
        vat_amount=sums.vat_amount,
        total=sums.total,
        method="recalc",
    )
    day = issued.day(CORRECTION_DAY)
    return _document(
        deal,
        "ukd",
        [row],
        timeline,
        doc_no=f"К{deal.key}/{day:%m%y}-{number}",
        period=correction.period,
        day=day,
        corrects=document.row.charge_id,
    )


def _document(
    deal: Deal,
    kind: ChargeKind,
    lines: list[ChargeLineRow],
    timeline: Timeline,
    *,
    doc_no: str,
    period: Month,
    day: date,
    corrects: str | None = None,
) -> Document:
    sums = sum_lines(lines)
    row = ChargeRow(
        charge_id=lines[0].charge_id,
        contract_no=deal.no,
        kind=kind,
        doc_no=doc_no,
        doc_date=day,
        period=period,
        corrects_charge_id=corrects,
        amount=sums.amount,
        vat_amount=sums.vat_amount,
        total=sums.total,
        edo_status=_edo_status(deal, day, timeline),
    )
    return Document(row, tuple(lines))


def _edo_status(deal: Deal, day: date, timeline: Timeline) -> str:
    """Older documents are signed, those of the last month still wait for the customer."""
    if deal.contract.edo_operator is None:
        return "none"
    return "sent" if Month.of(day) >= timeline.last else "signed"
