"""Search of contracts that reads every text: what finds them until their index has been made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.domain.search import SearchQuery, Token
from app.lib.any_case import contains_in_any_case
from app.models import Account, Contract, ContractSearch, Membership
from app.models.accounts import PHONE_END


@dataclass(frozen=True, slots=True)
class IdPage:
    """Ids of one page of contracts, in their order, and how many there are in all."""

    contract_ids: Sequence[int]
    total: int


def scan_contracts(session: Session, query: SearchQuery, offset: int, limit: int) -> IdPage:
    """Find contracts by reading every search text; the one of exactly this number comes first."""
    is_exact = ContractSearch.contract_id == select_exact(literal(query.number_key))
    # Sorted by the text itself, which begins with the number.
    rows = session.execute(
        select(ContractSearch.contract_id, func.count().over())
        .where(or_(_matches(query), is_exact))
        .order_by(
            case((is_exact, 0), else_=1), ContractSearch.search_text, ContractSearch.contract_id
        )
        .offset(offset)
        .limit(limit)
    ).all()
    return IdPage([row[0] for row in rows], rows[0][1] if rows else 0)


def select_exact(number_key: ColumnElement[str]) -> ScalarSelect[int]:
    """SQL: the contract of exactly the number that was typed."""
    return (
        select(Contract.id)
        .where(Contract.number_key == number_key)
        .order_by(Contract.id)
        .limit(1)
        .scalar_subquery()
    )


def select_by_email(token: Token) -> Select[int]:
    """SQL: contracts to which somebody with this in their email has access."""
    # Addresses are stored in ASCII, the part before the «@» as it was typed.
    return _select_by_account(contains_in_any_case(Account.email, token.text))


def select_by_phone(digits: str) -> Select[int]:
    """SQL: contracts to which somebody whose telephone ends in these digits has access.

    Args:
        digits: at least six.
    """
    return _select_by_account(and_(PHONE_END.in_([digits[-6:]]), Account.phone.endswith(digits)))


def _select_by_account(condition: ColumnElement[bool]) -> Select[int]:
    accounts = select(Account.id).where(condition)
    return select(Membership.contract_id).where(
        Membership.revoked_at.is_(None), Membership.account_id.in_(accounts)
    )


def _matches(query: SearchQuery) -> ColumnElement[bool]:
    found = and_(*map(_has, query.tokens))
    if query.phone is None:
        return found
    by_account = ContractSearch.contract_id.in_(select_by_phone(query.phone))
    return or_(found, _contains(query.phone), by_account)


def _has(token: Token) -> ColumnElement[bool]:
    found = or_(*map(_contains, token.writings))
    if not token.is_email:
        return found
    return or_(found, ContractSearch.contract_id.in_(select_by_email(token)))


def _contains(text: str) -> ColumnElement[bool]:
    return ContractSearch.search_text.contains(text, autoescape=True)
