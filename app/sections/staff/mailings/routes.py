"""«Рассылки»: list, draft, preview, test, start, progress, report, stop."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.mailings import drafts, sending
from app.domain.contacts import normalise_email
from app.domain.errors import MailingError
from app.domain.mailings import Audience, MailingStatus
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery, mailings
from app.models import Mailing
from app.queries.enquiries.customer import list_departments
from app.queries.mailings import staff as queries
from app.sections.enquiries.repeats import fresh_key
from app.sections.staff.blueprint import bp
from app.sections.staff.mailings import labels
from app.sections.staff.mailings.choosing import Choice, choose
from app.sections.staff.mailings.forms import MailingForm, MailingTestForm, TextForm
from app.sections.staff.mailings.presenters import preview_of, view_mailing
from app.web.context import clock, config, local_now
from app.web.downloads import send_table
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk
from app.web.uploads import accepts_files


@bp.get("/mailings")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailings_list() -> ResponseReturnValue:
    """All mailings, the newest first."""
    pager = Pager.from_request(STAFF_PAGE_ROWS, queries.count_mailings(db.session()))
    return render_page(
        "staff/mailings/index.html",
        fragment="results",
        rows=queries.list_mailings(db.session(), pager.offset, pager.size),
        pager=pager,
        labels=labels,
        done=labels.DONE.get(request.args.get("done", "")),
    )


@bp.get("/mailings/new")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_new() -> ResponseReturnValue:
    """The form of a new mailing; of a warning with its text."""
    form = MailingForm(formdata=None)
    if request.args.get("audience") == Audience.RESTRICTION:
        form.begin_warning()
    return _form_page(form)


@bp.post("/mailings/new")
@staff_access(StaffPermission.SEND_MAILINGS)
@accepts_files
def mailing_new_submit() -> ResponseReturnValue:
    """Choose the contracts and store a draft; nothing is sent yet."""
    form = _offer(MailingForm())
    if known := queries.find_mailing_by_key(db.session(), form.key.data):
        return redirect(url_for("staff.mailing", mailing_id=known), 303)
    if not form.validate():
        return _form_page(form, 422)
    choice = choose(form)
    if form.errors:
        return _form_page(form, 422, choice)
    mailing_id = drafts.draft_mailing(
        db.session(), _command(form, choice), current_clerk().staff_id, clock().today(), local_now()
    )
    db.session.commit()
    return redirect(url_for("staff.mailing", mailing_id=mailing_id), 303)


@bp.get("/mailings/<id:mailing_id>")
@staff_access(StaffPermission.SEND_MAILINGS, lists=True)
def mailing(mailing_id: int) -> ResponseReturnValue:
    """Preview of a draft, progress of what is being sent, report of what has been."""
    found = queries.get_mailing(db.session(), mailing_id)
    counts = queries.count_recipients(db.session(), mailing_id)
    if request.args.get("seen") == view_mailing(found, counts).seen:
        return "", 204
    return _page(found)


@bp.get("/mailings/<id:mailing_id>/text")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_text(mailing_id: int) -> ResponseReturnValue:
    """The form of what a draft says."""
    found = queries.get_mailing(db.session(), mailing_id)
    data = {"subject": found.subject, "text": found.text, "sms_text": found.sms_text}
    return _text_page(found, TextForm(formdata=None, data=data))


@bp.post("/mailings/<id:mailing_id>/text")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_text_submit(mailing_id: int) -> ResponseReturnValue:
    """Change what a draft says."""
    found, form = queries.get_mailing(db.session(), mailing_id), TextForm()
    form.fit_to(found.audience)
    if not form.validate():
        return _text_page(found, form, 422)
    return _do(
        found, "text", lambda: drafts.change_text(db.session(), found, form.message(), local_now())
    )


@bp.post("/mailings/<id:mailing_id>/test")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_test(mailing_id: int) -> ResponseReturnValue:
    """Send what the first recipient would get to the clerk."""
    found, form = queries.get_mailing(db.session(), mailing_id), MailingTestForm()
    if not form.validate():
        return _page(found, 422, form)
    address = normalise_email(form.address.data)
    drafts.send_test(db.session(), found, address, config().base_url, local_now())
    delivery.commit()
    return _back(found, "test")


@bp.post("/mailings/<id:mailing_id>/start")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_start(mailing_id: int) -> ResponseReturnValue:
    """Hand a draft to the worker."""
    found = queries.get_mailing(db.session(), mailing_id)
    answer = _do(found, "started", lambda: drafts.start_mailing(db.session(), found, local_now()))
    mailings.enqueue()
    return answer


@bp.post("/mailings/<id:mailing_id>/stop")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_stop(mailing_id: int) -> ResponseReturnValue:
    """Stop a mailing: what has not left does not leave."""
    found = queries.get_mailing(db.session(), mailing_id)
    return _do(found, "stopped", lambda: sending.stop_mailing(db.session(), found, local_now()))


@bp.post("/mailings/<id:mailing_id>/discard")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_discard(mailing_id: int) -> ResponseReturnValue:
    """Delete a draft."""
    found = queries.get_mailing(db.session(), mailing_id)
    return _do(found, "discarded", lambda: drafts.discard_mailing(db.session(), found, local_now()))


@bp.get("/mailings/<id:mailing_id>/recipients.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.SEND_MAILINGS, lists=True)
def mailing_file(mailing_id: int, extension: str) -> ResponseReturnValue:
    """The report: every recipient and what became of it."""
    found = queries.get_mailing(db.session(), mailing_id)
    rows = queries.list_recipients(db.session(), found.id)
    return send_table(labels.recipients_table(rows), f"Рассылка {found.id}", extension)


def _do(found: Mailing, done: str, step: Callable[[], None]) -> ResponseReturnValue:
    mailing_id = found.id
    try:
        step()
    except MailingError as error:
        db.session.rollback()
        found = queries.get_mailing(db.session(), mailing_id)
        return _page(found, 409, message=labels.ERRORS[error.code])
    db.session.commit()
    if done == "discarded":
        return redirect(url_for("staff.mailings_list", done=done), 303)
    return redirect(url_for("staff.mailing", mailing_id=mailing_id, done=done), 303)


def _back(found: Mailing, done: str) -> ResponseReturnValue:
    return redirect(url_for("staff.mailing", mailing_id=found.id, done=done), 303)


def _offer(form: MailingForm) -> MailingForm:
    form.offer(list_departments(db.session()))
    form.key.data = fresh_key(form.key.data)
    return form


def _command(form: MailingForm, choice: Choice) -> drafts.NewMailing:
    return drafts.NewMailing(
        form.key.data,
        Audience(form.audience.data),
        form.message(),
        choice.chosen,
        choice.criteria,
    )


def _form_page(form: MailingForm, status: int = 200, choice: Choice | None = None) -> Response:
    _offer(form)
    return render_page(
        "staff/mailings/new.html",
        fragment="results",
        form=form,
        faults=summary_of(form),
        list_faults=choice.faults if choice else [],
        status=status,
    )


def _text_page(found: Mailing, form: TextForm, status: int = 200) -> Response:
    form.fit_to(found.audience)
    return render_page(
        "staff/mailings/text.html",
        fragment="results",
        mailing=found,
        form=form,
        is_draft=found.status == MailingStatus.DRAFT,
        faults=summary_of(form),
        status=status,
    )


def _page(
    found: Mailing, status: int = 200, test: MailingTestForm | None = None, message: str = ""
) -> Response:
    counts = queries.count_recipients(db.session(), found.id)
    pager = Pager.from_request(STAFF_PAGE_ROWS, counts.total)
    if test is None:
        login = current_clerk().login
        test = MailingTestForm(formdata=None, address=login if "@" in login else "")
    return render_page(
        "staff/mailings/mailing.html",
        fragment="results",
        mailing=found,
        view=view_mailing(found, counts),
        preview=preview_of(found),
        rows=queries.list_recipients(db.session(), found.id, pager.offset, pager.size),
        pager=pager,
        test=test,
        labels=labels,
        faults=([("", message)] if message else []) + summary_of(test),
        done=labels.DONE.get(request.args.get("done", "")),
        status=status,
    )
