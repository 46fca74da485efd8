"""«Обращения»: list the enquiries of a contract, send a new one (user manual §5)."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.enquiries.customer import NewEnquiry, send_enquiry
from app.actions.enquiries.drafts import NEW
from app.domain.access import Permission
from app.domain.contacts import normalise_email, normalise_phone, show_email, show_phone
from app.domain.enquiries import EnquiryStatus, TopicUse, filter_topics, find_topic
from app.domain.errors import AttachmentError, TooManyAttemptsError
from app.extensions import db
from app.integrations.bundled_texts import ENQUIRY_ANSWER, ENQUIRY_DATA
from app.jobs import delivery
from app.logging import event
from app.models import EnquiryDraft, EnquiryEntry
from app.queries.contracts import VisibleContract
from app.queries.enquiries.choices import KnownDetails, get_known_details, list_choices
from app.queries.enquiries.customer import (
    count_enquiries,
    find_by_key,
    find_draft,
    list_enquiries,
)
from app.sections.enquiries import drafts, labels
from app.sections.enquiries.forms import EnquiryForm, use_of
from app.sections.enquiries.repeats import find_repeated, fresh_key
from app.sections.enquiries.source_page import Source, read_source
from app.sections.enquiries.tables import enquiries_table
from app.web.context import clock, local_now
from app.web.downloads import name_on, send_table
from app.web.forms import describe_wait, summary_of
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access
from app.web.policies import enquiry_rules, file_rules
from app.web.session import current_browser
from app.web.uploads import accepts_files, refusal_status, refusal_text

bp = Blueprint("enquiries", __name__, url_prefix="/contracts/<id:contract_id>/enquiries")


@bp.before_request
def save_draft_after_expiry() -> None:
    """Save what was typed in a session that has expired as a draft."""
    if request.method != "POST" or current_user.is_authenticated:
        return
    if request.endpoint in ("enquiries.new_submit", "enquiries.draft"):
        contract_id = (request.view_args or {})["contract_id"]
        saved = drafts.save_after_expiry(contract_id, NEW, EnquiryForm().typed())
        announce_draft(saved, url_for("enquiries.new", contract_id=contract_id))


def announce_draft(saved: drafts.SavedDraft | None, path: str) -> None:
    """Tell the sign-in page how much of the form was saved, and where it goes on."""
    if saved is not None:
        g.draft_saved = "part" if saved.refused or saved.is_truncated else "all"
        g.draft_url = path


@bp.get("")
@contract_access(Permission.SEE_ENQUIRIES)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Enquiries of the contract by status, the newest first."""
    chosen, statuses = _read_filter()
    total, has_draft = count_enquiries(db.session(), contract, statuses)
    pager = Pager.from_request(PAGE_ROWS, total)
    return render_page(
        "enquiries/index.html",
        fragment="results",
        contract=contract,
        enquiries=list_enquiries(db.session(), contract, statuses, pager.offset, pager.size),
        pager=pager,
        chosen=chosen,
        labels=labels,
        has_draft=has_draft,
        today=clock().today(),
        may_send=contract.may(Permission.SEND_ENQUIRIES),
    )


@bp.get("/enquiries.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_ENQUIRIES)
def list_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The enquiries that the page lists, of all its pages, for a spreadsheet."""
    _, statuses = _read_filter()
    total, _ = count_enquiries(db.session(), contract, statuses)
    enquiries = list_enquiries(db.session(), contract, statuses, limit=total)
    name = name_on("Обращения", contract.number, clock().today())
    return send_table(enquiries_table(enquiries), name, extension)


@bp.get("/new")
@contract_access(Permission.SEND_ENQUIRIES)
def new(contract: VisibleContract) -> ResponseReturnValue:
    """Form of a new enquiry («Направить документы он-лайн»), filled from the draft if any."""
    draft = find_draft(db.session(), contract, contract.viewer)
    source = read_source(contract, request.args.get("about", "")[:60])
    known = get_known_details(db.session(), contract, contract.viewer)
    form = _offer(contract, EnquiryForm.from_draft(draft.typed if draft else {}), known)
    _fill(contract, form, draft, source, known)
    return _page(contract, form, draft, known=known, source=source)


@bp.post("/new")
@contract_access(Permission.SEND_ENQUIRIES)
@accepts_files
def new_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Save what was typed as a draft, then send it if it is valid."""
    form = EnquiryForm()
    if sent := _find_sent(contract, form):
        drafts.discard_repeated(contract, NEW, form.text.data)
        return _to_enquiry(contract, sent, is_new=False)
    saved = drafts.save_typed(contract, NEW, form.typed())
    _offer(contract, form, get_known_details(db.session(), contract, contract.viewer))
    form.has_files = bool(saved.draft and saved.draft.attachments)
    if saved.refused:
        return _page(
            contract, form, saved.draft, refusal_status(saved.refused), refused=saved.refused
        )
    if request.form.get("do", "send") != "send":
        if not form.check_draft():
            return _page(contract, form, saved.draft, 422)
        return redirect(url_for("enquiries.new", contract_id=contract.id, _anchor="files"), 303)
    if not form.validate():
        return _page(contract, form, saved.draft, 422)
    return _send(contract, form, saved.draft)


@bp.post("/draft")
@contract_access(Permission.SEND_ENQUIRIES)
@accepts_files
def draft(contract: VisibleContract) -> ResponseReturnValue:
    """Save the draft by script while somebody types; the answer has its files."""
    form = EnquiryForm()
    if _find_sent(contract, form):
        return files_block(contract, drafts.SavedDraft(None, []))
    return files_block(contract, drafts.save_typed(contract, NEW, form.typed()))


@bp.post("/draft/discard")
@contract_access(Permission.SEND_ENQUIRIES)
def discard(contract: VisibleContract) -> ResponseReturnValue:
    """Delete the draft («Очистить форму»)."""
    drafts.discard(contract, NEW)
    return redirect(url_for("enquiries.new", contract_id=contract.id), 303)


def _read_filter() -> tuple[str, tuple[EnquiryStatus, ...]]:
    """The status that the address asks for: name of the filter, and what passes it."""
    chosen = request.args.get("status", "")
    chosen = chosen if chosen in labels.FILTERS else "all"
    return chosen, labels.FILTERS[chosen][1]


def _find_sent(contract: VisibleContract, form: EnquiryForm) -> int | None:
    """Id of the enquiry that this very form has made."""

    def find(key: str) -> EnquiryEntry | None:
        sent = find_by_key(db.session(), contract.viewer, key)
        return sent.entries[0] if sent else None

    entry = find_repeated(form.key, form.text.data, find)
    return entry.enquiry_id if entry else None


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
        drafts.discard_repeated(contract, NEW, form.text.data)
    return _to_enquiry(contract, enquiry_id, is_new=is_new)


def _command(contract: VisibleContract, form: EnquiryForm) -> NewEnquiry:
    source = read_source(contract, form.source.data or "")
    department = form.department.data
    topic, point = form.topics[form.topic.data], form.supply_point.data
    return NewEnquiry(
        idempotency_key=form.key.data,
        topic=topic,
        department_id=int(department) if department else topic.department_id,
        premises_kind_id=int(form.premises_kind.data),
        organisation=form.organisation.data,
        phone=normalise_phone(form.phone.data, may_have_extension=True),
        email=normalise_email(form.email.data),
        address=form.address.data,
        text=form.text.data.strip() or labels.ONLY_FILES,
        supply_point_id=int(point) if point else None,
        consents=(ENQUIRY_DATA, ENQUIRY_ANSWER),
        details=form.details(),
        source_label=source.label[:300] if source and source.label else None,
        source_path=source.path if source else None,
    )


def _to_enquiry(contract: VisibleContract, enquiry_id: int, *, is_new: bool) -> ResponseReturnValue:
    enquiry_url = url_for(
        "enquiries.enquiry", contract_id=contract.id, enquiry_id=enquiry_id, new=int(is_new)
    )
    return redirect(enquiry_url, 303)


def _offer(contract: VisibleContract, form: EnquiryForm, known: KnownDetails) -> EnquiryForm:
    """Fill the lists of the form, and give it an idempotency key."""
    choices = list_choices(db.session())
    form.offer(choices, filter_topics(choices.topics, contract.is_terminated), known.points)
    form.key.data = fresh_key(form.key.data)
    return form


def _fill(
    contract: VisibleContract,
    form: EnquiryForm,
    draft: EnquiryDraft | None,
    source: Source | None,
    known: KnownDetails,
) -> None:
    """Fill in what is known; the page it was opened from comes before the draft's.

    ``topic`` (a ``TopicUse``) and ``supply_point`` in the address choose them, as links of other
    pages do; a supply point that is not the contract's is as good as none.
    """
    if draft is None:
        _fill_known(contract, form, known)
    if source is not None:
        form.source.data = source.code
        form.address.data = source.address or form.address.data
        form.text.data = form.text.data or source.text
    use = source.use if source else request.args.get("topic", "")
    if use in set(TopicUse):
        topic = find_topic(form.topics.values(), TopicUse(use))
        form.topic.data = str(topic.id) if topic else form.topic.data
    point_id = str(source.point_id) if source else ""
    if point := known.find_point(request.args.get("supply_point", point_id)):
        form.supply_point.data, form.address.data = str(point.id), point.address


def _fill_known(contract: VisibleContract, form: EnquiryForm, known: KnownDetails) -> None:
    """What the last enquiry says comes before account and billing."""
    last = known.last
    phone = last.phone if last else known.phone
    form.organisation.data = known.organisation
    form.phone.data = show_phone(phone) if phone else ""
    form.email.data = show_email(known.email)
    form.address.data = known.addresses[0] if len(known.addresses) == 1 else ""
    form.department.data = str(contract.department_id or "")
    if last:
        form.address.data = last.address
        form.premises_kind.data = str(last.premises_kind_id)


def _page(
    contract: VisibleContract,
    form: EnquiryForm,
    draft: EnquiryDraft | None,
    status: int = 200,
    *,
    message: str | None = None,
    refused: list[AttachmentError] | None = None,
    known: KnownDetails | None = None,
    source: Source | None = None,
) -> Response:
    known = known or get_known_details(db.session(), contract, contract.viewer)
    faults = [("file-input", refusal_text(error)) for error in refused or ()]
    if message:
        faults.append(("", message))
    return render_page(
        "enquiries/new.html",
        fragment="results",
        contract=contract,
        form=form,
        draft=draft,
        source=source or read_source(contract, form.source.data or ""),
        faults=faults or summary_of(form),
        file_faults=[fault for _, fault in faults] if refused else [],
        addresses=known.addresses,
        uses={str(topic.id): use_of(topic) for topic in form.topics.values()},
        limits=file_rules(),
        labels=labels,
        status=status,
    )


def files_block(contract: VisibleContract, saved: drafts.SavedDraft) -> Response:
    """Files of a draft, for the script that has sent some."""
    status = 422 if saved.is_truncated else 200
    if saved.refused:
        status = refusal_status(saved.refused)
    return render_page(
        "enquiries/files.html",
        fragment="results",
        contract=contract,
        draft=saved.draft,
        file_faults=[refusal_text(error) for error in saved.refused],
        limits=file_rules(),
        labels=labels,
        status=status,
    )
