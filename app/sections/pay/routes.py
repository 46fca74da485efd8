"""«Оплатить»: what is due and by when, and the ways of paying it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.bank_details import save_bank_details
from app.domain.access import Permission
from app.domain.combined_payments import combine_payments
from app.domain.errors import NotFoundError
from app.domain.payment_instructions import ContractName, PaymentInstruction
from app.domain.payment_plan import PaymentPlan
from app.domain.receivables import ReceivableKind
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.invoices import find_bank_details, get_parties
from app.queries.payment_plan import read_payment_plan
from app.sections.pay.forms import BankDetailsForm
from app.sections.pay.presenters import SUBJECTS, payables_table
from app.web.context import clock
from app.web.downloads import name_on, send_table
from app.web.fragments import render_page
from app.web.payment_methods import payment_options, send_payment_orders
from app.web.permissions import contract_access

bp = Blueprint("pay", __name__, url_prefix="/contracts/<id:contract_id>/pay")


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Everything that is to be paid, overdue first."""
    return _page(contract, _to_pay(contract))


@bp.get("/payables.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """Everything that is to be paid, for a spreadsheet."""
    today = clock().today()
    table = payables_table(_to_pay(contract).instructions, today)
    return send_table(table, name_on("К оплате", contract.number, today), extension)


@bp.get("/orders/1c_to_kl.txt")
@contract_access(Permission.SEE_MONEY)
def order_file(contract: VisibleContract) -> ResponseReturnValue:
    """The chosen payments as orders in one file for the bank client."""
    plan = _to_pay(contract)
    chosen = _read_chosen(plan)
    if get_parties(db.session(), contract).payer is None:
        return _page(contract, plan, 422, error="Сначала нужен расчетный счет вашей организации")
    if not chosen:
        return _page(contract, plan, 422, error=_nothing_chosen())
    is_one = request.args.get("orders") == "one"
    return send_payment_orders(contract, _combine(contract, chosen) if is_one else chosen)


@bp.get("/chosen")
@contract_access(Permission.SEE_MONEY)
def chosen(contract: VisibleContract) -> ResponseReturnValue:
    """«Пересчитать»: the same page with other payments ticked; by htmx only their sum."""
    plan = _to_pay(contract)
    return _page(contract, plan, chosen=_read_chosen(plan), fragment="chosen")


@bp.get("/together")
@contract_access(Permission.SEE_MONEY)
def together(contract: VisibleContract) -> ResponseReturnValue:
    """How to pay the chosen ones by one order: requisites, a code, a file; late interest apart."""
    plan = _to_pay(contract)
    chosen = _read_chosen(plan)
    if not chosen:
        return _page(contract, plan, 422, error=_nothing_chosen())
    first, *others = _combine(contract, chosen)
    return render_page(
        "pay/together.html",
        fragment="results",
        contract=contract,
        chosen=chosen,
        others=others,
        subjects=SUBJECTS,
        **payment_options(contract, first, "QR-код для оплаты одним поручением"),
    )


@bp.get("/<code>")
@contract_access(Permission.SEE_MONEY)
def item(contract: VisibleContract, code: str) -> ResponseReturnValue:
    """How to pay one of them: requisites, a code for a scanner, a file for the bank client."""
    instruction = _to_pay(contract).find(code)
    if instruction is None:
        raise NotFoundError
    if instruction.kind is ReceivableKind.INVOICE:
        return redirect(
            url_for("invoices.invoice", contract_id=contract.id, invoice_id=instruction.id), 302
        )
    return render_page(
        "pay/item.html",
        fragment="results",
        contract=contract,
        **payment_options(contract, instruction, "QR-код для оплаты"),
    )


@bp.get("/bank-details")
@contract_access(Permission.MANAGE_MONEY)
def bank_details(contract: VisibleContract) -> ResponseReturnValue:
    """The customer's account for payment orders; what billing has is shown beside it."""
    return _details_page(contract, BankDetailsForm(obj=find_bank_details(db.session(), contract)))


@bp.post("/bank-details")
@contract_access(Permission.MANAGE_MONEY)
def bank_details_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Store the bank details once their check digits are right."""
    form = BankDetailsForm()
    if not form.validate():
        return _details_page(contract, form, 422)
    save_bank_details(
        db.session(),
        contract,
        contract.viewer,
        clock().now(),
        account=form.account.data,
        bic=form.bic.data,
        bank_name=form.bank_name.data,
        corr_account=form.corr_account.data or "",
    )
    db.session.commit()
    return redirect(url_for("pay.index", contract_id=contract.id, saved=1), 303)


def _to_pay(contract: VisibleContract) -> PaymentPlan:
    return read_payment_plan(db.session(), contract, clock().today())


def _read_chosen(plan: PaymentPlan) -> list[PaymentInstruction]:
    """What is ticked on the page, of what is still to be paid."""
    codes = set(request.args.getlist("item"))
    return [instruction for instruction in plan.instructions if instruction.code in codes]


def _nothing_chosen() -> str:
    if request.args.getlist("item"):
        return "Отмеченное уже оплачено или изменилось. Отметьте снова"
    return "Отметьте хотя бы один платеж"


def _combine(
    contract: VisibleContract, chosen: Sequence[PaymentInstruction]
) -> Sequence[PaymentInstruction]:
    name = ContractName(contract.number, contract.signed_on)
    return combine_payments(chosen, name, clock().today())


def _page(
    contract: VisibleContract,
    plan: PaymentPlan,
    status: int = 200,
    error: str | None = None,
    *,
    chosen: Sequence[PaymentInstruction] | None = None,
    fragment: str = "results",
) -> Response:
    """The list of what is to be paid; ``chosen`` is ticked, by default what is due."""
    today = clock().today()
    ticked = _due(plan) if chosen is None else chosen
    return render_page(
        "pay/index.html",
        fragment=fragment,
        contract=contract,
        plan=plan,
        today=today,
        chosen=frozenset(instruction.code for instruction in ticked),
        combined=_combine(contract, ticked),
        subjects=SUBJECTS,
        error=error,
        status=status,
        **payment_options(contract, None, ""),
    )


def _due(plan: PaymentPlan) -> list[PaymentInstruction]:
    """Ticked to begin with: what is overdue, and the next date."""
    today, next_on = clock().today(), plan.open_items.next_due_on
    return [
        instruction
        for instruction in plan.instructions
        if instruction.is_overdue(today) or instruction.due_on == next_on
    ]


def _details_page(contract: VisibleContract, form: BankDetailsForm, status: int = 200) -> Response:
    return render_page(
        "pay/bank_details.html",
        fragment="results",
        contract=contract,
        form=form,
        status=status,
        payer=get_parties(db.session(), contract).payer,
        entered=find_bank_details(db.session(), contract),
    )
