"""Read the snapshots of open items, each valid for certain days, that imports have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.contract_ledger import (
    MoneySnapshot,
    ValidDays,
    build_snapshot,
    charge_entry,
    payment_entry,
)
from app.domain.corrections import DebtKind
from app.domain.money import from_kopecks
from app.domain.open_items import OpenItems
from app.domain.period import Month
from app.domain.snapshot_texts import FORMAT, read_balances, read_ids, read_unpaid
from app.domain.turnover import Entry
from app.domain.unpaid_items import UnpaidItems
from app.lib.prepared_select import PreparedSelect
from app.models import Contract, OpenItemSnapshot
from app.queries.ledgers import list_ledgers

_S = OpenItemSnapshot
_SUMS = (
    type_coerce(_S.balance_amount, BigInteger),
    type_coerce(_S.energy_credit_amount, BigInteger),
    type_coerce(_S.interest_credit_amount, BigInteger),
    type_coerce(_S.prepaid_amount, BigInteger),
    _S.unpaid,
)
_LAST_OPERATIONS = (
    _S.last_charge_on,
    _S.last_charge_number,
    _S.last_charge_period,
    _S.last_charge_amount,
    _S.last_payment_on,
    _S.last_payment_number,
    _S.last_payment_amount,
)
_IS_CURRENT = (
    _S.format == FORMAT,
    _S.valid_from <= bindparam("today", type_=_S.valid_from.type),
    _S.valid_to >= bindparam("today", type_=_S.valid_to.type),
)


def _of_contract(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of a contract's snapshot, where it is valid today."""
    return select(*columns).where(_S.contract_id == bindparam("contract_id"), *_IS_CURRENT)


# Built once: composing a statement costs more than running it.
_UNPAID = PreparedSelect(_of_contract(*_SUMS))
_OVERVIEW = PreparedSelect(_of_contract(*_SUMS, *_LAST_OPERATIONS))
_OPEN_ITEMS = PreparedSelect(_of_contract(*_SUMS, _S.balances))
_INTEREST_CORRECTIONS = PreparedSelect(
    select(_S.interest_corrections).where(
        _S.contract_id == bindparam("contract_id"), _S.format == FORMAT
    )
)
_WHOLE = select(
    _S.contract_id,
    _S.valid_from,
    _S.valid_to,
    _S.interest_corrections,
    _S.balances,
    *_SUMS,
    *_LAST_OPERATIONS,
).where(_S.contract_id.in_(bindparam("contract_ids", expanding=True)), *_IS_CURRENT)
_MISSING = Contract.id.not_in(select(_S.contract_id).where(*_IS_CURRENT))


@dataclass(frozen=True, slots=True)
class MoneyOverview:
    """What a contract has to pay today, and its last operations."""

    open_items: UnpaidItems
    last_charge: Entry | None
    last_payment: Entry | None

    @property
    def balance(self) -> Decimal:
        """Of the ledger today, roubles; above zero the customer owes."""
        return self.open_items.balance


def find_unpaid_items(session: Session, contract_id: int, today: date) -> UnpaidItems | None:
    """What is unpaid of a contract."""
    row = _find(session, _UNPAID, contract_id, today)
    return UnpaidItems(*_sums(row, today)) if row else None


def find_overview(session: Session, contract_id: int, today: date) -> MoneyOverview | None:
    """What is unpaid of a contract, and its last operations."""
    row = _find(session, _OVERVIEW, contract_id, today)
    if row is None:
        return None
    unpaid, operations = UnpaidItems(*_sums(row[:5], today)), row[5:]
    return MoneyOverview(unpaid, _last_charge(*operations[:4]), _last_payment(*operations[4:]))


def find_open_items(session: Session, contract_id: int, today: date) -> OpenItems | None:
    """What is unpaid of a contract, and the balance of each invoice and document."""
    row = _find(session, _OPEN_ITEMS, contract_id, today)
    return OpenItems(*_sums(row[:5], today), *read_balances(row[5])) if row else None


def find_interest_corrections(session: Session, contract_id: int) -> frozenset[int] | None:
    """Ids of the documents that belong to late interest by what they correct, whatever the day."""
    row = _INTEREST_CORRECTIONS.first(session, contract_id=contract_id)
    return None if row is None else read_ids(row[0])


def iter_unpaid(
    session: Session, today: date, *conditions: ColumnElement[bool]
) -> Iterator[tuple[int, UnpaidItems]]:
    """What is unpaid of every contract that has a snapshot for today and meets the conditions."""
    statement = select(_S.contract_id, *_SUMS).where(*_IS_CURRENT, *conditions)
    rows = session.connection().execute(statement.order_by(_S.contract_id), {"today": today})
    for contract_id, *sums in rows:
        yield contract_id, UnpaidItems(*_sums(sums, today))


def list_unpaid_of(
    session: Session, contract_ids: Sequence[int], today: date
) -> dict[int, UnpaidItems]:
    """What is unpaid of some contracts, by id; of those that have a snapshot for today."""
    return dict(iter_unpaid(session, today, _S.contract_id.in_(contract_ids)))


def compute_snapshot(session: Session, contract_id: int, today: date) -> MoneySnapshot:
    """The same figures from the ledger; what a page reads where no snapshot is valid today."""
    return build_snapshot(list_ledgers(session, [contract_id])[contract_id], today)


def list_snapshots(
    session: Session, contract_ids: Sequence[int], today: date
) -> dict[int, MoneySnapshot]:
    """The snapshots of some contracts that are valid today, by contract id."""
    values = {"contract_ids": contract_ids, "today": today}
    rows = session.connection().execute(_WHOLE, values)
    return {row[0]: _restore(row, today) for row in rows}


def list_contracts_without(session: Session, today: date, limit: int | None = None) -> list[int]:
    """Ids of contracts that have no snapshot for today, in their order."""
    missing = select(Contract.id).where(_MISSING).order_by(Contract.id).limit(limit)
    return list(session.connection().scalars(missing, {"today": today}))


def count_contracts_without(session: Session, today: date) -> int:
    """How many contracts have no snapshot for today."""
    missing = select(func.count()).select_from(Contract).where(_MISSING)
    return session.connection().scalar(missing, {"today": today}) or 0


def _find(session: Session, statement: PreparedSelect, contract_id: int, today: date) -> Any:
    return statement.first(session, contract_id=contract_id, today=today)


def _sums(
    row: Any, today: date
) -> tuple[date, Decimal, tuple[Any, ...], dict[DebtKind, Decimal], Decimal]:
    """The arguments of ``UnpaidItems``."""
    balance, energy_credit, interest_credit, prepaid, unpaid = row
    credit = {
        DebtKind.ENERGY: from_kopecks(energy_credit),
        DebtKind.LATE_INTEREST: from_kopecks(interest_credit),
    }
    return today, from_kopecks(balance), read_unpaid(unpaid), credit, from_kopecks(prepaid)


def _last_charge(
    on: date | None, number: str, period: Month | None, gross: Decimal
) -> Entry | None:
    return charge_entry(on, number, period, gross) if on else None


def _last_payment(on: date | None, number: str, amount: Decimal) -> Entry | None:
    return payment_entry(on, number, amount) if on else None


def _restore(row: Any, today: date) -> MoneySnapshot:
    _, valid_from, valid_to, interest_corrections, balances, *figures = row
    operations = figures[5:]
    return MoneySnapshot(
        ValidDays(valid_from, valid_to),
        OpenItems(*_sums(figures[:5], today), *read_balances(balances)),
        _last_charge(*operations[:4]),
        _last_payment(*operations[4:]),
        read_ids(interest_corrections),
    )
