"""Recover a forgotten password by email link or SMS code.

Whoever asks sees the same, whether the login is known or not.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.known_devices import find_device, issue_device_token
from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.accounts.policy import RecoveryRules
from app.actions.accounts.sessions import set_password
from app.actions.audit_log import record
from app.actions.mailbox_limits import hit_mailbox_limit
from app.actions.messages import Outgoing, queue_message
from app.actions.sms_codes import (
    find_last_code,
    is_waiting,
    prepare_code,
    use_code,
)
from app.actions.staff_alerts import alert_staff
from app.domain.access import Browser, access_window
from app.domain.contacts import may_get_sms
from app.domain.errors import (
    BlockedError,
    CodeError,
    LinkError,
    PasswordError,
    TooManyAttemptsError,
)
from app.domain.logins import login_key
from app.domain.passwords import check_password
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel
from app.integrations.message_templates import MessageContent, render_email, render_sms
from app.integrations.transports import Transports
from app.lib.database import count_changed
from app.lib.signed_links import Purpose
from app.models import Account, Contract, Recovery
from app.queries.accounts import find_signer, list_public_facts
from app.queries.memberships import has_access, has_any_access
from app.queries.registrations import find_account


def request_recovery(
    session: Session,
    login: str,
    channel: Channel,
    browser: Browser,
    rules: RecoveryRules,
    now: datetime,
) -> Recovery:
    """Send a link to the confirmed address or a code to the confirmed number, if there is one.

    The answer is the same, and takes as long, where nobody is known by the login or nothing may be
    sent: whoever asks learns nothing about an account.

    Raises:
        TooManyAttemptsError: from this address too often, whatever the login.
    """
    key = login_key(login)
    window = access_window(now.date(), rules.terminated_access_months)
    signer = find_signer(session, key, window)
    account, contract_id = signer if signer else (None, None)
    if account is not None and account.disabled_at is not None:
        account = None
    may_send = _hit_request_limits(session, key, account, channel, browser, rules, now)
    if may_send and channel is Channel.MAIL:
        may_send = _may_send_email(session, key, account, browser, now)
    recovery = _build_recovery(account, channel, rules, now)
    if account is None or not may_send:
        session.add(recovery)
        session.flush()
        if may_send:
            # Thrown away: the answer takes as long as where somebody is known.
            _render_message(session, recovery, None, now)
        return recovery
    _replace_earlier(session, recovery, account, session.get_one(Contract, contract_id), rules, now)
    return recovery


def start_recovery(
    session: Session, account: Account, contract: Contract, rules: RecoveryRules, now: datetime
) -> None:
    """Have the email with the link sent on behalf of staff, to the confirmed address only.

    The password is valid until its owner sets another.

    Raises:
        BlockedError: ``no_mail``, or ``closed``: nobody signs in with this account, or it has lost
            the contract.
        TooManyAttemptsError: enough emails have been sent, by whomever they were asked for.
    """
    if account.disabled_at is not None or not has_access(session, account.id, contract.id):
        raise BlockedError("closed")
    if account.email_confirmed_at is None:
        raise BlockedError("no_mail")
    rate_limits.hit(
        session, LimitedAction.RECOVERY, contract.number_key, "staff", rules.per_login, now
    )
    recovery = _build_recovery(account, Channel.MAIL, rules, now)
    _replace_earlier(session, recovery, account, contract, rules, now)
    record(
        session,
        "account.recovery_started",
        account.id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
    )


def check_recovery(session: Session, recovery: Recovery, nonce: str, now: datetime) -> Account:
    """The account whose password a link may set.

    Raises:
        LinkError: ``used``, ``superseded`` or ``expired``.
    """
    account = find_account(session, recovery.account_id) if recovery.account_id else None
    if account is None or recovery.nonce != nonce or not has_any_access(session, account.id):
        raise LinkError("superseded")
    if recovery.ended_at is not None:
        raise LinkError("used")
    if recovery.expires_at <= now:
        raise LinkError("expired")
    if recovery.account_mark != _hash_credentials(account):
        raise LinkError("superseded")
    return account


def recover_by_link(
    session: Session, recovery: Recovery, nonce: str, password: str, browser: Browser, now: datetime
) -> str:
    """Set a new password with the link of an email; every session ends, the owner is notified.

    Returns:
        The known-device cookie of this browser from now on: strangers' guesses do not lock the new
        password out of it.

    Raises:
        LinkError: see ``check_recovery``.
        PasswordError: the password may not be set; the link still works.
    """
    account = check_recovery(session, recovery, nonce, now)
    check_password(password, list_public_facts(session, account.id))
    return _recover(session, recovery, account, password, browser, now)


def recover_by_code(
    session: Session,
    recovery: Recovery,
    typed: str,
    password: str,
    browser: Browser,
    rules: RecoveryRules,
    transports: Transports,
    now: datetime,
) -> str:
    """Set a new password with the code of a text message. Commit whether it is right or wrong.

    Returns:
        The known-device cookie of this browser from now on.

    Raises:
        CodeError: wrong or expired; the same where nobody is known by that login.
        PasswordError: the password may not be set; the code still works.
        TooManyAttemptsError: too many codes were tried.
    """
    subject = f"recovery:{recovery.id}"
    rate_limits.hit(
        session, LimitedAction.RECOVERY_CODE, subject, browser.address, rules.code_tries, now
    )
    row = find_last_code(session, recovery_id=recovery.id)
    try:
        account = check_recovery(session, recovery, recovery.nonce, now)
    except LinkError:
        raise CodeError("wrong") from None
    phone = account.phone or ""
    if not is_waiting(row, phone, rules.codes, now):
        raise CodeError("expired")
    try:
        # The number is counted by itself, whatever the contracts that lead to it.
        rate_limits.hit(
            session, LimitedAction.SMS_CODE, phone, browser.address, rules.number_tries, now
        )
    except TooManyAttemptsError:
        raise CodeError("wrong") from None
    use_code(session, row, phone, typed, rules.codes.tries, transports, now)
    try:
        check_password(password, list_public_facts(session, account.id))
    except PasswordError:
        # Asked only now: who cannot read the code learns nothing about the account.
        if row is not None:
            row.ended_at = None
        raise
    return _recover(session, recovery, account, password, browser, now)


def _hit_request_limits(
    session: Session,
    key: str,
    account: Account | None,
    channel: Channel,
    browser: Browser,
    rules: RecoveryRules,
    now: datetime,
) -> bool:
    """Count a request; whether a message may be sent for it.

    Raises:
        TooManyAttemptsError: from this address too often.
    """
    address, phone = browser.address, ""
    rate_limits.hit(session, LimitedAction.RECOVERY, key, address, rules.per_address, now)
    try:
        rate_limits.check_counted(
            session, LimitedAction.RECOVERY, key, address, rules.per_login, now
        )
        if channel is Channel.SMS:
            phone = _mobile_of(account, rules)
            # Whoever gets no message is counted like those who get one: the answer takes as long.
            action = LimitedAction.SMS_REQUEST if phone else LimitedAction.SMS_TO_NOBODY
            rate_limits.hit(session, action, phone or key, address, rules.sms, now, succeeded=True)
    except TooManyAttemptsError as error:
        if error.staff_alert and phone:
            alert_staff(session, error.staff_alert, now)
        return False
    return True


def _may_send_email(
    session: Session, key: str, account: Account | None, browser: Browser, now: datetime
) -> bool:
    """Count an email that a stranger may have caused to a mailbox; whether it may be sent.

    Asked for in a browser that has signed in before, no stranger can have caused it. Refused before
    an older link is replaced: that one goes on working. An unknown login is counted as well, so
    that it takes as long.
    """
    is_known = find_device(session, account, browser.devices, now) is not None
    has_mailbox = account is not None and account.email_confirmed_at is not None
    mailbox = account.email if account is not None and has_mailbox else f"{key[:60]}@"
    return is_known or hit_mailbox_limit(session, "recovery_link", mailbox, now)


def _build_recovery(
    account: Account | None, channel: Channel, rules: RecoveryRules, now: datetime
) -> Recovery:
    return Recovery(
        account_id=account.id if account else None,
        channel=channel,
        nonce=secrets.token_urlsafe(16),
        account_mark=_hash_credentials(account) if account else None,
        created_at=now,
        expires_at=now + (rules.link_life if channel is Channel.MAIL else rules.codes.life),
    )


def _replace_earlier(
    session: Session,
    recovery: Recovery,
    account: Account,
    contract: Contract,
    rules: RecoveryRules,
    now: datetime,
) -> None:
    """End the earlier recoveries of an account and send the message of this one."""
    session.execute(
        update(Recovery)
        .where(Recovery.account_id == account.id, Recovery.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.add(recovery)
    session.flush()
    _send(session, recovery, account, contract, rules, now)


def _send(
    session: Session,
    recovery: Recovery,
    account: Account,
    contract: Contract,
    rules: RecoveryRules,
    now: datetime,
) -> None:
    content, phone = _render_message(session, recovery, contract, now), _mobile_of(account, rules)
    if recovery.channel == Channel.MAIL and account.email_confirmed_at is not None:
        outgoing = Outgoing(
            kind="recovery_link",
            channel=Channel.MAIL,
            recipient=account.email,
            content=content,
            key=str(recovery.id),
            link=(Purpose.RECOVERY, recovery.id, recovery.nonce),
            account_id=account.id,
            contract_id=contract.id,
            expires_at=recovery.expires_at,
            is_mailbox_counted=True,
        )
        queue_message(session, outgoing, now)
    elif recovery.channel == Channel.SMS and phone:
        code = prepare_code(session, phone, rules.codes, now, recovery_id=recovery.id)
        outgoing = Outgoing(
            kind="recovery_code",
            channel=Channel.SMS,
            recipient=code.phone,
            content=content,
            key=str(recovery.id),
            sms_code_id=code.id,
            account_id=account.id,
            contract_id=contract.id,
            expires_at=code.expires_at,
        )
        queue_message(session, outgoing, now)


def _render_message(
    session: Session, recovery: Recovery, contract: Contract | None, now: datetime
) -> MessageContent:
    """Render the message with placeholders for its link or code."""
    facts = build_message_facts(session, contract) | {
        "until": recovery.expires_at.astimezone(now.tzinfo),
        "at": now,
    }
    if recovery.channel == Channel.MAIL:
        return render_email("recovery_link", **facts)
    return render_sms("recovery_code", **facts)


def _mobile_of(account: Account | None, rules: RecoveryRules) -> str:
    """The confirmed number that gets text messages; empty: none."""
    if account is None or account.phone is None or account.phone_confirmed_at is None:
        return ""
    return account.phone if may_get_sms(account.phone, rules.sms_prefixes) else ""


def _recover(
    session: Session,
    recovery: Recovery,
    account: Account,
    password: str,
    browser: Browser,
    now: datetime,
) -> str:
    claimed = count_changed(
        session,
        update(Recovery)
        .where(Recovery.id == recovery.id, Recovery.ended_at.is_(None))
        .values(ended_at=now),
    )
    if not claimed:
        raise LinkError("used")
    set_password(session, account, password, now)
    notify_account(
        session, account, None, "password_changed", f"recovery.{recovery.id}", now, at=now
    )
    return issue_device_token(session, account, browser.devices, now)


def _hash_credentials(account: Account) -> str:
    """Hash that changes with the password and with the email address: it ends older links."""
    return hashlib.sha256(f"{account.password_hash}\0{account.email}".encode()).hexdigest()
