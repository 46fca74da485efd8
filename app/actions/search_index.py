"""Rebuild the search text of contracts, and its index, after an import has changed their data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy import Table, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.contacts import read_billing_contacts, split_extension
from app.domain.search import index_text, phone_digits
from app.domain.search_index import SEGMENT_SIZE, VERSION, index_segment, pack_ids
from app.lib.bulk_insert import BulkInsert
from app.lib.database import lock_until_commit
from app.lib.garbage_collection import no_cycle_search
from app.models import (
    Contract,
    ContractSearch,
    ContractSearchGram,
    ContractSearchSegment,
    Customer,
    Meter,
    SupplyPoint,
)

SOURCES = frozenset({"customers.csv", "contracts.csv", "supply_points.csv", "meters.csv"})
WRITTEN = ("added", "changed", "withdrawn")
CONTRACTS_AT_ONCE = 1000


def touches_search(counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether an import, by its counts, has changed what contracts are found by."""
    return any(counts[file][what] for file in SOURCES & set(counts) for what in WRITTEN)


def rebuild_search(session: Session) -> int:
    """Update the search text of all contracts and its index; the number of texts that changed."""
    lock_until_commit(session, "contract_search")
    changed: set[int] = set()
    for contract_ids in _portions(session):
        changed |= _rebuild(session, contract_ids)
    _update_index(session, changed)
    return len(changed)


def _portions(session: Session) -> Iterator[Sequence[int]]:
    """Ids of all contracts, some at a time: their texts would not all fit in memory."""
    following = select(Contract.id).order_by(Contract.id).limit(CONTRACTS_AT_ONCE)
    contract_ids = session.scalars(following).all()
    while contract_ids:
        yield contract_ids
        contract_ids = session.scalars(following.where(Contract.id > contract_ids[-1])).all()


def _rebuild(session: Session, contract_ids: Sequence[int]) -> set[int]:
    """Update the texts of some contracts; those whose texts changed."""
    texts = _texts(session, contract_ids)
    of_portion = ContractSearch.contract_id.between(contract_ids[0], contract_ids[-1])
    stored = select(ContractSearch.contract_id, ContractSearch.search_text).where(of_portion)
    known = {row.contract_id: row.search_text for row in session.execute(stored)}
    changed = [
        {"contract_id": key, "search_text": text}
        for key, text in texts.items()
        if known.get(key) != text
    ]
    new = [row for row in changed if row["contract_id"] not in known]
    old = [row for row in changed if row["contract_id"] in known]
    if new:
        session.execute(insert(ContractSearch), new)
    if old:
        session.execute(update(ContractSearch), old)
    return {key for key, text in texts.items() if known.get(key) != text}


def _update_index(session: Session, changed: set[int]) -> None:
    """Write anew the segments whose contracts, or their order, or their texts have changed."""
    stored = {
        segment_id: (version, contract_ids)
        for segment_id, version, contract_ids in session.execute(_STORED)
    }
    segments = dict(enumerate(_cut(session.scalars(_IN_ORDER).all()), 1))
    stale = [
        number
        for number, contract_ids in segments.items()
        if stored.get(number) != (VERSION, pack_ids(contract_ids))
        or not changed.isdisjoint(contract_ids)
    ]
    gone = [number for number in stored if number in stale or number not in segments]
    generation = (session.scalar(select(func.max(ContractSearchSegment.generation))) or 0) + 1
    if gone:
        session.execute(delete(ContractSearchGram).where(ContractSearchGram.segment_id.in_(gone)))
        session.execute(delete(ContractSearchSegment).where(ContractSearchSegment.id.in_(gone)))
    for number in stale:
        _write_segment(session, number, segments[number], generation)


def _write_segment(
    session: Session, number: int, contract_ids: Sequence[int], generation: int
) -> None:
    stored = select(ContractSearch.contract_id, ContractSearch.search_text)
    rows = session.execute(stored.where(ContractSearch.contract_id.in_(contract_ids)))
    texts = {row.contract_id: row.search_text for row in rows}
    with no_cycle_search():
        index = index_segment([texts[contract_id] for contract_id in contract_ids])
    connection = session.connection()
    segment = {
        "id": number,
        "version": VERSION,
        "generation": generation,
        "contract_ids": pack_ids(contract_ids),
        "pieces": index.pieces,
    }
    connection.execute(insert(ContractSearchSegment), segment)
    with BulkInsert(connection) as bulk:
        bulk.insert(
            cast("Table", ContractSearchGram.__table__),
            [(number, gram, contracts) for gram, contracts in sorted(index.sets.items())],
        )


def _cut(contract_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(contract_ids), SEGMENT_SIZE):
        yield contract_ids[start : start + SEGMENT_SIZE]


_IN_ORDER = select(ContractSearch.contract_id).order_by(
    ContractSearch.search_text, ContractSearch.contract_id
)
_STORED = select(
    ContractSearchSegment.id, ContractSearchSegment.version, ContractSearchSegment.contract_ids
)


def _texts(session: Session, contract_ids: Sequence[int]) -> dict[int, str]:
    """The text of each contract.

    Args:
        contract_ids: those of a whole range, in their order.
    """
    first, last = contract_ids[0], contract_ids[-1]
    parts: dict[int, list[str | None]] = {}
    contracts = (
        select(
            Contract.id,
            Contract.number,
            Contract.number_key,
            Customer.inn,
            Customer.full_name,
            Customer.short_name,
            Customer.legal_address,
            Customer.email_from_billing,
            Customer.phone_from_billing,
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.id.between(first, last))
    )
    for row in session.execute(contracts):
        *facts, email_field, phone_field = row[1:]
        parts[row[0]] = [*facts, *_contacts(email_field, phone_field)]
    is_shown = and_(
        SupplyPoint.contract_id.between(first, last), SupplyPoint.withdrawn_at.is_(None)
    )
    # In one order always: a text that is the same in another order would be written anew.
    points = (
        select(SupplyPoint.contract_id, SupplyPoint.name, SupplyPoint.address)
        .where(is_shown)
        .order_by(SupplyPoint.id)
    )
    meters = (
        select(SupplyPoint.contract_id, Meter.serial_number)
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .where(is_shown, Meter.withdrawn_at.is_(None))
        .order_by(Meter.id)
    )
    more: defaultdict[int, list[str | None]] = defaultdict(list)
    for statement in (points, meters):
        for row in session.execute(statement):
            more[row[0]].extend(row[1:])
    return {key: index_text([*values, *more[key]]) for key, values in parts.items()}


def _contacts(email_field: str | None, phone_field: str | None) -> list[str]:
    """Addresses, and numbers as ``domain.search.phone_digits`` reads them."""
    found = read_billing_contacts(email_field, phone_field)
    numbers = [phone_digits(split_extension(number)[0]) for number in found.phones]
    return [*found.emails, *filter(None, numbers)]
