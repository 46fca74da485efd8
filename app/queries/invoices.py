"""Reads of invoices, of what payments have covered, and of both sides' bank details."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.allocation import Claim, allocate
from app.domain.bank_order import BankParty
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceCard
from app.models import Contract, Customer, Invoice, Supplier
from app.queries.contracts import VisibleContract
from app.queries.payments import list_receipts


def list_invoices(session: Session, contract: VisibleContract, today: date) -> list[InvoiceCard]:
    """Invoices of a contract, the newest due date first, with what payments up to today cover."""
    invoices = session.scalars(
        select(Invoice)
        .where(Invoice.contract_id == contract.id, Invoice.withdrawn_at.is_(None))
        .order_by(Invoice.due_on.desc(), Invoice.id.desc())
    ).all()
    receipts = list_receipts(session, contract, date.min, today)
    claims = [
        Claim(invoice.id, invoice.due_on, invoice.period, invoice.total_amount)
        for invoice in reversed(invoices)
        if invoice.total_amount > 0
    ]
    covered = allocate(claims, receipts).covered
    return [
        InvoiceCard(
            id=invoice.id,
            kind=invoice.kind,
            number=invoice.number,
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            period=invoice.period,
            total=invoice.total_amount,
            vat_rate=invoice.vat_rate,
            covered=covered.get(invoice.id, invoice.total_amount),
        )
        for invoice in invoices
    ]


def get_invoice(
    session: Session, contract: VisibleContract, invoice_id: int, today: date
) -> InvoiceCard:
    """One invoice of a contract.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    for invoice in list_invoices(session, contract, today):
        if invoice.id == invoice_id:
            return invoice
    raise NotFoundError


def find_payee(session: Session) -> BankParty | None:
    """The supplier's bank details; None before the first import."""
    supplier = session.scalars(
        select(Supplier).where(Supplier.withdrawn_at.is_(None)).order_by(Supplier.id).limit(1)
    ).first()
    if supplier is None:
        return None
    return BankParty(
        supplier.name,
        supplier.inn,
        supplier.kpp,
        supplier.account,
        supplier.bank_name,
        supplier.bic,
        supplier.corr_account,
    )


def find_payer(session: Session, contract: VisibleContract) -> BankParty | None:
    """The customer's bank details as billing has them; None where account or БИК is missing."""
    customer = session.scalars(
        select(Customer)
        .join(Contract, Contract.customer_id == Customer.id)
        .where(Contract.id == contract.id)
    ).one()
    if not customer.account or not customer.bic:
        return None
    return BankParty(
        customer.full_name,
        customer.inn,
        customer.kpp,
        customer.account,
        customer.bank_name or "",
        customer.bic,
        customer.corr_account or "",
    )
