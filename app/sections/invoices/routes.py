"""«Счета»: what is asked for, what is paid of it, and how to pay."""

from __future__ import annotations

from flask import Blueprint, g, make_response, request
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.bank_order import PaymentOrder, write_orders
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceCard, payment_purpose
from app.domain.payment_qr import Payee, build_payload
from app.extensions import db
from app.integrations.qr import draw_qr
from app.queries.invoices import find_payee, find_payer, get_invoice, list_invoices
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.permissions import contract_access
from app.web.session import clock, config, local_now

bp = Blueprint("invoices", __name__, url_prefix="/contracts/<int:contract_id>/invoices")

PAGE_ROWS = 25
KINDS = {
    "advance30": "Аванс 30 %",
    "advance40": "Аванс 40 %",
    "final": "Окончательный расчет",
    "other": "Счет",
}


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract_id: int) -> ResponseReturnValue:
    """All invoices with their status."""
    today = clock().today()
    invoices = list_invoices(db.session(), g.contract, today)
    pager = Pager.from_query(request.args.get("page", "")[:9], PAGE_ROWS, len(invoices))
    return render_page(
        "invoices/index.html",
        fragment="results",
        invoices=invoices[pager.offset : pager.offset + pager.size],
        pager=pager,
        today=today,
        kinds=KINDS,
    )


@bp.get("/<int:invoice_id>")
@contract_access(Permission.SEE_MONEY)
def invoice(contract_id: int, invoice_id: int) -> ResponseReturnValue:
    """One invoice and how to pay it: requisites, a code for a scanner, a file for a bank client."""
    today = clock().today()
    card = get_invoice(db.session(), g.contract, invoice_id, today)
    payee = find_payee(db.session())
    purpose = _purpose(card)
    code = None
    if payee is not None and card.unpaid:
        requisites = Payee(
            payee.name, payee.account, payee.bank_name, payee.bic, payee.corr_account,
            payee.inn, payee.kpp,
        )  # fmt: skip
        payload = build_payload(requisites, card.unpaid, purpose, g.contract.number)
        code = draw_qr(payload, f"QR-код для оплаты счета № {card.number}")
    return render_page(
        "invoices/invoice.html",
        fragment="results",
        invoice=card,
        payee=payee,
        purpose=purpose,
        code=code,
        has_payer=find_payer(db.session(), g.contract) is not None,
        today=today,
        kinds=KINDS,
        banks=config().bank_links,
    )


@bp.get("/<int:invoice_id>/1c_to_kl.txt")
@contract_access(Permission.SEE_MONEY)
def order_file(contract_id: int, invoice_id: int) -> ResponseReturnValue:
    """A payment order for the bank client, of what is not paid yet."""
    card = get_invoice(db.session(), g.contract, invoice_id, clock().today())
    payer, payee = find_payer(db.session(), g.contract), find_payee(db.session())
    if payer is None or payee is None or not card.unpaid:
        raise NotFoundError
    order = PaymentOrder(1, card.unpaid, _purpose(card))
    response = make_response(write_orders([order], payer, payee, local_now()))
    response.headers["Content-Type"] = "text/plain; charset=windows-1251"
    response.headers["Content-Disposition"] = 'attachment; filename="1c_to_kl.txt"'
    return response


def _purpose(card: InvoiceCard) -> str:
    contract = g.contract
    return payment_purpose(card, card.unpaid or card.total, contract.number, contract.signed_on)
