"""Reads of invoices with what is still asked of them, and of both sides' bank details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.domain.bank_order import BankParty
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceCard, InvoiceHeader
from app.domain.open_items import OpenItems
from app.lib.prepared_select import PreparedSelect
from app.models import BankDetails, Contract, Customer, Invoice, Supplier
from app.queries.contracts import VisibleContract


@dataclass(frozen=True, slots=True)
class PaymentParties:
    """Both sides of a payment.

    Attributes:
        payee: the supplier; None before the first import.
        payer: the customer with the bank details typed in the portal, else with those of billing;
            None where account or БИК is missing in both.
    """

    payee: BankParty | None
    payer: BankParty | None


def _of_contract(*columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*columns).where(
        Invoice.contract_id == bindparam("contract_id"), Invoice.withdrawn_at.is_(None)
    )


_HEADER = (
    Invoice.id,
    Invoice.kind,
    Invoice.number,
    Invoice.issued_on,
    Invoice.due_on,
    Invoice.period,
    Invoice.total_amount,
    Invoice.vat_rate,
)
# Built once: composing a statement costs more than running it.
_COUNT = PreparedSelect(_of_contract(func.count()))
_PAGE = PreparedSelect(
    _of_contract(*_HEADER)
    .order_by(Invoice.due_on.desc(), Invoice.id.desc())
    .offset(bindparam("offset"))
    .limit(bindparam("limit"))
)
_SOME = PreparedSelect(
    _of_contract(*_HEADER)
    .where(Invoice.id.in_(bindparam("ids", expanding=True)))
    .order_by(Invoice.due_on, Invoice.id)
)
_PAYEE = (
    Supplier.name,
    Supplier.inn,
    Supplier.kpp,
    Supplier.account,
    Supplier.bank_name,
    Supplier.bic,
    Supplier.corr_account,
)
_PAYER = (Customer.full_name, Customer.inn, Customer.kpp)
_BILLED_DETAILS = (Customer.account, Customer.bank_name, Customer.bic, Customer.corr_account)
_TYPED_DETAILS = (
    BankDetails.account,
    BankDetails.bank_name,
    BankDetails.bic,
    BankDetails.corr_account,
)
_SUPPLIER_ID = (
    select(func.min(Supplier.id)).where(Supplier.withdrawn_at.is_(None)).scalar_subquery()
)
# What a former customer has typed is not the present one's.
_IS_OF_CONTRACT = and_(
    BankDetails.contract_id == Contract.id,
    or_(Contract.transferred_at.is_(None), BankDetails.changed_at >= Contract.transferred_at),
)
_TYPED = (
    select(BankDetails)
    .join(Contract, _IS_OF_CONTRACT)
    .where(Contract.id == bindparam("contract_id"))
)
_PARTIES = PreparedSelect(
    select(*_PAYEE, *_PAYER, *_BILLED_DETAILS, *_TYPED_DETAILS)
    .select_from(Contract)
    .join(Customer, Customer.id == Contract.customer_id)
    .outerjoin(Supplier, Supplier.id == _SUPPLIER_ID)
    .outerjoin(BankDetails, _IS_OF_CONTRACT)
    .where(Contract.id == bindparam("contract_id"))
)


def count_invoices(session: Session, contract: VisibleContract) -> int:
    """How many invoices a contract has."""
    return int(_COUNT.all(session, contract_id=contract.id)[0][0])


def list_invoices(
    session: Session,
    contract: VisibleContract,
    open_items: OpenItems,
    offset: int = 0,
    limit: int = 25,
) -> list[InvoiceCard]:
    """Invoices of a contract, the newest due date first."""
    rows = _PAGE.all(session, contract_id=contract.id, offset=offset, limit=limit)
    return [_card(row, open_items) for row in rows]


def list_headers(
    session: Session, contract: VisibleContract, ids: Sequence[int]
) -> list[InvoiceHeader]:
    """The invoices with these ids, the oldest due date first."""
    if not ids:
        return []
    return [InvoiceHeader(*row) for row in _SOME.all(session, contract_id=contract.id, ids=ids)]


def get_invoice(
    session: Session, contract: VisibleContract, invoice_id: int, open_items: OpenItems
) -> InvoiceCard:
    """One invoice of a contract.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    row = _SOME.first(session, contract_id=contract.id, ids=[invoice_id])
    if row is None:
        raise NotFoundError
    return _card(row, open_items)


def get_parties(session: Session, contract: VisibleContract) -> PaymentParties:
    """Who pays and who is paid, as payment orders name them."""
    row = _PARTIES.all(session, contract_id=contract.id)[0]
    payee, payer, billed, typed = row[:7], row[7:10], row[10:14], row[14:]
    name, inn, kpp = payer
    account, bank_name, bic, corr_account = typed if typed[0] is not None else billed
    return PaymentParties(
        None if payee[0] is None else BankParty(*payee),
        BankParty(name, inn, kpp, account, bank_name or "", bic, corr_account or "")
        if account and bic
        else None,
    )


def find_bank_details(session: Session, contract: VisibleContract) -> BankDetails | None:
    """The customer's own bank details, typed in the portal; not a former customer's."""
    return session.scalars(_TYPED, {"contract_id": contract.id}).one_or_none()


def _card(row: Any, open_items: OpenItems) -> InvoiceCard:
    values: tuple[Any, ...] = (*row, *open_items.of_invoice(row[0]))
    return InvoiceCard(*values)
