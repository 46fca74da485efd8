"""Submission of readings in two steps: typed and checked, then confirmed.

The customer submits them, or a clerk who has the customer on the telephone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.notifications import notify_account
from app.actions.readings.submission import Submitter, submit_readings
from app.domain.errors import NotFoundError, ReadingClosedError
from app.domain.meter_lists import find_meters, group_by_point
from app.domain.meters import MeterReadings, MeterState
from app.domain.search import MAX_TYPED
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account, Contract
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import get_receipt
from app.queries.readings.meters import list_meter_states, read_meters
from app.sections.readings import labels
from app.sections.readings.forms import ReadingForm, boxes
from app.sections.readings.presenters import most_common_day
from app.web.context import clock, config, local_now
from app.web.forms import printable
from app.web.fragments import is_fragment, render_page
from app.web.pager import Pager
from app.web.policies import reading_rules, window_rules

PAGE_METERS = 50
SEARCHED = 12
"""With more meters than this a search is offered."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Contract and submitter of a form of readings, and its addresses.

    Attributes:
        form_url: the form of all meters.
        cancel_url: where «Отмена» leads.
    """

    contract: VisibleContract
    submitter: Submitter
    form_url: str
    cancel_url: str

    @property
    def page_contract(self) -> VisibleContract | None:
        """The contract whose menu the page shows; staff stay under their own."""
        return None if self.by_phone else self.contract

    @property
    def by_phone(self) -> bool:
        """Whether a clerk submits them while the customer reads them out."""
        return self.submitter.staff_id is not None


def meters_pager(meters: Sequence[MeterState]) -> Pager:
    """Pages of meters, as the address asks."""
    return Pager.from_request(PAGE_METERS, len(meters))


def read_query(data: Mapping[str, str]) -> str:
    """What meters are searched for."""
    return printable(data.get("q"))[:MAX_TYPED].strip()


def list_open_meters(contract: VisibleContract) -> list[MeterState]:
    """The meters that accept readings today."""
    today = clock().today()
    states = list_meter_states(db.session(), contract, today, window_rules())
    return [meter for meter in states if not meter.closed_reason(today)]


def choose_awaited(states: Sequence[MeterState], data: Mapping[str, str]) -> list[MeterState]:
    """The meters of which a reading is missing or typed; all where there is none.

    What was submitted already is corrected in the form of its meter, and takes no line of a column.
    """
    awaited = [
        meter
        for meter in states
        if any(
            register.is_missing or any(data.get(box) for box in boxes(register))
            for register in meter.registers
        )
    ]
    return awaited or list(states)


def form_page(
    submission: Submission, states: Sequence[MeterState], form: ReadingForm | None = None
) -> Response:
    """First step: the form to type into, a page of the meters that ``q`` finds.

    Args:
        form: what was typed already, on other pages too.
    """
    form = form or ReadingForm.read({}, (), states)
    found = find_meters(states, read_query(request.values)) or list(states)
    pager = Pager.from_query(_page_number(form, found), PAGE_METERS, len(found))
    shown = found[pager.offset : pager.offset + pager.size]
    meters = read_meters(db.session(), submission.contract, shown, clock().today())
    if not form.entries:
        filled = {meter.id for meter in form.filled}
        _preview(form, [meter for meter in meters if meter.id in filled])
    return _render_form(submission, form, meters, pager)


def _preview(form: ReadingForm, meters: Sequence[MeterReadings]) -> None:
    form.preview(meters, clock().today(), config().readings_unusual_times)


def _render_form(
    submission: Submission, form: ReadingForm, meters: Sequence[MeterReadings], pager: Pager
) -> Response:
    shown = {box for meter in meters for register in meter.registers for box in boxes(register)}
    return render_page(
        "readings/form.html",
        fragment="results",
        contract=submission.page_contract,
        submission=submission,
        form=form,
        groups=group_by_point(meters),
        previous_on=most_common_day(meters),
        entries={entry.register.id: entry for entry in form.entries},
        elsewhere={box: text for box, text in form.typed.items() if box not in shown},
        summary=[*(("", fault) for fault in form.faults), *form.errors.items()],
        pager=pager,
        query=read_query(request.values),
        is_searchable=len(form.states) > SEARCHED,
        labels=labels,
        today=clock().today(),
        here=request.path,
        status=422 if form.errors or form.faults else 200,
    )


def _page_number(form: ReadingForm, found: Sequence[MeterState]) -> str | None:
    """The page that was asked for, but the one with the first mistake where there is one."""
    for place, meter in enumerate(found):
        if any(box in form.errors for register in meter.registers for box in boxes(register)):
            return str(place // PAGE_METERS + 1)
    return request.form.get("go") or request.values.get("page")


def submit(submission: Submission, states: Sequence[MeterState]) -> ResponseReturnValue:
    """Check what was sent: show the form with its errors, ask about doubts, or store it.

    Raises:
        ReadingClosedError: a meter accepts no readings any more.
    """
    form = ReadingForm.read(request.form, request.form.getlist("confirm"), states)
    step = _step()
    if step == "fill":
        found = find_meters(states, read_query(request.values)) or list(states)
        form.fill(request.form["column"], request.form.get("at", ""), found)
    if step in ("fill", "show"):
        return form_page(submission, states, form)
    meters = read_meters(
        db.session(), submission.contract, form.filled or states[:1], clock().today()
    )
    form.check(meters, clock().today(), config().readings_unusual_times)
    if form.errors or not form.entries:
        return form_page(submission, states, form)
    return _submit(submission, form) if step == "send" else _check_page(submission, form)


def _step() -> str:
    """``show`` the form, ``fill`` it with a column, ``check`` it or ``send`` it.

    Enter in a box presses the first button of the form, so what was changed says what is meant.
    """
    data = request.form
    if data.get("column", "").strip() and data.get("step") != "send":
        return "fill"
    is_other_search = data.get("q", "").strip() != data.get("found", "").strip()
    if data.get("step") in ("edit", "show") or "go" in data or is_other_search:
        return "show"
    return "send" if data.get("step") == "send" else "check"


def consumption_part(
    submission: Submission, states: Sequence[MeterState], meter_id: int
) -> ResponseReturnValue:
    """Consumption and doubts of one meter while its readings are typed, and how many were typed."""
    form = ReadingForm.read(request.form, (), states)
    chosen = [meter for meter in states if meter.id == meter_id]
    if not chosen or not is_fragment():
        raise NotFoundError
    meters = read_meters(db.session(), submission.contract, chosen, clock().today())
    _preview(form, meters)
    return render_page(
        "readings/consumption.html",
        fragment="results",
        contract=submission.page_contract,
        form=form,
        meter=meters[0],
        entries={entry.register.id: entry for entry in form.entries},
        labels=labels,
        today=clock().today(),
    )


def _submit(submission: Submission, form: ReadingForm) -> ResponseReturnValue:
    if form.unconfirmed:
        form.refused = True
        return _check_page(submission, form, 422)
    try:
        result = submit_readings(
            db.session(),
            submission.contract,
            submission.submitter,
            form.entries,
            form.key,
            reading_rules(),
            local_now(),
        )
    except ReadingClosedError:
        db.session.rollback()
        raise
    if result.is_new:
        _send_receipt(submission, result.receipt_id)
        event(
            "readings submitted",
            receipt=result.receipt_id,
            count=len(form.entries),
            source=str(submission.submitter.source),
        )
    delivery.commit()
    receipt_url = url_for(
        "readings.receipt",
        contract_id=submission.contract.id,
        receipt_id=result.receipt_id,
        new=int(result.is_new),
    )
    return redirect(receipt_url, 303)


def _send_receipt(submission: Submission, receipt_id: int) -> None:
    """Queue an email with the receipt; nobody may have registered yet."""
    session, account_id = db.session(), submission.submitter.account_id
    if account_id is None:
        return
    found = get_receipt(session, submission.contract, receipt_id)
    notify_account(
        session,
        session.get_one(Account, account_id),
        session.get_one(Contract, submission.contract.id),
        "reading_receipt",
        str(receipt_id),
        local_now(),
        receipt=receipt_id,
        at=local_now(),
        month=labels.month_label(found.readings[0].period),
        lines=[labels.receipt_line(reading) for reading in found.readings],
        by_phone=submission.by_phone,
    )


def _check_page(submission: Submission, form: ReadingForm, status: int = 200) -> Response:
    """Second step: what will be stored, and the doubts to confirm."""
    return render_page(
        "readings/check.html",
        fragment="results",
        contract=submission.page_contract,
        submission=submission,
        form=form,
        labels=labels,
        today=clock().today(),
        status=status,
    )
