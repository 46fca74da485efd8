"""Read what billing has sent of the money of contracts: many at once, four statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.contract_ledger import ContractLedger, LedgerPayment, MonthEnds
from app.domain.corrections import LedgerDocument
from app.domain.money import ZERO, from_kopecks
from app.domain.payment_instructions import is_interest_payment
from app.domain.receivables import IssuedInvoice
from app.domain.turnover import EntryKind
from app.models import Charge, Invoice, MonthlyBalance, Payment

_KINDS = {kind.value: kind for kind in EntryKind}
_Rows = Select[*tuple[Any, ...]]


def _of(table: Any, *columns: Any) -> _Rows:
    """Columns of the rows of some contracts, the contract's id first."""
    is_of_contract = table.contract_id.in_(bindparam("contract_ids", expanding=True))
    return select(table.contract_id, *columns).where(is_of_contract)


# Built once: composing a statement costs more than running it. Kopecks become roubles below, which
# for very many rows is faster than a type that each value passes through.
_DOCUMENTS = _of(
    Charge,
    Charge.id,
    Charge.external_id,
    Charge.kind,
    Charge.doc_date,
    Charge.period,
    type_coerce(Charge.gross_amount, BigInteger),
    Charge.corrects_external_id,
    Charge.withdrawn_at.is_not(None),
    Charge.doc_number,
)
_INVOICES = _of(
    Invoice,
    Invoice.id,
    Invoice.number,
    Invoice.period,
    Invoice.due_on,
    type_coerce(Invoice.total_amount, BigInteger),
    Invoice.kind,
).where(Invoice.withdrawn_at.is_(None), Invoice.total_amount > ZERO)
_PAYMENTS = _of(
    Payment,
    Payment.id,
    Payment.kind,
    Payment.posted_on,
    type_coerce(Payment.amount, BigInteger),
    Payment.period,
    Payment.purpose,
    Payment.doc_number,
).where(Payment.withdrawn_at.is_(None))
_BALANCES = (
    _of(
        MonthlyBalance,
        MonthlyBalance.period,
        type_coerce(MonthlyBalance.opening_amount, BigInteger),
        type_coerce(MonthlyBalance.closing_amount, BigInteger),
    )
    .where(MonthlyBalance.withdrawn_at.is_(None))
    .order_by(MonthlyBalance.period)
)


def list_ledgers(session: Session, contract_ids: Sequence[int]) -> dict[int, ContractLedger]:
    """The ledgers of some contracts by id, each with all its days.

    Args:
        contract_ids: as many as their rows may be in memory at once.
    """
    connection = session.connection()
    values = {"contract_ids": contract_ids}
    documents = _by_contract(map(_document, connection.execute(_DOCUMENTS, values).all()))
    invoices = _by_contract(map(_invoice, connection.execute(_INVOICES, values).all()))
    payments = _by_contract(map(_payment, connection.execute(_PAYMENTS, values).all()))
    balances = _by_contract(map(_balance, connection.execute(_BALANCES, values).all()))
    return {
        key: ContractLedger(documents[key], invoices[key], payments[key], balances[key])
        for key in contract_ids
    }


def _by_contract(rows: Iterable[tuple[int, Any]]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for contract_id, row in rows:
        found[contract_id].append(row)
    return found


def _document(row: Any) -> tuple[int, LedgerDocument]:
    contract_id, key, external_id, kind, on, period, kopecks, corrects, is_withdrawn, number = row
    gross = from_kopecks(kopecks)
    return contract_id, LedgerDocument(
        key, external_id, _KINDS[kind], on, period, gross, corrects, bool(is_withdrawn), number
    )


def _invoice(row: Any) -> tuple[int, IssuedInvoice]:
    contract_id, key, number, period, due_on, kopecks, kind = row
    return contract_id, IssuedInvoice(key, number, period, due_on, from_kopecks(kopecks), kind)


def _payment(row: Any) -> tuple[int, LedgerPayment]:
    contract_id, key, kind, on, kopecks, period, purpose, number = row
    amount, is_interest = from_kopecks(kopecks), is_interest_payment(purpose)
    return contract_id, LedgerPayment(
        key, _KINDS[kind], on, amount, period, is_interest, number or ""
    )


def _balance(row: Any) -> tuple[int, MonthEnds]:
    contract_id, month, opening, closing = row
    return contract_id, MonthEnds(month, from_kopecks(opening), from_kopecks(closing))
