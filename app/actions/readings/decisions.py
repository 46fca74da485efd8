"""Accept or reject submitted readings; what billing or another clerk has decided is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_reading_refused
from app.actions.audit_log import record
from app.actions.events.recording import record_accepted_readings
from app.domain.errors import DoubtfulReadingsError
from app.domain.reading_checks import has_doubts
from app.domain.readings import LIVE, ReadingStatus
from app.domain.staff import Clerk
from app.lib.database import count_changed
from app.models import Contract, SubmittedReading
from app.queries.contracts import find_owner_of
from app.queries.readings.staff import list_to_decide

MAX_REASON = 300
Seen = Mapping[int, str]
"""Status that the clerk has seen, by the id of a reading: what changed since is left alone."""


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """How many of the ticked readings were accepted, rejected or left alone.

    Attributes:
        left: decided, replaced or withdrawn by others meanwhile, or acknowledged by billing.
        exported: of the rejected those that billing has got already.
    """

    accepted: int = 0
    rejected: int = 0
    left: int = 0
    exported: int = 0


def accept_readings(
    session: Session, clerk: Clerk, seen: Seen, confirmed: Set[int], now: datetime
) -> DecisionCounts:
    """Accept readings that still wait; doubtful ones only if they were confirmed by name.

    Args:
        confirmed: ids of doubtful readings that the clerk has been shown by name and confirmed.

    Raises:
        DoubtfulReadingsError: others among them are doubtful; nothing has been accepted.
    """
    waiting = [
        (row, contract)
        for row, contract in list_to_decide(session, list(seen))
        if row.status == seen[row.id] == ReadingStatus.SENT
    ]
    doubtful = [row.id for row, _ in waiting if has_doubts(row.doubts) and row.id not in confirmed]
    if doubtful:
        raise DoubtfulReadingsError(doubtful)
    accepted = sum(
        _decide(session, clerk, row, contract, ReadingStatus.ACCEPTED, None, now)
        for row, contract in waiting
    )
    if accepted:
        ids = [row.id for row, _ in waiting]
        record_accepted_readings(session, now, SubmittedReading.id.in_(ids))
    return DecisionCounts(accepted=accepted, left=len(seen) - accepted)


def reject_readings(
    session: Session, clerk: Clerk, seen: Seen, reason: str, now: datetime
) -> DecisionCounts:
    """Reject readings that wait or are accepted, and tell the customers why.

    Args:
        now: in the supplier's zone.
    """
    rejected = exported = 0
    for row, contract in list_to_decide(session, list(seen)):
        if row.status != seen[row.id] or row.status not in LIVE:
            continue
        if _decide(session, clerk, row, contract, ReadingStatus.REJECTED, reason, now):
            notify_reading_refused(session, row, reason, now)
            rejected += 1
            exported += row.exported_at is not None
    return DecisionCounts(rejected=rejected, left=len(seen) - rejected, exported=exported)


def _decide(
    session: Session,
    clerk: Clerk,
    row: SubmittedReading,
    contract: Contract,
    status: ReadingStatus,
    reason: str | None,
    now: datetime,
) -> bool:
    """Update a reading that has not changed since it was read; whether it was updated."""
    was = row.status
    is_updated = count_changed(
        session,
        update(SubmittedReading)
        .where(
            SubmittedReading.id == row.id,
            SubmittedReading.status == was,
            SubmittedReading.acknowledged_at.is_(None),
        )
        .values(status=status, reason=reason, decided_at=now, decided_by_id=clerk.staff_id),
    )
    if not is_updated:
        return False
    details = {"reason": reason} if reason else {}
    record(
        session,
        f"readings.{status}",
        find_owner_of(session, contract.id),
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        reading=row.id,
        register=row.register_id,
        period=str(row.period),
        value=str(row.value),
        status=[was, str(status)],
        **details,
    )
    return True
