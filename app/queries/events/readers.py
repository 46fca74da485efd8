"""People who learn of events: their contacts, what they have chosen, and what they have got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.access import Role, may
from app.domain.events import DAYS_BEFORE, PERMISSIONS, EventKind
from app.domain.notifications import Preferences, QuietHours, default_preferences, read_choices
from app.models import (
    Account,
    Contract,
    ContractEvent,
    Customer,
    DigestItem,
    Membership,
    Message,
    NotificationSettings,
)
from app.queries.memberships import is_current

_CHOSEN = (
    NotificationSettings.choices,
    NotificationSettings.digest_hour,
    NotificationSettings.quiet_from,
    NotificationSettings.quiet_until,
)
_OF_MEMBERSHIP = and_(
    NotificationSettings.account_id == Membership.account_id,
    NotificationSettings.contract_id == Membership.contract_id,
)


_READERS = (
    select(
        Membership.id,
        Membership.account_id,
        Membership.contract_id,
        Membership.role,
        Membership.created_at,
        Account.email,
        Account.email_confirmed_at,
        Account.phone,
        Account.phone_confirmed_at,
        *_CHOSEN,
    )
    .join(Account, Account.id == Membership.account_id)
    .outerjoin(NotificationSettings, _OF_MEMBERSHIP)
    # Events are of the whole contract: nobody with limited access learns of them.
    .where(Account.disabled_at.is_(None), Membership.is_limited.is_(False))
)


@dataclass(frozen=True, slots=True)
class EventReader:
    """Somebody with access to a contract.

    Attributes:
        since: day of the access, after which an event has to have happened.
        email, phone: confirmed ones; None: there is none.
    """

    membership_id: int
    account_id: int
    contract_id: int
    role: Role
    since: date
    email: str | None
    phone: str | None
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class ContractName:
    """What messages call a contract."""

    number: str
    customer: str


def list_readers(
    session: Session, contract_ids: Iterable[int], today: date
) -> dict[int, list[EventReader]]:
    """The people of contracts who have access today, by contract."""
    found = _READERS.where(Membership.contract_id.in_(set(contract_ids)), is_current(today))
    readers: dict[int, list[EventReader]] = {}
    for row in session.execute(found.order_by(Membership.id)):
        reader = _reader(*row)
        readers.setdefault(reader.contract_id, []).append(reader)
    return readers


def find_reader(session: Session, membership_id: int, today: date) -> EventReader | None:
    """Somebody by their access; None: they have lost it."""
    row = session.execute(
        _READERS.where(Membership.id == membership_id, is_current(today))
    ).one_or_none()
    return _reader(*row) if row else None


def _reader(
    membership_id: int,
    account_id: int,
    contract_id: int,
    role: str,
    created_at: datetime,
    email: str,
    email_confirmed_at: datetime | None,
    phone: str | None,
    phone_confirmed_at: datetime | None,
    *chosen: Any,
) -> EventReader:
    return EventReader(
        membership_id,
        account_id,
        contract_id,
        Role(role),
        created_at.date(),
        email if email_confirmed_at else None,
        phone if phone_confirmed_at else None,
        _preferences(Role(role), *chosen),
    )


def get_preferences(session: Session, account_id: int, contract_id: int, role: Role) -> Preferences:
    """What somebody has chosen at a contract, or the defaults of their role."""
    row = session.execute(
        select(*_CHOSEN).where(
            NotificationSettings.account_id == account_id,
            NotificationSettings.contract_id == contract_id,
        )
    ).first()
    return _preferences(role, *(row or (None, None, None, None)))


def _preferences(
    role: Role,
    choices: Mapping[str, Any] | None,
    digest_hour: int | None,
    quiet_from: int | None,
    quiet_until: int | None,
) -> Preferences:
    if choices is None:
        return default_preferences(role)
    quiet = None
    if quiet_from is not None and quiet_until is not None:
        quiet = QuietHours(quiet_from, quiet_until)
    return read_choices(role, choices, digest_hour, quiet)


def name_contracts(session: Session, contract_ids: Iterable[int]) -> dict[int, ContractName]:
    """Numbers and customers of contracts, by id."""
    rows = session.execute(
        select(
            Contract.id,
            Contract.number,
            func.coalesce(func.nullif(Customer.short_name, ""), Customer.full_name),
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.id.in_(set(contract_ids)))
    )
    return {contract_id: ContractName(*names) for contract_id, *names in rows}


def count_sms(session: Session, contract_ids: Iterable[int], since: datetime) -> dict[int, int]:
    """How many text messages about events were written since a moment, by contract."""
    rows = session.execute(
        select(Message.contract_id, func.count())
        .where(
            Message.channel == "sms",
            Message.contract_id.in_(set(contract_ids)),
            Message.created_at >= since,
            Message.kind.startswith("event_", autoescape=True),
        )
        .group_by(Message.contract_id)
    )
    return {contract_id: count for contract_id, count in rows if contract_id is not None}


def list_wanted_days(session: Session, today: date) -> dict[int, dict[EventKind, set[int]]]:
    """How many days before they want to be told, of contracts where somebody has chosen."""
    chosen = select(NotificationSettings.contract_id).where(
        NotificationSettings.choices.is_not(None)
    )
    rows = session.execute(
        select(Membership.contract_id, Membership.role, *_CHOSEN)
        .outerjoin(NotificationSettings, _OF_MEMBERSHIP)
        .where(Membership.contract_id.in_(chosen), is_current(today))
    )
    wanted: dict[int, dict[EventKind, set[int]]] = {}
    for contract_id, role, *choices in rows:
        days = _preferences(Role(role), *choices).days_before
        of_contract = wanted.setdefault(contract_id, {})
        for kind in DAYS_BEFORE:
            if may(Role(role), PERMISSIONS[kind]):
                of_contract.setdefault(kind, set()).add(days[kind])
    return wanted


def list_due_digests(session: Session, today: date, hour: int, after: int, limit: int) -> list[int]:
    """Accounts for which a digest is due: gathered events, and their hour has come.

    Args:
        after: accounts from there on.
    """
    is_due = or_(
        NotificationSettings.digest_hour.is_(None),
        and_(
            NotificationSettings.digest_hour <= hour,
            or_(
                NotificationSettings.digested_on.is_(None),
                NotificationSettings.digested_on < today,
            ),
        ),
    )
    return list(
        session.scalars(
            select(Membership.account_id)
            .join(NotificationSettings, _OF_MEMBERSHIP)
            .where(
                exists().where(DigestItem.membership_id == Membership.id),
                is_due,
                Membership.account_id > after,
            )
            .distinct()
            .order_by(Membership.account_id)
            .limit(limit)
        )
    )


def list_gathered(
    session: Session, account_ids: Sequence[int]
) -> dict[int, list[tuple[int, ContractEvent]]]:
    """What waits for the digests of accounts: membership and event, by account."""
    rows = session.execute(
        select(Membership.account_id, Membership.id, ContractEvent)
        .select_from(DigestItem)
        .join(Membership, Membership.id == DigestItem.membership_id)
        .join(ContractEvent, ContractEvent.id == DigestItem.event_id)
        .where(Membership.account_id.in_(account_ids))
        .order_by(Membership.account_id, Membership.contract_id, ContractEvent.id)
    )
    gathered: dict[int, list[tuple[int, ContractEvent]]] = {}
    for account_id, membership_id, event in rows:
        gathered.setdefault(account_id, []).append((membership_id, event))
    return gathered
