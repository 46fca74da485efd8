"""Queue the messages of a mailing in bounded steps, and stop it between any two of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions import claims
from app.actions.audit_log import record
from app.actions.claims import Claim, ClaimLostError
from app.actions.mailings.texts import hash_text, render_for, text_of
from app.actions.messages import STOPPED, WAITING, Outgoing, queue_message
from app.domain.errors import MailingError
from app.domain.mailings import PENDING, Audience, MailingStatus, RecipientState
from app.domain.registration import Channel
from app.lib.database import count_changed
from app.models import Account, Contract, Mailing, MailingRecipient, Message
from app.queries.mailings.audiences import list_owners

STEP = 25
"""Messages that one transaction queues: short enough for the only writer of SQLite."""
MAX_TRIES = 20
"""Of claims; each goes on where the one before was cut off."""
JOBS = claims.JobKind(
    Mailing, MailingStatus.WAITING, MailingStatus.RUNNING, MailingStatus.FAILED, MAX_TRIES
)
KIND = "mailing"


def queue_step(session: Session, claim: Claim, base_url: str, today: date, now: datetime) -> int:
    """Queue the next messages of a claimed mailing; how many recipients are done with.

    The claim is renewed first: that write makes a clerk who stops the mailing wait for the end of
    this step, and this step fail once the clerk has. A recipient and its message are one
    transaction, so that nothing is queued twice whatever is killed.

    Raises:
        ClaimLostError: stopped, or another process has it.
    """
    if not count_changed(session, claims.renew_statement(JOBS, claim, now)):
        raise ClaimLostError
    mailing = claims.get_claimed(session, JOBS, claim)
    recipients = session.scalars(
        select(MailingRecipient)
        .where(
            MailingRecipient.mailing_id == mailing.id,
            MailingRecipient.state == RecipientState.CHOSEN,
        )
        .order_by(MailingRecipient.id)
        .limit(STEP)
    ).all()
    # Asked again: since it was chosen somebody may have lost the contract, or a contact.
    owners = list_owners(session, [row.contract_id for row in recipients], today)
    for recipient in recipients:
        owner = owners.get(recipient.contract_id)
        is_same = owner is not None and owner.id == recipient.account_id
        _queue(session, mailing, recipient, owner if is_same else None, base_url, now)
    session.flush()
    return len(recipients)


def finish_mailing(session: Session, claim: Claim, now: datetime) -> None:
    """Store that all messages of a mailing are queued.

    Raises:
        ClaimLostError: stopped meanwhile.
    """
    claims.finish_job(session, JOBS, claim, status=MailingStatus.DONE, finished_at=now)


def requeue_expired(session: Session, now: datetime) -> None:
    """Put mailings whose worker died back into the queue."""
    claims.requeue_expired(session, JOBS, now, {}, lambda mailing: {"finished_at": now})


def stop_mailing(session: Session, mailing: Mailing, now: datetime) -> None:
    """Stop a mailing: what has not left does not leave; what is on its way does.

    Raises:
        MailingError: ``over``: nothing is left to stop, or it was never started; roll back.
    """
    is_started = Mailing.status.in_((*PENDING, MailingStatus.DONE, MailingStatus.FAILED))
    stopped = {"status": MailingStatus.STOPPED, "claimed_by": None, "lease_until": None}
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing.id, is_started)
        .values(finished_at=now, **stopped)
    )
    count = _hold_back(session, mailing) if count_changed(session, statement) else 0
    if not count:
        raise MailingError("over")
    key = str(mailing.id)
    record(session, "mailing.stopped", None, "mailings", key, now, contract_id=None, rows=count)


def _hold_back(session: Session, mailing: Mailing) -> int:
    """Hold back messages that wait, and write no more; how many recipients get nothing."""
    of_mailing = MailingRecipient.mailing_id == mailing.id
    queued = select(MailingRecipient.message_id).where(
        of_mailing, MailingRecipient.message_id.is_not(None)
    )
    held = count_changed(
        session,
        update(Message)
        .where(Message.id.in_(queued), Message.status == WAITING)
        .values(status=STOPPED, next_try_at=None),
    )
    unwritten = count_changed(
        session,
        update(MailingRecipient)
        .where(of_mailing, MailingRecipient.state == RecipientState.CHOSEN)
        .values(state=RecipientState.STOPPED),
    )
    return held + unwritten


def _queue(
    session: Session,
    mailing: Mailing,
    recipient: MailingRecipient,
    owner: Account | None,
    base_url: str,
    now: datetime,
) -> None:
    contact = _contact(owner, mailing) if owner else None
    if owner is None or contact is None:
        recipient.state = RecipientState.NO_CONTACT
        return
    channel, address = contact
    contract = session.get_one(Contract, recipient.contract_id)
    content = render_for(session, mailing, recipient, contract, channel, base_url)
    if mailing.audience == Audience.RESTRICTION:
        recipient.sent_text = text_of(content)
        recipient.text_sha256 = hash_text(recipient.sent_text)
    outgoing = Outgoing(
        kind=KIND,
        channel=channel,
        recipient=address,
        content=content,
        key=f"{mailing.id}:{contract.id}",
        account_id=owner.id,
        contract_id=contract.id,
    )
    recipient.message_id = queue_message(session, outgoing, now) or None
    recipient.state = RecipientState.QUEUED


def _contact(owner: Account, mailing: Mailing) -> tuple[Channel, str] | None:
    """The confirmed contact that is written to: the address, else the number if it gets a text."""
    if owner.email_confirmed_at is not None:
        return Channel.MAIL, owner.email
    if owner.phone_confirmed_at is not None and owner.phone and mailing.sms_text:
        return Channel.SMS, owner.phone
    return None
