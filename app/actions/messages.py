"""Outgoing messages: queued by the transaction that causes them, delivered after its commit.

At least once, never lost: a delivery that a crash cut off is tried again when its lease is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.actions import claims
from app.actions.audit_log import record
from app.actions.health import note_failure, note_success
from app.actions.mailbox_limits import hit_mailbox_limit
from app.actions.outdated_messages import why_outdated
from app.actions.sms_codes import issue_code
from app.domain.claims import LEASE
from app.domain.errors import RetryError
from app.domain.registration import Channel
from app.integrations.errors import SendError
from app.integrations.mailer import Mailing
from app.integrations.message_templates import CODE, LINK, MessageContent
from app.integrations.transports import Transports
from app.lib.database import count_changed, insert_many_or_ignore, insert_or_ignore
from app.lib.signed_links import Purpose
from app.models import Message, SmsCode
from app.queries.contracts import find_supplier
from app.queries.messages import is_next_for_recipient, list_failed

WAITING, SENDING, SENT, FAILED = "waiting", "sending", "sent", "failed"
STOPPED = "stopped"
"""Of a mailing that a clerk has stopped before it left."""
SUPPRESSED = "suppressed"
"""Over the rate limit of its mailbox: not sent, and the recipient gets no notification."""
RETRIED = (WAITING, FAILED, SUPPRESSED)
"""What a clerk may send again."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MIN_TRIES, PATIENCE = 15, timedelta(days=3)
"""A message is given up after so many tries, but not before it is so old."""
MAX_TRIES = 1000
"""Of claims, for those that a crash cuts off; many more than three days hold."""
LONG_OUTAGE = timedelta(minutes=15)
"""After which, once a message gets through, those that failed meanwhile are tried at once."""
JOBS = claims.JobKind(Message, WAITING, SENDING, FAILED, MAX_TRIES)
OUTBOX = "outbox"
"""Under this name ``session.info`` holds the ids that its transaction has queued."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be queued. ``link`` is (purpose, id of the row, nonce)."""

    kind: str
    channel: str
    recipient: str
    content: MessageContent
    key: str
    link: tuple[Purpose, int, str] | None = None
    sms_code_id: int | None = None
    account_id: int | None = None
    contract_id: int | None = None
    expires_at: datetime | None = None
    is_interactive: bool = False
    is_mailbox_counted: bool = False
    """Counted already, or asked for by somebody known: no limit of the mailbox applies."""
    send_at: datetime | None = None
    """Not before; None: at once."""


def queue_message(session: Session, outgoing: Outgoing, now: datetime) -> int:
    """Queue a message for delivery after the commit, unless its mailbox has got too many.

    Returns:
        Its id, or 0: a message with the same key has been queued before.
    """
    message_id = insert_or_ignore(session, Message, **_row(outgoing, now))
    if message_id and not _is_within_mailbox_limit(session, outgoing, now):
        _suppress(session, message_id)
    elif message_id and not outgoing.is_interactive:
        session.info.setdefault(OUTBOX, []).append(message_id)
    return message_id


def queue_many(session: Session, messages: Sequence[Outgoing], now: datetime) -> None:
    """Queue messages that no limit of a mailbox counts; the next sweep delivers them."""
    insert_many_or_ignore(session, Message, [_row(outgoing, now) for outgoing in messages])


def _row(outgoing: Outgoing, now: datetime) -> dict[str, Any]:
    purpose, row_id, nonce = outgoing.link or (None, None, "")
    return {
        "dedupe_key": f"{outgoing.kind}:{outgoing.key}:{outgoing.recipient}"[:120],
        "kind": outgoing.kind,
        "channel": outgoing.channel,
        "recipient": outgoing.recipient,
        "subject": outgoing.content.subject,
        "text": outgoing.content.text,
        "html": outgoing.content.html,
        "status": WAITING,
        "is_interactive": outgoing.is_interactive,
        "tries": 0,
        "created_at": now,
        "next_try_at": outgoing.send_at or now,
        "expires_at": outgoing.expires_at,
        "account_id": outgoing.account_id,
        "contract_id": outgoing.contract_id,
        "link_purpose": purpose,
        "link_key": f"{row_id}:{nonce}" if purpose else None,
        "sms_code_id": outgoing.sms_code_id,
    }


def is_suppressed(session: Session, message_id: int) -> bool:
    """Whether a message was held back by the limit of its mailbox."""
    status = session.scalar(select(Message.status).where(Message.id == message_id))
    return status == SUPPRESSED


def release_suppressed(session: Session, kind: str, key: str, now: datetime) -> None:
    """Release suppressed messages of a kind once what they report is confirmed.

    Args:
        key: how the keys of these messages begin.
    """
    released = session.scalars(
        update(Message)
        .where(
            Message.dedupe_key.startswith(f"{kind}:{key}", autoescape=True),
            Message.status == SUPPRESSED,
        )
        .values(status=WAITING, next_try_at=now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.info.setdefault(OUTBOX, []).extend(released)


def _is_within_mailbox_limit(session: Session, outgoing: Outgoing, now: datetime) -> bool:
    if outgoing.is_mailbox_counted or outgoing.channel != Channel.MAIL:
        return True
    return hit_mailbox_limit(session, outgoing.kind, outgoing.recipient, now)


def _suppress(session: Session, message_id: int) -> None:
    session.execute(
        update(Message).where(Message.id == message_id).values(status=SUPPRESSED, next_try_at=None)
    )


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A claimed message with its secret put in; it exists in memory only."""

    claim: claims.Claim
    channel: str
    recipient: str
    mailing: Mailing | None
    text: str

    def send(self, transports: Transports) -> str:
        """Hand the message to its provider; the provider's number of it.

        Raises:
            SendError: not accepted, or no answer in time.
        """
        if self.mailing is not None:
            return transports.mailer.send(self.mailing)
        return transports.sms.send(self.recipient, self.text)


def requeue_expired(session: Session, now: datetime) -> None:
    """Let messages be sent again whose sender died; give up those that somebody waited for."""
    claims.requeue_expired(
        session,
        JOBS,
        now,
        requeued={"next_try_at": now},
        given_up=lambda message: {
            "next_try_at": None,
            "last_error": message.last_error or "отправка прервана",
        },
        may_repeat=lambda message: not message.is_interactive,
    )


def claim_message(
    session: Session, message_id: int, transports: Transports, now: datetime
) -> ClaimedMessage | None:
    """Claim a due message for delivery; None: there is nothing (any more) to be sent.

    Commit before sending.
    """
    due = or_(Message.next_try_at.is_(None), Message.next_try_at <= now)
    claim = claims.claim_job(
        session,
        JOBS,
        message_id,
        claims.new_claimant(),
        now,
        due,
        is_next_for_recipient(now),
        next_try_at=now + LEASE,
    )
    if claim is None:
        return None
    message = claims.get_claimed(session, JOBS, claim)
    if reason := why_outdated(session, message, now):
        _give_up(session, claim, reason)
        return None
    text = message.text
    if message.sms_code_id is not None:
        code = issue_code(session, session.get_one(SmsCode, message.sms_code_id), transports)
        text = text.replace(CODE, code)
    url = _link_url(message, transports)
    text = text.replace(LINK, url)
    return ClaimedMessage(
        claim,
        message.channel,
        message.recipient,
        _mailing(session, message, transports, text, url),
        text,
    )


def finish_sent(session: Session, claim: claims.Claim, provider_id: str, now: datetime) -> None:
    """Store that the provider has accepted a message.

    Raises:
        ClaimLostError: another process sends it now.
    """
    message = claims.finish_job(
        session,
        JOBS,
        claim,
        status=SENT,
        sent_at=now,
        next_try_at=None,
        last_error=None,
        provider_id=provider_id[:200],
    )
    since = note_success(session, message.channel)
    if since is not None and now - since >= LONG_OUTAGE:
        _try_failed_at_once(session, message.channel, now)


def finish_failed(
    session: Session, claim: claims.Claim, error: SendError, now: datetime
) -> datetime | None:
    """Store that a message was not accepted; when to try again, or None: it is given up.

    Raises:
        ClaimLostError: another process sends it now.
    """
    message = claims.get_claimed(session, JOBS, claim)
    reason = str(error)[:300]
    if not error.is_final:
        # A recipient who is refused for good says nothing of the channel.
        note_failure(session, message.channel, reason, now)
    is_hopeless = message.tries >= MIN_TRIES and now - message.created_at >= PATIENCE
    if message.is_interactive or error.is_final or is_hopeless:
        _give_up(session, claim, reason)
        return None
    doublings = min(message.tries - 1, MIN_TRIES)
    pause: timedelta = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
    retry_at = now + pause
    claims.finish_job(session, JOBS, claim, status=WAITING, last_error=reason, next_try_at=retry_at)
    return retry_at


def _try_failed_at_once(session: Session, channel: str, now: datetime) -> None:
    session.execute(
        update(Message)
        .where(
            Message.status == WAITING,
            Message.next_try_at > now,
            Message.channel == channel,
            Message.last_error.is_not(None),
        )
        .values(next_try_at=now)
        .execution_options(synchronize_session=False)
    )


def retry_all(session: Session, now: datetime) -> int:
    """Try every message again that was given up and can still be of use; how many."""
    count = 0
    for message in list_failed(session):
        try:
            retry_message(session, message, now)
        except RetryError:
            # Outdated, or another process has sent it meanwhile.
            continue
        count += 1
    return count


def retry_message(session: Session, message: Message, now: datetime) -> None:
    """Try a failed message again, or one that waits for its next try: now.

    Raises:
        RetryError: it has left, its person has to ask for a new one, or nobody can use it any more.
    """
    if message.status not in RETRIED:
        raise RetryError("sent")
    if message.is_interactive:
        raise RetryError("interactive")
    if why_outdated(session, message, now):
        raise RetryError("outdated")
    # Another process may have sent it meanwhile.
    moved = count_changed(
        session,
        update(Message)
        .where(Message.id == message.id, Message.status.in_(RETRIED))
        .values(status=WAITING, next_try_at=now, tries=0),
    )
    if not moved:
        raise RetryError("sent")
    record(
        session,
        "message.retried",
        message.account_id,
        "messages",
        str(message.id),
        now,
        contract_id=message.contract_id,
        kind=message.kind,
        recipient=message.recipient,
        error=message.last_error,
    )
    session.info.setdefault(OUTBOX, []).append(message.id)


def _give_up(session: Session, claim: claims.Claim, reason: str) -> None:
    claims.finish_job(session, JOBS, claim, status=FAILED, last_error=reason, next_try_at=None)


def _link_url(message: Message, transports: Transports) -> str:
    if message.link_purpose is None or message.link_key is None:
        return ""
    row_id, _, nonce = message.link_key.partition(":")
    return transports.links.url(Purpose(message.link_purpose), int(row_id), nonce)


def _mailing(
    session: Session, message: Message, transports: Transports, text: str, url: str
) -> Mailing | None:
    if message.channel != "mail":
        return None
    supplier = find_supplier(session)
    return Mailing(
        recipient=message.recipient,
        subject=message.subject or "",
        text=text,
        html=(message.html or "").replace(LINK, url),
        message_id=f"<kabinet-{message.id}-{message.created_at:%Y%m%d%H%M%S}@{transports.host}>",
        sender_name=(supplier.short_name or supplier.name) if supplier else "Личный кабинет",
        unsubscribe_url=url if message.link_purpose == Purpose.UNSUBSCRIBE else "",
    )
