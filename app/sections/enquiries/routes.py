"""«Обращения»: the list, and a new one (user manual §5)."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.enquiries.customer import NewEnquiry, send_enquiry
from app.actions.enquiries.drafts import NEW
from app.domain.access import Permission
from app.domain.contacts import normalise_email, normalise_phone, show_email, show_phone
from app.domain.enquiries import find_topic, offered_topics
from app.domain.errors import AttachmentError, TooManyAttemptsError
from app.extensions import db
from app.integrations.bundled_texts import ENQUIRY_ANSWER, ENQUIRY_DATA
from app.jobs import delivery
from app.logging import event
from app.models import EnquiryDraft
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import (
    Known,
    count_enquiries,
    find_by_key,
    find_draft,
    list_departments,
    list_enquiries,
    list_premises_kinds,
    list_topics,
    what_is_known,
)
from app.sections.enquiries import drafts, labels
from app.sections.enquiries.forms import EnquiryForm, use_of
from app.sections.enquiries.source_page import About, read_about
from app.web.context import local_now
from app.web.forms import describe_wait, is_uuid, summary_of
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access
from app.web.policies import enquiry_rules, file_rules
from app.web.session import current_browser
from app.web.uploads import accepts_files, refusal_status, refusal_text

bp = Blueprint("enquiries", __name__, url_prefix="/contracts/<id:contract_id>/enquiries")


@bp.before_request
def keep_what_a_lost_session_brings() -> None:
    """A session that has run out loses nothing: what was typed waits as a draft."""
    if request.method != "POST" or current_user.is_authenticated:
        return
    if request.endpoint in ("enquiries.new_submit", "enquiries.draft"):
        contract_id = (request.view_args or {})["contract_id"]
        kept = drafts.rescue(contract_id, NEW, EnquiryForm().typed())
        note_rescue(kept, url_for("enquiries.new", contract_id=contract_id))


def note_rescue(kept: drafts.Kept | None, path: str) -> None:
    """Tell the sign-in page what has become of the form, and where it goes on."""
    if kept is not None:
        g.draft_saved = "part" if kept.refused or kept.is_cut else "all"
        g.draft_url = path


@bp.get("")
@contract_access(Permission.SEE_ENQUIRIES)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Enquiries of the contract by status, the newest first."""
    chosen = request.args.get("status", "")
    chosen = chosen if chosen in labels.FILTERS else "all"
    statuses = labels.FILTERS[chosen][1]
    total = count_enquiries(db.session(), contract, statuses)
    pager = Pager.from_request(PAGE_ROWS, total)
    return render_page(
        "enquiries/index.html",
        fragment="results",
        contract=contract,
        enquiries=list_enquiries(db.session(), contract, statuses, pager.offset, pager.size),
        pager=pager,
        chosen=chosen,
        words=labels,
        has_draft=find_draft(db.session(), contract, contract.viewer) is not None,
        may_send=contract.may(Permission.SEND_ENQUIRIES),
    )


@bp.get("/new")
@contract_access(Permission.SEND_ENQUIRIES)
def new(contract: VisibleContract) -> ResponseReturnValue:
    """«Направить документы он-лайн»: the draft there is, or what is known already."""
    draft = find_draft(db.session(), contract, contract.viewer)
    about = read_about(contract, request.args.get("about", "")[:60])
    form = _offer(contract, EnquiryForm() if draft is None else EnquiryForm(data=draft.typed))
    known = what_is_known(db.session(), contract, contract.viewer)
    _fill(contract, form, draft, about, known)
    return _page(contract, form, draft, known=known)


@bp.post("/new")
@contract_access(Permission.SEND_ENQUIRIES)
@accepts_files
def new_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Keep what was typed; then send it, or go on with it."""
    form = EnquiryForm()
    if sent := _find_sent(contract, form):
        drafts.discard_twin(contract, NEW, form.text.data)
        return _to_enquiry(contract, sent, is_new=False)
    kept = drafts.keep_typed(contract, NEW, form.typed())
    _offer(contract, form)
    if kept.refused:
        return _page(contract, form, kept.draft, refusal_status(kept.refused), refused=kept.refused)
    if request.form.get("do", "send") != "send":
        if not form.check_draft():
            return _page(contract, form, kept.draft, 422)
        return redirect(url_for("enquiries.new", contract_id=contract.id, _anchor="files"), 303)
    if not form.validate():
        return _page(contract, form, kept.draft, 422)
    return _send(contract, form, kept.draft)


@bp.post("/draft")
@contract_access(Permission.SEND_ENQUIRIES)
@accepts_files
def draft(contract: VisibleContract) -> ResponseReturnValue:
    """The same by a script while somebody types: what was kept, and when."""
    form = EnquiryForm()
    if _find_sent(contract, form):
        return files_block(contract, drafts.Kept(None, []))
    return files_block(contract, drafts.keep_typed(contract, NEW, form.typed()))


@bp.post("/draft/discard")
@contract_access(Permission.SEND_ENQUIRIES)
def discard(contract: VisibleContract) -> ResponseReturnValue:
    """«Очистить форму»."""
    drafts.discard(contract, 0)
    return redirect(url_for("enquiries.new", contract_id=contract.id), 303)


def _find_sent(contract: VisibleContract, form: EnquiryForm) -> int | None:
    """The enquiry that this very form has made; one with other words is another enquiry."""
    if not is_uuid(form.key.data):
        form.key.data = str(uuid.uuid4())
    sent = find_by_key(db.session(), contract.viewer, form.key.data)
    if sent is None:
        return None
    if drafts.is_repeat(sent.entries[0], form.text.data):
        return sent.id
    form.key.data = str(uuid.uuid4())
    return None


def _send(
    contract: VisibleContract, form: EnquiryForm, draft: EnquiryDraft | None
) -> ResponseReturnValue:
    try:
        enquiry_id, is_new = send_enquiry(
            db.session(),
            contract,
            contract.viewer,
            _command(contract, form),
            current_browser(),
            enquiry_rules(),
            local_now(),
        )
    except TooManyAttemptsError as error:
        message = (
            "Сегодня отправлено слишком много обращений. Это сохранено в черновике: "
            f"отправьте его {describe_wait(error.retry_after)}"
        )
        return _page(contract, form, draft, 429, message=message)
    delivery.commit()
    if is_new:
        event("enquiry sent", enquiry=enquiry_id)
    else:
        drafts.discard_twin(contract, NEW, form.text.data)
    return _to_enquiry(contract, enquiry_id, is_new=is_new)


def _command(contract: VisibleContract, form: EnquiryForm) -> NewEnquiry:
    about = read_about(contract, form.about.data or "")
    department = form.department.data
    topic = form.topics[form.topic.data]
    return NewEnquiry(
        key=form.key.data,
        topic=topic,
        department_id=int(department) if department else topic.department_id,
        premises_kind_id=int(form.premises_kind.data),
        organisation=form.organisation.data,
        phone=normalise_phone(form.phone.data, may_have_extension=True),
        email=normalise_email(form.email.data),
        address=form.address.data,
        text=form.text.data.strip(),
        consents=(ENQUIRY_DATA, ENQUIRY_ANSWER),
        details=form.details(),
        about=about.words[:300] if about and about.words else None,
        source_path=about.path if about else None,
    )


def _to_enquiry(contract: VisibleContract, enquiry_id: int, *, is_new: bool) -> ResponseReturnValue:
    where = url_for(
        "enquiries.enquiry", contract_id=contract.id, enquiry_id=enquiry_id, new=int(is_new)
    )
    return redirect(where, 303)


def _offer(contract: VisibleContract, form: EnquiryForm) -> EnquiryForm:
    """The form with its lists, and a key of its own."""
    form.offer(
        list_premises_kinds(db.session()),
        offered_topics(list_topics(db.session()), contract.is_terminated),
        list_departments(db.session()),
    )
    if not is_uuid(form.key.data):
        form.key.data = str(uuid.uuid4())
    return form


def _fill(
    contract: VisibleContract,
    form: EnquiryForm,
    draft: EnquiryDraft | None,
    about: About | None,
    known: Known,
) -> None:
    """What is known already; what it is about goes before the draft's."""
    if draft is None:
        form.organisation.data = known.organisation
        form.phone.data = show_phone(known.phone) if known.phone else ""
        form.email.data = show_email(known.email)
        form.address.data = known.addresses[0] if len(known.addresses) == 1 else ""
        form.department.data = str(contract.department_id or "")
    if about is not None:
        form.about.data = about.code
        topic = find_topic(form.topics.values(), about.use)
        form.topic.data = str(topic.id) if topic else form.topic.data


def _page(
    contract: VisibleContract,
    form: EnquiryForm,
    draft: EnquiryDraft | None,
    status: int = 200,
    *,
    message: str | None = None,
    refused: list[AttachmentError] | None = None,
    known: Known | None = None,
) -> Response:
    known = known or what_is_known(db.session(), contract, contract.viewer)
    faults = [("file-input", refusal_text(error)) for error in refused or ()]
    if message:
        faults.append(("", message))
    return render_page(
        "enquiries/new.html",
        fragment="results",
        contract=contract,
        form=form,
        draft=draft,
        about=read_about(contract, form.about.data or ""),
        faults=faults or summary_of(form),
        file_faults=[labels for _, labels in faults] if refused else [],
        addresses=known.addresses,
        uses={str(topic.id): use_of(topic) for topic in form.topics.values()},
        limits=file_rules(),
        words=labels,
        status=status,
    )


def files_block(contract: VisibleContract, kept: drafts.Kept) -> Response:
    """The files of a draft, for the script that has sent some."""
    return render_page(
        "enquiries/files.html",
        fragment="results",
        contract=contract,
        draft=kept.draft,
        file_faults=[refusal_text(error) for error in kept.refused],
        limits=file_rules(),
        words=labels,
        status=refusal_status(kept.refused) if kept.refused else 422 if kept.is_cut else 200,
    )
