"""Create, edit (until they end) and withdraw announcements."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.errors import AnnouncementOverError
from app.models import Announcement

_FIELDS = ("text", "begins_at", "ends_at")


def announce(
    session: Session,
    text: str,
    begins_at: datetime,
    ends_at: datetime,
    staff_id: int,
    now: datetime,
) -> Announcement:
    """Publish an announcement, shown on every page from ``begins_at`` to ``ends_at``."""
    row = Announcement(
        text=text, begins_at=begins_at, ends_at=ends_at, created_at=now, staff_id=staff_id
    )
    session.add(row)
    session.flush()
    _record(session, row, "added", now, dict.fromkeys(_FIELDS))
    return row


def change_announcement(
    session: Session,
    row: Announcement,
    text: str,
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> None:
    """Change the text and the period of an announcement that is not over.

    Raises:
        AnnouncementOverError: it has ended.
    """
    _check_open(row, now)
    before = _values(row)
    row.text, row.begins_at, row.ends_at = text, begins_at, ends_at
    session.flush()
    _record(session, row, "changed", now, before)


def end_announcement(session: Session, row: Announcement, now: datetime) -> None:
    """«Снять»: end an announcement now; one that had not begun is never shown.

    Raises:
        AnnouncementOverError: it has ended.
    """
    _check_open(row, now)
    before = _values(row)
    row.begins_at, row.ends_at = min(row.begins_at, now), now
    session.flush()
    _record(session, row, "ended", now, before)


def _check_open(row: Announcement, now: datetime) -> None:
    if row.ends_at <= now:
        raise AnnouncementOverError


def _values(row: Announcement) -> dict[str, str | None]:
    return {
        "text": row.text,
        "begins_at": row.begins_at.astimezone(UTC).isoformat(),
        "ends_at": row.ends_at.astimezone(UTC).isoformat(),
    }


def _record(
    session: Session, row: Announcement, what: str, now: datetime, before: dict[str, str | None]
) -> None:
    after = _values(row)
    changes = {n: [before[n], after[n]] for n in _FIELDS if before[n] != after[n]}
    if changes:
        record(
            session,
            f"announcement.{what}",
            None,
            "announcements",
            str(row.id),
            now,
            contract_id=None,
            **changes,
        )
