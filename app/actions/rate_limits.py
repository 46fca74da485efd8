"""Tries are counted in the database: the same limit for every process, and after a restart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from app.domain.errors import TooManyAttemptsError
from app.domain.rate_limits import Limit, Tried
from app.lib.database import write_apart
from app.lib.keyring import KeyPurpose, keyring_of
from app.models import Attempt
from app.queries.rate_limits import count_attempts

MAX_ADDRESS = 45
IPV6_SITE = 64


def admit(
    session: Session,
    action: Tried,
    subject: str,
    address: str,
    limits: Sequence[Limit],
    now: datetime,
    *,
    succeeded: bool = False,
) -> int:
    """Record a try within the limits, for all to see, before anything is done; its key.

    It is counted again once it stands: of several that arrive together at the last free place,
    none sees fewer than came before it, so that a limit holds whatever the number of workers.
    The session must not have written yet.

    Args:
        subject: the login, contract or telephone that is tried; kept as a hash.
        succeeded: how it counts until ``settle`` says otherwise.

    Raises:
        TooManyAttemptsError: a limit is reached.
    """
    found = Attempt(
        action=action,
        subject_hash=hash_subject(session, subject),
        address=network_of(address),
        attempted_at=now,
        succeeded=succeeded,
    )
    _check(session, found, limits, own=0)
    row = insert(Attempt).values(
        action=found.action,
        subject_hash=found.subject_hash,
        address=found.address,
        attempted_at=now,
        succeeded=succeeded,
    )
    attempt_id = write_apart(session, row.returning(Attempt.id))
    try:
        _check(session, found, limits, own=1)
    except TooManyAttemptsError:
        if succeeded:
            # Several came at once and none goes through: the next one may.
            refused = update(Attempt).where(Attempt.id == attempt_id).values(succeeded=False)
            write_apart(session, refused.returning(Attempt.id))
        raise
    return attempt_id


def note_failure(
    session: Session, action: Tried, subject: str, address: str, now: datetime
) -> None:
    """Count a try that was admitted by other limits; the session must not have written yet."""
    row = insert(Attempt).values(
        action=action,
        subject_hash=hash_subject(session, subject),
        address=network_of(address),
        attempted_at=now,
        succeeded=False,
    )
    write_apart(session, row.returning(Attempt.id))


def check_again(
    session: Session,
    action: Tried,
    subject: str,
    address: str,
    limits: Sequence[Limit],
    now: datetime,
) -> None:
    """Hold a try that has been admitted to further limits.

    Raises:
        TooManyAttemptsError: a limit is reached.
    """
    tried = Attempt(
        action=action,
        subject_hash=hash_subject(session, subject),
        address=network_of(address),
        attempted_at=now,
    )
    _check(session, tried, limits, own=1)


def count_left(
    session: Session,
    action: Tried,
    subject: str,
    address: str,
    limits: Sequence[Limit],
    now: datetime,
) -> int:
    """How many more tries the limits allow."""
    tried = Attempt(
        action=action,
        subject_hash=hash_subject(session, subject),
        address=network_of(address),
        attempted_at=now,
    )
    left = [limit.count - _count(session, tried, limit)[0] for limit in limits]
    return max(0, min(left))


def settle(session: Session, attempt_id: int, *, succeeded: bool) -> None:
    """Say how a try ended."""
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(succeeded=succeeded))


def settle_apart(session: Session, attempt_id: int) -> None:
    """It went well, whatever becomes of the session; which must not have written yet."""
    right = update(Attempt).where(Attempt.id == attempt_id).values(succeeded=True)
    write_apart(session, right.returning(Attempt.id))


def forget(session: Session, action: Tried, subject: str) -> None:
    """Lift the limits of a subject: its owner has proved who they are another way."""
    session.execute(
        delete(Attempt).where(
            Attempt.action == action, Attempt.subject_hash == hash_subject(session, subject)
        )
    )


def hash_subject(session: Session, subject: str) -> str:
    """What the table keeps of a subject: a keyed hash, for a login or a telephone is guessed."""
    return keyring_of(session).hash(KeyPurpose.ATTEMPT_SUBJECT, subject)


def network_of(address: str) -> str:
    """What counts as one address: whoever has one of IPv6 has 2⁶⁴ of them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:MAX_ADDRESS]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((int(ip), IPV6_SITE), strict=False))


def _check(session: Session, attempt: Attempt, limits: Sequence[Limit], *, own: int) -> None:
    """Refuse beyond a limit; ``own`` is 1 when the attempt itself stands in the table already."""
    now = attempt.attempted_at
    for limit in limits:
        count, oldest = _count(session, attempt, limit)
        if count - own >= limit.count:
            wait = (oldest or now) + limit.window - now
            raise TooManyAttemptsError(max(1, math.ceil(wait.total_seconds())), limit.name)


def _count(session: Session, attempt: Attempt, limit: Limit) -> tuple[int, datetime | None]:
    """How many tries a limit counts, and when the oldest of them was."""
    return count_attempts(
        session,
        attempt.action,
        since=attempt.attempted_at - limit.window,
        subject_hash=attempt.subject_hash if limit.per_subject else None,
        address=attempt.address if limit.per_address else None,
        outcome=limit.outcome,
    )
