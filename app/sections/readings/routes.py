"""«Показания»: what is missing, entry in two steps, receipts (user manual §9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.submission import Submitter, withdraw_readings
from app.domain.access import Permission
from app.domain.errors import NotFoundError, ReadingClosedError
from app.domain.period import Month
from app.domain.reading_windows import Regime, next_window
from app.extensions import db
from app.logging import event
from app.models import ReadingReceipt
from app.queries.readings.customer import get_receipt, list_receipts_of, name_registers
from app.queries.readings.meters import MeterCard, get_meter, list_meters
from app.sections.readings import labels
from app.sections.readings.documents import send_act, send_receipt
from app.sections.readings.entry import EntryForm
from app.sections.readings.history import (
    history_table,
    marks,
    no_consumption,
    no_readings,
    read_history,
    status_words,
)
from app.sections.readings.submission import Taking, form_page, meters_pager, take
from app.web.downloads import WRITERS, send_bytes
from app.web.forms import keep_if_busy
from app.web.fragments import render_page
from app.web.labels import REGIMES
from app.web.pager import Pager
from app.web.permissions import contract_access, may_viewer
from app.web.policies import window_rules
from app.web.session import clock, config, current_browser, current_viewer, local_now

RECEIPTS = 24
"""Listed under the meters; older ones are in the history of each meter."""

bp = Blueprint("readings", __name__, url_prefix="/contracts/<int:contract_id>/readings")


@bp.errorhandler(ReadingClosedError)
def closed(error: ReadingClosedError) -> ResponseReturnValue:
    """A meter that takes no reading: the list, and why."""
    return _index_page(labels.REFUSED[error.code], 409)


@bp.get("")
@contract_access(Permission.SEE_READINGS)
def index(contract_id: int) -> ResponseReturnValue:
    """All meters: what was read, what is missing, until when."""
    return _index_page()


@bp.get("/meters/<int:meter_id>")
@contract_access(Permission.SUBMIT_READINGS)
def meter(contract_id: int, meter_id: int) -> ResponseReturnValue:
    """The form of one meter, all its zones."""
    return form_page(_taking(), EntryForm.empty([_open_meter(meter_id)]))


@bp.post("/meters/<int:meter_id>")
@contract_access(Permission.SUBMIT_READINGS)
def meter_submit(contract_id: int, meter_id: int) -> ResponseReturnValue:
    """Check, ask, take down."""
    return take(_taking(), [_open_meter(meter_id)])


@bp.get("/all")
@contract_access(Permission.SUBMIT_READINGS)
def all_meters(contract_id: int) -> ResponseReturnValue:
    """One form for all meters that take readings, fifty at a time."""
    meters, pager = _open_meters()
    return form_page(_taking(), EntryForm.empty(meters), pager=pager)


@bp.post("/all")
@contract_access(Permission.SUBMIT_READINGS)
def all_meters_submit(contract_id: int) -> ResponseReturnValue:
    """The same for all meters together."""
    return take(_taking(), *_open_meters())


@bp.get("/meters/<int:meter_id>/history")
@contract_access(Permission.SEE_READINGS)
def history(contract_id: int, meter_id: int) -> ResponseReturnValue:
    """Readings and consumption of three years, the year before beside them."""
    today = clock().today()
    found = get_meter(db.session(), g.contract, meter_id, today, window_rules(config()))
    return render_page(
        "readings/history.html",
        fragment="results",
        meter=found,
        history=read_history(found, Month.of(today)),
        marks=marks,
        no_consumption=no_consumption,
        no_readings=no_readings,
        status_words=status_words,
        words=labels,
        here=request.path,
    )


@bp.get("/meters/<int:meter_id>/history.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def history_file(contract_id: int, meter_id: int, extension: str) -> ResponseReturnValue:
    """The same for a spreadsheet."""
    today = clock().today()
    found = get_meter(db.session(), g.contract, meter_id, today, window_rules(config()))
    table = history_table(found, read_history(found, Month.of(today)))
    name = f"История показаний {g.contract.number} прибор {found.serial_number}"
    return send_bytes(WRITERS[extension](table), name, extension)


@bp.get("/receipts/<int:receipt_id>")
@contract_access(Permission.SEE_READINGS)
def receipt(contract_id: int, receipt_id: int) -> ResponseReturnValue:
    """The proof of what was submitted and what has become of it."""
    return _receipt_page(get_receipt(db.session(), g.contract, receipt_id))


@bp.get("/receipts/<int:receipt_id>/receipt.pdf")
@contract_access(Permission.SEE_READINGS)
def receipt_pdf(contract_id: int, receipt_id: int) -> ResponseReturnValue:
    """The receipt for print."""
    return send_receipt(get_receipt(db.session(), g.contract, receipt_id))


@bp.get("/act.pdf")
@contract_access(Permission.SEE_READINGS)
def act(contract_id: int) -> ResponseReturnValue:
    """«Акт снятия показаний» of the month whose readings are taken, or were last."""
    today = clock().today()
    meters = list_meters(db.session(), g.contract, today, window_rules(config()))
    periods = [
        each.window.period
        for each in meters
        if any(not register.is_missing for register in each.registers)
    ]
    if not periods:
        raise NotFoundError
    return send_act(meters, max(periods))


@bp.post("/receipts/<int:receipt_id>/withdraw")
@contract_access(Permission.SUBMIT_READINGS)
def withdraw(contract_id: int, receipt_id: int) -> ResponseReturnValue:
    """Take readings back while billing has not taken them."""
    found = get_receipt(db.session(), g.contract, receipt_id)
    keep_if_busy(lambda message: _receipt_page(found, 503, message))
    try:
        withdraw_readings(
            db.session(),
            g.contract,
            current_viewer(),
            receipt_id,
            window_rules(config()),
            local_now(),
        )
    except ReadingClosedError as error:
        return _receipt_page(found, 422, labels.REFUSED[error.code])
    db.session.commit()
    event("readings withdrawn", receipt=receipt_id)
    return redirect(
        url_for("readings.receipt", contract_id=contract_id, receipt_id=receipt_id), 303
    )


def _taking() -> Taking:
    """The customer writes; the form's way back is the list."""
    values = {"contract_id": g.contract.id}
    return Taking(
        g.contract,
        Submitter(current_browser().address, current_viewer().account_id),
        url_for("readings.all_meters", **values),
        url_for("readings.index", **values),
    )


def _open_meter(meter_id: int) -> MeterCard:
    today = clock().today()
    found = get_meter(db.session(), g.contract, meter_id, today, window_rules(config()))
    if reason := found.closed_because(today):
        raise ReadingClosedError(reason)
    return found


def _open_meters() -> tuple[list[MeterCard], Pager]:
    today = clock().today()
    meters = list_meters(db.session(), g.contract, today, window_rules(config()))
    found = [each for each in meters if not each.closed_because(today)]
    if not found:
        raise NotFoundError
    pager = meters_pager(found)
    return found[pager.offset : pager.offset + pager.size], pager


def _index_page(error: str | None = None, status: int = 200) -> Response:
    today = clock().today()
    meters = list_meters(db.session(), g.contract, today, window_rules(config()))
    open_meters = [each for each in meters if not each.closed_because(today)]
    pager = meters_pager(meters)
    return render_page(
        "readings/index.html",
        fragment="results",
        meters=meters[pager.offset : pager.offset + pager.size],
        pager=pager,
        today=today,
        words=labels,
        windows=[] if g.contract.is_terminated else _windows(meters, today),
        missing=sum(each.is_missing(today) for each in open_meters),
        due=sum(
            each.window.is_open(today) and each.closed_because(today) in ("", "billed")
            for each in meters
        ),
        open_count=len(open_meters),
        has_current=any(not register.is_missing for each in meters for register in each.registers),
        has_month_end=any(each.regime == Regime.MONTH_END for each in open_meters),
        may_submit=may_viewer(Permission.SUBMIT_READINGS),
        receipts=list_receipts_of(db.session(), g.contract, RECEIPTS),
        error=error,
        status=status,
    )


def _windows(meters: Sequence[MeterCard], today: date) -> list[str]:
    """What the windows of the contract's regimes are, in words."""
    rules = window_rules(config())
    windows = {each.regime: each.window for each in meters if not each.is_automatic}
    lines = {
        regime: labels.window_words(window, next_window(regime, window, rules), today)
        for regime, window in sorted(windows.items())
    }
    if len(lines) > 1:
        return [f"{REGIMES[regime]}. {line}" for regime, line in lines.items()]
    return list(lines.values())


def _receipt_page(found: ReadingReceipt, status: int = 200, message: str | None = None) -> Response:
    names = name_registers(db.session(), [each.register_id for each in found.readings])
    live = [each for each in found.readings if each.status in ("sent", "accepted")]
    return render_page(
        "readings/receipt.html",
        fragment="results",
        receipt=found,
        names=names,
        words=labels,
        today=clock().today(),
        is_new=request.args.get("new"),
        may_withdraw=may_viewer(Permission.SUBMIT_READINGS)
        and bool(live)
        and not any(each.acknowledged_at for each in live),
        message=message,
        status=status,
    )
