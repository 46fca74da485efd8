"""«Оплаты»: payments apart from charges (user manual §8)."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.domain.access import Permission
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.payments import list_payments, sum_payments
from app.sections.payments.presenters import KINDS, payments_table
from app.web.context import clock
from app.web.downloads import name_of, send_table
from app.web.forms import PeriodForm
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.payment_methods import bank_links
from app.web.permissions import contract_access

bp = Blueprint("payments", __name__, url_prefix="/contracts/<id:contract_id>/payments")


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Payments of a period, page by page, with the totals of the whole period."""
    form = PeriodForm.from_query(request.args, clock().today())
    if form.period is None:
        return _page(contract, form, 422)
    sums = sum_payments(db.session(), contract, form.period)
    pager = Pager.from_request(PAGE_ROWS, sums.count)
    payments = list_payments(db.session(), contract, form.period, pager.offset, pager.size)
    return _page(contract, form, sums=sums, pager=pager, payments=payments)


@bp.get("/payments.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """All payments of the period for a spreadsheet."""
    form = PeriodForm.from_query(request.args, clock().today())
    if form.period is None:
        return _page(contract, form, 422)
    payments = list_payments(db.session(), contract, form.period)
    name = name_of("Оплаты", contract.number, form.period)
    return send_table(payments_table(payments), name, extension)


def _page(
    contract: VisibleContract, form: PeriodForm, status: int = 200, **context: object
) -> Response:
    return render_page(
        "payments/index.html",
        fragment="results",
        contract=contract,
        form=form,
        kinds=KINDS,
        banks=bank_links(),
        status=status,
        **context,
    )
