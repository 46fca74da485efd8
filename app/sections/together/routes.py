"""Pay several contracts by one bank file; name and group them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.contract_labels import save_label
from app.domain.access import Permission
from app.domain.money import ZERO
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.my_contracts import find_label, list_groups
from app.sections.together.forms import LabelForm
from app.sections.together.payments import (
    MOST_CONTRACTS,
    ContractPayment,
    list_payments,
    read_chosen,
    write_file,
)
from app.web.data_access import record_download
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import contract_access, signed_in

bp = Blueprint("together", __name__)
NOTHING = "Отметьте договоры, по которым есть что оплатить."
TOO_MANY = f"Отметьте не больше {MOST_CONTRACTS}\u00a0договоров."
NO_PAYER = "В файл войти нечему: по этим договорам не указан расчетный счет вашей организации."


@bp.get("/contracts/pay")
@signed_in
def pay() -> ResponseReturnValue:
    """What is due under the chosen contracts, and one file for the bank client."""
    ids = read_chosen(request.args)
    if len(ids) > MOST_CONTRACTS:
        return _pay_page([], ids, 422, TOO_MANY)
    payments = list_payments(ids)
    is_asked = "contract" in request.args
    return (
        _pay_page(payments, ids) if payments or not is_asked else _pay_page([], ids, 422, NOTHING)
    )


@bp.get("/contracts/pay/1c_to_kl.txt")
@signed_in
def pay_file() -> ResponseReturnValue:
    """The payment orders of all chosen contracts in one file."""
    ids = read_chosen(request.args)
    payments = list_payments(ids) if len(ids) <= MOST_CONTRACTS else []
    ready = [payment for payment in payments if payment.is_ready]
    if not ready:
        error = (NO_PAYER if payments else NOTHING) if len(ids) <= MOST_CONTRACTS else TOO_MANY
        return _pay_page(payments, ids, 422, error)
    answer = write_file(ready)
    for payment in ready:
        record_download(payment.contract, None)
    return answer


@bp.get("/contracts/<id:contract_id>/label")
@contract_access(Permission.MANAGE_ACCOUNT)
def label(contract: VisibleContract) -> ResponseReturnValue:
    """What the person calls the contract, and its group."""
    return _label_page(contract, LabelForm(find_label(db.session(), contract)))


@bp.post("/contracts/<id:contract_id>/label")
@contract_access(Permission.MANAGE_ACCOUNT)
def label_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Store both."""
    form = LabelForm(None)
    if not form.validate():
        return _label_page(contract, form, 422)
    save_label(db.session(), contract, form.name.data, form.group_name.data)
    db.session.commit()
    return redirect(url_for("service.contract_choice"), 303)


def _label_page(contract: VisibleContract, form: LabelForm, status: int = 200) -> Response:
    return render_page(
        "together/label.html",
        fragment="results",
        contract=contract,
        form=form,
        groups=list_groups(db.session(), contract.viewer),
        faults=summary_of(form),
        status=status,
    )


def _pay_page(
    payments: Sequence[ContractPayment],
    ids: Sequence[int],
    status: int = 200,
    error: str | None = None,
) -> Response:
    return render_page(
        "together/pay.html",
        fragment="results",
        payments=payments,
        ready=[payment for payment in payments if payment.is_ready],
        total=sum((payment.amount for payment in payments), ZERO),
        query="&".join(f"contract={key}" for key in ids),
        faults=[("", error)] if error else [],
        status=status,
    )
