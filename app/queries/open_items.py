"""Read open items of a contract from documents, invoices and payments of its ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.corrections import DebtKind, LedgerDocument, debt_kinds
from app.domain.money import ZERO
from app.domain.open_items import OpenItems, build_open_items
from app.domain.receivables import IssuedInvoice
from app.domain.turnover import EntryKind
from app.models import Charge, Invoice, MonthlyBalance
from app.queries.contracts import VisibleContract
from app.queries.payments import list_receipts
from app.queries.settlements import balance_on


def read_open_items(
    session: Session, contract: VisibleContract, today: date, balance: Decimal | None = None
) -> OpenItems:
    """What a contract has to pay, by invoice, by document and beyond both.

    Args:
        balance: ledger balance today, roubles, where it is known already.
    """
    since, opening = _opening(session, contract)
    return build_open_items(
        list_ledger_documents(session, contract, today),
        _list_invoices(session, contract),
        list_receipts(session, contract, since, today),
        today,
        balance=balance_on(session, contract, today) if balance is None else balance,
        since=since,
        opening=opening,
    )


def list_ledger_documents(
    session: Session, contract: VisibleContract, until: date = date.max
) -> list[LedgerDocument]:
    """All documents of a contract up to a day, for ``build_open_items``.

    Withdrawn ones are among them: they tell what their corrections belong to.
    """
    rows = session.execute(
        select(
            Charge.id,
            Charge.external_id,
            Charge.kind,
            Charge.doc_date,
            Charge.period,
            Charge.gross_amount,
            Charge.corrects_external_id,
            Charge.withdrawn_at.is_not(None),
        ).where(Charge.contract_id == contract.id, Charge.doc_date <= until)
    )
    return [
        LedgerDocument(charge_id, key, EntryKind(kind), on, period, gross, corrects, withdrawn)
        for charge_id, key, kind, on, period, gross, corrects, withdrawn in rows
    ]


def list_interest_ids(session: Session, contract: VisibleContract) -> frozenset[int]:
    """Ids of documents of late interest, and of what corrects them."""
    kinds = debt_kinds(list_ledger_documents(session, contract))
    return frozenset(key for key, kind in kinds.items() if kind is DebtKind.LATE_INTEREST)


def _list_invoices(session: Session, contract: VisibleContract) -> list[IssuedInvoice]:
    rows = session.execute(
        select(
            Invoice.id,
            Invoice.number,
            Invoice.period,
            Invoice.due_on,
            Invoice.total_amount,
            Invoice.kind,
        ).where(
            Invoice.contract_id == contract.id,
            Invoice.withdrawn_at.is_(None),
            Invoice.total_amount > ZERO,
        )
    )
    return [IssuedInvoice(*row) for row in rows]


def _opening(session: Session, contract: VisibleContract) -> tuple[date, Decimal]:
    """First day that billing knows of, and the balance before it."""
    row = session.execute(
        select(MonthlyBalance.period, MonthlyBalance.opening_amount)
        .where(MonthlyBalance.contract_id == contract.id, MonthlyBalance.withdrawn_at.is_(None))
        .order_by(MonthlyBalance.period)
        .limit(1)
    ).first()
    return (row[0].first, row[1]) if row else (date.min, ZERO)
