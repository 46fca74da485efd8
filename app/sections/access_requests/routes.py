"""«Запросить доступ у владельца»: the request, its link, and the owner's decision."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.people import access_requests
from app.actions.people.access_requests import RequestLimits
from app.domain.access import Permission, Role
from app.domain.errors import LinkError, PeopleError, TooManyAttemptsError
from app.domain.rate_limits import LimitedAction
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import AccessRequest
from app.queries.access_requests import find_open_contract, get_open_request
from app.queries.contracts import VisibleContract
from app.sections.access_requests.forms import AccessRequestForm, DecisionForm
from app.sections.people.labels import GRANTS
from app.web.context import local_now
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import contract_access, public
from app.web.policies import access_request_limits, invitation_limits, registration_rules
from app.web.session import current_browser

bp = Blueprint("access_requests", __name__)
MANAGE = Permission.MANAGE_PEOPLE
DECIDE = "/contracts/<id:contract_id>/people/requests/<id:request_id>"
LINK_ERRORS = {
    "used": (
        "Запрос уже рассмотрен",
        "По нему решили, или он старше 30\u00a0дней. Кто видит договор, показано в «Сотрудниках и "
        "доступе».",
    )
}

guard_links(bp, LINK_ERRORS, ("service.root", "В кабинет"))


@bp.get("/access-requests")
@public
def ask() -> ResponseReturnValue:
    """Show the form of a request for access."""
    return _ask_page(AccessRequestForm())


@bp.post("/access-requests")
@public
def ask_submit() -> ResponseReturnValue:
    """Pass a request on to the owner; the answer says nothing of whether there is one."""
    form = AccessRequestForm()
    if "step" in request.form:
        # From the first entry, with number and ИНН filled in.
        return _ask_page(form)
    if not form.validate():
        return _ask_page(form, 422)
    limits = RequestLimits(
        registration_rules().limits[LimitedAction.FIRST_ENTRY], access_request_limits()
    )
    try:
        request_id = access_requests.ask_for_access(
            db.session(), form.details(), current_browser(), limits, local_now()
        )
    except TooManyAttemptsError as error:
        answer = _ask_page(form, 429, f"{too_many_attempts(error)}.")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    delivery.commit()
    event("access requested", access_request=request_id or None)
    return redirect(url_for("access_requests.sent"), 303)


@bp.get("/access-requests/sent")
@public
def sent() -> ResponseReturnValue:
    """Say what happens next, whether or not anybody was asked."""
    return render_page("access_requests/sent.html", fragment="results")


@bp.get("/access-requests/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """Lead from the email to the page where the owner, signed in, decides."""
    request_id, _ = delivery.transports().links.read(Purpose.ACCESS_REQUEST, token)
    contract_id = find_open_contract(db.session(), request_id)
    if contract_id is None:
        raise LinkError("used")
    return redirect(
        url_for("access_requests.decide", contract_id=contract_id, request_id=request_id)
    )


@bp.get(DECIDE)
@contract_access(MANAGE)
def decide(contract: VisibleContract, request_id: int) -> ResponseReturnValue:
    """Show who asks, and ask for role and last day."""
    found = get_open_request(db.session(), contract, request_id)
    return _decision_page(contract, found, DecisionForm())


@bp.post(DECIDE)
@contract_access(MANAGE)
def grant(contract: VisibleContract, request_id: int) -> ResponseReturnValue:
    """«Открыть доступ»: invite whoever asks."""
    session, form = db.session(), DecisionForm()
    found = get_open_request(session, contract, request_id)
    if not form.validate():
        return _decision_page(contract, found, form, 422)
    role, until, limits = Role(form.role.data), form.access_until.data, invitation_limits()
    try:
        access_requests.grant_request(
            session, contract, found, role, until, current_browser(), limits, local_now()
        )
    except TooManyAttemptsError as error:
        return _decision_page(contract, found, form, 429, f"{too_many_attempts(error)}.")
    except PeopleError as error:
        return _refused_page(contract, request_id, form, error)
    delivery.commit()
    return redirect(url_for("people.index", contract_id=contract.id, done="granted"), 303)


@bp.post(f"{DECIDE}/refuse")
@contract_access(MANAGE)
def refuse(contract: VisibleContract, request_id: int) -> ResponseReturnValue:
    """«Отказать»."""
    session = db.session()
    found = get_open_request(session, contract, request_id)
    try:
        access_requests.refuse_request(session, contract, found, local_now())
    except PeopleError as error:
        return _refused_page(contract, request_id, DecisionForm(), error)
    delivery.commit()
    return redirect(url_for("people.index", contract_id=contract.id, done="refused"), 303)


def _refused_page(
    contract: VisibleContract, request_id: int, form: DecisionForm, error: PeopleError
) -> ResponseReturnValue:
    """Show why nothing was decided; what somebody else decided meanwhile is no page any more."""
    db.session.rollback()
    if error.code == "decided":
        return redirect(url_for("people.index", contract_id=contract.id, done="decided"), 303)
    form.show_error(error)
    found = get_open_request(db.session(), contract, request_id)
    return _decision_page(contract, found, form, 422)


def _ask_page(form: AccessRequestForm, status: int = 200, message: str | None = None) -> Response:
    return render_page(
        "access_requests/ask.html",
        fragment="results",
        form=form,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )


def _decision_page(
    contract: VisibleContract,
    found: AccessRequest,
    form: DecisionForm,
    status: int = 200,
    message: str | None = None,
) -> Response:
    return render_page(
        "access_requests/decide.html",
        fragment="results",
        contract=contract,
        access_request=found,
        form=form,
        grants=GRANTS,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )
