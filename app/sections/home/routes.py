"""«Главная»: what is owed, what happened last, the contract in short."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.meters import build_regime_windows
from app.extensions import db
from app.queries.contract_details import get_contract_details
from app.queries.contracts import VisibleContract
from app.queries.open_items import read_money_overview
from app.queries.readings.meters import list_meter_states
from app.queries.recent_events import list_recent_events
from app.sections.home.presenters import missing_places, newest_events, waiting_enquiries
from app.web.context import clock
from app.web.fragments import render_page
from app.web.labels import CONTRACT_STATUSES, REGIMES
from app.web.permissions import contract_access
from app.web.policies import window_rules

bp = Blueprint("home", __name__)


@bp.get("/contracts/<id:contract_id>/")
@contract_access(Permission.SEE_CONTRACT)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """General information on the contract (user manual §4)."""
    today, rules = clock().today(), window_rules()
    meters = (
        list_meter_states(db.session(), contract, today, rules)
        if contract.may(Permission.SEE_READINGS) and not contract.is_terminated
        else []
    )
    events = list_recent_events(db.session(), contract)
    return render_page(
        "home/index.html",
        fragment="results",
        contract=contract,
        overview=read_money_overview(db.session(), contract, today)
        if contract.may(Permission.SEE_MONEY)
        else None,
        waiting=waiting_enquiries(events),
        today=today,
        windows=build_regime_windows(meters, today, rules),
        places=missing_places(meters, today),
        regimes=REGIMES,
        statuses=CONTRACT_STATUSES,
        events=newest_events(events, clock()),
        details=get_contract_details(db.session(), contract),
    )
