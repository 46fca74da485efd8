"""Full-text search of contracts by number, ИНН, name, address, meter, email or telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.contract_number import number_key
from app.domain.search import parse_query
from app.models import Contract, Customer
from app.queries.contract_search_index import find_by_index
from app.queries.contract_search_scan import scan_contracts


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
    query = parse_query(typed)
    if not query.tokens:
        return Found([], 0)
    page = find_by_index(session, query, offset, limit)
    if page is None:
        page = scan_contracts(session, query, offset, limit)
    if not page.contract_ids and offset:
        return find_contracts(session, typed, 0, limit)
    return Found(_read_contracts(session, page.contract_ids), page.total)


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


def _read_contracts(session: Session, contract_ids: Sequence[int]) -> list[FoundContract]:
    """Facts of contracts, in the order of their ids here."""
    if not contract_ids:
        return []
    rows = session.execute(_CONTRACTS, {"contract_ids": contract_ids})
    contracts = {
        row[0]: FoundContract(row[0], row[1], row[2], row[3] is not None, row[4], row[5], row[6])
        for row in rows
    }
    return [contracts[contract_id] for contract_id in contract_ids if contract_id in contracts]


_CONTRACTS = (
    select(
        Contract.id,
        Contract.number,
        Contract.status,
        Contract.withdrawn_at,
        func.coalesce(Customer.short_name, Customer.full_name),
        Customer.inn,
        Customer.legal_address,
    )
    .join(Customer, Customer.id == Contract.customer_id)
    .where(Contract.id.in_(bindparam("contract_ids", expanding=True)))
)
