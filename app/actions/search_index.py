"""Rebuild the search text of contracts after an import has changed what it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.domain.contacts import read_billing_contacts, split_extension
from app.domain.search import index_text, phone_digits
from app.models import Contract, ContractSearch, Customer, Meter, SupplyPoint

SOURCES = frozenset({"customers.csv", "contracts.csv", "supply_points.csv", "meters.csv"})
WRITTEN = ("added", "changed", "withdrawn")


def touches_search(counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether an import, by its counts, has changed what contracts are found by."""
    return any(counts[file][what] for file in SOURCES & set(counts) for what in WRITTEN)


def rebuild_search(session: Session) -> int:
    """Update the search text of all contracts; the number of those that changed."""
    texts = _texts(session)
    known = {row.contract_id: row.search_text for row in session.execute(_KNOWN)}
    new = [
        {"contract_id": key, "search_text": text} for key, text in texts.items() if key not in known
    ]
    changed = [
        {"contract_id": key, "search_text": text}
        for key, text in texts.items()
        if key in known and known[key] != text
    ]
    gone = known.keys() - texts.keys()
    if new:
        session.execute(insert(ContractSearch), new)
    if changed:
        session.execute(update(ContractSearch), changed)
    if gone:
        session.execute(delete(ContractSearch).where(ContractSearch.contract_id.in_(gone)))
    return len(new) + len(changed) + len(gone)


_KNOWN = select(ContractSearch.contract_id, ContractSearch.search_text)


def _texts(session: Session) -> dict[int, str]:
    parts: dict[int, list[str | None]] = {}
    contracts = select(
        Contract.id,
        Contract.number,
        Contract.number_key,
        Customer.inn,
        Customer.full_name,
        Customer.short_name,
        Customer.legal_address,
        Customer.email_from_billing,
        Customer.phone_from_billing,
    ).join(Customer, Customer.id == Contract.customer_id)
    for row in session.execute(contracts):
        *facts, email_field, phone_field = row[1:]
        parts[row[0]] = [*facts, *_contacts(email_field, phone_field)]
    points = select(SupplyPoint.contract_id, SupplyPoint.name, SupplyPoint.address).where(
        SupplyPoint.withdrawn_at.is_(None)
    )
    meters = (
        select(SupplyPoint.contract_id, Meter.serial_number)
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .where(SupplyPoint.withdrawn_at.is_(None), Meter.withdrawn_at.is_(None))
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
