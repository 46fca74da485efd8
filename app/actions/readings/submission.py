"""Readings that are submitted, by customers or by telephone: once, whatever arrives twice or at
the same time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, false, or_, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.access import Viewer
from app.domain.errors import ReadingClosedError
from app.domain.reading_windows import WindowRules, window_on
from app.domain.readings import LIVE, ReadingSource, ReadingStatus
from app.lib.database import count_changed, insert_if_new
from app.models import ReadingReceipt, SubmittedReading
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import find_live, find_receipt, find_regimes, get_receipt
from app.queries.readings.meters import Entry


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who sends readings: a customer, or a clerk to whom they are read out by telephone.

    Attributes:
        account_id: the customer's; where a clerk writes, the owner's, if anybody has registered.
        staff_id: the clerk.
    """

    address: str
    account_id: int | None
    staff_id: int | None = None

    @property
    def source(self) -> ReadingSource:
        return ReadingSource.PORTAL if self.staff_id is None else ReadingSource.STAFF


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """``auto_accept``: what raises no doubt and is in time is accepted at once."""

    auto_accept: bool


def submit_readings(
    session: Session,
    contract: VisibleContract,
    submitter: Submitter,
    entries: Sequence[Entry],
    key: str,
    rules: ReadingRules,
    now: datetime,
) -> tuple[int, bool]:
    """Write readings down; the receipt's id, and whether it is new.

    The same form sent again, and the same values from another one, lead to the receipt there is.

    Args:
        entries: checked, and every doubt about them confirmed.
        key: of the form, a UUID.
        now: in the supplier's zone, which decides whether the window is open.

    Raises:
        ReadingClosedError: the meter takes no readings by hand, billing has this month's already,
            or another reading came in between.
    """
    known = find_receipt(session, key)
    if known is not None:
        if known.contract_id == contract.id and _holds(known, entries):
            return known.id, False
        # The same form with other values, after Back: another submission.
        key = str(uuid.uuid4())
    today = now.date()
    for entry in entries:
        if reason := entry.meter.closed_because(today):
            raise ReadingClosedError(reason)
    new = [entry for entry in entries if not _is_same(session, contract, entry)]
    if not new:
        live = find_live(session, entries[0].register.id, entries[0].meter.window.period)
        return (live.receipt_id if live else 0), False
    receipt_id = insert_if_new(
        session,
        ReadingReceipt,
        idempotency_key=key,
        contract_id=contract.id,
        account_id=submitter.account_id if submitter.staff_id is None else None,
        staff_id=submitter.staff_id,
        submitted_at=now,
        address=submitter.address[:45],
    )
    if not receipt_id:
        known = find_receipt(session, key)
        if known is None or not _holds(known, entries):
            raise ReadingClosedError("raced")
        return known.id, False
    written = [_write(session, contract, entry, receipt_id, submitter, rules, now) for entry in new]
    if not any(written):
        # Another form brought the same values at the same moment.
        session.execute(delete(ReadingReceipt).where(ReadingReceipt.id == receipt_id))
        live = find_live(session, new[0].register.id, new[0].meter.window.period)
        return (live.receipt_id if live else 0), False
    record(
        session,
        "readings.submitted",
        submitter.account_id,
        "contracts",
        contract.number,
        now,
        receipt=receipt_id,
        source=str(submitter.source),
        values={str(entry.register.id): str(entry.checked.value) for entry in new},
    )
    return receipt_id, True


def withdraw_readings(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    receipt_id: int,
    windows: WindowRules,
    now: datetime,
) -> int:
    """Take back what still counts of a receipt; how many readings.

    Args:
        now: in the supplier's zone.

    Raises:
        NotFoundError: no such receipt of this contract.
        ReadingClosedError: billing has them already, or the window has closed; what came late may
            be taken back until the next one opens.
    """
    receipt = get_receipt(session, contract, receipt_id)
    live = [each for each in receipt.readings if each.status in LIVE]
    if not live or any(each.acknowledged_at for each in live):
        raise ReadingClosedError("billed")
    if any(each.exported_at for each in live):
        raise ReadingClosedError("exported")
    regimes = find_regimes(session, [each.register_id for each in live])
    for each in live:
        window = window_on(regimes[each.register_id], now.date(), windows)
        if each.period != window.period or not (each.is_late or window.is_open(now.date())):
            raise ReadingClosedError("closed")
    withdrawn = count_changed(
        session,
        update(SubmittedReading)
        .where(
            SubmittedReading.id.in_([each.id for each in live]),
            SubmittedReading.status.in_(LIVE),
            SubmittedReading.acknowledged_at.is_(None),
        )
        .values(status=ReadingStatus.WITHDRAWN, decided_at=now),
    )
    record(
        session,
        "readings.withdrawn",
        viewer.account_id,
        "contracts",
        contract.number,
        now,
        receipt=receipt_id,
    )
    return withdrawn


def _holds(receipt: ReadingReceipt, entries: Sequence[Entry]) -> bool:
    """Whether these very readings stand by a receipt."""
    live = {(each.register_id, each.value) for each in receipt.readings if each.status in LIVE}
    return live >= {(entry.register.id, entry.checked.value) for entry in entries}


def _is_of_former(contract: VisibleContract) -> ColumnElement[bool]:
    """Whether a former customer sent a reading; the present one's takes its place in any case."""
    if contract.transferred_at is None:
        return false()
    return SubmittedReading.receipt_id.in_(
        select(ReadingReceipt.id).where(
            ReadingReceipt.contract_id == contract.id,
            ReadingReceipt.submitted_at < contract.transferred_at,
        )
    )


def _is_same(session: Session, contract: VisibleContract, entry: Entry) -> bool:
    """Whether the present customer has sent this value already; a former one's receipt is not
    theirs to have."""
    live = find_live(session, entry.register.id, entry.meter.window.period)
    if live is None or live.value != entry.checked.value:
        return False
    transferred_at = contract.transferred_at
    return transferred_at is None or live.receipt.submitted_at >= transferred_at


def _write(
    session: Session,
    contract: VisibleContract,
    entry: Entry,
    receipt_id: int,
    submitter: Submitter,
    rules: ReadingRules,
    now: datetime,
) -> bool:
    """Whether a row was written; False: the same value stands there."""
    window, checked, today = entry.meter.window, entry.checked, now.date()
    count_changed(
        session,
        update(SubmittedReading)
        .where(
            SubmittedReading.register_id == entry.register.id,
            SubmittedReading.period == window.period,
            SubmittedReading.status.in_(LIVE),
            SubmittedReading.acknowledged_at.is_(None),
            or_(SubmittedReading.value != checked.value, _is_of_former(contract)),
        )
        .values(status=ReadingStatus.REPLACED, decided_at=now),
    )
    previous = entry.register.previous
    is_late = entry.meter.is_late(today)
    accepted = rules.auto_accept and not checked.doubts and not is_late
    written = insert_if_new(
        session,
        SubmittedReading,
        submission_id=str(uuid.uuid4()),
        receipt_id=receipt_id,
        register_id=entry.register.id,
        period=window.period,
        taken_on=window.taken_on(today),
        value=checked.value,
        previous_value=previous.value if previous else None,
        previous_on=previous.on if previous else None,
        consumption=checked.consumption,
        rolled_over=checked.rolled_over,
        is_late=is_late,
        doubts=[str(doubt) for doubt in checked.doubts],
        source=submitter.source,
        status=ReadingStatus.ACCEPTED if accepted else ReadingStatus.SENT,
        decided_at=now if accepted else None,
    )
    if written:
        return True
    live = find_live(session, entry.register.id, window.period)
    if live is None or live.value != checked.value:
        raise ReadingClosedError("raced")
    return False
