"""Blocks of the table of meters: supply point, meter, and a row for every register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.meter_lists import group_by_point
from app.domain.meters import MeterReadings, RegisterReadings
from app.domain.point_passport import VerificationState, verification_state
from app.domain.readings import ReadingStatus
from app.sections.readings import labels


@dataclass(frozen=True, slots=True)
class StatusCell:
    """«Статус ввода» of a register.

    Attributes:
        status: shape and label of a status; None: there is none to show.
        note: text in the place of a status.
        reason: why the reading was rejected.
        receipt_id: receipt of the reading, if the viewer may open it.
    """

    status: tuple[str, str] | None = None
    note: str = ""
    reason: str | None = None
    receipt_id: int = 0


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register in the block of its meter; ``register`` is None where billing has sent none."""

    register: RegisterReadings | None
    zone: str
    status: StatusCell


@dataclass(frozen=True, slots=True)
class MeterBlock:
    """A meter in the table, with a row for each register.

    Attributes:
        status: of all its registers, where it is the same; None: each row has its own.
        verification_due_on: day on which the verification has run out.
        submit_label: label of the link to the form; empty: no reading can be submitted.
    """

    meter: MeterReadings
    rows: tuple[RegisterRow, ...]
    status: StatusCell | None
    verification_due_on: date | None
    submit_label: str


@dataclass(frozen=True, slots=True)
class PointGroup:
    """A supply point in the table, with its meters; ``note``: until when it is read."""

    meter: MeterReadings
    note: str
    blocks: tuple[MeterBlock, ...]


@dataclass(frozen=True, slots=True)
class MeterTable:
    """The table of meters.

    Attributes:
        previous_on: day of most previous readings, which the head names; a cell names another.
        month: name of the month of all readings, or what the column is called otherwise.
    """

    groups: tuple[PointGroup, ...]
    previous_on: date | None
    month: str


def build_meter_table(
    meters: Sequence[MeterReadings], today: date, *, may_submit: bool, is_terminated: bool
) -> MeterTable:
    """The table of some meters, supply point by supply point.

    Args:
        may_submit: the viewer may submit readings of this contract.
        is_terminated: the contract has ended, so nothing is awaited.
    """
    groups = [
        PointGroup(
            group[0],
            "" if is_terminated else _window_note(group, today),
            tuple(
                _block(meter, today, may_submit=may_submit, is_terminated=is_terminated)
                for meter in group
            ),
        )
        for group in group_by_point(meters)
    ]
    periods = {meter.window.period for meter in meters}
    return MeterTable(
        tuple(groups),
        most_common_day(meters),
        labels.month_name(periods.pop()) if len(periods) == 1 else "Показание",
    )


def most_common_day(meters: Iterable[MeterReadings]) -> date | None:
    """The day that most previous readings of the meters are of."""
    days = Counter(
        register.previous.taken_on
        for meter in meters
        for register in meter.registers
        if register.previous
    )
    return days.most_common(1)[0][0] if days else None


def _window_note(meters: Sequence[MeterReadings], today: date) -> str:
    """«прием до 1 декабря», where a meter of the supply point accepts readings in time."""
    closes = {
        meter.window.closes
        for meter in meters
        if meter.window.is_open(today) and not meter.closed_reason(today)
    }
    return f"прием до {labels.day_label(min(closes))}" if closes else ""


def _block(
    meter: MeterReadings, today: date, *, may_submit: bool, is_terminated: bool
) -> MeterBlock:
    is_missing = any(register.is_missing for register in meter.registers)
    submit_label = "Передать показания" if is_missing else "Исправить"
    rows = tuple(
        RegisterRow(
            register,
            labels.zone_label(register.zone) if register else "",
            _status(meter, register, today, is_terminated=is_terminated),
        )
        for register in meter.registers or (None,)
    )
    cells = {row.status for row in rows}
    return MeterBlock(
        meter=meter,
        rows=rows,
        status=rows[0].status if len(cells) == 1 else None,
        verification_due_on=_expired_verification(meter, today),
        submit_label=submit_label if may_submit and not meter.closed_reason(today) else "",
    )


def _expired_verification(meter: MeterReadings, today: date) -> date | None:
    due_on = meter.next_verification_on
    state = verification_state(due_on, today, is_removed=meter.is_removed(today))
    return due_on if state is VerificationState.EXPIRED else None


def _status(
    meter: MeterReadings, register: RegisterReadings | None, today: date, *, is_terminated: bool
) -> StatusCell:
    current = register.current if register else None
    receipt_id = current.receipt_id if current and current.has_receipt else 0
    if current and current.receipt_id:
        status = labels.STATUSES[ReadingStatus(current.status or "")]
        return StatusCell(status, receipt_id=receipt_id)
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
