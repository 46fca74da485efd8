"""A new email address or phone number of an account, from the form until it has been confirmed.

What email and phone share: one change of a field is open at a time, the previous contact is warned,
billing is told.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.messages import Outgoing, queue_message
from app.domain.access import Role
from app.domain.errors import LinkError
from app.domain.registration import Channel
from app.integrations.message_templates import render_sms
from app.lib.database import count_changed
from app.models import Account, ContactChange, ContactUpdate, Membership
from app.queries.memberships import is_live

EMAIL, PHONE = "email", "phone"


def begin_change(
    session: Session, account: Account, field: str, value: str, now: datetime, until: datetime
) -> ContactChange:
    """Open a change of ``EMAIL`` or ``PHONE``; an earlier one of the same field is given up."""
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


def finish_change(session: Session, change: ContactChange, now: datetime) -> None:
    """Mark a change as confirmed; of two requests at once one goes on.

    Raises:
        LinkError: ``used``: it has ended already.
    """
    is_claimed = count_changed(
        session,
        update(ContactChange)
        .where(ContactChange.id == change.id, ContactChange.ended_at.is_(None))
        .values(ended_at=now, confirmed_at=now),
    )
    if not is_claimed:
        raise LinkError("used")


def notify_previous_contact(
    session: Session, account: Account, kind: str, change: ContactChange, now: datetime
) -> None:
    """Warn the contact that counts so far, so that its owner notices a change by a stranger.

    Where the phone number changes, the old number gets a text message besides the email.
    """
    facts = {"at": now, "field": change.field}
    notify_account(session, account, None, kind, str(change.id), now, **facts)
    is_notified_by_sms = account.email_confirmed_at is None
    has_old_number = bool(account.phone and account.phone_confirmed_at)
    if change.field == PHONE and has_old_number and not is_notified_by_sms:
        queue_message(
            session,
            Outgoing(
                kind=kind,
                channel=Channel.SMS,
                recipient=account.phone or "",
                content=render_sms(kind, **(build_message_facts(session, None) | facts)),
                key=str(change.id),
                account_id=account.id,
            ),
            now,
        )


def queue_for_billing(
    session: Session, account: Account, field: str, old: str, new: str, now: datetime
) -> None:
    """Queue a changed contact for the export to billing, once for each contract of the account."""
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
