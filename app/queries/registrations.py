"""Read registrations and what proves the right to a contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import LinkError, NotFoundError
from app.domain.registration import ContactsOnRecord, State
from app.domain.transfers import Decision
from app.models import (
    Account,
    Charge,
    Consent,
    Contract,
    ContractTransfer,
    Customer,
    Invoice,
    Recovery,
    Registration,
)
from app.queries.memberships import is_undecided


def find_contract_by_inn(session: Session, number_key: str, inn: str) -> Contract | None:
    """Find the contract of a number and its customer's ИНН, of those that billing still sends."""
    return session.scalars(
        select(Contract)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(
            Contract.number_key == number_key,
            Contract.withdrawn_at.is_(None),
            Customer.inn == inn,
        )
        .order_by(Contract.id)
        .limit(1)
    ).first()


def get_linked_registration(session: Session, registration_id: int) -> Registration:
    """Get a registration for the holder of a signed link, while its customer has the contract.

    Raises:
        NotFoundError: purged since.
        LinkError: ``closed``: the contract has another customer since the registration began.
    """
    registration = get_registration(session, registration_id)
    if not is_of_customer(session, registration) or is_undecided(session, registration.contract_id):
        raise LinkError("closed")
    return registration


def is_of_customer(session: Session, registration: Registration, *, lock: bool = False) -> bool:
    """Whether the customer whose ИНН was typed still has the contract.

    Args:
        lock: an import that is changing either is waited for, and has to wait in its turn. It
            changes customers before contracts, and so they are locked in that order.
    """
    if lock:
        for row, key in (
            (Customer.id, registration.customer_id),
            (Contract.id, registration.contract_id),
        ):
            session.execute(select(row).where(row == key).with_for_update(read=True))
    present = session.execute(
        select(Contract.customer_id, Customer.inn)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.id == registration.contract_id)
    ).one()
    return tuple(present) == (registration.customer_id, registration.customer_inn)


def get_registration(session: Session, registration_id: int) -> Registration:
    """Get a registration with its contract and customer.

    Raises:
        NotFoundError: purged since.
    """
    registration = session.get(
        Registration,
        registration_id,
        options=[joinedload(Registration.contract).joinedload(Contract.customer)],
        populate_existing=True,
    )
    if registration is None:
        raise NotFoundError
    return registration


def list_unproved(session: Session) -> list[Registration]:
    """List registrations that wait for a clerk, the oldest first."""
    return list(
        session.scalars(
            select(Registration)
            .options(joinedload(Registration.contract).joinedload(Contract.customer))
            .where(Registration.state == State.UNPROVED)
            .order_by(Registration.confirmed_at)
        )
    )


def get_contacts_on_record(session: Session, contract: Contract) -> ContactsOnRecord:
    """Read the contacts that billing has of the customer; ``customer`` must be loaded.

    A contact that a former customer of this contract had as well proves nothing and is not
    notified: billing may not have removed it yet.
    """
    customer = contract.customer
    known = ContactsOnRecord.of(customer.email_from_billing, customer.phone_from_billing)
    for former in _list_transfers(session, contract):
        known = known.without(ContactsOnRecord.of(former.former_email, former.former_phone))
    return known


def _list_transfers(session: Session, contract: Contract) -> Sequence[ContractTransfer]:
    """Transfers of the contract from somebody other than its present customer."""
    return session.scalars(
        select(ContractTransfer).where(
            ContractTransfer.contract_id == contract.id,
            ContractTransfer.decision.is_distinct_from(Decision.SAME),
            ContractTransfer.former_inn != contract.customer.inn,
        )
    ).all()


def list_proof_totals(session: Session, contract: Contract, since: date) -> list[Decimal]:
    """List totals in roubles of the documents of a contract, УПД and invoices, since a day.

    Those of a former customer do not count: its people have them.
    """
    contract_id = contract.id
    if contract.transferred_at is not None:
        since = max(since, contract.transferred_at.date() + timedelta(days=1))
    charges = select(Charge.gross_amount).where(
        Charge.contract_id == contract_id,
        Charge.kind == "upd",
        Charge.doc_date >= since,
        Charge.withdrawn_at.is_(None),
    )
    invoices = select(Invoice.total_amount).where(
        Invoice.contract_id == contract_id,
        Invoice.issued_on >= since,
        Invoice.withdrawn_at.is_(None),
    )
    return [*session.scalars(charges), *session.scalars(invoices)]


def find_consent(session: Session, registration_id: int) -> Consent | None:
    """Find the latest consent given in a registration."""
    return session.scalars(
        select(Consent)
        .where(Consent.registration_id == registration_id)
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()


def get_recovery(session: Session, recovery_id: int) -> Recovery:
    """Get a recovery, for whoever holds a signed link to it.

    Raises:
        NotFoundError: purged since.
    """
    recovery = session.get(Recovery, recovery_id, populate_existing=True)
    if recovery is None:
        raise NotFoundError
    return recovery


def find_account(session: Session, account_id: int) -> Account | None:
    """Find an account that may be signed in to."""
    account = session.get(Account, account_id)
    return account if account and account.disabled_at is None else None
