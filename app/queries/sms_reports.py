"""Reads of delivery reports of text messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from app.domain.registration import Channel
from app.domain.sms_reports import DeliveryStatus
from app.models import Message, SmsReport


def is_undelivered() -> ColumnElement[bool]:
    """SQL: a text message whose operator has reported that it did not arrive."""
    return and_(
        Message.channel == Channel.SMS,
        exists().where(
            SmsReport.provider_id == Message.provider_id,
            SmsReport.status == DeliveryStatus.UNDELIVERED,
        ),
    )


def count_undelivered(session: Session, since: datetime) -> int:
    """How many text messages that were written since did not arrive, as operators report."""
    wanted = select(func.count(Message.id)).where(is_undelivered(), Message.created_at >= since)
    return session.scalar(wanted) or 0


def find_report(session: Session, message: Message) -> SmsReport | None:
    """What was reported of a text message."""
    if message.channel != Channel.SMS or not message.provider_id:
        return None
    found = select(SmsReport).where(SmsReport.provider_id == message.provider_id)
    return session.scalars(found).first()


def is_code_undelivered(session: Session, code_id: int) -> bool:
    """Whether the text message with a code did not arrive, or did not even leave."""
    is_lost = exists().where(
        Message.sms_code_id == code_id, (Message.status == "failed") | is_undelivered()
    )
    return bool(session.scalar(select(is_lost)))
