"""Submit readings by telephone: the customer reads them out, a clerk types them."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.submission import Submitter
from app.domain.access import Permission
from app.domain.errors import ReadingClosedError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries.contracts import get_as_customer
from app.queries.readings.meters import list_meter_states
from app.sections.readings import labels
from app.sections.readings.submission import (
    Submission,
    consumption_part,
    form_page,
    list_open_meters,
    submit,
)
from app.sections.staff.blueprint import bp
from app.web.context import clock
from app.web.data_access import record_access
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import window_rules
from app.web.session import current_browser, current_clerk


@bp.get("/contracts/<id:contract_id>/readings")
@staff_access(StaffPermission.WORK)
def reading_entry(contract_id: int) -> ResponseReturnValue:
    """The form of all meters that accept readings, fifty at a time."""
    submission = _submission(contract_id)
    contract, account_id = submission.contract, submission.submitter.account_id
    record_access(contract.id, contract.number, account_id)
    meters = list_open_meters(submission.contract)
    return form_page(submission, meters) if meters else _closed_page(submission)


@bp.post("/contracts/<id:contract_id>/readings")
@staff_access(StaffPermission.WORK)
def reading_entry_submit(contract_id: int) -> ResponseReturnValue:
    """Check what was typed, ask about doubts, store it."""
    submission = _submission(contract_id)
    meters = list_open_meters(submission.contract)
    if not meters:
        return _closed_page(submission, 409)
    try:
        return submit(submission, meters)
    except ReadingClosedError as error:
        return _closed_page(submission, 409, labels.SUBMISSION_ERRORS[error.code])


@bp.post("/contracts/<id:contract_id>/readings/consumption/<id:meter_id>")
@staff_access(StaffPermission.WORK)
def reading_consumption(contract_id: int, meter_id: int) -> ResponseReturnValue:
    """Consumption of a meter while its readings are typed, by htmx."""
    submission = _submission(contract_id)
    return consumption_part(submission, list_open_meters(submission.contract), meter_id)


def _submission(contract_id: int) -> Submission:
    contract = get_as_customer(db.session(), contract_id, Permission.SEE_READINGS, clock().today())
    return Submission(
        contract,
        Submitter(current_browser().address, contract.account_id or None, current_clerk().staff_id),
        url_for("staff.reading_entry", contract_id=contract_id),
        url_for("staff.customer", contract_id=contract_id),
    )


def _closed_page(submission: Submission, status: int = 200, message: str | None = None) -> Response:
    """Why no reading of this contract can be submitted."""
    today = clock().today()
    return render_page(
        "staff/readings/closed.html",
        fragment="results",
        submission=submission,
        meters=list_meter_states(db.session(), submission.contract, today, window_rules()),
        message=message,
        labels=labels,
        today=today,
        status=status,
    )
