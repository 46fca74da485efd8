"""One enquiry: its thread, «Дополнить», «Закрыть», the rating, and its files."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.enquiries import add_to_enquiry, close_enquiry, rate_enquiry
from app.domain.access import Permission
from app.domain.enquiries import OPEN, EnquiryStatus
from app.domain.errors import AttachmentError, EnquiryClosedError
from app.extensions import db
from app.logs import event
from app.models import Enquiry, EnquiryDraft
from app.queries.enquiries import find_draft, get_attachment, get_enquiry
from app.sections.enquiries import composing, words
from app.sections.enquiries.forms import AdditionForm, RatingForm
from app.sections.enquiries.routes import bp, files_block
from app.web import outbox
from app.web.forms import is_uuid, keep_if_busy, summary_of
from app.web.fragments import render_page
from app.web.permissions import contract_access, may_viewer
from app.web.session import clock, config, current_viewer, local_now
from app.web.uploads import cabinet, refusal_status, refusal_words, takes_files


@bp.before_request
def keep_what_a_lost_session_adds() -> None:
    """The same for an addition."""
    values = request.view_args or {}
    is_lost = request.method == "POST" and not current_user.is_authenticated
    if is_lost and request.endpoint in ("enquiries.add", "enquiries.add_draft"):
        form = AdditionForm()
        contract_id, enquiry_id = values["contract_id"], values["enquiry_id"]
        g.kept = composing.rescue(contract_id, enquiry_id, form.key.data or "", form.typed())


@bp.errorhandler(EnquiryClosedError)
def closed(error: EnquiryClosedError) -> ResponseReturnValue:
    """A step that comes too late: the thread as it is, and why."""
    db.session.rollback()
    return _page(_find(), status=409, message=words.CLOSED[error.code])


@bp.get("/<int:enquiry_id>")
@contract_access(Permission.SEE_ENQUIRIES)
def enquiry(contract_id: int, enquiry_id: int) -> ResponseReturnValue:
    """Messages both ways, files, events."""
    return _page(_find())


@bp.post("/<int:enquiry_id>/messages")
@contract_access(Permission.SEND_ENQUIRIES)
@takes_files
def add(contract_id: int, enquiry_id: int) -> ResponseReturnValue:
    """«Дополнить»: words, files, or both."""
    found, form = _find(), AdditionForm()
    keep_if_busy(lambda message: _page(found, form, status=503, message=message))
    kept = composing.keep_typed(enquiry_id, form.key.data or "", form.typed())
    if kept.refused:
        return _page(found, form, kept.draft, refusal_status(kept.refused), refused=kept.refused)
    if request.form.get("do", "send") != "send":
        return redirect(_where(enquiry_id, "add"), 303)
    if not form.validate() or not (form.text.data.strip() or kept.draft.attachments):
        form.text.errors = form.text.errors or ["Напишите сообщение или приложите файл"]
        return _page(found, form, kept.draft, 422)
    add_to_enquiry(
        db.session(), g.contract, current_viewer(), found, form.text.data.strip(),
        kept.draft.key, local_now(),
    )  # fmt: skip
    outbox.commit()
    event("enquiry added", enquiry=enquiry_id)
    return redirect(_where(enquiry_id, "thread"), 303)


@bp.post("/<int:enquiry_id>/draft")
@contract_access(Permission.SEND_ENQUIRIES)
@takes_files
def add_draft(contract_id: int, enquiry_id: int) -> ResponseReturnValue:
    """The same by a script while somebody types."""
    _find()
    form = AdditionForm()
    return files_block(composing.keep_typed(enquiry_id, form.key.data or "", form.typed()))


@bp.post("/<int:enquiry_id>/close")
@contract_access(Permission.SEND_ENQUIRIES)
def close(contract_id: int, enquiry_id: int) -> ResponseReturnValue:
    """«Закрыть»: nothing more is needed."""
    close_enquiry(db.session(), current_viewer(), _find(), clock().now())
    db.session.commit()
    event("enquiry closed", enquiry=enquiry_id)
    return redirect(_where(enquiry_id, "rate"), 303)


@bp.post("/<int:enquiry_id>/rating")
@contract_access(Permission.SEND_ENQUIRIES)
def rate(contract_id: int, enquiry_id: int) -> ResponseReturnValue:
    """What the answer was worth."""
    found, form = _find(), RatingForm()
    if not form.validate():
        return _page(found, rating=form, status=422)
    rate_enquiry(
        db.session(), current_viewer(), found, int(form.rating.data), form.words.data or "",
        clock().now(),
    )  # fmt: skip
    db.session.commit()
    return redirect(_where(enquiry_id, "rate"), 303)


@bp.get("/<int:enquiry_id>/files/<int:attachment_id>")
@contract_access(Permission.SEE_ENQUIRIES)
def file(contract_id: int, enquiry_id: int, attachment_id: int) -> ResponseReturnValue:
    """A file of the thread, as a download and nothing else."""
    found = get_attachment(db.session(), g.contract, enquiry_id, attachment_id)
    response = make_response(cabinet().store.read(found.stored_as))
    response.headers["Content-Type"] = found.media_type
    extension = found.name.rpartition(".")[2]
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"file.{extension}\"; filename*=UTF-8''{quote(found.name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _find() -> Enquiry:
    values = request.view_args or {}
    return get_enquiry(db.session(), g.contract, values["enquiry_id"])


def _where(enquiry_id: int, anchor: str) -> str:
    return url_for(
        "enquiries.enquiry", contract_id=g.contract.id, enquiry_id=enquiry_id, _anchor=anchor
    )


def _page(
    found: Enquiry, form: AdditionForm | None = None, draft: EnquiryDraft | None = None,
    status: int = 200, *, rating: RatingForm | None = None, message: str | None = None,
    refused: list[AttachmentError] | None = None,
) -> Response:  # fmt: skip
    draft = draft or find_draft(db.session(), g.contract, current_viewer(), found.id)
    if form is None:
        form = AdditionForm(data=draft.typed if draft else None, formdata=None)
    if draft is not None:
        form.key.data = draft.key
    elif not is_uuid(form.key.data):
        form.key.data = str(uuid.uuid4())
    faults = [("files", refusal_words(error)) for error in refused or ()]
    if message:
        faults.append(("", message))
    return render_page(
        "enquiries/enquiry.html",
        fragment="results",
        enquiry=found,
        form=form,
        draft=draft,
        rating=rating or RatingForm(formdata=None),
        faults=faults or summary_of(form) + (summary_of(rating) if rating else []),
        file_faults=[fault for _, fault in faults] if refused else [],
        is_new=request.args.get("new"),
        is_open=found.status in OPEN,
        may_send=may_viewer(Permission.SEND_ENQUIRIES),
        may_rate=found.answered_at is not None and found.rating is None,
        needs_details=found.status == EnquiryStatus.NEEDS_DETAILS,
        limits=config(),
        words=words,
        status=status,
    )
