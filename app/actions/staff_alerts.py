"""What staff have to know at once: a line in the log, and once a day in the audit trail."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.audit_log import record_alert
from app.models import AuditEvent

log = logging.getLogger("kabinet")
ACTION = "alarm"


def alert_staff(session: Session, name: str, now: datetime) -> None:
    """Note that a limit of the whole installation is reached."""
    log.warning("alarm", extra={"fields": {"alarm": name}})
    key = f"{name} {now:%Y-%m-%d}"
    known = select(AuditEvent.id).where(AuditEvent.subject == ACTION, AuditEvent.subject_key == key)
    if session.scalar(known.limit(1)) is None:
        record_alert(session, ACTION, key, now)
