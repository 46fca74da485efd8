"""Readings by telephone: the customer reads them out, a clerk writes them down."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.submission import Submitter
from app.domain.access import Permission
from app.domain.errors import ReadingClosedError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries.contracts import VisibleContract, get_looked_at
from app.queries.readings.meters import MeterCard, list_meters
from app.sections.readings import labels
from app.sections.readings.entry import EntryForm
from app.sections.readings.submission import Taking, form_page, meters_pager, take
from app.sections.staff.blueprint import bp
from app.web.data_access import note_look
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.permissions import staff_access
from app.web.policies import window_rules
from app.web.session import clock, config, current_browser, current_clerk


@bp.get("/contracts/<int:contract_id>/readings")
@staff_access(StaffPermission.WORK)
def reading_entry(contract_id: int) -> ResponseReturnValue:
    """The form of all meters that take readings, fifty at a time."""
    taking = _taking(contract_id)
    contract, owner_id = taking.contract, taking.submitter.account_id
    note_look(contract.number, owner_id)
    meters, pager = _open_meters(contract)
    if not meters:
        return _closed_page(taking)
    return form_page(taking, EntryForm.empty(meters), pager=pager)


@bp.post("/contracts/<int:contract_id>/readings")
@staff_access(StaffPermission.WORK)
def reading_entry_submit(contract_id: int) -> ResponseReturnValue:
    """Check, ask, write down."""
    taking = _taking(contract_id)
    meters, pager = _open_meters(taking.contract)
    if not meters:
        return _closed_page(taking, 409)
    try:
        return take(taking, meters, pager)
    except ReadingClosedError as error:
        return _closed_page(taking, 409, labels.REFUSED[error.code])


def _taking(contract_id: int) -> Taking:
    contract, owner_id = get_looked_at(
        db.session(), contract_id, Permission.SEE_READINGS, clock().today()
    )
    return Taking(
        contract,
        Submitter(current_browser().address, owner_id or None, current_clerk().staff_id),
        url_for("staff.reading_entry", contract_id=contract_id),
        url_for("staff.customer", contract_id=contract_id),
    )


def _open_meters(contract: VisibleContract) -> tuple[list[MeterCard], Pager]:
    today = clock().today()
    meters = list_meters(db.session(), contract, today, window_rules(config()))
    found = [each for each in meters if not each.closed_because(today)]
    pager = meters_pager(found)
    return found[pager.offset : pager.offset + pager.size], pager


def _closed_page(taking: Taking, status: int = 200, message: str | None = None) -> Response:
    """Why nothing can be written down."""
    today = clock().today()
    return render_page(
        "staff/readings/closed.html",
        fragment="results",
        taking=taking,
        meters=list_meters(db.session(), taking.contract, today, window_rules(config())),
        message=message,
        words=labels,
        today=today,
        status=status,
    )
