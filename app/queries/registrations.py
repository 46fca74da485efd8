"""Reads of registrations and of what proves the right to a contract."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFoundError
from app.domain.registration import ContactsOnRecord, State
from app.models import Account, Charge, Consent, Contract, Customer, Invoice, Recovery, Registration
from app.queries.contracts import MAX_ID


def find_entry(session: Session, number_key: str, inn: str) -> Contract | None:
    """The contract of a number and its customer's ИНН, of those that billing still sends."""
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


def get_registration(session: Session, registration_id: int) -> Registration:
    """A registration with its contract and customer, for whoever holds a signed link to it.

    Raises:
        NotFoundError: purged since.
    """
    registration = None
    if registration_id <= MAX_ID:
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
    """Registrations that wait for a clerk, the oldest first."""
    return list(
        session.scalars(
            select(Registration)
            .options(joinedload(Registration.contract).joinedload(Contract.customer))
            .where(Registration.state == State.UNPROVED)
            .order_by(Registration.confirmed_at)
        )
    )


def contacts_on_record(contract: Contract) -> ContactsOnRecord:
    """What billing knows of the customer; ``customer`` must be loaded."""
    customer = contract.customer
    return ContactsOnRecord.of(customer.email_from_billing, customer.phone_from_billing)


def list_proof_totals(session: Session, contract_id: int, since: date) -> list[Decimal]:
    """Totals in roubles of the documents of a contract, УПД and invoices, dated since a day."""
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
    """The latest consent given in a registration."""
    return session.scalars(
        select(Consent)
        .where(Consent.registration_id == registration_id)
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()


def get_recovery(session: Session, recovery_id: int) -> Recovery:
    """A recovery, for whoever holds a signed link to it.

    Raises:
        NotFoundError: purged since.
    """
    recovery = session.get(Recovery, recovery_id, populate_existing=True)
    if recovery is None:
        raise NotFoundError
    return recovery


def find_account(session: Session, account_id: int) -> Account | None:
    """An account that may be signed in to."""
    account = session.get(Account, account_id)
    return account if account and account.disabled_at is None else None
