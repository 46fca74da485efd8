"""«Реквизиты и контакты» (user manual §10): what billing has, and what people change themselves."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.contact_changes import EMAIL, PHONE
from app.actions.accounts.contacts import NewContacts, save_contacts
from app.actions.accounts.phone import confirm_phone
from app.actions.sms_codes import find_last_code
from app.domain.access import Permission
from app.domain.contacts import normalise_email, normalise_phone, show_email, show_phone
from app.domain.errors import (
    CodeError,
    ContactError,
    LinkError,
    NotFoundError,
    SignInRefusedError,
    SmsNotAllowedError,
    TooManyAttemptsError,
)
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import ContactChange
from app.queries.contracts import VisibleContract
from app.queries.invoices import get_parties
from app.queries.profile import find_waiting_changes, get_customer, get_signed_in_account
from app.queries.sms_reports import is_code_undelivered
from app.sections.profile import labels
from app.sections.profile.forms import ContactsForm, PhoneCodeForm
from app.web.context import clock, local_now
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import contract_access
from app.web.policies import contact_rules
from app.web.session import current_browser

bp = Blueprint("profile", __name__, url_prefix="/contracts/<id:contract_id>/profile")


@bp.get("")
@contract_access(Permission.SEE_CONTRACT)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Show requisites, contract, contacts, and where to change them."""
    session, viewer = db.session(), contract.viewer
    customer = get_customer(session, contract)
    changes = _waiting_changes(contract)
    return render_page(
        "profile/index.html",
        fragment="results",
        contract=contract,
        customer=customer,
        requisites=labels.build_requisites(customer),
        kinds=labels.KINDS,
        account=get_signed_in_account(session, viewer) if viewer.account_id else None,
        may_change=contract.may(Permission.MANAGE_ACCOUNT),
        new_email=changes.get(EMAIL),
        new_phone=changes.get(PHONE),
        payer=get_parties(session, contract).payer
        if contract.may(Permission.MANAGE_MONEY)
        else None,
        may_manage=contract.may(Permission.MANAGE_MONEY),
        may_send=contract.may(Permission.SEND_ENQUIRIES),
        saved=request.args.get("saved", ""),
    )


@bp.get("/contacts")
@contract_access(Permission.MANAGE_ACCOUNT)
def contacts(contract: VisibleContract) -> ResponseReturnValue:
    """Show the form of the viewer's contacts."""
    account = get_signed_in_account(db.session(), contract.viewer)
    return _contacts_page(
        contract,
        ContactsForm(
            person_name=account.person_name or "",
            position=account.position or "",
            email=show_email(account.email),
            phone=show_phone(account.phone) if account.phone else "",
        ),
    )


@bp.post("/contacts")
@contract_access(Permission.MANAGE_ACCOUNT)
def contacts_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Save name and position; ask to confirm a new address or number."""
    form = ContactsForm()
    if not form.validate():
        return _contacts_page(contract, form, 422)
    try:
        saved = save_contacts(
            db.session(),
            contract,
            contract.viewer,
            _new_contacts(form),
            form.current.data,
            current_browser(),
            contact_rules(),
            local_now(),
        )
    except (SignInRefusedError, SmsNotAllowedError, ContactError) as error:
        form.show_error(error)
        return _contacts_page(contract, form, 422)
    except TooManyAttemptsError as error:
        return _contacts_page(contract, form, 429, f"{too_many_attempts(error)}.")
    delivery.commit()
    event("contacts saved", email=bool(saved.email_change_id), phone=bool(saved.phone_change_id))
    where = "profile.phone" if saved.phone_change_id else "profile.index"
    return redirect(url_for(where, contract_id=contract.id, saved="contacts"), 303)


@bp.get("/phone")
@contract_access(Permission.MANAGE_ACCOUNT)
def phone(contract: VisibleContract) -> ResponseReturnValue:
    """Show the form for the code of a new number."""
    return _phone_page(contract, PhoneCodeForm())


@bp.post("/phone")
@contract_access(Permission.MANAGE_ACCOUNT)
def phone_submit(contract: VisibleContract) -> ResponseReturnValue:
    """«ОК»: confirm the new number by its code."""
    form = PhoneCodeForm()
    if not form.validate():
        return _phone_page(contract, form, 422)
    try:
        confirm_phone(
            db.session(),
            _get_phone_change(contract),
            form.code.data,
            current_browser(),
            contact_rules(),
            delivery.transports(),
            local_now(),
        )
    except (CodeError, LinkError):
        delivery.commit()
        form.refuse()
        return _phone_page(contract, form, 422)
    except TooManyAttemptsError as error:
        return _phone_page(contract, form, 429, f"{too_many_attempts(error)}.")
    delivery.commit()
    event("phone confirmed")
    return redirect(url_for("profile.index", contract_id=contract.id, saved="phone"), 303)


def _new_contacts(form: ContactsForm) -> NewContacts:
    return NewContacts(
        form.person_name.data,
        form.position.data,
        normalise_email(form.email.data),
        normalise_phone(form.phone.data) if form.phone.data else "",
        request.args.get("confirm", "")[:5],
    )


def _get_phone_change(contract: VisibleContract) -> ContactChange:
    """The number that waits for its code.

    Raises:
        NotFoundError: none does.
    """
    change = _waiting_changes(contract).get(PHONE)
    if change is None:
        raise NotFoundError
    return change


def _waiting_changes(contract: VisibleContract) -> dict[str, ContactChange]:
    return find_waiting_changes(db.session(), contract.viewer, clock().now())


def _contacts_page(
    contract: VisibleContract, form: ContactsForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "profile/contacts.html",
        fragment="results",
        contract=contract,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        customer=get_customer(db.session(), contract),
        confirm=request.args.get("confirm", ""),
        status=status,
    )


def _phone_page(
    contract: VisibleContract, form: PhoneCodeForm, status: int = 200, message: str | None = None
) -> Response:
    change = _get_phone_change(contract)
    code = find_last_code(db.session(), contact_change_id=change.id)
    return render_page(
        "profile/phone.html",
        fragment="results",
        contract=contract,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        change=change,
        is_code_lost=code is not None and is_code_undelivered(db.session(), code.id),
        new_email=_waiting_changes(contract).get(EMAIL),
        is_saved=request.args.get("saved") == "contacts",
        status=status,
    )
