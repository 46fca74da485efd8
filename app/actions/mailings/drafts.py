"""Draft a mailing with its recipients, change its text, send a test message, start, discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.actions.mailings.texts import MailingText, render_for
from app.actions.messages import Outgoing, queue_message
from app.domain.errors import MailingError
from app.domain.mailings import Audience, ChosenContract, MailingStatus, RecipientState
from app.domain.registration import Channel
from app.lib.database import count_changed, insert_or_ignore
from app.models import Account, Contract, Mailing, MailingRecipient
from app.queries.mailings.audiences import list_owners


@dataclass(frozen=True, slots=True)
class NewMailing:
    """A mailing as its form holds it, with the contracts that were chosen.

    Attributes:
        criteria: how they were chosen, for the record.
    """

    idempotency_key: str
    audience: Audience
    text: MailingText
    chosen: Sequence[ChosenContract]
    criteria: dict[str, Any] = field(default_factory=dict)


def draft_mailing(
    session: Session, command: NewMailing, staff_id: int, today: date, now: datetime
) -> int:
    """Store a draft with its recipients; its id, or 0: this very form has made one."""
    text = command.text
    mailing_id = insert_or_ignore(
        session,
        Mailing,
        idempotency_key=command.idempotency_key,
        status=MailingStatus.DRAFT,
        tries=0,
        audience=command.audience,
        criteria=command.criteria,
        subject=text.subject,
        text=text.body,
        sms_text=text.sms,
        staff_id=staff_id,
        created_at=now,
    )
    if not mailing_id:
        return 0
    owners = list_owners(session, [chosen.contract_id for chosen in command.chosen], today)
    rows = [
        _recipient(mailing_id, chosen, owners.get(chosen.contract_id)) for chosen in command.chosen
    ]
    session.execute(insert(MailingRecipient), rows)
    _record(session, "drafted", mailing_id, now, rows=len(rows))
    return mailing_id


def change_text(session: Session, mailing: Mailing, text: MailingText, now: datetime) -> None:
    """Change what a draft says; whom it goes to stays.

    Raises:
        MailingError: ``started``: somebody has started or discarded it meanwhile.
    """
    _change_draft(session, mailing, subject=text.subject, text=text.body, sms_text=text.sms)
    _record(session, "changed", mailing.id, now)


def send_test(
    session: Session, mailing: Mailing, address: str, base_url: str, now: datetime
) -> int:
    """Send what the first recipient would get to an address of the clerk's; the message's id."""
    first = session.scalars(
        select(MailingRecipient)
        .where(MailingRecipient.mailing_id == mailing.id)
        .order_by(MailingRecipient.id)
        .limit(1)
    ).one()
    contract = session.get_one(Contract, first.contract_id)
    outgoing = Outgoing(
        kind="mailing_test",
        channel=Channel.MAIL,
        recipient=address,
        content=render_for(session, mailing, first, contract, Channel.MAIL, base_url),
        key=f"{mailing.id}:{now:%Y%m%d%H%M%S%f}",
    )
    _record(session, "tested", mailing.id, now, recipient=address)
    return queue_message(session, outgoing, now)


def start_mailing(session: Session, mailing: Mailing, now: datetime) -> None:
    """Hand a draft to the worker.

    Raises:
        MailingError: ``started``: of two clerks who start it the second is told.
    """
    _change_draft(session, mailing, status=MailingStatus.WAITING, started_at=now)
    _record(session, "started", mailing.id, now)


def discard_mailing(session: Session, mailing: Mailing, now: datetime) -> None:
    """Delete a draft.

    Raises:
        MailingError: ``started``.
    """
    _change_draft(session, mailing, status=MailingStatus.DRAFT)
    session.execute(delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id))
    _record(session, "discarded", mailing.id, now)
    session.execute(delete(Mailing).where(Mailing.id == mailing.id))


def _recipient(mailing_id: int, chosen: ChosenContract, owner: Account | None) -> dict[str, Any]:
    state = RecipientState.CHOSEN if owner else RecipientState.NO_CONTACT
    return {
        "mailing_id": mailing_id,
        "contract_id": chosen.contract_id,
        "account_id": owner.id if owner else None,
        "overdue_amount": chosen.overdue_amount,
        "overdue_since": chosen.overdue_since,
        "restrict_on": chosen.restrict_on,
        "state": state,
    }


def _change_draft(session: Session, mailing: Mailing, **values: Any) -> None:
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.status == MailingStatus.DRAFT)
        .values(**values)
    )
    if not count_changed(session, statement):
        raise MailingError("started")


def _record(session: Session, step: str, mailing_id: int, now: datetime, **facts: object) -> None:
    key = str(mailing_id)
    record(session, f"mailing.{step}", None, "mailings", key, now, contract_id=None, **facts)
