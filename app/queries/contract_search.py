"""Full-text search of contracts by number, ИНН, name, address, meter, email or telephone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.contract_number import number_key
from app.domain.search import fold, is_email_like, is_number_like, phone_digits, query_tokens
from app.models import Account, Contract, ContractSearch, Customer, Membership


@dataclass(frozen=True, slots=True)
class FoundContract:
    """A contract in the list of what was found."""

    id: int
    number: str
    status: str
    is_withdrawn: bool
    customer_name: str
    inn: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, and how much there is in all."""

    contracts: list[FoundContract]
    total: int


def find_contracts(session: Session, typed: str, offset: int = 0, limit: int = 25) -> Found:
    """Contracts that have every word of ``typed``: in number, ИНН, name, address, meter serial, or
    in the contacts that billing or the accounts of the contract have.

    The contract of exactly this number comes first, in whatever writing: «договор № 00123-ЭС».
    """
    tokens = query_tokens(typed)
    if not tokens:
        return Found([], 0)
    page = _page(typed, tokens, offset, limit)
    rows = session.execute(
        select(
            Contract.id,
            Contract.number,
            Contract.status,
            Contract.withdrawn_at,
            func.coalesce(Customer.short_name, Customer.full_name),
            Customer.inn,
            Customer.legal_address,
            page.c.total,
        )
        .join(page, page.c.contract_id == Contract.id)
        .join(Customer, Customer.id == Contract.customer_id)
        .order_by(page.c.rank, page.c.search_text, Contract.id)
    ).all()
    if not rows and offset:
        return find_contracts(session, typed, 0, limit)
    contracts = [
        FoundContract(row[0], row[1], row[2], row[3] is not None, row[4], row[5], row[6])
        for row in rows
    ]
    return Found(contracts, rows[0][-1] if rows else 0)


def find_exact_contract(session: Session, typed: str) -> int | None:
    """The id of the only contract whose whole number was typed; without its suffix only where
    nothing else is found by it."""
    ids = session.scalars(
        select(Contract.id).where(Contract.number_key == number_key(typed)).limit(2)
    ).all()
    if len(ids) != 1:
        return None
    is_whole = not typed.strip().isdigit()
    return ids[0] if is_whole or find_contracts(session, typed, 0, 1).total <= 1 else None


def _page(typed: str, tokens: list[str], offset: int, limit: int) -> Subquery:
    """One page of ids with their rank and the total; only these are joined to the rest."""
    exact = case((ContractSearch.contract_id == _same_number(typed), 0), else_=1)
    # Sorted by the text itself, which begins with the number.
    return (
        select(
            ContractSearch.contract_id,
            ContractSearch.search_text,
            exact.label("rank"),
            func.count().over().label("total"),
        )
        .where(_matches(typed, tokens))
        .order_by(exact, ContractSearch.search_text, ContractSearch.contract_id)
        .offset(offset)
        .limit(limit)
        .subquery()
    )


def _matches(typed: str, tokens: list[str]) -> ColumnElement[bool]:
    by_tokens = or_(and_(*map(_has, tokens)), ContractSearch.contract_id == _same_number(typed))
    digits = phone_digits(typed)
    if digits is None:
        return by_tokens
    in_billing = ContractSearch.search_text.contains(digits, autoescape=True)
    return or_(by_tokens, in_billing, _has_account(Account.phone.contains(digits)))


def _has_account(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether somebody with access to the contract has such a contact."""
    contracts = (
        select(Membership.contract_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.revoked_at.is_(None), condition)
    )
    return ContractSearch.contract_id.in_(contracts)


def _same_number(typed: str) -> ScalarSelect[int]:
    return (
        select(Contract.id)
        .where(Contract.number_key == number_key(typed))
        .order_by(Contract.id)
        .limit(1)
        .scalar_subquery()
    )


def _has(token: str) -> ColumnElement[bool]:
    """Whether the text of a contract has a word; a number also in the writing of print."""
    plain = ContractSearch.search_text.contains(token, autoescape=True)
    if is_email_like(token):
        in_account = func.lower(Account.email).contains(token, autoescape=True)
        return or_(plain, _has_account(in_account))
    printed = fold(number_key(token)) if is_number_like(token) else token
    if printed == token or token.isdigit():
        return plain
    return or_(plain, ContractSearch.search_text.contains(printed, autoescape=True))
