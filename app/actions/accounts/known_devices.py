"""Known-device cookies: strangers' guesses do not lock out a browser that has signed in before.

OWASP «Slow Down Online Guessing Attacks with Device Cookies»; see ADR 3. A cookie value holds one
token for each person who signed in there. A token is a random nonce, the day it was issued on and a
keyed hash over both, the person and their present password hash: it reveals nothing about a person,
and a new password ends all of them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.domain.errors import TooManyAttemptsError
from app.domain.rate_limits import LimitedAction, RateLimit
from app.lib.keyring import KeyPurpose, keyring_of
from app.models import Account, StaffMember

DEVICE_LIFE = timedelta(days=180)
MAX_TOKENS = 10
"""An accountant may serve several companies in one browser; the cookie is below 1 KB."""
_BETWEEN = "~"
_MAX_TOKEN = 100


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """Limits of password or code checks: for strangers, and for a browser known to the login."""

    strangers: Sequence[RateLimit]
    device: Sequence[RateLimit]


def issue_device_token(
    session: Session, person: Account | StaffMember, presented: Iterable[str], now: datetime
) -> str:
    """Build the cookie value after a full sign-in: a token of this person, and those of others.

    The nonce of a known device is reused, so that signing in again and again is counted as one
    device.

    Args:
        presented: tokens that the browser holds already.
    """
    presented = tuple(presented)
    nonce = find_device(session, person, presented, now) or secrets.token_urlsafe(16)
    day = now.astimezone(UTC).date()
    fresh = f"{nonce}.{day:%Y%m%d}.{_sign(session, person, nonce, day)}"
    others = [token for token in presented if _nonce_of(session, person, token, now) is None]
    return _BETWEEN.join([fresh, *others][:MAX_TOKENS])


def read_tokens(cookie: str) -> tuple[str, ...]:
    """Parse the tokens of a cookie value; whatever else was sent is left out."""
    tokens = cookie[: MAX_TOKENS * (_MAX_TOKEN + 1)].split(_BETWEEN)[:MAX_TOKENS]
    return tuple(token for token in tokens if token.isascii() and token.count(".") == 2)


def find_device(
    session: Session, person: Account | StaffMember | None, presented: Iterable[str], now: datetime
) -> str | None:
    """Find the nonce of this person's valid token among those presented."""
    if person is None:
        return None
    nonces = (_nonce_of(session, person, token, now) for token in presented)
    return next((nonce for nonce in nonces if nonce is not None), None)


def hit_credential_limit(
    session: Session,
    action: LimitedAction,
    subject: str,
    device: str | None,
    address: str,
    limits: SignInLimits,
    now: datetime,
) -> int:
    """Count a password or code check within the limits; the id of the attempt.

    A known device is counted by itself, apart from the cap of the login. Once it has used up its
    limit, it is treated like any stranger's browser.

    Raises:
        TooManyAttemptsError: a limit is reached; nothing may be checked.
    """
    if device is not None:
        known = f"{subject}\0{device}"
        try:
            return rate_limits.hit(session, action, known, address, limits.device, now)
        except TooManyAttemptsError:
            pass
    return rate_limits.hit(session, action, subject, address, limits.strangers, now)


def _nonce_of(
    session: Session, person: Account | StaffMember, token: str, now: datetime
) -> str | None:
    nonce, written, signature = token.split(".")
    try:
        day = datetime.strptime(written, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    is_live = day <= now.astimezone(UTC).date() < day + DEVICE_LIFE
    is_genuine = hmac.compare_digest(signature, _sign(session, person, nonce, day))
    return nonce if is_live and is_genuine else None


def _sign(session: Session, person: Account | StaffMember, nonce: str, day: date) -> str:
    kind = type(person).__tablename__
    text = "\0".join((kind, str(person.id), nonce, f"{day:%Y%m%d}", person.password_hash))
    return keyring_of(session).hash(KeyPurpose.DEVICE, text)[:43]
