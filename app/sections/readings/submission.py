"""Taking readings in two steps: typed and checked, then confirmed; by the customer, or by a clerk
who has the customer on the telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.notifications import notify_account
from app.actions.readings.submission import Submitter, submit_readings
from app.domain.errors import ReadingClosedError
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account, Contract
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import get_receipt, name_registers
from app.queries.readings.meters import MeterCard
from app.sections.readings import labels
from app.sections.readings.entry import EntryForm
from app.web.forms import keep_if_busy
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.policies import reading_rules
from app.web.session import clock, config, local_now

PAGE_METERS = 50


@dataclass(frozen=True, slots=True)
class Taking:
    """Whose readings are taken by whom, and where the form stands.

    Attributes:
        here: the address of the form of all meters, for its pages.
        back: where «Отмена» leads.
    """

    contract: VisibleContract
    submitter: Submitter
    here: str
    back: str

    @property
    def by_phone(self) -> bool:
        return self.submitter.staff_id is not None


def meters_pager(meters: Sequence[MeterCard]) -> Pager:
    """Pages of meters, as the address asks."""
    return Pager.from_query(request.args.get("page", "")[:9], PAGE_METERS, len(meters))


def form_page(
    taking: Taking, form: EntryForm, status: int = 200, pager: Pager | None = None
) -> Response:
    """The first step."""
    return render_page(
        "readings/form.html",
        fragment="results",
        taking=taking,
        form=form,
        pager=pager,
        words=labels,
        today=clock().today(),
        status=status,
    )


def take(
    taking: Taking, meters: Sequence[MeterCard], pager: Pager | None = None
) -> ResponseReturnValue:
    """What was sent: asked about, or written down.

    Raises:
        ReadingClosedError: a meter takes no readings any more.
    """
    today = clock().today()
    form = EntryForm.read(
        request.form,
        request.form.getlist("confirm"),
        meters,
        today,
        config().readings_unusual_times,
    )
    if form.errors:
        return form_page(taking, form, 422, pager)
    step = request.form.get("step")
    if step == "edit" or not form.entries:
        return form_page(taking, form, pager=pager)
    if step != "send":
        return _check_page(taking, form)
    return _submit(taking, form)


def _submit(taking: Taking, form: EntryForm) -> ResponseReturnValue:
    if form.unconfirmed:
        form.refused = True
        return _check_page(taking, form, 422)
    keep_if_busy(lambda message: _check_page(taking, form, 503, message))
    try:
        receipt_id, is_new = submit_readings(
            db.session(),
            taking.contract,
            taking.submitter,
            form.entries,
            form.key,
            reading_rules(config()),
            local_now(),
        )
    except ReadingClosedError:
        db.session.rollback()
        raise
    if is_new:
        _send_receipt(taking, receipt_id)
        event(
            "readings submitted",
            receipt=receipt_id,
            count=len(form.entries),
            source=str(taking.submitter.source),
        )
    delivery.commit()
    where = url_for(
        "readings.receipt", contract_id=taking.contract.id, receipt_id=receipt_id, new=int(is_new)
    )
    return redirect(where, 303)


def _send_receipt(taking: Taking, receipt_id: int) -> None:
    """A letter to the customer; nobody may have registered yet."""
    session, account_id = db.session(), taking.submitter.account_id
    if account_id is None:
        return
    found = get_receipt(session, taking.contract, receipt_id)
    names = name_registers(session, [each.register_id for each in found.readings])
    notify_account(
        session,
        session.get_one(Account, account_id),
        session.get_one(Contract, taking.contract.id),
        "reading_receipt",
        str(receipt_id),
        local_now(),
        receipt=receipt_id,
        at=local_now(),
        month=labels.month_words(found.readings[0].period),
        lines=[labels.receipt_line(each, names[each.register_id]) for each in found.readings],
        by_phone=taking.by_phone,
    )


def _check_page(
    taking: Taking, form: EntryForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "readings/check.html",
        fragment="results",
        taking=taking,
        form=form,
        words=labels,
        today=clock().today(),
        message=message,
        status=status,
    )
