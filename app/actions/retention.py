"""Purge what is past its retention: rate limit hits, codes, sessions, unfinished registrations."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.domain.registration import State
from app.lib.database import count_changed
from app.models import (
    AccountSession,
    Consent,
    ContactChange,
    HealthAlert,
    Message,
    RateLimitHit,
    Recovery,
    Registration,
    SmsCode,
    WorkerHeartbeat,
)

ATTEMPTS = timedelta(days=31)
CODES = timedelta(days=2)
DRAFTS = timedelta(days=2)
UNCONFIRMED = timedelta(days=30)
SESSIONS = timedelta(days=180)
CHANGES = timedelta(days=30)
SIGNS_OF_LIFE = timedelta(days=7)


def clean_up(session: Session, now: datetime) -> dict[str, int]:
    """Delete the rows that are past their retention; how many of each kind."""
    unfinished = select(Registration.id).where(
        or_(
            (Registration.state == State.DRAFT) & (Registration.created_at < now - DRAFTS),
            (Registration.state.in_((State.LINK_SENT, State.SUPERSEDED)))
            & (Registration.created_at < now - UNCONFIRMED),
        ),
        Registration.account_id.is_(None),
    )
    is_old_code = or_(SmsCode.created_at < now - CODES, SmsCode.registration_id.in_(unfinished))
    codes = select(SmsCode.id).where(is_old_code)
    session.execute(update(Message).where(Message.sms_code_id.in_(codes)).values(sms_code_id=None))
    statements = {
        "codes": delete(SmsCode).where(is_old_code),
        "rate_limit_hits": delete(RateLimitHit).where(RateLimitHit.hit_at < now - ATTEMPTS),
        "contact_changes": delete(ContactChange).where(ContactChange.requested_at < now - CHANGES),
        "recoveries": delete(Recovery).where(Recovery.created_at < now - CODES),
        "consents": delete(Consent).where(Consent.registration_id.in_(unfinished)),
        "registrations": delete(Registration).where(Registration.id.in_(unfinished)),
        "sessions": delete(AccountSession).where(AccountSession.last_seen_at < now - SESSIONS),
        "heartbeats": delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - SIGNS_OF_LIFE),
        # Of a machine that is no more, or a check that this version no longer makes.
        "health_results": delete(HealthAlert).where(HealthAlert.checked_at < now - SIGNS_OF_LIFE),
    }
    return {name: count_changed(session, statement) for name, statement in statements.items()}
