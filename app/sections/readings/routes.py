"""«Показания»: meters, submission in two steps, history, receipts (user manual §9)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.submission import Submitter, withdraw_readings
from app.domain.access import Permission
from app.domain.errors import NotFoundError, ReadingClosedError
from app.domain.meters import MeterState
from app.domain.period import Month
from app.domain.readings import LIVE
from app.extensions import db
from app.logging import event
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import Receipt, get_receipt
from app.queries.readings.meters import (
    get_meter_state,
    list_meter_states,
    read_meters,
)
from app.sections.readings import labels
from app.sections.readings.blueprint import bp
from app.sections.readings.documents import send_act, send_receipt
from app.sections.readings.history import (
    history_table,
    marks,
    no_consumption,
    no_readings,
    read_history,
    status_label,
)
from app.sections.readings.listing import index_page
from app.sections.readings.submission import (
    Submission,
    choose_awaited,
    consumption_part,
    form_page,
    list_open_meters,
    submit,
)
from app.web.context import clock, local_now
from app.web.downloads import send_table
from app.web.fragments import render_page
from app.web.permissions import contract_access
from app.web.policies import window_rules
from app.web.session import current_browser


def explain_closed_meter(view: Callable[..., ResponseReturnValue]) -> Any:
    """Answer ReadingClosedError with the list of meters and the reason."""

    @wraps(view)
    def guarded(contract: VisibleContract, **arguments: Any) -> ResponseReturnValue:
        try:
            return view(contract=contract, **arguments)
        except ReadingClosedError as error:
            return index_page(contract, labels.SUBMISSION_ERRORS[error.code], 409)

    return guarded


@bp.get("")
@contract_access(Permission.SEE_READINGS)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """All meters: what was read, what is missing, until when."""
    return index_page(contract)


@bp.get("/meters/<id:meter_id>")
@contract_access(Permission.SUBMIT_READINGS)
@explain_closed_meter
def meter(contract: VisibleContract, meter_id: int) -> ResponseReturnValue:
    """The form of one meter, all its zones."""
    return form_page(_submission(contract), [_open_meter(contract, meter_id)])


@bp.post("/meters/<id:meter_id>")
@contract_access(Permission.SUBMIT_READINGS)
@explain_closed_meter
def meter_submit(contract: VisibleContract, meter_id: int) -> ResponseReturnValue:
    """Check what was typed, ask about doubts, store it."""
    return submit(_submission(contract), [_open_meter(contract, meter_id)])


@bp.get("/all")
@contract_access(Permission.SUBMIT_READINGS)
@explain_closed_meter
def all_meters(contract: VisibleContract) -> ResponseReturnValue:
    """One form for all meters that accept readings, fifty at a time."""
    return form_page(_submission(contract), _open_meters(contract))


@bp.post("/all")
@contract_access(Permission.SUBMIT_READINGS)
@explain_closed_meter
def all_meters_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Check, ask and store readings of all meters together."""
    return submit(_submission(contract), _open_meters(contract))


@bp.post("/all/consumption/<id:meter_id>")
@contract_access(Permission.SUBMIT_READINGS)
def consumption(contract: VisibleContract, meter_id: int) -> ResponseReturnValue:
    """Consumption of a meter while somebody types its readings, by htmx."""
    return consumption_part(_submission(contract), _open_meters(contract), meter_id)


@bp.get("/meters/<id:meter_id>/history")
@contract_access(Permission.SEE_READINGS)
def history(contract: VisibleContract, meter_id: int) -> ResponseReturnValue:
    """Readings and consumption of three years, the year before beside them."""
    today = clock().today()
    found = get_meter_state(db.session(), contract, meter_id, today, window_rules())
    return render_page(
        "readings/history.html",
        fragment="results",
        contract=contract,
        meter=found,
        history=read_history(contract, found, Month.of(today)),
        marks=marks,
        no_consumption=no_consumption,
        no_readings=no_readings,
        status_label=status_label,
        labels=labels,
        here=request.path,
    )


@bp.get("/meters/<id:meter_id>/history.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def history_file(contract: VisibleContract, meter_id: int, extension: str) -> ResponseReturnValue:
    """Readings and consumption of a meter as a spreadsheet."""
    today = clock().today()
    found = get_meter_state(db.session(), contract, meter_id, today, window_rules())
    table = history_table(found, read_history(contract, found, Month.of(today)))
    name = f"История показаний {contract.number} прибор {found.serial_number}"
    return send_table(table, name, extension)


@bp.get("/receipts/<id:receipt_id>")
@contract_access(Permission.SEE_READINGS)
def receipt(contract: VisibleContract, receipt_id: int) -> ResponseReturnValue:
    """Receipt: what was submitted, and its status now."""
    return _receipt_page(contract, get_receipt(db.session(), contract, receipt_id))


@bp.get("/receipts/<id:receipt_id>/receipt.pdf")
@contract_access(Permission.SEE_READINGS)
def receipt_pdf(contract: VisibleContract, receipt_id: int) -> ResponseReturnValue:
    """The receipt for print."""
    return send_receipt(contract, get_receipt(db.session(), contract, receipt_id))


@bp.get("/act.pdf")
@contract_access(Permission.SEE_READINGS)
def act(contract: VisibleContract) -> ResponseReturnValue:
    """«Акт снятия показаний» of the month of the open window, or of the last one."""
    today = clock().today()
    states = list_meter_states(db.session(), contract, today, window_rules())
    was_read = [
        meter for meter in states if any(not register.is_missing for register in meter.registers)
    ]
    if not was_read:
        raise NotFoundError
    meters = read_meters(db.session(), contract, was_read, today)
    return send_act(contract, meters, max(meter.window.period for meter in meters))


@bp.post("/receipts/<id:receipt_id>/withdraw")
@contract_access(Permission.SUBMIT_READINGS)
def withdraw(contract: VisibleContract, receipt_id: int) -> ResponseReturnValue:
    """Withdraw readings while billing has not got them."""
    found = get_receipt(db.session(), contract, receipt_id)
    try:
        withdraw_readings(
            db.session(),
            contract,
            contract.viewer,
            receipt_id,
            window_rules(),
            local_now(),
        )
    except ReadingClosedError as error:
        return _receipt_page(contract, found, 422, labels.SUBMISSION_ERRORS[error.code])
    db.session.commit()
    event("readings withdrawn", receipt=receipt_id)
    return redirect(
        url_for("readings.receipt", contract_id=contract.id, receipt_id=receipt_id), 303
    )


def _submission(contract: VisibleContract) -> Submission:
    """The customer submits; the form's way back is the list."""
    values: dict[str, Any] = {"contract_id": contract.id}
    return Submission(
        contract,
        Submitter(current_browser().address, contract.viewer.account_id),
        url_for("readings.all_meters", **values),
        url_for("readings.index", **values),
    )


def _open_meter(contract: VisibleContract, meter_id: int) -> MeterState:
    today = clock().today()
    found = get_meter_state(db.session(), contract, meter_id, today, window_rules())
    if reason := found.closed_reason(today):
        raise ReadingClosedError(reason)
    return found


def _open_meters(contract: VisibleContract) -> list[MeterState]:
    found = list_open_meters(contract)
    if not found:
        raise NotFoundError
    return choose_awaited(found, request.form)


def _receipt_page(
    contract: VisibleContract, found: Receipt, status: int = 200, message: str | None = None
) -> Response:
    """The receipt; ``new`` in the address says whether this submission has made it."""
    live = [reading for reading in found.readings if reading.status in LIVE]
    return render_page(
        "readings/receipt.html",
        fragment="results",
        contract=contract,
        receipt=found,
        labels=labels,
        is_new=request.args.get("new"),
        may_withdraw=contract.may(Permission.SUBMIT_READINGS)
        and bool(live)
        and not any(reading.acknowledged_at for reading in live),
        message=message,
        status=status,
    )
