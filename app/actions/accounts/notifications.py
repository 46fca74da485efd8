"""Notify the owner of an account, a reading or an enquiry; facts that every message names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.actions.messages import Outgoing, queue_message
from app.domain.events import EventKind, NewEvent
from app.domain.registration import Channel
from app.integrations.message_templates import render_email, render_sms
from app.models import Account, Contract, Enquiry, ReadingReceipt, SubmittedReading
from app.queries.contracts import find_owner_of, find_supplier
from app.queries.memberships import may_be_notified
from app.queries.readings.customer import name_registers


def notify_account(
    session: Session,
    account: Account,
    contract: Contract | None,
    kind: str,
    key: str,
    now: datetime,
    **facts: object,
) -> None:
    """Notify an account at its confirmed contact: by email, else by text message.

    Nothing is sent where it has confirmed neither.

    Args:
        kind: names the template of the message.
        key: makes the message unique; the same kind and key twice is one message.
        facts: further variables of the template.
    """
    contact = find_confirmed_contact(account)
    if contact is None:
        return
    channel, recipient = contact
    write = render_email if channel is Channel.MAIL else render_sms
    queue_message(
        session,
        Outgoing(
            kind=kind,
            channel=channel,
            recipient=recipient,
            content=write(kind, **(build_message_facts(session, contract) | facts)),
            key=key,
            account_id=account.id,
            contract_id=contract.id if contract else None,
        ),
        now,
    )


def find_confirmed_contact(account: Account) -> tuple[Channel, str] | None:
    """Where an account is notified: its confirmed address, else its confirmed number."""
    if account.email_confirmed_at is not None:
        return Channel.MAIL, account.email
    if account.phone_confirmed_at is not None and account.phone is not None:
        return Channel.SMS, account.phone
    return None


def notify_reading_refused(
    session: Session, submitted: SubmittedReading, reason: str, now: datetime
) -> None:
    """Notify the customer that a reading was refused, while another one can still be submitted.

    For a reading that a clerk entered the owner of the contract is notified. Nobody is who has
    lost the contract since. The others of the contract find it among its events.
    """
    receipt = session.get_one(ReadingReceipt, submitted.receipt_id)
    account_id = receipt.account_id or find_owner_of(session, receipt.contract_id)
    name = name_registers(session, [submitted.register_id])[submitted.register_id]
    is_told = account_id is not None and may_be_notified(
        session, account_id, receipt.contract_id, now.date()
    )
    facts = {"serial": name.serial_number, "reason": reason}
    event = NewEvent(
        EventKind.READING_REFUSED,
        receipt.contract_id,
        submitted.submission_id,
        now.date(),
        receipt.id,
        facts=facts | {"period": str(submitted.period)},
        told_account_id=account_id if is_told else None,
    )
    record_events(session, [event], now)
    if account_id is None or not is_told:
        return
    notify_account(
        session,
        session.get_one(Account, account_id),
        session.get_one(Contract, receipt.contract_id),
        "reading_refused",
        submitted.submission_id,
        now,
        month=submitted.period.label.lower(),
        **facts,
    )


def notify_enquirer(
    session: Session, enquiry: Enquiry, kind: str, key: str, now: datetime, **facts: object
) -> None:
    """Send an email about an enquiry to the address that was given in it, if any was.

    Where its author has lost access, the owner of the contract reads it instead; nobody does where
    the contract has gone to another customer since.
    """
    contract = session.get_one(Contract, enquiry.contract_id)
    addressee = _find_enquirer(session, enquiry, contract, now)
    if addressee is None:
        return
    account_id, recipient = addressee
    facts = build_message_facts(session, contract) | {"enquiry": enquiry.number} | facts
    queue_message(
        session,
        Outgoing(
            kind=kind,
            channel=Channel.MAIL,
            recipient=recipient,
            content=render_email(kind, **facts),
            key=key,
            account_id=account_id,
            contract_id=enquiry.contract_id,
        ),
        now,
    )


def _find_enquirer(
    session: Session, enquiry: Enquiry, contract: Contract, now: datetime
) -> tuple[int | None, str] | None:
    """Account and address of whoever reads about an enquiry.

    One that a clerk has entered before anybody registered has no account, and perhaps no address.
    """
    account_id, moved_at = enquiry.account_id, contract.transferred_at
    has_moved = moved_at is not None and moved_at > enquiry.registered_at
    if not enquiry.email or (account_id is None and has_moved):
        return None
    if account_id is None or may_be_notified(session, account_id, contract.id, now.date()):
        return account_id, enquiry.email
    owner_id = find_owner_of(session, contract.id)
    if owner_id is None or has_moved:
        return None
    owner = session.get_one(Account, owner_id)
    if owner.disabled_at is not None or owner.email_confirmed_at is None:
        return None
    return owner.id, owner.email


def build_message_facts(session: Session, contract: Contract | None) -> dict[str, object]:
    """Template variables of every message: who writes, and about which contract."""
    supplier = find_supplier(session)
    return {
        "supplier": (supplier.short_name or supplier.name) if supplier else "Поставщик",
        "supplier_phone": (supplier.phone if supplier else None) or "",
        "number": contract.number if contract else "",
    }
