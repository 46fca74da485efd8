"""Submit and withdraw readings, once whatever arrives twice or at the same time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, false, or_, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.access import Viewer
from app.domain.errors import ReadingClosedError
from app.domain.meters import ReadingEntry
from app.domain.reading_windows import WindowRules, window_on
from app.domain.readings import LIVE, ReadingSource, ReadingStatus
from app.lib.database import count_changed, insert_or_ignore
from app.models import ReadingReceipt, SubmittedReading
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import (
    ReceiptReading,
    find_live,
    find_receipt,
    find_regimes,
    get_receipt,
)


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who submits readings: a customer, or a clerk to whom they are read out by telephone.

    Attributes:
        account_id: the customer's; where a clerk submits, the owner's, if anybody has registered.
        staff_id: the clerk.
    """

    address: str
    account_id: int | None
    staff_id: int | None = None

    @property
    def source(self) -> ReadingSource:
        """The way by which the readings come."""
        return ReadingSource.PORTAL if self.staff_id is None else ReadingSource.STAFF


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """``auto_accept``: what raises no doubt and is in time is accepted at once."""

    auto_accept: bool


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The receipt of a submission, and whether this request has made it."""

    receipt_id: int
    is_new: bool


def submit_readings(
    session: Session,
    contract: VisibleContract,
    submitter: Submitter,
    entries: Sequence[ReadingEntry],
    idempotency_key: str,
    rules: ReadingRules,
    now: datetime,
) -> SubmissionResult:
    """Store readings with a receipt; the same form or the same values again give the same receipt.

    Args:
        entries: checked, and every doubt about them confirmed.
        idempotency_key: of the form, a UUID.
        now: in the supplier's zone, which decides whether the window is open.

    Raises:
        ReadingClosedError: the meter accepts no readings by hand, billing has this month's
            already, or another reading came in between.
    """
    repeated = find_receipt(session, idempotency_key)
    if repeated is not None:
        if repeated.contract_id == contract.id and _has_readings(repeated, entries):
            return SubmissionResult(repeated.id, is_new=False)
        # The same form with other values, after Back: another submission.
        idempotency_key = str(uuid.uuid4())
    _check_open(entries, now.date())
    changed = [entry for entry in entries if not _is_submitted(session, contract, entry)]
    if not changed:
        return _result_of(session, entries[0])
    receipt_id = _insert_receipt(session, contract, submitter, idempotency_key, now)
    if not receipt_id:
        return _result_of_twin(session, idempotency_key, entries)
    results = [
        _insert_reading(session, contract, entry, receipt_id, submitter, rules, now)
        for entry in changed
    ]
    if not any(results):
        # Another form brought the same values at the same moment.
        session.execute(delete(ReadingReceipt).where(ReadingReceipt.id == receipt_id))
        return _result_of(session, changed[0])
    _record_submission(session, contract, submitter, receipt_id, changed, now)
    return SubmissionResult(receipt_id, is_new=True)


def withdraw_readings(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    receipt_id: int,
    windows: WindowRules,
    now: datetime,
) -> int:
    """Withdraw the live readings of a receipt; how many.

    Args:
        now: in the supplier's zone.

    Raises:
        NotFoundError: no such receipt of this contract.
        ReadingClosedError: billing has them already, or the window has closed; what came late may
            be withdrawn until the next one opens.
    """
    receipt = get_receipt(session, contract, receipt_id)
    live = [reading for reading in receipt.readings if reading.status in LIVE]
    _check_may_withdraw(session, live, windows, now.date())
    withdrawn = count_changed(
        session,
        update(SubmittedReading)
        .where(
            SubmittedReading.id.in_([reading.id for reading in live]),
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
        contract_id=contract.id,
        receipt=receipt_id,
    )
    return withdrawn


def _check_may_withdraw(
    session: Session, live: Sequence[ReceiptReading], windows: WindowRules, today: date
) -> None:
    if not live or any(reading.acknowledged_at for reading in live):
        raise ReadingClosedError("billed")
    if any(reading.exported_at for reading in live):
        raise ReadingClosedError("exported")
    regimes = find_regimes(session, [reading.register_id for reading in live])
    for reading in live:
        window = window_on(regimes[reading.register_id], today, windows)
        if reading.period != window.period or not (reading.is_late or window.is_open(today)):
            raise ReadingClosedError("closed")


def _record_submission(
    session: Session,
    contract: VisibleContract,
    submitter: Submitter,
    receipt_id: int,
    entries: Sequence[ReadingEntry],
    now: datetime,
) -> None:
    record(
        session,
        "readings.submitted",
        submitter.account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        receipt=receipt_id,
        source=str(submitter.source),
        values={str(entry.register.id): str(entry.checked.value) for entry in entries},
    )


def _check_open(entries: Sequence[ReadingEntry], today: date) -> None:
    for entry in entries:
        if reason := entry.meter.closed_reason(today):
            raise ReadingClosedError(reason)


def _result_of(session: Session, entry: ReadingEntry) -> SubmissionResult:
    """The receipt under which a reading was submitted before."""
    live = find_live(session, entry.register.id, entry.meter.window.period)
    return SubmissionResult(live.receipt_id if live else 0, is_new=False)


def _result_of_twin(
    session: Session, idempotency_key: str, entries: Sequence[ReadingEntry]
) -> SubmissionResult:
    """The receipt that the same form has made at the same moment."""
    receipt = find_receipt(session, idempotency_key)
    if receipt is None or not _has_readings(receipt, entries):
        raise ReadingClosedError("raced")
    return SubmissionResult(receipt.id, is_new=False)


def _has_readings(receipt: ReadingReceipt, entries: Sequence[ReadingEntry]) -> bool:
    """Whether these very readings are live under a receipt."""
    live = {
        (reading.register_id, reading.value)
        for reading in receipt.readings
        if reading.status in LIVE
    }
    return live >= {(entry.register.id, entry.checked.value) for entry in entries}


def _is_of_former(contract: VisibleContract) -> ColumnElement[bool]:
    """SQL: a former customer sent the reading; the present one's replaces it in any case."""
    if contract.transferred_at is None:
        return false()
    return SubmittedReading.receipt_id.in_(
        select(ReadingReceipt.id).where(
            ReadingReceipt.contract_id == contract.id,
            ReadingReceipt.submitted_at < contract.transferred_at,
        )
    )


def _is_submitted(session: Session, contract: VisibleContract, entry: ReadingEntry) -> bool:
    """Whether the present customer has sent this value already.

    A former customer's receipt does not count: the present one may not open it.
    """
    live = find_live(session, entry.register.id, entry.meter.window.period)
    if live is None or live.value != entry.checked.value:
        return False
    transferred_at = contract.transferred_at
    return transferred_at is None or live.receipt.submitted_at >= transferred_at


def _insert_receipt(
    session: Session,
    contract: VisibleContract,
    submitter: Submitter,
    idempotency_key: str,
    now: datetime,
) -> int:
    """The id of the new receipt, or 0: there is one with this key."""
    return insert_or_ignore(
        session,
        ReadingReceipt,
        idempotency_key=idempotency_key,
        contract_id=contract.id,
        account_id=submitter.account_id if submitter.staff_id is None else None,
        staff_id=submitter.staff_id,
        submitted_at=now,
        address=submitter.address[:45],
    )


def _insert_reading(
    session: Session,
    contract: VisibleContract,
    entry: ReadingEntry,
    receipt_id: int,
    submitter: Submitter,
    rules: ReadingRules,
    now: datetime,
) -> bool:
    """Replace the register's live reading of the month; False: it has the same value already."""
    window, checked, today = entry.meter.window, entry.checked, now.date()
    _replace_live(session, contract, entry, now)
    previous = entry.register.previous
    is_late = entry.meter.is_late(today)
    is_accepted = rules.auto_accept and not checked.doubts and not is_late
    is_inserted = insert_or_ignore(
        session,
        SubmittedReading,
        submission_id=str(uuid.uuid4()),
        receipt_id=receipt_id,
        register_id=entry.register.id,
        period=window.period,
        taken_on=window.taken_on(today),
        value=checked.value,
        previous_value=previous.value if previous else None,
        previous_on=previous.taken_on if previous else None,
        consumption_kwh=checked.consumption_kwh,
        rolled_over=checked.rolled_over,
        is_late=is_late,
        doubts=checked.unusual,
        source=submitter.source,
        status=ReadingStatus.ACCEPTED if is_accepted else ReadingStatus.SENT,
        decided_at=now if is_accepted else None,
    )
    if is_inserted:
        return True
    live = find_live(session, entry.register.id, window.period)
    if live is None or live.value != checked.value:
        raise ReadingClosedError("raced")
    return False


def _replace_live(
    session: Session, contract: VisibleContract, entry: ReadingEntry, now: datetime
) -> None:
    """Mark a live reading of another value, or of a former customer, as replaced."""
    count_changed(
        session,
        update(SubmittedReading)
        .where(
            SubmittedReading.register_id == entry.register.id,
            SubmittedReading.period == entry.meter.window.period,
            SubmittedReading.status.in_(LIVE),
            SubmittedReading.acknowledged_at.is_(None),
            or_(SubmittedReading.value != entry.checked.value, _is_of_former(contract)),
        )
        .values(status=ReadingStatus.REPLACED, decided_at=now),
    )
