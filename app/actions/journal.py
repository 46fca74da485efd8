"""The journal: who did what, when, from where; lines are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import event, insert
from sqlalchemy.orm import Mapper, Session

from app.integrations.database import write_apart
from app.models import AuditEvent
from app.queries.journal import was_noted

ORIGIN = "origin"
MAX_ADDRESS = 45
LOOKED = "staff.looked"
LOOK_AGAIN = timedelta(minutes=15)


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


def note_look(
    session: Session, account_id: int | None, number: str, page: str, now: datetime
) -> None:
    """A clerk has opened a customer's data; the same page is noted once in a quarter of an hour.

    It stands whatever becomes of the request. The session must not have written yet.
    """
    origin: Origin = session.info.get(ORIGIN, Origin())
    if was_noted(session, LOOKED, origin.staff_id, number, page, now - LOOK_AGAIN):
        return
    line = _line(session, LOOKED, account_id, "contracts", number, now, {"page": page})
    write_apart(session, insert(AuditEvent).values(**line).returning(AuditEvent.id))


def note_export(session: Session, rows: int, wanted: Mapping[str, str], now: datetime) -> None:
    """A clerk has taken a part of the journal away.

    Args:
        wanted: the filter, as it was chosen.
    """
    record(session, "journal.exported", None, "journal", "", now, rows=rows, filter=dict(wanted))


def _line(
    session: Session, action: str, account_id: int | None, subject: str, subject_key: str,
    now: datetime, changes: dict[str, object],
) -> dict[str, object]:  # fmt: skip
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
