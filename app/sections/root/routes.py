"""Entry points that are no section: the root, the choice of a contract, the health check."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import text

from app.domain.contract_totals import sum_by_group, sum_contracts
from app.domain.health import HealthState
from app.extensions import db
from app.jobs.health import check_readiness
from app.queries import contracts
from app.queries.my_contracts import list_my_contracts
from app.sections.root.presenters import Choice, make_lines
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import public, signed_in
from app.web.session import access_window, current_viewer, is_staff
from app.web.site_probe import describe_request

bp = Blueprint("service", __name__)


@bp.get("/")
@public
def root() -> ResponseReturnValue:
    """Where «Личный кабинет» on the supplier's site leads."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"))
    if is_staff():
        return redirect(url_for("staff.dashboard"))
    visible = contracts.list_visible(db.session(), current_viewer(), access_window())
    if len(visible) == 1:
        return redirect(url_for("home.index", contract_id=visible[0].id))
    return redirect(url_for("service.contract_choice"))


@bp.get("/contracts/")
@signed_in
def contract_choice() -> ResponseReturnValue:
    """«Мои договоры»: what each owes and by when, sums by group, page by page."""
    mine = list_my_contracts(db.session(), current_viewer(), access_window())
    choice = Choice.from_query(request.args)
    found = choice.of(mine)
    pager = Pager.from_request(PAGE_ROWS, len(found))
    shown = found[pager.offset : pager.offset + pager.size]
    return render_page(
        "root/contract_choice.html",
        fragment="results",
        lines=make_lines(shown, current_viewer(), access_window()),
        count=len(mine),
        choice=choice,
        groups=sum_by_group(found),
        total=sum_contracts(found),
        group_names=sorted({one.group for one in mine if one.group}, key=str.casefold),
        pager=pager,
        attached=request.args.get("attached", ""),
        payable=any(one.to_pay for one in found),
    )


@bp.get("/health")
@public
def health() -> ResponseReturnValue:
    """Health check for monitoring: 200 while the database answers."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ok"}


@bp.get("/health/live")
@public
def health_live() -> ResponseReturnValue:
    """Whether the process answers, without asking the database."""
    return {"status": "ok", **describe_request()}


@bp.get("/health/ready")
@public
def health_ready() -> ResponseReturnValue:
    """Whether everything is there that the portal needs for its work; by name what is not."""
    faults = [check.key for check in check_readiness() if check.state is HealthState.FAULT]
    if faults:
        return {"status": "not ready", "not_ready": faults}, 503
    return {"status": "ready"}
