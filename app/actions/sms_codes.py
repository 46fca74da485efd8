"""One-time SMS codes: row created with the message, code generated on sending, checked once."""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.domain.errors import CodeError
from app.integrations.transports import Transports, generate_code
from app.lib.database import count_changed
from app.models import SmsCode


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Lifetime of a code, the pause before another, and how many tries it has."""

    life: timedelta
    pause: timedelta
    tries: int


def prepare_code(
    session: Session,
    phone: str,
    rules: CodeRules,
    now: datetime,
    *,
    registration_id: int | None = None,
    recovery_id: int | None = None,
    contact_change_id: int | None = None,
) -> SmsCode:
    """Create the row of a code that is about to be sent; older codes of the same purpose end.

    Args:
        registration_id, recovery_id, contact_change_id: what the code is for; exactly one.
    """
    session.execute(
        update(SmsCode)
        .where(_is_for(registration_id, recovery_id, contact_change_id), SmsCode.ended_at.is_(None))
        .values(ended_at=now)
    )
    code = SmsCode(
        registration_id=registration_id,
        recovery_id=recovery_id,
        contact_change_id=contact_change_id,
        phone=phone,
        created_at=now,
        expires_at=now + rules.life,
        tries=0,
    )
    session.add(code)
    session.flush()
    return code


def seconds_to_wait(last: SmsCode | None, rules: CodeRules, now: datetime) -> int:
    """Whole seconds until another code may be asked for; one that was never sent does not count."""
    if last is None or last.ended_at is not None:
        return 0
    return max(0, math.ceil((last.created_at + rules.pause - now).total_seconds()))


def is_waiting(code: SmsCode | None, phone: str | None, rules: CodeRules, now: datetime) -> bool:
    """Whether a code has been sent to a number and may still be typed."""
    return (
        code is not None
        and code.phone == phone
        and code.ended_at is None
        and code.expires_at > now
        and code.tries < rules.tries
    )


def issue_code(session: Session, row: SmsCode, transports: Transports) -> str:
    """Draw the code of a row and store only its keyed hash; no code in the table repeats."""
    while True:
        code = generate_code()
        code_hash = transports.hash_code(code)
        if session.scalar(select(SmsCode.id).where(SmsCode.code_hash == code_hash)) is None:
            row.code_hash = code_hash
            session.flush()
            return code


def find_last_code(
    session: Session,
    *,
    registration_id: int | None = None,
    recovery_id: int | None = None,
    contact_change_id: int | None = None,
) -> SmsCode | None:
    """Find the latest code of a registration, a recovery or a change of contacts."""
    return session.scalars(
        select(SmsCode)
        .where(_is_for(registration_id, recovery_id, contact_change_id))
        .order_by(SmsCode.id.desc())
        .limit(1)
    ).first()


def use_code(
    session: Session,
    row: SmsCode | None,
    phone: str,
    typed: str,
    tries: int,
    transports: Transports,
    now: datetime,
) -> None:
    """Check what was typed and end the code if it is right. Each check costs a try: commit it.

    Raises:
        CodeError: ``wrong``, or ``expired``: none sent there, too old, used, tries used up.
    """
    if row is None or row.phone != phone or row.expires_at <= now:
        raise CodeError("expired")
    # The try is counted before the code is compared: parallel guesses cannot share one.
    is_counted = count_changed(
        session,
        update(SmsCode)
        .where(SmsCode.id == row.id, SmsCode.ended_at.is_(None), SmsCode.tries < tries)
        .values(tries=SmsCode.tries + 1),
    )
    if not is_counted:
        raise CodeError("expired")
    if not hmac.compare_digest(transports.hash_code(typed), row.code_hash or ""):
        raise CodeError("wrong")
    row.ended_at = now
    session.flush()


def _is_for(
    registration_id: int | None, recovery_id: int | None, contact_change_id: int | None
) -> ColumnElement[bool]:
    if registration_id is not None:
        return SmsCode.registration_id == registration_id
    if contact_change_id is not None:
        return SmsCode.contact_change_id == contact_change_id
    return SmsCode.recovery_id == recovery_id
