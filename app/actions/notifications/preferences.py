"""Store what a person wants to be told of, and end their emails by a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.access import Role
from app.domain.errors import LinkError
from app.domain.events import EventKind, kinds_of
from app.domain.notifications import EventChannel, Preferences
from app.lib.database import insert_or_ignore
from app.models import Contract, DigestItem, Membership, NotificationSettings
from app.queries.contracts import VisibleContract
from app.queries.events.readers import get_preferences
from app.queries.memberships import is_current


def save_preferences(
    session: Session, contract: VisibleContract, preferences: Preferences, now: datetime
) -> None:
    """Store the viewer's preferences at a contract."""
    _store(session, contract.account_id, contract.id, contract.role, preferences)
    _record(session, "notifications.changed", contract.account_id, contract.id, now)


def get_unsubscribing(session: Session, membership_id: int, today: date) -> Membership:
    """The access whose emails a link ends.

    Raises:
        LinkError: ``ended``: there is no such access any more, and no email comes by it.
    """
    found = session.scalars(
        select(Membership).where(Membership.id == membership_id, is_current(today))
    ).one_or_none()
    if found is None:
        raise LinkError("ended")
    return found


def unsubscribe(
    session: Session, membership: Membership, *, is_all: bool, today: date, now: datetime
) -> None:
    """End all emails about events of a contract, or of all contracts of the person."""
    account_id = membership.account_id
    scope = Membership.account_id == account_id if is_all else Membership.id == membership.id
    rows = session.execute(
        select(Membership.id, Membership.contract_id, Membership.role)
        .where(scope, is_current(today))
        .order_by(Membership.id)
    ).all()
    for membership_id, contract_id, role in rows:
        preferences = get_preferences(session, account_id, contract_id, Role(role))
        kinds = {**preferences.kinds, EventChannel.MAIL: frozenset[EventKind]()}
        without_mail = replace(preferences, kinds=kinds, digest_hour=None)
        _store(session, account_id, contract_id, Role(role), without_mail)
        session.execute(delete(DigestItem).where(DigestItem.membership_id == membership_id))
        _record(session, "notifications.unsubscribed", account_id, contract_id, now)


def _store(
    session: Session, account_id: int, contract_id: int, role: Role, preferences: Preferences
) -> None:
    hidden = sorted(set(kinds_of(role)) - preferences.kinds[EventChannel.PORTAL])
    values = {
        "choices": preferences.as_choices(role),
        "hidden_kinds": f",{','.join(hidden)}," if hidden else "",
        "digest_hour": preferences.digest_hour,
        "quiet_from": preferences.quiet.begins,
        "quiet_until": preferences.quiet.ends,
    }
    key = {"account_id": account_id, "contract_id": contract_id}
    if insert_or_ignore(session, NotificationSettings, **key, seen_event_id=0, **values):
        return
    session.execute(
        update(NotificationSettings)
        .where(
            NotificationSettings.account_id == account_id,
            NotificationSettings.contract_id == contract_id,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _record(
    session: Session, action: str, account_id: int, contract_id: int, now: datetime
) -> None:
    number = session.get_one(Contract, contract_id).number
    record(session, action, account_id, "contracts", number, now, contract_id=contract_id)
