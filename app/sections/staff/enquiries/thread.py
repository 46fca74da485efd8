"""One enquiry for staff: whole thread, replies, notes, assignment, topic, closing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.actions.enquiries import assignment, replies
from app.domain.answer_templates import fill_placeholders
from app.domain.enquiries import OPEN, Reply
from app.domain.errors import AttachmentError, EnquiryClosedError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Attachment, Enquiry
from app.queries.directories import list_answer_templates
from app.queries.enquiries.customer import find_entry, list_departments, list_topics
from app.queries.enquiries.staff import get_attachment_for_staff, get_enquiry_for_staff
from app.queries.staff import get_staff, list_clerks
from app.sections.enquiries.repeats import find_repeated, fresh_key
from app.sections.staff.blueprint import bp
from app.sections.staff.enquiries import labels
from app.sections.staff.enquiries.forms import (
    AssignForm,
    CloseForm,
    NoteForm,
    ReplyForm,
    TopicForm,
    read_id,
)
from app.sections.staff.enquiries.presenters import build_beside, placeholder_values
from app.web.context import clock, config, local_now
from app.web.data_access import record_access
from app.web.field_errors import field_error
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import file_rules
from app.web.session import current_clerk
from app.web.uploads import (
    accepts_files,
    delete_stored,
    refusal_status,
    refusal_text,
    send_attachment,
    store_uploads,
)


@bp.get("/enquiries/<id:enquiry_id>")
@staff_access(StaffPermission.WORK)
def enquiry(enquiry_id: int) -> ResponseReturnValue:
    """Everything the customer sees, and internal entries."""
    found = get_enquiry_for_staff(db.session(), enquiry_id)
    record_access(found.contract_id, found.contract.number, found.account_id, enquiry_id)
    return _page(found)


@bp.get("/enquiries/<id:enquiry_id>/files/<id:attachment_id>")
@staff_access(StaffPermission.WORK)
def enquiry_file(enquiry_id: int, attachment_id: int) -> ResponseReturnValue:
    """Download a file of the thread, of an internal note as well."""
    attachment = get_attachment_for_staff(db.session(), enquiry_id, attachment_id)
    found = get_enquiry_for_staff(db.session(), enquiry_id)
    record_access(found.contract_id, found.contract.number, found.account_id, enquiry_id)
    return send_attachment(attachment)


@bp.post("/enquiries/<id:enquiry_id>/take")
@staff_access(StaffPermission.WORK)
def enquiry_claim(enquiry_id: int) -> ResponseReturnValue:
    """Claim an enquiry («Взять»)."""
    found = get_enquiry_for_staff(db.session(), enquiry_id)
    seen_id = read_id(request.form.get("was"))
    return _do(
        found,
        "take",
        lambda: assignment.claim_enquiry(db.session(), found, _author(), seen_id, local_now()),
    )


@bp.post("/enquiries/<id:enquiry_id>/assign")
@staff_access(StaffPermission.WORK)
def enquiry_assign(enquiry_id: int) -> ResponseReturnValue:
    """Assign an enquiry to a colleague, or nobody («Назначить»)."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), AssignForm()
    form.offer(list_clerks(db.session()), found)
    if not form.validate():
        return _page(found, 422, assign=form)
    to = read_id(form.assignee.data)
    assignee = get_staff(db.session(), to) if to else None
    seen_id = read_id(request.form.get("was"))
    return _do(
        found,
        "assign",
        lambda: assignment.assign_enquiry(
            db.session(), found, _author(), assignee, seen_id, local_now()
        ),
    )


@bp.post("/enquiries/<id:enquiry_id>/messages")
@staff_access(StaffPermission.WORK)
@accepts_files
def enquiry_reply(enquiry_id: int) -> ResponseReturnValue:
    """Send an answer, a question or a refusal, with files."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), ReplyForm()
    if _is_sent(found, form.key, form.text.data):
        return _back(enquiry_id, "again")
    if not form.validate():
        return _page(found, 422, reply=form)
    files, refused = store_uploads(found.contract_id)
    if refused:
        return _page(found, refusal_status(refused), reply=form, refused=refused)
    step = Reply(form.step.data)
    message = replies.ReplyDraft(form.key.data, form.text.data.strip(), files, form.seen_id)
    return _do(
        found,
        str(step),
        lambda: replies.reply_to_enquiry(
            db.session(), found, _author(), step, message, local_now()
        ),
        files,
        reply=form,
    )


@bp.post("/enquiries/<id:enquiry_id>/template")
@staff_access(StaffPermission.WORK)
@accepts_files
def enquiry_template(enquiry_id: int) -> ResponseReturnValue:
    """Put a ready answer into the box («Вставить»); nothing is sent or stored."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), ReplyForm()
    form.offer(list_answer_templates(db.session(), found.topic_id))
    template = form.templates.get(form.template.data or "")
    if template is None:
        form.template.errors = [field_error(form.template, "выберите из списка")]
        return _page(found, 422, reply=form)
    form.insert(fill_placeholders(template.text, placeholder_values(db.session(), found)))
    return _page(found, reply=form)


@bp.post("/enquiries/<id:enquiry_id>/close")
@staff_access(StaffPermission.WORK)
def enquiry_close(enquiry_id: int) -> ResponseReturnValue:
    """Close an enquiry; the page has asked, and the customer is told."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), CloseForm()
    if _is_sent(found, form.close_key, form.close_text.data):
        return _back(enquiry_id, "again")
    if not form.validate():
        return _page(found, 422, close=form)
    text, seen = form.close_text.data.strip(), read_id(request.form.get("seen"))
    message = replies.ReplyDraft(form.close_key.data, text, (), seen)
    return _do(
        found,
        "close",
        lambda: replies.reply_to_enquiry(
            db.session(), found, _author(), Reply.CLOSE, message, local_now()
        ),
        close=form,
    )


@bp.post("/enquiries/<id:enquiry_id>/reopen")
@staff_access(StaffPermission.WORK)
def enquiry_reopen(enquiry_id: int) -> ResponseReturnValue:
    """Undo the closing or the refusal of an enquiry («Открыть снова»)."""
    found = get_enquiry_for_staff(db.session(), enquiry_id)
    return _do(
        found,
        "reopen",
        lambda: assignment.reopen_enquiry(db.session(), found, _author(), local_now()),
    )


@bp.post("/enquiries/<id:enquiry_id>/topic")
@staff_access(StaffPermission.WORK)
def enquiry_topic(enquiry_id: int) -> ResponseReturnValue:
    """Change the topic, the department, or both («Сменить вид»)."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), TopicForm()
    form.offer(list_topics(db.session()), list_departments(db.session()), found)
    if not form.validate():
        return _page(found, 422, topic=form)
    topic = form.topics[form.topic.data]
    department = form.departments.get(form.department.data)
    return _do(
        found,
        "topic",
        lambda: assignment.change_topic(
            db.session(),
            found,
            _author(),
            topic,
            department,
            config().enquiry_answer_days,
            local_now(),
        ),
    )


@bp.post("/enquiries/<id:enquiry_id>/notes")
@staff_access(StaffPermission.WORK)
@accepts_files
def enquiry_note(enquiry_id: int) -> ResponseReturnValue:
    """Write an internal note: text, files, or both; the customer never sees it."""
    found, form = get_enquiry_for_staff(db.session(), enquiry_id), NoteForm()
    if _is_sent(found, form.note_key, form.note.data):
        return _back(enquiry_id, "again")
    if not form.validate():
        return _page(found, 422, note=form)
    files, refused = store_uploads(found.contract_id)
    if refused:
        return _page(found, refusal_status(refused), note=form, refused=refused)
    if not files and not form.note.data.strip():
        form.note.errors = [field_error(form.note, "напишите что-нибудь или приложите файл")]
        return _page(found, 422, note=form)
    message = replies.ReplyDraft(form.note_key.data, form.note.data.strip(), files)
    return _do(
        found,
        "note",
        lambda: replies.write_note(db.session(), found, _author(), message, local_now()),
        files,
        note=form,
    )


def _do(
    found: Enquiry,
    done: str,
    step: Callable[[], object],
    files: Sequence[Attachment] = (),
    **typed: Any,
) -> ResponseReturnValue:
    """Run a step of the staff and go back to the thread.

    A step that changes nothing was run before: its new files are deleted.

    Args:
        typed: the form that was sent, by its name on the page.
    """
    enquiry_id, stored = found.id, [file.storage_key for file in files]
    try:
        made = step()
    except EnquiryClosedError as error:
        db.session.rollback()
        delete_stored(stored)
        return _again(enquiry_id, 409, labels.CLOSED[error.code], **typed)
    if not made:
        db.session.rollback()
        delete_stored(stored)
        return _back(enquiry_id, "again" if typed else "same")
    delivery.commit()
    event("enquiry step", enquiry=enquiry_id, step=done, staff=current_clerk().login)
    return _back(enquiry_id, done)


def _author() -> replies.StaffAuthor:
    clerk = current_clerk()
    return replies.StaffAuthor(clerk.name, clerk.staff_id)


def _is_sent(found: Enquiry, key: HiddenField, text: str) -> bool:
    """Whether this very form has made an entry."""
    repeated = find_repeated(key, text, lambda value: find_entry(db.session(), found, value))
    return repeated is not None


def _back(enquiry_id: int, done: str) -> ResponseReturnValue:
    return redirect(url_for("staff.enquiry", enquiry_id=enquiry_id, done=done), 303)


def _again(enquiry_id: int, status: int, message: str, **typed: Any) -> Response:
    """The enquiry as it is now, with what was typed."""
    return _page(get_enquiry_for_staff(db.session(), enquiry_id), status, message=message, **typed)


def _page(
    found: Enquiry,
    status: int = 200,
    *,
    message: str | None = None,
    refused: Sequence[AttachmentError] = (),
    **typed: Any,
) -> Response:
    """The enquiry with all its forms.

    Args:
        typed: the form that was sent, by its name on the page.
    """
    sent = next(iter(typed.values()), None)
    file_faults = [refusal_text(error) for error in refused]
    faults = [("note-files" if "note" in typed else "files", fault) for fault in file_faults]
    if message:
        faults.append(("", message))
    return render_page(
        "staff/enquiries/enquiry.html",
        fragment="results",
        enquiry=found,
        thread=labels.build_thread(found),
        is_closing="close" in typed and found.status in OPEN,
        faults=faults + (summary_of(sent) if sent else []),
        file_faults=file_faults,
        faulty="note" if "note" in typed else "reply",
        done=labels.DONE.get(request.args.get("done", "")),
        is_open=found.status in OPEN,
        overdue=labels.overdue_label(found.status, found.answer_due_on, clock().today()),
        beside=build_beside(found),
        me=current_clerk().staff_id,
        limits=file_rules(),
        labels=labels,
        status=status,
        **_fill_forms(found, typed),
    )


def _fill_forms(found: Enquiry, typed: Mapping[str, Any]) -> dict[str, FlaskForm]:
    """All forms of the page, with idempotency keys; the one that was sent as it was typed."""
    reply = typed.get("reply") or ReplyForm(formdata=None)
    note = typed.get("note") or NoteForm(formdata=None)
    close = typed.get("close") or CloseForm(formdata=None)
    for key in (reply.key, note.note_key, close.close_key):
        key.data = fresh_key(key.data)
    reply.offer(list_answer_templates(db.session(), found.topic_id))
    reply.seen.data = str(found.entries[-1].id) if found.entries else ""
    return {
        "reply": reply,
        "note": note,
        "close": close,
        "assign": typed.get("assign") or _assign_form(found),
        "topic": typed.get("topic") or _topic_form(found),
    }


def _assign_form(found: Enquiry) -> AssignForm:
    form = AssignForm(formdata=None, assignee=str(found.assignee_id or ""))
    form.offer(list_clerks(db.session()), found)
    return form


def _topic_form(found: Enquiry) -> TopicForm:
    form = TopicForm(
        formdata=None, topic=str(found.topic_id), department=str(found.department_id or "")
    )
    form.offer(list_topics(db.session()), list_departments(db.session()), found)
    return form
