"""Tell which messages that still wait are of no use to anybody any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.errors import LinkError, NotFoundError
from app.domain.notifications import EventChannel
from app.domain.registration import Channel
from app.lib.signed_links import Purpose
from app.models import Message, Recovery, SmsCode
from app.queries.events.readers import find_reader
from app.queries.registrations import get_linked_registration


def why_outdated(session: Session, message: Message, now: datetime) -> str:
    """Why nobody could use what a message holds; empty while somebody can."""
    if message.expires_at is not None and message.expires_at <= now:
        return "устарело"
    if message.sms_code_id is not None:
        code = session.get(SmsCode, message.sms_code_id)
        return "" if code and code.ended_at is None else "код заменен"
    if message.link_purpose == Purpose.RECOVERY and message.link_key is not None:
        recovery = session.get(Recovery, int(message.link_key.partition(":")[0]))
        return "" if recovery and recovery.ended_at is None else "ссылка заменена"
    if message.link_purpose == Purpose.UNSUBSCRIBE and message.link_key is not None:
        return _why_nobody_to_notify(session, message, now)
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


def _why_nobody_to_notify(session: Session, message: Message, now: datetime) -> str:
    """Whether the person has lost the access, the contact or the wish since it was queued."""
    membership_id = int((message.link_key or "0").partition(":")[0])
    reader = find_reader(session, membership_id, now.date())
    if reader is None:
        return "доступ к договору закончился"
    is_mail = message.channel == Channel.MAIL
    if message.recipient != (reader.email if is_mail else reader.phone):
        return "контакт изменен"
    if not reader.preferences.kinds[EventChannel.MAIL if is_mail else EventChannel.SMS]:
        return "уведомления отключены"
    return ""
