"""Papers about readings: the act to be signed, and the receipt for print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import g, render_template
from flask.wrappers import Response

from app.domain.period import Month
from app.domain.readings import ReadingStatus
from app.extensions import db
from app.models import ReadingReceipt
from app.queries.readings.customer import name_registers
from app.queries.readings.meters import MeterCard
from app.sections.readings import labels
from app.web.downloads import send_bytes
from app.web.filters import plain, reading
from app.web.pdf_responses import admit_pdf, lay_out


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A register in an act or a receipt; readings as text with all their decimals."""

    place: str
    meter: str
    zone: str
    start: str
    start_on: date | None
    end: str
    end_on: date
    multiplier: str
    used: Decimal | None
    rolled_over: bool
    status: str


def send_act(meters: Iterable[MeterCard], period: Month) -> Response:
    """«Акт снятия показаний» of a month, ready to be signed by both sides."""
    rows = [
        PaperRow(
            meter.point if meter.point == meter.address else f"{meter.point}, {meter.address}",
            f"{meter.model or 'Прибор'} № {meter.serial_number}",
            labels.ZONES[register.zone],
            reading(register.previous.value, register.scale.decimals) if register.previous else "",
            register.previous.on if register.previous else None,
            reading(register.current.value, register.scale.decimals),
            register.current.on,
            plain(meter.multiplier),
            register.used,
            bool(register.previous and register.current.value < register.previous.value),
            "",
        )
        for meter in meters
        for register in meter.registers
        if register.current is not None
        and not register.is_missing
        and meter.window.period == period
    ]
    return _send("Акт снятия показаний", rows, period, None)


def send_receipt(receipt: ReadingReceipt) -> Response:
    """The receipt for print."""
    names = name_registers(db.session(), [each.register_id for each in receipt.readings])
    rows = [
        PaperRow(
            name.place,
            f"{name.model or 'Прибор'} № {name.serial_number}",
            labels.ZONES[name.zone],
            reading(row.previous_value, name.scale.decimals)
            if row.previous_value is not None
            else "",
            row.previous_on,
            reading(row.value, name.scale.decimals),
            row.taken_on,
            plain(name.scale.multiplier),
            row.consumption,
            row.rolled_over,
            labels.STATUSES[ReadingStatus(row.status)][1],
        )
        for row in receipt.readings
        for name in (names[row.register_id],)
    ]
    return _send(f"Квитанция № {receipt.id}", rows, receipt.readings[0].period, receipt)


def _send(
    heading: str, rows: Sequence[PaperRow], period: Month, receipt: ReadingReceipt | None
) -> Response:
    admit_pdf()
    title = f"{heading}, договор {g.contract.number}, {period.short_label}"
    known = [row.used for row in rows if row.used is not None]
    page = render_template(
        "pdf/act.html",
        title=title,
        heading=heading,
        month=labels.month_words(period),
        rows=rows,
        total=sum(known, Decimal(0)) if known else None,
        receipt=receipt,
    )
    return send_bytes(lay_out(page, title), title, "pdf")
