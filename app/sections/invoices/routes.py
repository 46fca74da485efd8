"""«Счета»: what is asked for, what is paid of it, and how to pay."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.invoices import InvoiceCard, payment_purpose
from app.domain.money import amount_in_words
from app.domain.payment_instructions import ContractName, PaymentInstruction
from app.domain.payment_plan import invoice_instruction
from app.extensions import db
from app.lib.qr import qr_data_uri
from app.queries.contracts import VisibleContract
from app.queries.invoices import count_invoices, get_invoice, get_parties, list_invoices
from app.queries.open_items import read_open_items
from app.sections.invoices.presenters import KINDS, invoices_table
from app.web.context import clock
from app.web.downloads import name_on, send_bytes, send_table
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.payment_methods import payment_options, payment_qr_payload, send_payment_orders
from app.web.pdf_responses import hit_pdf_limit, lay_out
from app.web.permissions import contract_access

bp = Blueprint("invoices", __name__, url_prefix="/contracts/<id:contract_id>/invoices")


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """All invoices with their status."""
    today = clock().today()
    pager = Pager.from_request(PAGE_ROWS, count_invoices(db.session(), contract))
    open_items = read_open_items(db.session(), contract, today)
    return render_page(
        "invoices/index.html",
        fragment="results",
        contract=contract,
        invoices=list_invoices(db.session(), contract, open_items, pager.offset, pager.size),
        pager=pager,
        today=today,
        kinds=KINDS,
    )


@bp.get("/invoices.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """All invoices for a spreadsheet."""
    today = clock().today()
    open_items = read_open_items(db.session(), contract, today)
    count = count_invoices(db.session(), contract)
    invoices = list_invoices(db.session(), contract, open_items, limit=count)
    name = name_on("Счета", contract.number, today)
    return send_table(invoices_table(invoices, today), name, extension)


@bp.get("/<id:invoice_id>")
@contract_access(Permission.SEE_MONEY)
def invoice(contract: VisibleContract, invoice_id: int) -> ResponseReturnValue:
    """One invoice and how to pay it: requisites, a code for a scanner, a file for a bank client."""
    card = _card(contract, invoice_id)
    return render_page(
        "invoices/invoice.html",
        fragment="results",
        contract=contract,
        invoice=card,
        today=clock().today(),
        kinds=KINDS,
        **payment_options(
            contract, _payable(contract, card), f"QR-код для оплаты счета №\u00a0{card.number}"
        ),
    )


@bp.get("/<id:invoice_id>/invoice.pdf")
@contract_access(Permission.SEE_MONEY)
def pdf(contract: VisibleContract, invoice_id: int) -> ResponseReturnValue:
    """The invoice for print, with both sides, the sum in words and the payment code."""
    card = _card(contract, invoice_id)
    hit_pdf_limit(contract)
    instruction, payee = _payable(contract, card), get_parties(db.session(), contract).payee
    code = (
        qr_data_uri(payment_qr_payload(contract, payee, instruction))
        if payee and instruction
        else None
    )
    title = f"Счет № {card.number} от {card.issued_on:%d.%m.%Y}"
    page = render_template(
        "pdf/invoice.html",
        contract=contract,
        title=title,
        invoice=card,
        payee=payee,
        kinds=KINDS,
        instruction=instruction,
        code=code,
        purpose=instruction.purpose
        if instruction
        else payment_purpose(card, _name(contract), card.total),
        amount_in_words=amount_in_words(card.total),
    )
    return send_bytes(lay_out(page, title), title, "pdf")


@bp.get("/<id:invoice_id>/1c_to_kl.txt")
@contract_access(Permission.SEE_MONEY)
def order_file(contract: VisibleContract, invoice_id: int) -> ResponseReturnValue:
    """A payment order for the bank client, of what is not paid yet."""
    instruction = _payable(contract, _card(contract, invoice_id))
    return send_payment_orders(contract, [instruction] if instruction else [])


def _card(contract: VisibleContract, invoice_id: int) -> InvoiceCard:
    open_items = read_open_items(db.session(), contract, clock().today())
    return get_invoice(db.session(), contract, invoice_id, open_items)


def _payable(contract: VisibleContract, card: InvoiceCard) -> PaymentInstruction | None:
    return invoice_instruction(card, card.unpaid, _name(contract)) if card.unpaid else None


def _name(contract: VisibleContract) -> ContractName:
    return ContractName(contract.number, contract.signed_on)
