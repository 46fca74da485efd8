"""Reads of the journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent


def was_noted(
    session: Session, action: str, staff_id: int | None, number: str, page: str, since: datetime
) -> bool:
    """Whether a clerk's look at a page of a contract stands in the journal already."""
    rows = session.scalars(
        select(AuditEvent.changes).where(
            AuditEvent.subject == "contracts",
            AuditEvent.subject_key == number,
            AuditEvent.action == action,
            AuditEvent.staff_id == staff_id,
            AuditEvent.happened_at > since,
        )
    )
    return any(changes.get("page") == page for changes in rows)
