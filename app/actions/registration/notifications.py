"""Emails and text messages of a registration: link, code, notifications of those on record."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.messages import Outgoing, queue_message
from app.actions.registration.policy import RegistrationRules
from app.domain.contacts import may_get_sms, same_email
from app.domain.registration import Channel
from app.integrations.message_templates import render_email, render_sms
from app.lib.keyring import KeyPurpose, keyring_of
from app.lib.signed_links import Purpose
from app.models import Account, Contract, Registration, SmsCode
from app.queries.messages import count_messages, has_message
from app.queries.registrations import get_contacts_on_record

MAX_TEXTS_A_DAY = 3
"""Notifications by text message about one contract."""


def send_link(session: Session, registration: Registration, now: datetime) -> int:
    """Queue the email with the confirmation link, which its person waits for; its id."""
    content = render_email(
        "registration_link",
        **build_message_facts(session, registration.contract),
        phone=registration.phone,
        until=registration.confirm_until and registration.confirm_until.astimezone(now.tzinfo),
    )
    return queue_message(
        session,
        Outgoing(
            kind="registration_link",
            channel=Channel.MAIL,
            recipient=registration.email or "",
            content=content,
            key=f"{registration.id}.{registration.nonce}",
            link=(Purpose.CONFIRM, registration.id, registration.nonce or ""),
            contract_id=registration.contract_id,
            expires_at=registration.confirm_until,
            is_interactive=True,
        ),
        now,
    )


def send_code(session: Session, registration: Registration, code: SmsCode, now: datetime) -> int:
    """Queue the text message with the code, which its person waits for; its id."""
    facts = build_message_facts(session, registration.contract)
    return queue_message(
        session,
        Outgoing(
            kind="registration_code",
            channel=Channel.SMS,
            recipient=code.phone,
            content=render_sms("registration_code", **facts),
            key=str(code.id),
            sms_code_id=code.id,
            contract_id=registration.contract_id,
            expires_at=code.expires_at,
            is_interactive=True,
        ),
        now,
    )


def notify_contacts_on_record(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> None:
    """Notify those whom billing has on record; each can stop the registration with one link.

    A number gets a text message only where billing has no address. The contact that confirms is
    left out.
    """
    contract = registration.contract
    on_record = get_contacts_on_record(session, contract)
    facts = build_message_facts(session, contract) | {
        "email": registration.email,
        "phone": registration.phone,
        "at": registration.saved_at and registration.saved_at.astimezone(now.tzinfo),
        "days": rules.stop_life.days,
    }
    emails = [(Channel.MAIL, email) for email in on_record.emails]
    for channel, contact in emails or [(Channel.SMS, phone) for phone in on_record.phones]:
        if _is_confirming(registration, contact):
            continue
        if channel is Channel.SMS and not _may_text(session, contract, contact, rules, now):
            continue
        write = render_email if channel is Channel.MAIL else render_sms
        queue_message(
            session,
            Outgoing(
                kind="registration_notice",
                channel=channel,
                recipient=contact,
                content=write("registration_notice", **facts),
                # Once for what was typed, however often it is saved.
                key=f"{registration.id}.{_hash_of(session, registration)}",
                link=(Purpose.STOP, registration.id, ""),
                contract_id=contract.id,
            ),
            now,
        )


def _may_text(
    session: Session, contract: Contract, phone: str, rules: RegistrationRules, now: datetime
) -> bool:
    """Whether another text message may be sent: they cost, and a few a day say enough."""
    day_ago = now - timedelta(days=1)
    sent = count_messages(session, "registration_notice", Channel.SMS, contract.id, day_ago)
    return may_get_sms(phone, rules.sms_prefixes) and sent < MAX_TEXTS_A_DAY


def _hash_of(session: Session, registration: Registration) -> str:
    typed = f"{registration.email}\0{registration.phone}"
    return keyring_of(session).hash(KeyPurpose.NOTIFICATION, typed)[:16]


def _is_confirming(registration: Registration, contact: str) -> bool:
    if registration.channel == Channel.SMS:
        return contact == registration.phone
    return same_email(contact, registration.email or "")


def notify_owner_of_registration(
    session: Session, account: Account, contract: Contract, now: datetime
) -> None:
    """Notify the owner, once a day, that somebody with number and ИНН tried to register again."""
    key = f"{contract.id}.{now:%Y%m%d}"
    if not has_message(session, "registration_taken", key):
        notify_account(session, account, contract, "registration_taken", key, now, at=now)


def notify_decision(
    session: Session, registration: Registration, now: datetime, reason: str | None = None
) -> None:
    """Send the decision of a clerk to the contact that was confirmed."""
    kind = "registration_refused" if reason is not None else "registration_opened"
    is_mail = registration.channel == Channel.MAIL
    facts = build_message_facts(session, registration.contract) | {"reason": reason}
    queue_message(
        session,
        Outgoing(
            kind=kind,
            channel=Channel.MAIL if is_mail else Channel.SMS,
            recipient=(registration.email if is_mail else registration.confirmed_phone) or "",
            content=(render_email if is_mail else render_sms)(kind, **facts),
            key=str(registration.id),
            link=None if reason is not None else (Purpose.SIGN_IN, 0, ""),
            contract_id=registration.contract_id,
            account_id=registration.account_id,
        ),
        now,
    )
