"""Read the account, requisites, sessions and consents of the person who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.errors import NotFoundError
from app.lib.prepared_select import PreparedSelect
from app.models import Account, AccountSession, Consent, ContactChange, Contract, Customer, Enquiry
from app.queries.contracts import VisibleContract


class BilledCustomer(NamedTuple):
    """Requisites and contacts of a customer as billing has them."""

    kind: str
    full_name: str
    inn: str
    kpp: str | None
    ogrn: str | None
    legal_address: str | None
    postal_address: str | None
    email_from_billing: str | None
    phone_from_billing: str | None


_CUSTOMER = PreparedSelect(
    select(
        Customer.kind,
        Customer.full_name,
        Customer.inn,
        Customer.kpp,
        Customer.ogrn,
        Customer.legal_address,
        Customer.postal_address,
        Customer.email_from_billing,
        Customer.phone_from_billing,
    )
    .join(Contract, Contract.customer_id == Customer.id)
    .where(Contract.id == bindparam("contract_id"))
)
_WAITING_CHANGES = (
    select(ContactChange)
    .where(
        ContactChange.account_id == bindparam("account_id"),
        ContactChange.ended_at.is_(None),
        ContactChange.expires_at > bindparam("now"),
    )
    .order_by(ContactChange.id)
)


def get_signed_in_account(session: Session, viewer: Viewer) -> Account:
    """Get the account that is signed in.

    Raises:
        NotFoundError: a clerk views a contract that nobody has registered.
    """
    found = session.get(Account, viewer.account_id)
    if found is None:
        raise NotFoundError
    return found


def get_customer(session: Session, contract: VisibleContract) -> BilledCustomer:
    """Get the requisites of a contract's customer."""
    return BilledCustomer(*_CUSTOMER.all(session, contract_id=contract.id)[0])


def list_sessions(
    session: Session, account_id: int, now: datetime, idle: timedelta, longest: timedelta
) -> Sequence[AccountSession]:
    """List the live sessions of an account («Где выполнен вход»), the last used first.

    Args:
        account_id: of the viewer, or, for staff, of a customer they may see.
        idle: longest time unused.
        longest: longest time in any case.
    """
    return session.scalars(
        select(AccountSession)
        .where(
            AccountSession.account_id == account_id,
            AccountSession.ended_at.is_(None),
            AccountSession.last_seen_at > now - idle,
            AccountSession.created_at > now - longest,
        )
        .order_by(AccountSession.last_seen_at.desc(), AccountSession.id.desc())
    ).all()


def get_session(session: Session, viewer: Viewer, session_id: int) -> AccountSession:
    """Get a session of the viewer's account.

    Raises:
        NotFoundError: absent, or somebody else's.
    """
    row = session.get(AccountSession, session_id)
    if row is None or row.account_id != viewer.account_id:
        raise NotFoundError
    return row


def count_consents(session: Session, viewer: Viewer) -> int:
    """Count the viewer's consents."""
    given = select(func.count(Consent.id)).where(Consent.account_id == viewer.account_id)
    return session.scalar(given) or 0


def list_consents(
    session: Session, viewer: Viewer, offset: int = 0, limit: int = 25
) -> list[tuple[Consent, int | None]]:
    """List the viewer's consents, the newest first, with the contract of those under an enquiry."""
    rows = session.execute(
        select(Consent, Enquiry.contract_id)
        .outerjoin(Enquiry, Enquiry.id == Consent.enquiry_id)
        .where(Consent.account_id == viewer.account_id)
        .order_by(Consent.given_at.desc(), Consent.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [(consent, contract_id) for consent, contract_id in rows]


def get_consent(session: Session, viewer: Viewer, consent_id: int) -> Consent:
    """Get a consent of the viewer.

    Raises:
        NotFoundError: absent, or somebody else's.
    """
    row = session.get(Consent, consent_id)
    if row is None or row.account_id != viewer.account_id:
        raise NotFoundError
    return row


def find_waiting_changes(
    session: Session, viewer: Viewer, now: datetime
) -> dict[str, ContactChange]:
    """Find the new address and the new number that wait for their confirmation, by field."""
    values = {"account_id": viewer.account_id, "now": now}
    # The newest of each field comes last.
    return {change.field: change for change in session.scalars(_WAITING_CHANGES, values)}


def get_contact_change(session: Session, change_id: int) -> ContactChange:
    """Get a change of contacts, for whoever holds a signed link to it.

    Raises:
        NotFoundError: purged since.
    """
    change = session.get(ContactChange, change_id, populate_existing=True)
    if change is None:
        raise NotFoundError
    return change
