"""Payments under several contracts: what each has to pay, and one file for the bank client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import make_response
from flask.wrappers import Response
from werkzeug.datastructures import MultiDict

from app.domain.access import Permission
from app.domain.bank_order import BankParty, OrderGroup, PaymentOrder, write_order_groups
from app.domain.combined_payments import combine_payments
from app.domain.money import ZERO
from app.domain.payment_instructions import ContractName, PaymentInstruction
from app.extensions import db
from app.lib.database import MAX_ID
from app.queries.contracts import VisibleContract, list_visible
from app.queries.invoices import get_parties
from app.queries.payment_plan import read_payment_plan
from app.web.context import clock, local_now
from app.web.session import access_window, current_viewer

MOST_CONTRACTS = 300
"""Of one file."""


@dataclass(frozen=True, slots=True)
class ContractPayment:
    """What one contract has to pay: what is overdue, and what its next date asks for."""

    contract: VisibleContract
    instructions: Sequence[PaymentInstruction]
    payer: BankParty | None
    payee: BankParty | None

    @property
    def amount(self) -> Decimal:
        """Of all its orders, roubles."""
        return sum((instruction.amount for instruction in self.instructions), ZERO)

    @property
    def is_ready(self) -> bool:
        """Whether both sides have bank details."""
        return self.payer is not None and self.payee is not None


def read_chosen(args: MultiDict[str, str]) -> list[int]:
    """Ids of contracts in a query, once each; whatever is no id is left out."""
    texts = dict.fromkeys(args.getlist("contract"))
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 20]
    return [key for key in ids if key <= MAX_ID]


def list_payments(ids: Sequence[int]) -> list[ContractPayment]:
    """What is to be paid under those of the contracts whose money the person may see."""
    if not ids:
        return []
    session, today, wanted = db.session(), clock().today(), set(ids)
    payments = []
    for contract in list_visible(session, current_viewer(), access_window()):
        if contract.id not in wanted or not contract.may(Permission.SEE_MONEY):
            continue
        plan = read_payment_plan(session, contract, today)
        next_on = plan.open_items.next_due_on
        due = [
            instruction
            for instruction in plan.instructions
            if instruction.is_overdue(today) or instruction.due_on == next_on
        ]
        if due:
            name = ContractName(contract.number, contract.signed_on)
            parties = get_parties(session, contract)
            orders = combine_payments(due, name, today)
            payments.append(ContractPayment(contract, orders, parties.payer, parties.payee))
    return payments


def write_file(payments: Sequence[ContractPayment]) -> Response:
    """Payment orders of several contracts in one file, numbered through."""
    groups, number = [], 0
    for payment in payments:
        orders = []
        for instruction in payment.instructions:
            number += 1
            orders.append(PaymentOrder(number, instruction.amount, instruction.purpose))
        if payment.payer and payment.payee:
            groups.append(OrderGroup(orders, payment.payer, payment.payee))
    response = make_response(write_order_groups(groups, local_now()))
    response.headers["Content-Type"] = "text/plain; charset=windows-1251"
    response.headers["Content-Disposition"] = 'attachment; filename="1c_to_kl.txt"'
    return response
