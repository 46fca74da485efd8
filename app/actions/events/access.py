"""Store an event for those who manage a contract's people when somebody's access changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.domain.events import EventKind, NewEvent
from app.models import Account, Membership


def record_access_event(
    session: Session,
    membership: Membership | Row[int, int, int, str],
    change: str,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Store that an access was given, changed, suspended, resumed or ended.

    Args:
        change: ``accepted`` ``changed`` ``paused`` ``resumed`` ``ended`` ``expired`` ``succeeded``.
        now: in the supplier's zone.
        actor_id: who did it, and needs no message.
    """
    person = session.get_one(Account, membership.account_id)
    event = NewEvent(
        EventKind.ACCESS,
        membership.contract_id,
        f"{membership.id}:{change}:{now.timestamp():.0f}",
        now.date(),
        membership.id,
        facts={
            "person": person.person_name or person.email,
            "change": change,
            "role": str(membership.role),
        },
        told_account_id=actor_id,
    )
    record_events(session, [event], now)
