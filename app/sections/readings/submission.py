"""Submission of readings in two steps: typed and checked, then confirmed.

The customer submits them, or a clerk who has the customer on the telephone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.notifications import notify_account
from app.actions.readings.submission import Submitter, submit_readings
from app.domain.errors import ReadingClosedError
from app.domain.meters import MeterReadings, MeterState
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account, Contract
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import get_receipt
from app.queries.readings.meters import list_meter_states, read_meters
from app.sections.readings import labels
from app.sections.readings.forms import ReadingForm
from app.web.context import clock, config, local_now
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.policies import reading_rules, window_rules

PAGE_METERS = 50


@dataclass(frozen=True, slots=True)
class Submission:
    """Contract and submitter of a form of readings, and its addresses.

    Attributes:
        form_url: the form of all meters, for its pages.
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


def list_open_meters(contract: VisibleContract) -> tuple[list[MeterReadings], Pager]:
    """A page of the meters that accept readings today, and its pager."""
    today = clock().today()
    states = list_meter_states(db.session(), contract, today, window_rules())
    found = [meter for meter in states if not meter.closed_reason(today)]
    pager = meters_pager(found)
    shown = found[pager.offset : pager.offset + pager.size]
    return read_meters(db.session(), contract, shown, today), pager


def form_page(
    submission: Submission, form: ReadingForm, status: int = 200, pager: Pager | None = None
) -> Response:
    """First step: the form to type into."""
    return render_page(
        "readings/form.html",
        fragment="results",
        contract=submission.page_contract,
        submission=submission,
        form=form,
        pager=pager,
        labels=labels,
        today=clock().today(),
        status=status,
    )


def submit(
    submission: Submission, meters: Sequence[MeterReadings], pager: Pager | None = None
) -> ResponseReturnValue:
    """Check what was sent: show the form with its errors, ask about doubts, or store it.

    Raises:
        ReadingClosedError: a meter accepts no readings any more.
    """
    today = clock().today()
    form = ReadingForm.read(
        request.form,
        request.form.getlist("confirm"),
        meters,
        today,
        config().readings_unusual_times,
    )
    if form.errors:
        return form_page(submission, form, 422, pager)
    step = request.form.get("step")
    if step == "edit" or not form.entries:
        return form_page(submission, form, pager=pager)
    if step != "send":
        return _check_page(submission, form)
    return _submit(submission, form)


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
