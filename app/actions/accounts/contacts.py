"""Contacts and the password of an account: changed by who knows the password, told to who was there
before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.known_devices import SignInLimits, find_device, hit_credential_limit
from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.accounts.sessions import OpenedSession, open_session, set_password
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.sms_codes import CodeRules, find_last_code, is_waiting, prepare_code, use_code
from app.domain.access import Browser, Role, Viewer
from app.domain.contacts import may_get_sms
from app.domain.contract_number import number_key
from app.domain.errors import (
    CodeError,
    ContactError,
    LinkError,
    SignInRefusedError,
    SmsNotAllowedError,
)
from app.domain.passwords import check_password
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction, RateLimit
from app.domain.registration import Channel
from app.integrations.message_templates import write_letter, write_sms
from app.integrations.transports import Post
from app.lib.database import count_changed
from app.lib.passwords import is_password
from app.lib.signed_links import Purpose
from app.models import Account, ContactChange, ContactUpdate, Contract, Membership
from app.queries.accounts import list_logins, list_public_facts
from app.queries.contracts import VisibleContract
from app.queries.memberships import has_any_access, is_live

EMAIL, PHONE = "email", "phone"


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Lifetimes and limits."""

    link_life: timedelta
    codes: CodeRules
    sms_prefixes: tuple[str, ...]
    sign_in: SignInLimits
    """A wrong password here counts as one at sign-in."""
    changes: tuple[RateLimit, ...]
    sms: tuple[RateLimit, ...]
    number_tries: tuple[RateLimit, ...]


@dataclass(frozen=True, slots=True)
class NewContacts:
    """What the form holds, checked; ``phone`` in E.164."""

    person_name: str
    position: str
    email: str
    phone: str
    confirm: str = ""
    """``email`` or ``phone``: it stays as it is and has to answer for the first time."""


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
    """Keep name and position; a new address or number waits until it has answered.

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
    _check_password(session, account, contract, password, browser, rules, now)
    key = str(account.id)
    if is_new_email or is_new_phone:
        rate_limits.hit(session, LimitedAction.CONTACT, key, browser.address, rules.changes, now)
    if is_new_phone:
        rate_limits.hit(
            session,
            LimitedAction.SMS_REQUEST,
            new.phone,
            browser.address,
            rules.sms,
            now,
            succeeded=True,
        )
    _save_person(
        session,
        account,
        {
            "person_name": new.person_name,
            "position": new.position,
        },
        now,
    )
    email = _ask_email(session, account, contract, new.email, rules, now) if is_new_email else None
    phone = _ask_phone(session, account, contract, new.phone, rules, now) if is_new_phone else None
    return SavedContacts(email, phone)


def change_password(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    password: str,
    new: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> OpenedSession:
    """A new password: every session ends, and this browser gets a new one.

    Raises:
        SignInRefusedError: the current password is wrong.
        PasswordError: the new one may not be set.
        TooManyAttemptsError: a limit is reached.
    """
    account = session.get_one(Account, viewer.account_id)
    check_password(new, list_public_facts(session, account.id))
    own = f"account:{account.id}"
    rate_limits.hit(session, LimitedAction.NEW_HASH, own, browser.address, NEW_HASH_LIMITS, now)
    _check_password(session, account, contract, password, browser, rules, now)
    set_password(session, account, new, now)
    notify_account(
        session, account, None, "password_changed", f"change.{now.timestamp()}", now, at=now
    )
    return open_session(session, account.id, contract.id, browser, now)


def check_password_again(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    password: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> None:
    """Ask for the password before something that cannot be undone.

    Raises:
        SignInRefusedError: wrong.
        TooManyAttemptsError: a limit is reached.
    """
    account = session.get_one(Account, viewer.account_id)
    _check_password(session, account, contract, password, browser, rules, now)


def check_email_change(session: Session, change: ContactChange, nonce: str, now: datetime) -> None:
    """Whether a link still confirms an address.

    Raises:
        LinkError: ``used``, ``superseded`` or ``expired``.
    """
    if change.nonce != nonce or change.field != EMAIL:
        raise LinkError("superseded")
    if change.confirmed_at is not None:
        raise LinkError("used")
    account = session.get_one(Account, change.account_id)
    if change.ended_at is not None or account.disabled_at is not None:
        raise LinkError("superseded")
    if not has_any_access(session, account.id):
        raise LinkError("superseded")
    if change.expires_at <= now:
        raise LinkError("expired")


def confirm_email(session: Session, change: ContactChange, nonce: str, now: datetime) -> None:
    """The address counts from now on; the one before is told.

    Raises:
        LinkError: see ``check_email_change``.
    """
    check_email_change(session, change, nonce, now)
    _claim(session, change, now)
    account = session.get_one(Account, change.account_id)
    if change.value != account.email:
        _tell_old(session, account, "contact_changed", change, now)
        _tell_billing(session, account, EMAIL, account.email, change.value, now)
    before, account.email = account.email, change.value
    account.email_confirmed_at = now
    session.flush()
    record(
        session,
        "account.email_changed",
        account.id,
        "accounts",
        str(account.id),
        now,
        email=[before, change.value],
    )


def confirm_phone(
    session: Session,
    change: ContactChange,
    typed: str,
    browser: Browser,
    rules: ContactRules,
    post: Post,
    now: datetime,
) -> None:
    """The number counts once its code is typed. Commit whatever comes of it.

    Raises:
        CodeError: wrong or dead.
        TooManyAttemptsError: too many codes were tried for this number today.
    """
    row = find_last_code(session, contact_change_id=change.id)
    if change.ended_at is not None or not is_waiting(row, change.value, rules.codes, now):
        raise CodeError("dead")
    rate_limits.hit(
        session, LimitedAction.SMS_CODE, change.value, browser.address, rules.number_tries, now
    )
    use_code(session, row, change.value, typed, rules.codes.tries, post, now)
    _claim(session, change, now)
    account = session.get_one(Account, change.account_id)
    before = account.phone or ""
    if change.value != before:
        _tell_old(session, account, "contact_changed", change, now)
        _tell_billing(session, account, PHONE, before, change.value, now)
    account.phone = change.value
    account.phone_confirmed_at = now
    session.flush()
    record(
        session,
        "account.phone_changed",
        account.id,
        "accounts",
        str(account.id),
        now,
        phone=[before, change.value],
    )


def _check_password(
    session: Session,
    account: Account,
    contract: VisibleContract,
    password: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> None:
    """Check the password within the limits of sign-in."""
    login = next(iter(list_logins(session, account.id)), number_key(contract.number))
    device = find_device(session, account, browser.devices, now)
    attempt_id = hit_credential_limit(
        session, LimitedAction.SIGN_IN, login, device, browser.address, rules.sign_in, now
    )
    if not is_password(password, account.password_hash):
        if device is not None:
            # Whoever sits at an open session guesses like anybody.
            rate_limits.record_failure(session, LimitedAction.SIGN_IN, login, browser.address, now)
        raise SignInRefusedError(account.id)
    rate_limits.commit_success(session, attempt_id)


def _save_person(
    session: Session, account: Account, values: Mapping[str, str], now: datetime
) -> None:
    changed: dict[str, list[str]] = {}
    for field, value in values.items():
        before = getattr(account, field) or ""
        if value != before:
            changed[field] = [before, value]
            setattr(account, field, value or None)
            _tell_billing(session, account, field, before, value, now)
    if changed:
        session.flush()
        record(
            session,
            "account.person_saved",
            account.id,
            "accounts",
            str(account.id),
            now,
            **changed,
        )


def _ask_email(
    session: Session,
    account: Account,
    contract: VisibleContract,
    email: str,
    rules: ContactRules,
    now: datetime,
) -> int:
    change = _begin(session, account, EMAIL, email, now, now + rules.link_life)
    row = session.get_one(Contract, contract.id)
    facts = build_message_facts(session, row) | {"until": change.expires_at.astimezone(now.tzinfo)}
    queue_message(
        session,
        Outgoing(
            kind="contact_link",
            channel=Channel.MAIL,
            recipient=email,
            words=write_letter("contact_link", **facts),
            key=str(change.id),
            link=(Purpose.EMAIL, change.id, change.nonce),
            account_id=account.id,
            contract_id=row.id,
            expires_at=change.expires_at,
        ),
        now,
    )
    if email != account.email:
        _tell_old(session, account, "contact_asked", change, now)
    return change.id


def _ask_phone(
    session: Session,
    account: Account,
    contract: VisibleContract,
    phone: str,
    rules: ContactRules,
    now: datetime,
) -> int:
    change = _begin(session, account, PHONE, phone, now, now + rules.codes.life)
    code = prepare_code(session, phone, rules.codes, now, contact_change_id=change.id)
    row = session.get_one(Contract, contract.id)
    queue_message(
        session,
        Outgoing(
            kind="contact_code",
            channel=Channel.SMS,
            recipient=phone,
            words=write_sms("contact_code", **build_message_facts(session, row)),
            key=str(change.id),
            sms_code_id=code.id,
            account_id=account.id,
            contract_id=row.id,
            expires_at=code.expires_at,
        ),
        now,
    )
    if phone != account.phone:
        _tell_old(session, account, "contact_asked", change, now)
    return change.id


def _begin(
    session: Session, account: Account, field: str, value: str, now: datetime, until: datetime
) -> ContactChange:
    """Another change of the same field before it is given up."""
    session.execute(
        update(ContactChange)
        .where(
            ContactChange.account_id == account.id,
            ContactChange.field == field,
            ContactChange.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    change = ContactChange(
        account_id=account.id,
        field=field,
        value=value,
        nonce=secrets.token_urlsafe(16),
        requested_at=now,
        expires_at=until,
    )
    session.add(change)
    session.flush()
    return change


def _claim(session: Session, change: ContactChange, now: datetime) -> None:
    """Of two that press at once one goes on."""
    claimed = count_changed(
        session,
        update(ContactChange)
        .where(ContactChange.id == change.id, ContactChange.ended_at.is_(None))
        .values(ended_at=now, confirmed_at=now),
    )
    if not claimed:
        raise LinkError("used")


def _tell_old(
    session: Session, account: Account, kind: str, change: ContactChange, now: datetime
) -> None:
    """The contact that counts so far learns of it; an old number besides, where it is what
    changes."""
    facts = {"at": now, "field": change.field}
    notify_account(session, account, None, kind, str(change.id), now, **facts)
    is_told = account.email_confirmed_at is None
    if change.field == PHONE and account.phone and account.phone_confirmed_at and not is_told:
        words = write_sms(kind, **(build_message_facts(session, None) | facts))
        queue_message(
            session,
            Outgoing(
                kind=kind,
                channel=Channel.SMS,
                recipient=account.phone,
                words=words,
                key=str(change.id),
                account_id=account.id,
            ),
            now,
        )


def _tell_billing(
    session: Session, account: Account, field: str, old: str, new: str, now: datetime
) -> None:
    """One row for every contract that the account owns."""
    owned = session.scalars(
        select(Membership.contract_id).where(
            Membership.account_id == account.id,
            Membership.role == Role.OWNER,
            is_live(),
        )
    )
    for contract_id in owned.all():
        session.add(
            ContactUpdate(
                contract_id=contract_id,
                account_id=account.id,
                field=field,
                old=old,
                new=new,
                changed_at=now,
            )
        )
    session.flush()
