"""«События»: what happened under a contract and what is due, each leading to its thing."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.actions.events.reading_marks import mark_events_read
from app.domain.access import Permission
from app.extensions import db
from app.lib.database import MAX_ID
from app.queries.contracts import VisibleContract
from app.queries.events.customer import count_events, get_reading_marks, list_events
from app.sections.events import labels
from app.sections.events.presenters import events_table, present_events
from app.web.context import clock
from app.web.downloads import name_on, send_table
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access

bp = Blueprint("events", __name__, url_prefix="/contracts/<id:contract_id>/events")


@bp.get("")
@contract_access(Permission.SEE_CONTRACT)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Events that the viewer learns of, the newest first."""
    chosen = _chosen(contract)
    session, kinds = db.session(), labels.kinds_in(chosen)
    marks = get_reading_marks(session, contract)
    pager = Pager.from_request(PAGE_ROWS, count_events(session, contract, marks, kinds))
    events = list_events(session, contract, marks, kinds, pager.offset, pager.size)
    return render_page(
        "events/index.html",
        fragment="results",
        contract=contract,
        events=present_events(contract, events),
        newest_id=events[0].id if events else 0,
        pager=pager,
        chosen=chosen,
        filters=labels.filters_of(contract.role),
    )


@bp.get("/events.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_CONTRACT)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The events that the page lists, of all its pages, for a spreadsheet."""
    marks = get_reading_marks(db.session(), contract)
    events = list_events(db.session(), contract, marks, labels.kinds_in(_chosen(contract)))
    name = name_on("События", contract.number, clock().today())
    return send_table(events_table(events), name, extension)


@bp.post("/read")
@contract_access(Permission.MANAGE_ACCOUNT)
def mark_read(contract: VisibleContract) -> ResponseReturnValue:
    """Mark everything up to the newest event of the page as read."""
    newest = request.form.get("newest", "")
    if newest.isascii() and newest.isdigit() and len(newest) < len(str(MAX_ID)):
        mark_events_read(db.session(), contract, int(newest))
        db.session.commit()
    return redirect(url_for("events.index", contract_id=contract.id), 303)


def _chosen(contract: VisibleContract) -> str:
    """The group of events that is shown; what is no group of this role shows all."""
    chosen = request.args.get("show", labels.ALL)
    return chosen if chosen in labels.filters_of(contract.role) else labels.ALL
