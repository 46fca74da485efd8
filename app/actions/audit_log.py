"""The journal: who did what, when, from where; lines are only ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, event, insert
from sqlalchemy.orm import Mapper, Session

from app.models import AuditEvent
from app.queries.audit_log import was_noted

ORIGIN = "origin"
MAX_ADDRESS = 45
LOOKED = "staff.looked"
LOOK_AGAIN = timedelta(minutes=15)

Line = dict[str, Any]
"""The columns of one line."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the work of a database session comes from: a network address, and the clerk at it."""

    address: str = ""
    staff_id: int | None = None


def set_origin(session: Session, origin: Origin) -> None:
    """Say on whose behalf a session works; every line it writes carries that."""
    session.info[ORIGIN] = origin


def record(
    session: Session,
    action: str,
    account_id: int | None,
    subject: str,
    subject_key: str,
    now: datetime,
    **changes: object,
) -> None:
    """Write a line of the journal.

    Args:
        account_id: the customer's account that acted, or that a clerk acted upon.
        changes: facts, or ``[before, after]`` by the name of a field.
    """
    session.add(
        AuditEvent(**_line(session, action, account_id, subject, subject_key, now, changes))
    )
    session.flush()


def find_new_look(
    session: Session,
    account_id: int | None,
    subject: str,
    key: str,
    shown: Mapping[str, Any],
    now: datetime,
) -> Line | None:
    """The line for a clerk's look at data of customers; None where the same look was noted in the
    last quarter of an hour.

    Args:
        shown: the page, and what it showed.
    """
    origin: Origin = session.info.get(ORIGIN, Origin())
    since = now - LOOK_AGAIN
    if was_noted(session, LOOKED, origin.staff_id, subject, key, dict(shown), since):
        return None
    return _line(session, LOOKED, account_id, subject, key, now, dict(shown))


def insert_line(line: Line) -> Insert:
    """Statement that writes a line by itself."""
    return insert(AuditEvent).values(**line)


def add_lines(connection: Connection, lines: Sequence[Line]) -> None:
    """Write lines that had to wait."""
    if lines:
        connection.execute(insert(AuditEvent), list(lines))


def note_export(session: Session, rows: int, wanted: Mapping[str, str], now: datetime) -> None:
    """A clerk has taken a part of the journal away.

    Args:
        wanted: the filter, as it was chosen.
    """
    record(session, "journal.exported", None, "journal", "", now, rows=rows, filter=dict(wanted))


def _line(
    session: Session,
    action: str,
    account_id: int | None,
    subject: str,
    subject_key: str,
    now: datetime,
    changes: dict[str, object],
) -> Line:
    origin: Origin = session.info.get(ORIGIN, Origin())
    return {
        "happened_at": now,
        "action": action,
        "account_id": account_id,
        "staff_id": origin.staff_id,
        "address": origin.address[:MAX_ADDRESS] or None,
        "subject": subject,
        "subject_key": subject_key,
        "changes": changes,
    }


class JournalError(Exception):
    """Somebody's code tried to change what has been written down."""


def _refuse(mapper: Mapper[AuditEvent], connection: object, target: AuditEvent) -> None:
    raise JournalError(f"audit event {target.id} stands")


event.listen(AuditEvent, "before_update", _refuse)
event.listen(AuditEvent, "before_delete", _refuse)
