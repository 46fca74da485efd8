"""Read what a contract has to pay, as payment instructions."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.domain.payment_instructions import ContractName
from app.domain.payment_plan import PaymentPlan, build_payment_plan
from app.domain.receivables import ReceivableKind
from app.queries.charges import list_by_ids
from app.queries.contracts import VisibleContract
from app.queries.invoices import list_headers
from app.queries.open_items import read_unpaid_items


def read_payment_plan(session: Session, contract: VisibleContract, today: date) -> PaymentPlan:
    """What a contract has to pay; the sum is exactly ``UnpaidItems.total``."""
    open_items = read_unpaid_items(session, contract, today)
    ids = {
        kind: [item.id for item in open_items.unpaid if item.kind is kind]
        for kind in (ReceivableKind.INVOICE, ReceivableKind.DOCUMENT)
    }
    return build_payment_plan(
        open_items,
        list_headers(session, contract, ids[ReceivableKind.INVOICE]),
        list_by_ids(session, contract, ids[ReceivableKind.DOCUMENT]),
        ContractName(contract.number, contract.signed_on),
        today,
    )
