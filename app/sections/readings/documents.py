"""PDF documents of readings: the act to be signed, and the receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import render_template
from flask.wrappers import Response

from app.domain.custom_names import numbered_with_custom_name, with_custom_name
from app.domain.meters import MeterReadings, RegisterReadings
from app.domain.period import Month
from app.domain.readings import KnownReading, ReadingStatus
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import Receipt, ReceiptReading
from app.sections.readings import labels
from app.web.downloads import send_bytes
from app.web.filters import plain, reading
from app.web.labels import OF_CHOSEN_POINTS
from app.web.pdf_responses import hit_pdf_limit, lay_out


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A register in an act or a receipt; readings as text with all their decimals."""

    place: str
    meter: str
    zone: str
    start: str
    start_on: date | None
    end: str
    end_on: date
    multiplier: str
    consumption_kwh: Decimal | None
    rolled_over: bool
    status: str


def send_act(contract: VisibleContract, meters: Iterable[MeterReadings], period: Month) -> Response:
    """«Акт снятия показаний» of a month, ready to be signed by both sides."""
    rows = [
        _act_row(meter, register, register.current)
        for meter in meters
        for register in meter.registers
        if register.current is not None
        and not register.is_missing
        and meter.window.period == period
    ]
    heading = "Акт снятия показаний"
    return _send(contract, heading, heading, rows, period, None)


def _act_row(
    meter: MeterReadings, register: RegisterReadings, current: KnownReading
) -> DocumentRow:
    previous, decimals = register.previous, register.scale.decimals
    point, address = meter.supply_point, meter.address
    place = point if point == address else f"{point}, {address}"
    number = numbered_with_custom_name(meter.serial_number, meter.custom_name)
    return DocumentRow(
        place=with_custom_name(meter.custom_point, place),
        meter=labels.meter_label(number, meter.model),
        zone=labels.ZONES[register.zone],
        start=reading(previous.value, decimals) if previous else "",
        start_on=previous.taken_on if previous else None,
        end=reading(current.value, decimals),
        end_on=current.taken_on,
        multiplier=plain(meter.multiplier),
        consumption_kwh=register.consumption_kwh,
        rolled_over=bool(previous and current.value < previous.value),
        status="",
    )


def send_receipt(contract: VisibleContract, receipt: Receipt) -> Response:
    """The receipt for print."""
    rows = [_receipt_row(row) for row in receipt.readings]
    period = receipt.readings[0].period
    heading = f"Квитанция № {receipt.id}"
    return _send(contract, heading, f"Квитанция {receipt.id}", rows, period, receipt)


def _receipt_row(row: ReceiptReading) -> DocumentRow:
    name, previous, decimals = row.register, row.previous_value, row.register.scale.decimals
    return DocumentRow(
        place=with_custom_name(name.custom_point, name.place),
        meter=labels.meter_label(
            numbered_with_custom_name(name.serial_number, name.custom_name), name.model
        ),
        zone=labels.ZONES[name.zone],
        start=reading(previous, decimals) if previous is not None else "",
        start_on=row.previous_on,
        end=reading(row.value, decimals),
        end_on=row.taken_on,
        multiplier=plain(name.scale.multiplier),
        consumption_kwh=row.consumption_kwh,
        rolled_over=row.rolled_over,
        status=labels.STATUSES[ReadingStatus(row.status)][1],
    )


def _send(
    contract: VisibleContract,
    heading: str,
    name: str,
    rows: Sequence[DocumentRow],
    period: Month,
    receipt: Receipt | None,
) -> Response:
    hit_pdf_limit(contract)
    if contract.scope_id is not None:
        heading, name = f"{heading} ({OF_CHOSEN_POINTS})", f"{name} {OF_CHOSEN_POINTS}"
    title = f"{heading}, договор {contract.number}, {period.short_label}"
    known = [row.consumption_kwh for row in rows if row.consumption_kwh is not None]
    page = render_template(
        "pdf/act.html",
        contract=contract,
        title=title,
        heading=heading,
        month=labels.month_label(period),
        rows=rows,
        total=sum(known, Decimal(0)) if known else None,
        receipt=receipt,
    )
    return send_bytes(lay_out(page, title), f"{name} {contract.number} {period}", "pdf")
