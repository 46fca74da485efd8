"""Write what health checks leave: signs of life of workers, outages of delivery, results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.domain.health import SHARED, HealthCheck, HealthState
from app.lib.database import count_changed, insert_or_ignore
from app.models import DeliveryOutage, HealthAlert, WorkerHeartbeat

AGAIN = timedelta(hours=24)
"""After which staff are told once more of a fault that stands."""


def store_heartbeat(
    session: Session, machine: str, pid: int, started_at: datetime, now: datetime
) -> None:
    """Store that a worker lives; its row is made with its first sign."""
    is_this = (WorkerHeartbeat.machine == machine, WorkerHeartbeat.pid == pid)
    values = {"started_at": started_at, "seen_at": now}
    if not count_changed(session, update(WorkerHeartbeat).where(*is_this).values(**values)):
        insert_or_ignore(session, WorkerHeartbeat, machine=machine, pid=pid, **values)


def note_failure(session: Session, channel: str, reason: str, now: datetime) -> None:
    """Count an attempt of a channel that failed; the first one begins an outage."""
    values = {"failed_at": now, "reason": reason[:300]}
    changed = count_changed(
        session,
        update(DeliveryOutage)
        .where(DeliveryOutage.channel == channel)
        .values(failures=DeliveryOutage.failures + 1, **values),
    )
    if not changed:
        insert_or_ignore(session, DeliveryOutage, channel=channel, since=now, failures=1, **values)


def note_success(session: Session, channel: str) -> datetime | None:
    """End the outage of a channel; when it had begun, or None: there was none."""
    is_of_channel = DeliveryOutage.channel == channel
    since = session.scalar(select(DeliveryOutage.since).where(is_of_channel))
    # Asked first: there is hardly ever one, and a DELETE would wait for whoever is writing.
    if since is None or not count_changed(session, delete(DeliveryOutage).where(is_of_channel)):
        return None
    return since


def store_results(
    session: Session, checks: Sequence[HealthCheck], machine: str, now: datetime
) -> None:
    """Store the results of checks that one machine has made."""
    for check in checks:
        where = "" if check.key in SHARED else machine
        values = {
            "state": check.state,
            "text": check.text,
            "advice": check.advice,
            "checked_at": now,
        }
        is_this = (HealthAlert.key == check.key, HealthAlert.machine == where)
        if not count_changed(session, update(HealthAlert).where(*is_this).values(**values)):
            insert_or_ignore(session, HealthAlert, key=check.key, machine=where, **values)


def claim_fault(session: Session, result: HealthAlert, now: datetime) -> bool:
    """Whether it falls to this process to tell staff of a fault: once, and again after a day.

    Commit before sending.
    """
    is_untold = or_(HealthAlert.alerted_at.is_(None), HealthAlert.alerted_at <= now - AGAIN)
    return _move(session, result, now, HealthAlert.state == HealthState.FAULT, is_untold)


def claim_recovery(session: Session, result: HealthAlert) -> bool:
    """Whether it falls to this process to tell staff that a fault of which they know is over."""
    is_told = HealthAlert.alerted_at.is_not(None)
    return _move(session, result, None, HealthAlert.state == HealthState.OK, is_told)


def give_back(session: Session, result_id: int, alerted_at: datetime | None) -> None:
    """Undo a claim whose email did not leave, so that the next round tries again."""
    count_changed(
        session,
        update(HealthAlert).where(HealthAlert.id == result_id).values(alerted_at=alerted_at),
    )


def _move(
    session: Session, result: HealthAlert, alerted_at: datetime | None, *conditions: object
) -> bool:
    statement = update(HealthAlert).where(HealthAlert.id == result.id, *conditions)  # type: ignore[arg-type]
    return bool(count_changed(session, statement.values(alerted_at=alerted_at)))
