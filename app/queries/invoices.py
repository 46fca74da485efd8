"""Reads of invoices with what is still asked of them, and of both sides' bank details."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.bank_order import BankParty
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceCard
from app.domain.open_items import OpenItems
from app.models import BankDetails, Contract, Customer, Invoice, Supplier
from app.queries.contracts import VisibleContract


def count_invoices(session: Session, contract: VisibleContract) -> int:
    """How many invoices a contract has."""
    return session.scalar(_of(contract).with_only_columns(func.count())) or 0


def list_invoices(
    session: Session,
    contract: VisibleContract,
    open_items: OpenItems,
    offset: int = 0,
    limit: int = 25,
) -> list[InvoiceCard]:
    """Invoices of a contract, the newest due date first."""
    rows = _of(contract).order_by(Invoice.due_on.desc(), Invoice.id.desc())
    return [_card(row, open_items) for row in session.scalars(rows.offset(offset).limit(limit))]


def list_some(
    session: Session, contract: VisibleContract, open_items: OpenItems, ids: Iterable[int]
) -> list[InvoiceCard]:
    """The invoices with these ids, the oldest due date first."""
    rows = _of(contract).where(Invoice.id.in_(list(ids))).order_by(Invoice.due_on, Invoice.id)
    return [_card(row, open_items) for row in session.scalars(rows)]


def get_invoice(
    session: Session, contract: VisibleContract, invoice_id: int, open_items: OpenItems
) -> InvoiceCard:
    """One invoice of a contract.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    found = list_some(session, contract, open_items, [invoice_id])
    if not found:
        raise NotFoundError
    return found[0]


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
    """The customer with the bank details typed in the cabinet, else with those of billing; None
    where account or БИК is missing in both."""
    customer = session.scalars(
        select(Customer)
        .join(Contract, Contract.customer_id == Customer.id)
        .where(Contract.id == contract.id)
    ).one()
    details: BankDetails | Customer = find_bank_details(session, contract) or customer
    if not details.account or not details.bic:
        return None
    return BankParty(
        customer.full_name,
        customer.inn,
        customer.kpp,
        details.account,
        details.bank_name or "",
        details.bic,
        details.corr_account or "",
    )


def find_bank_details(session: Session, contract: VisibleContract) -> BankDetails | None:
    """The customer's own bank details, typed in the cabinet; not a former customer's."""
    details = session.scalars(
        select(BankDetails).where(BankDetails.contract_id == contract.id)
    ).first()
    transferred_at = contract.transferred_at
    if details is None or transferred_at is None or details.changed_at >= transferred_at:
        return details
    return None


def _of(contract: VisibleContract) -> Select[Invoice]:
    return select(Invoice).where(Invoice.contract_id == contract.id, Invoice.withdrawn_at.is_(None))


def _card(invoice: Invoice, open_items: OpenItems) -> InvoiceCard:
    covered, unpaid = open_items.of_invoice(invoice.id)
    return InvoiceCard(
        id=invoice.id,
        kind=invoice.kind,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period=invoice.period,
        total=invoice.total_amount,
        vat_rate=invoice.vat_rate,
        covered=covered,
        unpaid=unpaid,
    )
