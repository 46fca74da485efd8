"""Enter an enquiry for a customer: on paper or by telephone, with its number and deadline."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.enquiries.replies import StaffAuthor
from app.actions.enquiries.staff_entry import EnteredEnquiry, enter_enquiry
from app.domain.access import Permission
from app.domain.contacts import normalise_email, normalise_phone
from app.domain.enquiries import EnquiryChannel
from app.domain.errors import AttachmentError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Attachment
from app.queries.contracts import VisibleContract, get_as_customer
from app.queries.enquiries.choices import KnownDetails, list_choices, list_known_points
from app.queries.enquiries.staff import find_enquiry_by_key
from app.sections.enquiries import labels
from app.sections.enquiries.forms import use_of
from app.sections.enquiries.repeats import find_repeated, fresh_key
from app.sections.staff.blueprint import bp
from app.sections.staff.enquiries.entry_form import EntryForm
from app.web.context import clock, config, local_now
from app.web.data_access import record_access
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
    store_uploads,
)


@bp.get("/customers/<id:contract_id>/enquiries/new")
@staff_access(StaffPermission.WORK)
def enquiry_new(contract_id: int) -> ResponseReturnValue:
    """The form, filled with what billing knows."""
    contract = _contract(contract_id)
    record_access(contract.id, contract.number, contract.account_id or None)
    form, known = _offer(contract, EntryForm(formdata=None))
    form.organisation.data = contract.display_name
    form.received_on.data = clock().today().isoformat()
    form.address.data = known.addresses[0] if len(known.addresses) == 1 else ""
    form.department.data = str(contract.department_id or "")
    form.answer_way.data = "portal" if contract.account_id else "paper"
    return _page(contract, form)


@bp.post("/customers/<id:contract_id>/enquiries/new")
@staff_access(StaffPermission.WORK)
@accepts_files
def enquiry_new_submit(contract_id: int) -> ResponseReturnValue:
    """Register it; a form sent twice makes one enquiry."""
    contract = _contract(contract_id)
    form, _ = _offer(contract, EntryForm())
    found = find_repeated(
        form.key, form.text.data, lambda key: find_enquiry_by_key(db.session(), contract.id, key)
    )
    if found is not None:
        return _to_enquiry(found.enquiry_id)
    form.has_files = form.sends_files()
    if not form.validate():
        return _page(contract, form, 422)
    files, refused = store_uploads(contract.id)
    if refused:
        return _page(contract, form, refusal_status(refused), refused)
    return _enter(contract, form, files)


def _enter(
    contract: VisibleContract, form: EntryForm, files: Sequence[Attachment]
) -> ResponseReturnValue:
    clerk, stored = current_clerk(), [file.storage_key for file in files]
    enquiry_id = enter_enquiry(
        db.session(),
        contract,
        StaffAuthor(clerk.name, clerk.staff_id),
        _command(form, files),
        config().enquiry_answer_days,
        local_now(),
    )
    if not enquiry_id:
        db.session.rollback()
        delete_stored(stored)
        return redirect(url_for("staff.customer", contract_id=contract.id), 303)
    delivery.commit()
    event("enquiry entered", enquiry=enquiry_id, staff=clerk.login)
    return _to_enquiry(enquiry_id)


def _to_enquiry(enquiry_id: int) -> ResponseReturnValue:
    return redirect(url_for("staff.enquiry", enquiry_id=enquiry_id, done="entered"), 303)


def _contract(contract_id: int) -> VisibleContract:
    return get_as_customer(db.session(), contract_id, Permission.SEE_CONTRACT, clock().today())


def _offer(contract: VisibleContract, form: EntryForm) -> tuple[EntryForm, KnownDetails]:
    choices = list_choices(db.session())
    known = list_known_points(db.session(), contract)
    form.offer(choices, choices.topics, known.points)
    form.has_account = bool(contract.account_id)
    form.key.data = fresh_key(form.key.data)
    return form, known


def _command(form: EntryForm, files: Sequence[Attachment]) -> EnteredEnquiry:
    topic, department = form.topics[form.topic.data], form.department.data
    phone, email, point = form.phone.data, form.email.data, form.supply_point.data
    return EnteredEnquiry(
        idempotency_key=form.key.data,
        channel=EnquiryChannel(form.channel.data),
        received_on=form.received_day(),
        topic=topic,
        department_id=int(department) if department else topic.department_id,
        premises_kind_id=int(form.premises_kind.data),
        organisation=form.organisation.data,
        phone=normalise_phone(phone, may_have_extension=True) if phone else "",
        email=normalise_email(email) if email else "",
        address=form.address.data,
        text=form.text.data.strip() or labels.ONLY_FILES,
        supply_point_id=int(point) if point else None,
        details=form.details(),
        files=files,
    )


def _page(
    contract: VisibleContract,
    form: EntryForm,
    status: int = 200,
    refused: Sequence[AttachmentError] = (),
) -> Response:
    file_faults = [refusal_text(error) for error in refused]
    return render_page(
        "staff/enquiries/new.html",
        fragment="results",
        row=contract,
        form=form,
        uses={str(topic.id): use_of(topic) for topic in form.topics.values()},
        faults=[("files", fault) for fault in file_faults] or summary_of(form),
        file_faults=file_faults,
        limits=file_rules(),
        status=status,
    )
