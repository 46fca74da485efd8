"""Change the email address of an account: ask by a link, confirm by its button."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.contact_changes import (
    EMAIL,
    begin_change,
    finish_change,
    notify_previous_contact,
    queue_for_billing,
)
from app.actions.accounts.notifications import build_message_facts
from app.actions.accounts.policy import ContactRules
from app.actions.accounts.sessions import set_login_email
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.domain.errors import LinkError
from app.domain.registration import Channel
from app.integrations.message_templates import render_email
from app.lib.signed_links import Purpose
from app.models import Account, ContactChange, Contract
from app.queries.contracts import VisibleContract
from app.queries.memberships import has_any_access


def request_email_change(
    session: Session,
    account: Account,
    contract: VisibleContract,
    email: str,
    rules: ContactRules,
    now: datetime,
) -> int:
    """Send a confirmation link to a new address; the id of the change that waits for it.

    The present address may be asked as well, where it has never been confirmed.
    """
    change = begin_change(session, account, EMAIL, email, now, now + rules.link_life)
    row = session.get_one(Contract, contract.id)
    facts = build_message_facts(session, row)
    facts |= {"until": change.expires_at.astimezone(now.tzinfo)}
    queue_message(
        session,
        Outgoing(
            kind="contact_link",
            channel=Channel.MAIL,
            recipient=email,
            content=render_email("contact_link", **facts),
            key=str(change.id),
            link=(Purpose.EMAIL, change.id, change.nonce),
            account_id=account.id,
            contract_id=row.id,
            expires_at=change.expires_at,
        ),
        now,
    )
    if email != account.email:
        notify_previous_contact(session, account, "contact_asked", change, now)
    return change.id


def check_email_change(session: Session, change: ContactChange, nonce: str, now: datetime) -> None:
    """Refuse a confirmation link that does not work any more.

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
    """Replace the address by the confirmed one and warn the address before.

    Raises:
        LinkError: see ``check_email_change``.
    """
    check_email_change(session, change, nonce, now)
    finish_change(session, change, now)
    account = session.get_one(Account, change.account_id)
    if change.value != account.email:
        notify_previous_contact(session, account, "contact_changed", change, now)
        queue_for_billing(session, account, EMAIL, account.email, change.value, now)
    before, account.email = account.email, change.value
    account.email_confirmed_at = now
    if account.login_email is not None:
        set_login_email(session, account, change.value)
    session.flush()
    record(
        session,
        "account.email_changed",
        account.id,
        "accounts",
        str(account.id),
        now,
        contract_id=None,
        email=[before, change.value],
    )
