"""Count the attempts that a rate limit is about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.rate_limits import Outcome
from app.models import RateLimitHit


def count_hits(
    session: Session,
    action: str,
    *,
    since: datetime,
    subject_hash: str | None = None,
    address: str | None = None,
    outcome: Outcome = Outcome.ANY,
) -> tuple[int, datetime | None]:
    """Count attempts of an action after ``since``; the count and the time of the oldest one.

    Args:
        subject_hash: only of this subject, else of all.
        address: only from this network, else from all.
    """
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
