"""End the access of people whose term is over."""

from __future__ import annotations

from app.actions.people.access import end_expired
from app.extensions import db
from app.logging import event
from app.web.context import clock, local_now


def end_expired_access() -> None:
    """Revoke it, so that nothing is sent there any more; pages are closed already. Commits."""
    count = end_expired(db.session(), clock().today(), local_now())
    db.session.commit()
    if count:
        event("access expired", count=count)
