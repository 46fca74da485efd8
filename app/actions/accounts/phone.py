"""Change the phone number of an account: ask by a code in a text message, confirm by the code."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.contact_changes import (
    PHONE,
    begin_change,
    finish_change,
    notify_previous_contact,
    queue_for_billing,
)
from app.actions.accounts.notifications import build_message_facts
from app.actions.accounts.policy import ContactRules
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.sms_codes import find_last_code, is_waiting, prepare_code, use_code
from app.domain.access import Browser
from app.domain.errors import CodeError
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel
from app.integrations.message_templates import render_sms
from app.integrations.transports import Transports
from app.models import Account, ContactChange, Contract
from app.queries.contracts import VisibleContract


def request_phone_change(
    session: Session,
    account: Account,
    contract: VisibleContract,
    phone: str,
    rules: ContactRules,
    now: datetime,
) -> int:
    """Send a code to a new number; the id of the change that waits for it.

    The present number may be asked as well, where it has never been confirmed.
    """
    change = begin_change(session, account, PHONE, phone, now, now + rules.codes.life)
    code = prepare_code(session, phone, rules.codes, now, contact_change_id=change.id)
    row = session.get_one(Contract, contract.id)
    queue_message(
        session,
        Outgoing(
            kind="contact_code",
            channel=Channel.SMS,
            recipient=phone,
            content=render_sms("contact_code", **build_message_facts(session, row)),
            key=str(change.id),
            sms_code_id=code.id,
            account_id=account.id,
            contract_id=row.id,
            expires_at=code.expires_at,
        ),
        now,
    )
    if phone != account.phone:
        notify_previous_contact(session, account, "contact_asked", change, now)
    return change.id


def confirm_phone(
    session: Session,
    change: ContactChange,
    typed: str,
    browser: Browser,
    rules: ContactRules,
    transports: Transports,
    now: datetime,
) -> None:
    """Replace the number once its code is typed. Commit whether it is right or wrong.

    Raises:
        CodeError: wrong or expired.
        LinkError: ``used``: confirmed in the meantime.
        TooManyAttemptsError: too many codes were tried for this number today.
    """
    row = find_last_code(session, contact_change_id=change.id)
    if change.ended_at is not None or not is_waiting(row, change.value, rules.codes, now):
        raise CodeError("expired")
    rate_limits.hit(
        session, LimitedAction.SMS_CODE, change.value, browser.address, rules.number_tries, now
    )
    use_code(session, row, change.value, typed, rules.codes.tries, transports, now)
    finish_change(session, change, now)
    account = session.get_one(Account, change.account_id)
    before = account.phone or ""
    if change.value != before:
        notify_previous_contact(session, account, "contact_changed", change, now)
        queue_for_billing(session, account, PHONE, before, change.value, now)
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
        contract_id=None,
        phone=[before, change.value],
    )
