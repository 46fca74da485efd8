"""How a payment is made: what the pages of an invoice and of «Оплатить» share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response
from flask.wrappers import Response
from markupsafe import Markup

from app.domain.access import Permission
from app.domain.bank_order import BankParty, PaymentOrder, write_orders
from app.domain.errors import NotFoundError
from app.domain.payment_instructions import PaymentInstruction
from app.domain.payment_qr import Payee, build_payload
from app.extensions import db
from app.lib.qr import draw_qr
from app.queries.contracts import VisibleContract
from app.queries.invoices import get_parties
from app.web.context import config, local_now


def payment_options(
    contract: VisibleContract, instruction: PaymentInstruction | None, title: str
) -> dict[str, Any]:
    """What a template needs to show the ways of paying; without a payable, only whom to pay.

    Args:
        title: name of the code for who cannot see it.
    """
    parties = get_parties(db.session(), contract)
    payee = parties.payee
    return {
        "instruction": instruction,
        "payee": payee,
        "code": _code(contract, payee, instruction, title) if payee and instruction else None,
        "has_payer": parties.payer is not None,
        "may_manage": contract.may(Permission.MANAGE_MONEY),
        "banks": bank_links(),
    }


def bank_links() -> list[tuple[str, str]]:
    """Labels and addresses of the buttons that lead to banks; an empty address hides its button."""
    settings = config()
    links = [
        ("Сбербанк Онлайн", settings.sber_online_url),
        ("СберБизнес", settings.sber_business_url),
    ]
    return [(label, url) for label, url in links if url]


def payment_qr_payload(
    contract: VisibleContract, payee: BankParty, instruction: PaymentInstruction
) -> bytes:
    """The bytes of the payment code."""
    requisites = Payee(
        payee.name,
        payee.account,
        payee.bank_name,
        payee.bic,
        payee.corr_account,
        payee.inn,
        payee.kpp,
    )
    return build_payload(requisites, instruction.amount, instruction.purpose, contract.number)


def send_payment_orders(
    contract: VisibleContract, instructions: Sequence[PaymentInstruction]
) -> Response:
    """A payment order each, in one file for the bank client.

    Raises:
        NotFoundError: nothing to pay, or a side without bank details.
    """
    parties = get_parties(db.session(), contract)
    payer, payee = parties.payer, parties.payee
    if payer is None or payee is None or not instructions:
        raise NotFoundError
    orders = [
        PaymentOrder(number, instruction.amount, instruction.purpose)
        for number, instruction in enumerate(instructions, 1)
    ]
    response = make_response(write_orders(orders, payer, payee, local_now()))
    response.headers["Content-Type"] = "text/plain; charset=windows-1251"
    response.headers["Content-Disposition"] = 'attachment; filename="1c_to_kl.txt"'
    return response


def _code(
    contract: VisibleContract, payee: BankParty, instruction: PaymentInstruction, title: str
) -> Markup:
    return draw_qr(payment_qr_payload(contract, payee, instruction), title)
