"""Read which contracts may be attached to an account, and what waits for that."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.access import AccessWindow, Role, Viewer
from app.domain.errors import NotFoundError
from app.domain.registration import Proof, State
from app.models import Account, Contract, ContractTransfer, Customer, Membership, Registration
from app.queries.memberships import is_current, is_readable

MOST_AT_ONCE = 500
"""Contracts that are offered, and attached, with one confirmation."""


class OfferedContract(NamedTuple):
    """A contract without an owner, of a customer whom the account acts for already."""

    id: int
    number: str
    customer_id: int
    customer_name: str


def get_attachment(session: Session, viewer: Viewer, registration_id: int) -> Registration:
    """A contract that waits to be attached to the viewer's account.

    Raises:
        NotFoundError: absent, somebody else's, or over.
    """
    found = session.scalars(
        select(Registration)
        .options(joinedload(Registration.contract).joinedload(Contract.customer))
        .where(
            Registration.id == registration_id,
            Registration.attach_to_id == viewer.account_id,
            Registration.state == State.UNPROVED,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def find_waiting_attachment(
    session: Session, account_id: int, contract: Contract, inn: str
) -> Registration | None:
    """What an account has begun already for a contract of the same customer."""
    return session.scalars(
        select(Registration)
        .options(joinedload(Registration.contract).joinedload(Contract.customer))
        .where(
            Registration.contract_id == contract.id,
            Registration.attach_to_id == account_id,
            Registration.state == State.UNPROVED,
            Registration.customer_id == contract.customer_id,
            Registration.customer_inn == inn,
        )
        .limit(1)
    ).first()


def has_proved_inn(session: Session, account_id: int, inn: str, today: date) -> bool:
    """Whether an account owns a contract of this ИНН, and has proved its right to that."""
    return bool(
        session.scalar(select(_proved_inns(account_id, today).where(Customer.inn == inn).exists()))
    )


def list_offered(session: Session, account_id: int, window: AccessWindow) -> list[OfferedContract]:
    """List the contracts that a proof given before covers: same ИНН in billing, and no owner."""
    covered = _proved_inns(account_id, window.today)
    rows = session.execute(
        select(Contract.id, Contract.number, Customer.id, Customer.short_name, Customer.full_name)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Customer.inn.in_(covered), is_readable(window.oldest_end), _is_free())
        .order_by(Contract.number)
        .limit(MOST_AT_ONCE)
    )
    return [
        OfferedContract(key, number, customer_id, short or full)
        for key, number, customer_id, short, full in rows
    ]


def _proved_inns(account_id: int, today: date) -> Select[str]:
    """ИНН of contracts that the account owns by a proof of its own.

    A director who took an owner's place has proved nothing, nor has anybody where no proof was
    asked for.
    """
    unproved = exists().where(
        Registration.contract_id == Membership.contract_id,
        or_(Registration.account_id == account_id, Registration.attach_to_id == account_id),
        Registration.proof == Proof.NOT_ASKED,
    )
    return (
        select(Customer.inn)
        .join(Contract, Contract.customer_id == Customer.id)
        .join(Membership, Membership.contract_id == Contract.id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.account_id == account_id,
            Membership.role == Role.OWNER,
            Membership.invited_by_id.is_(None),
            is_current(today),
            Account.disabled_at.is_(None),
            Contract.withdrawn_at.is_(None),
            ~unproved,
        )
    )


def _is_free() -> ColumnElement[bool]:
    """Condition: nobody owns a contract of this number, and its customer is decided."""
    namesake, owner = aliased(Contract), aliased(Membership)
    owned = (
        exists()
        .where(
            namesake.number_key == Contract.number_key,
            namesake.withdrawn_at.is_(None),
            owner.contract_id == namesake.id,
            owner.role == Role.OWNER,
            owner.revoked_at.is_(None),
        )
        .correlate(Contract)
    )
    undecided = exists().where(
        ContractTransfer.contract_id == Contract.id, ContractTransfer.decided_at.is_(None)
    )
    return ~owned & ~undecided
