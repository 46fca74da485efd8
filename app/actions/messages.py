"""Outgoing messages: queued by the transaction that causes them, delivered after it has stood.

At least once, never lost: a delivery that a crash cut off is tried again when its lease is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.actions.mailbox_limits import hit_mailbox_limit
from app.actions.sms_codes import issue_code
from app.domain.errors import LinkError, NotFoundError, RetryError
from app.domain.registration import Channel
from app.integrations.errors import SendError
from app.integrations.mailer import Mailing
from app.integrations.message_templates import CODE, LINK, MessageContent
from app.integrations.transports import Transports
from app.lib.database import count_changed, insert_or_ignore
from app.lib.signed_links import Purpose
from app.models import Message, Recovery, SmsCode
from app.queries.contracts import find_supplier
from app.queries.registrations import get_linked_registration

WAITING, SENDING, SENT, FAILED = "waiting", "sending", "sent", "failed"
SUPPRESSED = "suppressed"
"""Held back: a stranger has caused too many emails to this mailbox. Its person is not told."""
RETRIED = (WAITING, FAILED, SUPPRESSED)
"""What a clerk may send again."""
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MAX_TRIES = 15
OUTBOX = "outbox"
"""Under this name a session keeps the ids that its transaction has queued."""


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


def queue_message(session: Session, outgoing: Outgoing, now: datetime) -> int:
    """Write a message down; it leaves after the transaction has been committed, unless too many
    have been caused to its mailbox. Its id, or 0: the same has been written before."""
    purpose, row_id, nonce = outgoing.link or (None, None, "")
    message_id = insert_or_ignore(
        session,
        Message,
        dedupe_key=f"{outgoing.kind}:{outgoing.key}:{outgoing.recipient}"[:120],
        kind=outgoing.kind,
        channel=outgoing.channel,
        recipient=outgoing.recipient,
        subject=outgoing.content.subject,
        text=outgoing.content.text,
        html=outgoing.content.html,
        status=WAITING,
        is_interactive=outgoing.is_interactive,
        tries=0,
        created_at=now,
        next_try_at=now,
        expires_at=outgoing.expires_at,
        account_id=outgoing.account_id,
        contract_id=outgoing.contract_id,
        link_purpose=purpose,
        link_key=f"{row_id}:{nonce}" if purpose else None,
        sms_code_id=outgoing.sms_code_id,
    )
    if message_id and not _is_within_mailbox_limit(session, outgoing, now):
        _suppress(session, message_id)
    elif message_id and not outgoing.is_interactive:
        session.info.setdefault(OUTBOX, []).append(message_id)
    return message_id


def is_suppressed(session: Session, message_id: int) -> bool:
    """Whether a message was held back by the limit of its mailbox."""
    status = session.scalar(select(Message.status).where(Message.id == message_id))
    return status == SUPPRESSED


def release_suppressed(session: Session, kind: str, key: str, now: datetime) -> None:
    """Let messages go whose matter has become certain, whatever the limit of their mailbox.

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
class Departure:
    """A claimed message with its secret put in; it exists in memory only."""

    message_id: int
    channel: str
    recipient: str
    mailing: Mailing | None
    text: str

    def send(self, transports: Transports) -> str:
        """Hand it over; the provider's number of it.

        Raises:
            SendError: not taken.
        """
        if self.mailing is not None:
            return transports.mailer.send(self.mailing)
        return transports.sms.send(self.recipient, self.text)


def claim_message(
    session: Session, message_id: int, transports: Transports, now: datetime
) -> Departure | None:
    """Take a due message for delivery, so that no other process sends it; None if there is
    nothing (any more) to be sent. Commit before sending."""
    due = or_(Message.next_try_at.is_(None), Message.next_try_at <= now)
    claimed = count_changed(
        session,
        update(Message)
        .where(Message.id == message_id, Message.status.in_((WAITING, SENDING)), due)
        .values(status=SENDING, tries=Message.tries + 1, next_try_at=now + LEASE),
    )
    if not claimed:
        return None
    message = session.get_one(Message, message_id, populate_existing=True)
    if reason := _reason_to_give_up(session, message, now):
        _give_up(message, reason)
        return None
    text = message.text
    if message.sms_code_id is not None:
        code = issue_code(session, session.get_one(SmsCode, message.sms_code_id), transports)
        text = text.replace(CODE, code)
    url = _link_url(message, transports)
    text = text.replace(LINK, url)
    return Departure(
        message.id,
        message.channel,
        message.recipient,
        _mailing(session, message, transports, text, url),
        text,
    )


def settle_sent(session: Session, message_id: int, provider_id: str, now: datetime) -> None:
    """The provider took it."""
    message = session.get_one(Message, message_id)
    message.status = SENT
    message.sent_at = now
    message.next_try_at = None
    message.last_error = None
    message.provider_id = provider_id[:200]


def settle_failed(
    session: Session, message_id: int, error: SendError, now: datetime
) -> datetime | None:
    """The provider did not take it; when to try again, or None: it is given up."""
    message = session.get_one(Message, message_id)
    reason = str(error)[:300]
    if message.is_interactive or error.is_final or message.tries >= MAX_TRIES:
        _give_up(message, reason)
        return None
    message.status = WAITING
    message.last_error = reason
    message.next_try_at = now + min(FIRST_PAUSE * 2 ** (message.tries - 1), LONGEST_PAUSE)
    return message.next_try_at


def retry_message(session: Session, message: Message, now: datetime) -> None:
    """Try a failed message again, or one that waits for its next try: now.

    Raises:
        RetryError: it has left, its person has to ask for a new one, or nobody can use it any more.
    """
    if message.status not in RETRIED:
        raise RetryError("sent")
    if message.is_interactive:
        raise RetryError("interactive")
    if _why_useless(session, message, now):
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
        kind=message.kind,
        recipient=message.recipient,
        error=message.last_error,
    )
    session.info.setdefault(OUTBOX, []).append(message.id)


def _reason_to_give_up(session: Session, message: Message, now: datetime) -> str:
    """Why a message is not to be sent any more; empty while it is."""
    if message.tries > MAX_TRIES:
        return message.last_error or "слишком много попыток"
    return _why_useless(session, message, now)


def _why_useless(session: Session, message: Message, now: datetime) -> str:
    """Why nobody could use what a message holds; empty while somebody can."""
    if message.expires_at is not None and message.expires_at <= now:
        return "устарело"
    if message.sms_code_id is not None:
        code = session.get(SmsCode, message.sms_code_id)
        return "" if code and code.ended_at is None else "код заменен"
    if message.link_purpose == Purpose.RECOVERY and message.link_key is not None:
        recovery = session.get(Recovery, int(message.link_key.partition(":")[0]))
        return "" if recovery and recovery.ended_at is None else "ссылка заменена"
    if message.link_purpose in (Purpose.CONFIRM, Purpose.STOP) and message.link_key is not None:
        return _why_registration_is_over(session, int(message.link_key.partition(":")[0]))
    return ""


def _why_registration_is_over(session: Session, registration_id: int) -> str:
    """Whether the link of a registration still leads anywhere."""
    try:
        get_linked_registration(session, registration_id)
    except NotFoundError:
        return "устарело"
    except LinkError:
        return "у договора сменился потребитель"
    return ""


def _give_up(message: Message, reason: str) -> None:
    message.status = FAILED
    message.last_error = reason
    message.next_try_at = None


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
    )
