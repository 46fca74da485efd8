"""Store events of contracts, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.events import EventKind, NewEvent
from app.domain.readings import ReadingStatus
from app.lib.database import insert_many_or_ignore
from app.models import ContractEvent, ReadingReceipt, SubmittedReading

MAX_KEY = 120


def record_events(session: Session, events: Iterable[NewEvent], now: datetime) -> None:
    """Store events that are not there yet; flush, never commit."""
    rows = [
        {
            "dedupe_key": event.dedupe_key[:MAX_KEY],
            "contract_id": event.contract_id,
            "kind": event.kind,
            "happened_on": event.happened_on,
            "created_at": now,
            "subject_id": event.subject_id,
            "days_before": event.days_before,
            "facts": dict(event.facts),
            "told_account_id": event.told_account_id,
        }
        for event in events
    ]
    insert_many_or_ignore(session, ContractEvent, rows)


def record_accepted_readings(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Store an event for every receipt of which the last readings have just been accepted.

    Args:
        now: in the supplier's zone: its date is the day of the events.
        which: conditions for the submitted readings that were accepted.
    """
    accepted = SubmittedReading.status == ReadingStatus.ACCEPTED
    decided = select(SubmittedReading.receipt_id).where(accepted, *which)
    other = aliased(SubmittedReading)
    waiting = exists().where(
        other.receipt_id == ReadingReceipt.id, other.status == ReadingStatus.SENT
    )
    rows = session.execute(
        select(
            ReadingReceipt.id,
            ReadingReceipt.contract_id,
            func.max(SubmittedReading.period),
            func.count(),
        )
        .join(SubmittedReading, SubmittedReading.receipt_id == ReadingReceipt.id)
        .where(
            ReadingReceipt.id.in_(decided),
            accepted,
            ~waiting,
        )
        .group_by(ReadingReceipt.id, ReadingReceipt.contract_id)
    )
    events = [
        NewEvent(
            EventKind.READING_ACCEPTED,
            contract_id,
            str(receipt_id),
            now.date(),
            receipt_id,
            facts={"period": str(period), "number": str(receipt_id), "values": count},
        )
        for receipt_id, contract_id, period, count in rows
    ]
    record_events(session, events, now)
