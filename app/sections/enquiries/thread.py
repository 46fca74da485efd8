"""One enquiry of a customer: thread, additions, closing, rating, files."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.enquiries.customer import add_to_enquiry, close_enquiry, rate_enquiry
from app.actions.enquiries.drafts import move_draft
from app.domain.access import Permission
from app.domain.enquiries import OPEN, EnquiryStatus
from app.domain.errors import AttachmentError, DraftFullError, EnquiryClosedError
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Enquiry, EnquiryDraft, EnquiryEntry
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import find_draft, find_entry, get_attachment, get_enquiry
from app.queries.enquiries.shown_thread import get_shown_enquiry
from app.sections.enquiries import drafts, labels
from app.sections.enquiries.forms import AdditionForm, RatingForm
from app.sections.enquiries.repeats import find_repeated, fresh_key
from app.sections.enquiries.routes import announce_draft, bp, files_block
from app.web.context import clock, local_now
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import contract_access
from app.web.policies import enquiry_rules, file_rules
from app.web.uploads import accepts_files, refusal_status, refusal_text, send_attachment


@bp.before_request
def save_addition_after_expiry() -> None:
    """Save an addition typed in a session that has expired as a draft."""
    is_lost = request.method == "POST" and not current_user.is_authenticated
    if is_lost and request.endpoint in ("enquiries.add", "enquiries.add_draft"):
        values = request.view_args or {}
        saved = drafts.save_after_expiry(
            values["contract_id"], values["enquiry_id"], AdditionForm().typed()
        )
        announce_draft(saved, url_for("enquiries.enquiry", **values))


def explain_conflicts(view: Callable[..., ResponseReturnValue]) -> Any:
    """Answer a step that comes too late, or a draft that does not fit, with the thread and why.

    Nothing of the step is written; both drafts stay as they are.
    """

    @wraps(view)
    def guarded(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
        try:
            return view(contract=contract, enquiry_id=enquiry_id)
        except EnquiryClosedError as error:
            message = labels.CLOSED[error.code]
        except DraftFullError:
            message = labels.DRAFT_FULL
        db.session.rollback()
        return _page(contract, enquiry_id, status=409, message=message)

    return guarded


@bp.get("/<id:enquiry_id>")
@contract_access(Permission.SEE_ENQUIRIES)
def enquiry(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Thread of an enquiry: messages both ways, files, events."""
    return _page(contract, enquiry_id)


@bp.post("/<id:enquiry_id>/messages")
@contract_access(Permission.SEND_ENQUIRIES)
@explain_conflicts
@accepts_files
def add(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Add a message, files, or both («Дополнить»)."""
    found, form = _find(contract, enquiry_id), AdditionForm()
    if _find_sent(found, form):
        drafts.discard_repeated(contract, enquiry_id, form.text.data)
        return redirect(_thread_url(contract, enquiry_id, "thread", again=1), 303)
    saved = drafts.save_typed(contract, enquiry_id, form.typed())
    found = _find(contract, enquiry_id)
    if saved.refused:
        return _page(
            contract,
            enquiry_id,
            form,
            saved.draft,
            refusal_status(saved.refused),
            refused=saved.refused,
        )
    if request.form.get("do", "send") != "send":
        if not form.check_draft():
            return _page(contract, enquiry_id, form, saved.draft, 422)
        return redirect(_thread_url(contract, enquiry_id, "add"), 303)
    if not form.validate() or not _says_something(form, saved.draft):
        form.text.errors = form.text.errors or ["Напишите сообщение или приложите файл"]
        return _page(contract, enquiry_id, form, saved.draft, 422)
    return _add(contract, found, form)


@bp.post("/<id:enquiry_id>/draft")
@contract_access(Permission.SEND_ENQUIRIES)
@explain_conflicts
@accepts_files
def add_draft(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Save the draft of an addition by script while somebody types; the answer has its files."""
    found, form = _find(contract, enquiry_id), AdditionForm()
    if _find_sent(found, form):
        return files_block(contract, drafts.SavedDraft(None, []))
    return files_block(contract, drafts.save_typed(contract, enquiry_id, form.typed()))


@bp.post("/<id:enquiry_id>/draft/move")
@contract_access(Permission.SEND_ENQUIRIES)
@explain_conflicts
def move(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Begin a new enquiry with the draft of an addition to a closed one."""
    _find(contract, enquiry_id)
    move_draft(db.session(), contract, contract.viewer, enquiry_id, clock().now())
    db.session.commit()
    return redirect(url_for("enquiries.new", contract_id=contract.id), 303)


@bp.post("/<id:enquiry_id>/close")
@contract_access(Permission.SEND_ENQUIRIES)
@explain_conflicts
def close(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Close an enquiry («Закрыть»)."""
    close_enquiry(db.session(), contract.viewer, _find(contract, enquiry_id), clock().now())
    db.session.commit()
    event("enquiry closed", enquiry=enquiry_id)
    return redirect(_thread_url(contract, enquiry_id, "rate"), 303)


@bp.post("/<id:enquiry_id>/rating")
@contract_access(Permission.SEND_ENQUIRIES)
@explain_conflicts
def rate(contract: VisibleContract, enquiry_id: int) -> ResponseReturnValue:
    """Rate the answer."""
    found, form = _find(contract, enquiry_id), RatingForm()
    if not form.validate():
        return _page(contract, enquiry_id, rating=form, status=422)
    rate_enquiry(
        db.session(),
        contract.viewer,
        found,
        int(form.rating.data),
        form.comment.data or "",
        clock().now(),
    )
    db.session.commit()
    return redirect(_thread_url(contract, enquiry_id, "rate"), 303)


@bp.get("/<id:enquiry_id>/files/<id:attachment_id>")
@contract_access(Permission.SEE_ENQUIRIES)
def file(contract: VisibleContract, enquiry_id: int, attachment_id: int) -> ResponseReturnValue:
    """Download a file of the thread."""
    found = get_attachment(db.session(), contract, enquiry_id, attachment_id)
    return send_attachment(found)


def _add(contract: VisibleContract, found: Enquiry, form: AdditionForm) -> ResponseReturnValue:
    is_new = add_to_enquiry(
        db.session(),
        contract,
        contract.viewer,
        found,
        form.text.data.strip(),
        form.key.data,
        enquiry_rules(),
        local_now(),
    )
    delivery.commit()
    if is_new:
        event("enquiry added", enquiry=found.id)
    else:
        drafts.discard_repeated(contract, found.id, form.text.data)
    return redirect(
        _thread_url(contract, found.id, "thread", **({} if is_new else {"again": 1})), 303
    )


def _find_sent(found: Enquiry, form: AdditionForm) -> EnquiryEntry | None:
    """The entry that this very form has made."""
    return find_repeated(form.key, form.text.data, lambda key: find_entry(db.session(), found, key))


def _says_something(form: AdditionForm, draft: EnquiryDraft | None) -> bool:
    return bool(form.text.data.strip() or (draft is not None and draft.attachments))


def _find(contract: VisibleContract, enquiry_id: int) -> Enquiry:
    return get_enquiry(db.session(), contract, enquiry_id)


def _thread_url(contract: VisibleContract, enquiry_id: int, anchor: str, **query: int) -> str:
    values: dict[str, Any] = {"contract_id": contract.id, "enquiry_id": enquiry_id, **query}
    return url_for("enquiries.enquiry", _anchor=anchor, **values)


def _page(
    contract: VisibleContract,
    enquiry_id: int,
    form: AdditionForm | None = None,
    draft: EnquiryDraft | None = None,
    status: int = 200,
    *,
    rating: RatingForm | None = None,
    message: str | None = None,
    refused: list[AttachmentError] | None = None,
) -> Response:
    found = get_shown_enquiry(db.session(), contract, enquiry_id)
    draft = draft or find_draft(db.session(), contract, contract.viewer, enquiry_id)
    may_rate = found.answered_at is not None and found.rating is None
    if form is None:
        form = AdditionForm(data=draft.typed if draft else None, formdata=None)
    form.key.data = fresh_key(form.key.data)
    faults = [("file-input", refusal_text(error)) for error in refused or ()]
    if message:
        faults.append(("", message))
    return render_page(
        "enquiries/enquiry.html",
        fragment="results",
        contract=contract,
        enquiry=found,
        form=form,
        draft=draft,
        rating=rating or (RatingForm(formdata=None) if may_rate else None),
        faults=faults or summary_of(form) + (summary_of(rating) if rating else []),
        file_faults=[fault for _, fault in faults] if refused else [],
        is_new=request.args.get("new"),
        is_again=request.args.get("again") == "1",
        is_open=found.status in OPEN,
        overdue_days=labels.overdue_days(found, clock().today()),
        may_send=contract.may(Permission.SEND_ENQUIRIES),
        may_rate=may_rate,
        needs_details=found.status == EnquiryStatus.NEEDS_DETAILS,
        limits=file_rules(),
        labels=labels,
        status=status,
    )
