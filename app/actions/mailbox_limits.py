"""Rate-limit emails that strangers cause to a mailbox, in the transaction that causes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.audit_log import ORIGIN, Origin
from app.domain.mailbox_limits import LIMITS, PURPOSES, mailbox_key
from app.domain.rate_limits import LimitedAction
from app.lib.database import lock_until_commit
from app.models import RateLimitHit

_LOCK = "kabinet.mailbox-limits"


def hit_mailbox_limit(session: Session, kind: str, recipient: str, now: datetime) -> bool:
    """Count an email to a mailbox; whether it may be sent.

    A lock until the commit makes transactions that run at once see what the others have counted.

    Args:
        kind: of the message; kinds that no stranger can cause are not limited.
        recipient: email address.
    """
    purpose = PURPOSES.get(kind)
    if purpose is None:
        return True
    origin: Origin = session.info.get(ORIGIN, Origin())
    subject, limits = f"{purpose}:{mailbox_key(recipient)}", LIMITS[purpose]
    lock_until_commit(session, _LOCK)
    values = {
        "action": LimitedAction.EMAIL,
        "subject_hash": rate_limits.hash_subject(session, subject),
        "address": rate_limits.network_of(origin.address),
        "hit_at": now,
    }
    # Written first: SQLite has one writer, and from here on that is this transaction.
    hit_id = session.scalar(
        insert(RateLimitHit).values(succeeded=False, **values).returning(RateLimitHit.id)
    )
    remaining = rate_limits.count_remaining(
        session, LimitedAction.EMAIL, subject, origin.address, limits, now
    )
    if remaining > 0 and hit_id is not None:
        rate_limits.record_outcome(session, hit_id, succeeded=True)
    return remaining > 0
