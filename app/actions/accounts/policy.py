"""Lifetimes and rate limits of contacts, passwords and recoveries, as an installation sets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.actions.accounts.known_devices import SignInLimits
from app.actions.sms_codes import CodeRules
from app.domain.rate_limits import RateLimit


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Rules of the contacts and the password that people change themselves."""

    link_life: timedelta
    codes: CodeRules
    sms_prefixes: tuple[str, ...]
    sign_in: SignInLimits
    """A wrong password here counts as one at sign-in."""
    changes: tuple[RateLimit, ...]
    sms: tuple[RateLimit, ...]
    number_tries: tuple[RateLimit, ...]


@dataclass(frozen=True, slots=True)
class RecoveryRules:
    """Rules of a forgotten password.

    A reached ``per_login`` is not shown: whoever asks too often sees the same page, and nothing is
    sent.
    """

    link_life: timedelta
    codes: CodeRules
    sms_prefixes: tuple[str, ...]
    terminated_access_months: int
    """How long the people of a terminated contract may still sign in."""
    per_address: tuple[RateLimit, ...]
    per_login: tuple[RateLimit, ...]
    sms: tuple[RateLimit, ...]
    code_tries: tuple[RateLimit, ...]
    """Of one recovery and from one address: a stranger's guesses do not shut the owner out."""
    number_tries: tuple[RateLimit, ...]
