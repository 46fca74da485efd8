"""Reads of what was tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.rate_limits import Outcome
from app.models import RateLimitHit


def count_attempts(
    session: Session,
    action: str,
    *,
    since: datetime,
    subject_hash: str | None = None,
    address: str | None = None,
    outcome: Outcome = Outcome.ANY,
) -> tuple[int, datetime | None]:
    """How many tries match, and when the oldest of them was."""
    statement = select(func.count(), func.min(RateLimitHit.hit_at)).where(
        RateLimitHit.action == action, RateLimitHit.hit_at > since
    )
    if subject_hash is not None:
        statement = statement.where(RateLimitHit.subject_hash == subject_hash)
    if address is not None:
        statement = statement.where(RateLimitHit.address == address)
    if outcome is not Outcome.ANY:
        statement = statement.where(RateLimitHit.succeeded.is_(outcome is Outcome.SUCCEEDED))
    count, oldest = session.execute(statement).one()
    return count, oldest
