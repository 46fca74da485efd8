"""Save the contact form of an account: name and position at once, the rest when confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.contact_changes import EMAIL, PHONE, queue_for_billing
from app.actions.accounts.email import request_email_change
from app.actions.accounts.password import check_current_password
from app.actions.accounts.phone import request_phone_change
from app.actions.accounts.policy import ContactRules
from app.actions.audit_log import record
from app.domain.access import Browser, Viewer
from app.domain.contacts import may_get_sms
from app.domain.errors import ContactError, SmsNotAllowedError
from app.domain.rate_limits import LimitedAction
from app.models import Account
from app.queries.contracts import VisibleContract


@dataclass(frozen=True, slots=True)
class NewContacts:
    """What the form holds, checked; ``phone`` in E.164."""

    person_name: str
    position: str
    email: str
    phone: str
    confirm: str = ""
    """``email`` or ``phone``: unchanged, but to be confirmed for the first time."""


@dataclass(frozen=True, slots=True)
class SavedContacts:
    """What became of it: ids of the changes that wait for their link or code."""

    email_change_id: int | None
    phone_change_id: int | None


def save_contacts(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    new: NewContacts,
    password: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> SavedContacts:
    """Store name and position; ask for confirmation of a new address or number.

    Raises:
        SignInRefusedError: the password is wrong.
        ContactError: ``phone``: a number can be replaced, not removed.
        SmsNotAllowedError: codes are not sent to a number like this.
        TooManyAttemptsError: a limit is reached.
    """
    account = session.get_one(Account, viewer.account_id)
    if account.phone and not new.phone:
        raise ContactError("phone")
    is_new_email = new.email != account.email or new.confirm == EMAIL
    is_new_phone = bool(new.phone) and (new.phone != account.phone or new.confirm == PHONE)
    if is_new_phone and not may_get_sms(new.phone, rules.sms_prefixes):
        raise SmsNotAllowedError
    check_current_password(session, contract, viewer, password, browser, rules, now)
    _hit_limits(
        session,
        account,
        new.phone if is_new_phone else "",
        browser,
        rules,
        now,
        is_change=is_new_email or is_new_phone,
    )
    person = {"person_name": new.person_name, "position": new.position}
    _save_person(session, account, person, now)
    email_id = phone_id = None
    if is_new_email:
        email_id = request_email_change(session, account, contract, new.email, rules, now)
    if is_new_phone:
        phone_id = request_phone_change(session, account, contract, new.phone, rules, now)
    return SavedContacts(email_id, phone_id)


def _hit_limits(
    session: Session,
    account: Account,
    phone: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
    *,
    is_change: bool,
) -> None:
    """Count a change of address or number, and a text message where there is a ``phone``."""
    key, address = str(account.id), browser.address
    if is_change:
        rate_limits.hit(session, LimitedAction.CONTACT, key, address, rules.changes, now)
    if phone:
        rate_limits.hit(
            session, LimitedAction.SMS_REQUEST, phone, address, rules.sms, now, succeeded=True
        )


def _save_person(
    session: Session, account: Account, values: Mapping[str, str], now: datetime
) -> None:
    changed: dict[str, list[str]] = {}
    for field, value in values.items():
        before = getattr(account, field) or ""
        if value != before:
            changed[field] = [before, value]
            setattr(account, field, value or None)
            queue_for_billing(session, account, field, before, value, now)
    if changed:
        session.flush()
        record(
            session,
            "account.person_saved",
            account.id,
            "accounts",
            str(account.id),
            now,
            contract_id=None,
            **changed,
        )
