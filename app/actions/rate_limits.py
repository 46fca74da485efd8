"""Rate limits: count attempts in the database and refuse those beyond a limit.

The same limit holds for every process, and after a restart. ``hit`` counts an attempt,
``check_counted`` holds a counted attempt to further limits, ``record_outcome`` says afterwards how
it ended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from app.domain.errors import TooManyAttemptsError
from app.domain.rate_limits import LimitedAction, RateLimit
from app.lib.database import execute_in_own_transaction
from app.lib.keyring import KeyPurpose, keyring_of
from app.models import RateLimitHit
from app.queries.rate_limits import count_hits

MAX_ADDRESS = 45
IPV6_SITE = 64


def hit(
    session: Session,
    action: LimitedAction,
    subject: str,
    address: str,
    limits: Sequence[RateLimit],
    now: datetime,
    *,
    succeeded: bool = False,
) -> int:
    """Count an attempt before anything is done, and refuse it beyond the limits.

    The row is committed in a transaction of its own and the limits are counted once more: of
    several attempts that arrive together at the last free place, each sees the others, so that a
    limit holds whatever the number of workers. The session must not have written yet.

    Args:
        subject: the login, contract or phone number that is tried; stored as a hash.
        address: of the client; of IPv6 the /64 network counts.
        succeeded: how the attempt counts until ``record_outcome`` says otherwise.

    Returns:
        The id of the attempt.

    Raises:
        TooManyAttemptsError: a limit is reached.
    """
    attempt = _build_hit(session, action, subject, address, now)
    _check(session, attempt, limits)
    hit_id = _insert_hit(session, attempt, succeeded=succeeded)
    try:
        _check(session, attempt, limits, already_counted=1)
    except TooManyAttemptsError:
        if succeeded:
            # Several came at once and none goes through: the next one may.
            refused = update(RateLimitHit).where(RateLimitHit.id == hit_id).values(succeeded=False)
            execute_in_own_transaction(session, refused.returning(RateLimitHit.id))
        raise
    return hit_id


def record_failure(
    session: Session, action: LimitedAction, subject: str, address: str, now: datetime
) -> None:
    """Count a failed attempt that other limits have let through.

    Committed in a transaction of its own; the session must not have written yet.
    """
    attempt = _build_hit(session, action, subject, address, now)
    _insert_hit(session, attempt, succeeded=False)


def check_counted(
    session: Session,
    action: LimitedAction,
    subject: str,
    address: str,
    limits: Sequence[RateLimit],
    now: datetime,
) -> None:
    """Hold an attempt that ``hit`` has counted already to further limits.

    Raises:
        TooManyAttemptsError: a limit is reached.
    """
    attempt = _build_hit(session, action, subject, address, now)
    _check(session, attempt, limits, already_counted=1)


def count_remaining(
    session: Session,
    action: LimitedAction,
    subject: str,
    address: str,
    limits: Sequence[RateLimit],
    now: datetime,
) -> int:
    """How many more attempts the limits allow now; never below zero."""
    attempt = _build_hit(session, action, subject, address, now)
    remaining = [limit.count - _count(session, attempt, limit)[0] for limit in limits]
    return max(0, min(remaining))


def record_outcome(session: Session, hit_id: int, *, succeeded: bool) -> None:
    """Store how a counted attempt ended, in the caller's transaction."""
    session.execute(
        update(RateLimitHit).where(RateLimitHit.id == hit_id).values(succeeded=succeeded)
    )


def commit_success(session: Session, hit_id: int) -> None:
    """Store that a counted attempt went well, whatever becomes of the caller's transaction.

    The session must not have written yet.
    """
    statement = update(RateLimitHit).where(RateLimitHit.id == hit_id).values(succeeded=True)
    execute_in_own_transaction(session, statement.returning(RateLimitHit.id))


def clear(session: Session, action: LimitedAction, subject: str) -> None:
    """Lift the limits of a subject: its owner has proved who they are in another way."""
    session.execute(
        delete(RateLimitHit).where(
            RateLimitHit.action == action,
            RateLimitHit.subject_hash == hash_subject(session, subject),
        )
    )


def hash_subject(session: Session, subject: str) -> str:
    """Keyed hash of a subject, which is all that the table holds: logins and numbers are guessed
    easily where the hash has no key."""
    return keyring_of(session).hash(KeyPurpose.ATTEMPT_SUBJECT, subject)


def network_of(address: str) -> str:
    """Rate-limit IPv6 clients by /64 prefix: whoever has one address of it has 2⁶⁴ of them.

    An IPv4 address is itself, also where it is written as an IPv6 one; what is no address is cut to
    the width of the column.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:MAX_ADDRESS]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((int(ip), IPV6_SITE), strict=False))


def _build_hit(
    session: Session, action: LimitedAction, subject: str, address: str, now: datetime
) -> RateLimitHit:
    """The attempt as the limits look for it; not added to the session."""
    return RateLimitHit(
        action=action,
        subject_hash=hash_subject(session, subject),
        address=network_of(address),
        hit_at=now,
    )


def _insert_hit(session: Session, attempt: RateLimitHit, *, succeeded: bool) -> int:
    """Commit the row of an attempt in a transaction of its own."""
    row = insert(RateLimitHit).values(
        action=attempt.action,
        subject_hash=attempt.subject_hash,
        address=attempt.address,
        hit_at=attempt.hit_at,
        succeeded=succeeded,
    )
    return execute_in_own_transaction(session, row.returning(RateLimitHit.id))


def _check(
    session: Session,
    attempt: RateLimitHit,
    limits: Sequence[RateLimit],
    *,
    already_counted: int = 0,
) -> None:
    """Refuse an attempt beyond a limit.

    Args:
        already_counted: 1 when the attempt itself is in the table, else 0.
    """
    now = attempt.hit_at
    for limit in limits:
        count, oldest = _count(session, attempt, limit)
        if count - already_counted >= limit.count:
            wait = (oldest or now) + limit.window - now
            raise TooManyAttemptsError(max(1, math.ceil(wait.total_seconds())), limit.staff_alert)


def _count(
    session: Session, attempt: RateLimitHit, limit: RateLimit
) -> tuple[int, datetime | None]:
    """How many attempts a limit counts, and when the oldest of them was."""
    return count_hits(
        session,
        attempt.action,
        since=attempt.hit_at - limit.window,
        subject_hash=attempt.subject_hash if limit.per_subject else None,
        address=attempt.address if limit.per_address else None,
        outcome=limit.outcome,
    )
