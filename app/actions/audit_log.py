"""The audit log, append-only: who did what, when, from where, with values before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, event, insert
from sqlalchemy.orm import Mapper, Session

from app.domain.audit_log import DATA_ACCESS, ActorKind
from app.models import AuditEvent
from app.queries.audit_log import is_recorded

ORIGIN = "origin"
MAX_ADDRESS = 45
COMMAND_LINE = "cli"
"""Address of whoever works on the server itself."""
REPEATED_ACCESS = timedelta(minutes=15)

EventValues = dict[str, Any]
"""The columns of one event."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the work of a database session comes from: who does it, and from which address."""

    address: str = ""
    staff_id: int | None = None
    kind: ActorKind = ActorKind.SYSTEM
    """Who works there, unless ``staff_id`` says it."""

    def actor_kind(self, account_id: int | None) -> ActorKind:
        """The kind of actor of an event that names an account of a customer, or none.

        Staff, billing and the command line act upon accounts; where nobody else acts, the account
        itself does.
        """
        if self.staff_id is not None:
            return ActorKind.STAFF
        if account_id is not None and self.kind in (ActorKind.VISITOR, ActorKind.SYSTEM):
            return ActorKind.CUSTOMER
        return self.kind


def set_origin(session: Session, origin: Origin) -> None:
    """Say on whose behalf a session works; every event it records carries that."""
    session.info[ORIGIN] = origin


def origin_of(session: Session) -> Origin:
    """On whose behalf a session works; the portal's own, where nobody has said it."""
    origin: Origin = session.info.get(ORIGIN, Origin())
    return origin


def record(
    session: Session,
    action: str,
    account_id: int | None,
    subject: str,
    subject_key: str,
    now: datetime,
    *,
    contract_id: int | None,
    **changes: object,
) -> None:
    """Record an event in the audit log, in the transaction of the change itself.

    Args:
        account_id: the customer's account that acted, or that staff acted upon.
        subject: the table that holds what was changed; ``subject_key``: its key for people.
        contract_id: the one contract that it is about; None: an account as a whole, or nothing of
            a customer's.
        changes: facts, or ``[before, after]`` by the name of a field.
    """
    values = _values(session, action, account_id, subject, subject_key, now, contract_id, changes)
    session.add(AuditEvent(**values))
    session.flush()


def record_alert(session: Session, action: str, key: str, now: datetime) -> None:
    """Record what the portal itself has noticed while it worked for somebody without an account."""
    values = _values(session, action, None, action, key, now, None, {})
    if values["actor_kind"] is ActorKind.VISITOR:
        values["actor_kind"] = ActorKind.SYSTEM
    session.add(AuditEvent(**values))
    session.flush()


def find_new_access(
    session: Session,
    account_id: int | None,
    subject: str,
    key: str,
    shown: Mapping[str, Any],
    now: datetime,
    *,
    contract_id: int | None,
    action: str = DATA_ACCESS,
) -> EventValues | None:
    """The event of a staff member's access to data of customers, or of a customer's download.

    Args:
        shown: the page, and what it showed.

    Returns:
        None: the same access was recorded in the last quarter of an hour.
    """
    staff_id, since = origin_of(session).staff_id, now - REPEATED_ACCESS
    actor_id = account_id if staff_id is None else None
    if is_recorded(session, action, staff_id, subject, key, dict(shown), since, actor_id):
        return None
    return _values(session, action, account_id, subject, key, now, contract_id, dict(shown))


def insert_event(values: EventValues) -> Insert:
    """Statement that writes an event by itself."""
    return insert(AuditEvent).values(**values)


def insert_events(connection: Connection, events: Sequence[EventValues]) -> None:
    """Write accesses of staff that had to wait, perhaps for an upgrade that brought new columns."""
    since_0014 = {"actor_kind": ActorKind.STAFF, "contract_id": None}
    if events:
        connection.execute(insert(AuditEvent), [since_0014 | values for values in events])


def record_export(session: Session, rows: int, chosen: Mapping[str, str], now: datetime) -> None:
    """Record that a part of the audit log was downloaded.

    Args:
        chosen: the filter, as it was chosen.
    """
    record(
        session,
        "journal.exported",
        None,
        "journal",
        "",
        now,
        contract_id=None,
        rows=rows,
        filter=dict(chosen),
    )


def _values(
    session: Session,
    action: str,
    account_id: int | None,
    subject: str,
    subject_key: str,
    now: datetime,
    contract_id: int | None,
    changes: dict[str, object],
) -> EventValues:
    origin = origin_of(session)
    return {
        "happened_at": now,
        "action": action,
        "actor_kind": origin.actor_kind(account_id),
        "account_id": account_id,
        "staff_id": origin.staff_id,
        "address": origin.address[:MAX_ADDRESS] or None,
        "contract_id": contract_id,
        "subject": subject,
        "subject_key": subject_key,
        "changes": changes,
    }


class AuditLogError(Exception):
    """Code tried to change or delete an event of the audit log."""


def _refuse(mapper: Mapper[AuditEvent], connection: object, target: AuditEvent) -> None:
    raise AuditLogError(f"audit event {target.id} may not be changed or deleted")


event.listen(AuditEvent, "before_update", _refuse)
event.listen(AuditEvent, "before_delete", _refuse)
