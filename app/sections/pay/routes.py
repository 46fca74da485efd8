"""«Оплатить»: what is due and by when, and the ways of paying it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.bank_details import save_bank_details
from app.domain.access import Permission
from app.domain.demands import DemandKind
from app.domain.errors import NotFoundError
from app.domain.payables import Payable
from app.extensions import db
from app.queries.invoices import find_bank_details, find_payer
from app.queries.payables import ToPay, list_payables
from app.sections.pay.forms import BankDetailsForm
from app.web.forms import keep_if_busy
from app.web.fragments import render_page
from app.web.payment_methods import how_to_pay, send_orders
from app.web.permissions import contract_access
from app.web.session import clock, current_viewer

bp = Blueprint("pay", __name__, url_prefix="/contracts/<int:contract_id>/pay")


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract_id: int) -> ResponseReturnValue:
    """Everything that is to be paid, overdue first."""
    return _page(_to_pay())


@bp.get("/orders/1c_to_kl.txt")
@contract_access(Permission.SEE_MONEY)
def order_file(contract_id: int) -> ResponseReturnValue:
    """The chosen payments as orders in one file for the bank client."""
    to_pay = _to_pay()
    codes = set(request.args.getlist("item"))
    chosen = [each for each in to_pay.payables if each.code in codes]
    if find_payer(db.session(), g.contract) is None:
        return _page(to_pay, 422, error="Сначала нужен расчетный счет вашей организации")
    if not chosen:
        words = "Отметьте хотя бы один платеж"
        if codes:
            words = "Отмеченное уже оплачено или изменилось. Отметьте снова"
        return _page(to_pay, 422, error=words)
    return send_orders(chosen)


@bp.get("/<code>")
@contract_access(Permission.SEE_MONEY)
def item(contract_id: int, code: str) -> ResponseReturnValue:
    """How to pay one of them: requisites, a code for a scanner, a file for the bank client."""
    payable = _to_pay().find(code)
    if payable is None:
        raise NotFoundError
    if payable.kind is DemandKind.INVOICE:
        return redirect(
            url_for("invoices.invoice", contract_id=contract_id, invoice_id=payable.id), 302
        )
    return render_page(
        "pay/item.html",
        fragment="results",
        kinds=DemandKind,
        **how_to_pay(payable, "QR-код для оплаты"),
    )


@bp.get("/bank-details")
@contract_access(Permission.MANAGE_MONEY)
def bank_details(contract_id: int) -> ResponseReturnValue:
    """The customer's own account for payment orders; what billing has is shown beside it."""
    return _details_page(BankDetailsForm(obj=find_bank_details(db.session(), g.contract)))


@bp.post("/bank-details")
@contract_access(Permission.MANAGE_MONEY)
def bank_details_submit(contract_id: int) -> ResponseReturnValue:
    """Keep what was typed, once its keys are right."""
    form = BankDetailsForm()
    if not form.validate():
        return _details_page(form, 422)
    keep_if_busy(lambda message: _details_page(form, 503, message))
    save_bank_details(
        db.session(),
        g.contract,
        current_viewer(),
        clock().now(),
        account=form.account.data,
        bic=form.bic.data,
        bank_name=form.bank_name.data,
        corr_account=form.corr_account.data or "",
    )
    db.session.commit()
    return redirect(url_for("pay.index", contract_id=contract_id, saved=1), 303)


def _to_pay() -> ToPay:
    return list_payables(db.session(), g.contract, clock().today())


def _page(to_pay: ToPay, status: int = 200, error: str | None = None) -> Response:
    today = clock().today()
    return render_page(
        "pay/index.html",
        fragment="results",
        to_pay=to_pay,
        today=today,
        kinds=DemandKind,
        chosen=_chosen(to_pay.payables, to_pay),
        error=error,
        status=status,
        **how_to_pay(None, ""),
    )


def _chosen(payables: Sequence[Payable], to_pay: ToPay) -> frozenset[str]:
    """Ticked to begin with: what is overdue, and the next date."""
    today, next_on = clock().today(), to_pay.dues.next_due_on
    return frozenset(
        each.code for each in payables if each.is_overdue(today) or each.due_on == next_on
    )


def _details_page(form: BankDetailsForm, status: int = 200, message: str | None = None) -> Response:
    return render_page(
        "pay/bank_details.html",
        fragment="results",
        form=form,
        message=message,
        status=status,
        payer=find_payer(db.session(), g.contract),
        own=find_bank_details(db.session(), g.contract),
    )
