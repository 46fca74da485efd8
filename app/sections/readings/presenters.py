"""Rows of the table of meters: status and links of every register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from app.domain.meters import MeterReadings, RegisterReadings
from app.domain.readings import ReadingStatus
from app.sections.readings import labels


@dataclass(frozen=True, slots=True)
class StatusCell:
    """«Статус ввода» of a register.

    Attributes:
        status: shape and label of a status; None: there is none to show.
        note: text in the place of a status.
        reason: why the reading was rejected.
        receipt_id: receipt of the rejected reading.
    """

    status: tuple[str, str] | None = None
    note: str = ""
    reason: str | None = None
    receipt_id: int = 0


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A register in the table of meters, or a meter without registers.

    Attributes:
        zone: label of the zone, where the meter has several.
        verification_due_on: day on which the verification has run out.
        receipt_id: receipt of the current reading, if the viewer may open it.
        is_first: the first row of its meter, which has the links of the meter.
        submit_label: label of the link to the form; empty: no reading can be submitted.
        is_missing: a reading is still missing, so that link is a button.
    """

    meter: MeterReadings
    register: RegisterReadings | None
    zone: str
    status: StatusCell
    verification_due_on: date | None
    receipt_id: int
    is_first: bool
    submit_label: str
    is_missing: bool


def build_meter_rows(
    meters: Iterable[MeterReadings], today: date, *, may_submit: bool, is_terminated: bool
) -> Iterator[MeterRow]:
    """Rows of all registers, meter by meter.

    Args:
        may_submit: the viewer may submit readings of this contract.
        is_terminated: the contract has ended, so nothing is awaited.
    """
    for meter in meters:
        is_open = may_submit and not meter.closed_reason(today)
        is_missing = any(register.is_missing for register in meter.registers)
        for number, register in enumerate(meter.registers or (None,)):
            is_first = number == 0
            submit_label = "Передать показания" if is_missing else "Исправить"
            current = register.current if register else None
            yield MeterRow(
                meter=meter,
                register=register,
                zone=labels.ZONES[register.zone] if register and len(meter.registers) > 1 else "",
                status=_status(meter, register, today, is_terminated=is_terminated),
                verification_due_on=_expired_verification(meter, today) if is_first else None,
                receipt_id=current.receipt_id if current and current.has_receipt else 0,
                is_first=is_first,
                submit_label=submit_label if is_first and is_open else "",
                is_missing=is_missing,
            )


def _expired_verification(meter: MeterReadings, today: date) -> date | None:
    due_on = meter.next_verification_on
    return due_on if due_on and due_on < today and not meter.removed_on else None


def _status(
    meter: MeterReadings, register: RegisterReadings | None, today: date, *, is_terminated: bool
) -> StatusCell:
    current = register.current if register else None
    if current and current.receipt_id:
        return StatusCell(labels.STATUSES[ReadingStatus(current.status or "")])
    if register and register.rejected:
        status, rejected = labels.STATUSES[ReadingStatus.REJECTED], register.rejected
        return StatusCell(status, reason=rejected.reason, receipt_id=rejected.receipt_id)
    if register and register.is_billed:
        return StatusCell(labels.STATUSES[ReadingStatus.ACCEPTED])
    if register is None or meter.closed_reason(today):
        return StatusCell(note=labels.closed_label(meter, today))
    if is_terminated:
        return StatusCell()
    return StatusCell(labels.AWAITED if meter.window.is_open(today) else labels.MISSED)
