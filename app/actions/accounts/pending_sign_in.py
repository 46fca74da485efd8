"""Sign-in between its two factors: the password was right, the code is still to come.

Nothing is open yet, so nothing is stored: the browser's signed cookie says whose password was
right, and a new password makes that worthless.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.actions.accounts.second_factor import (
    SecondFactorRules,
    check_second_factor,
    enable_second_factor,
)
from app.domain.access import Browser
from app.models import Account
from app.queries.second_factors import has_second_factor

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A right password; ``contract_id`` is of the page that opens after the code."""

    account_id: int
    contract_id: int
    mark: str
    """Of the password; see ``find_pending_account``."""
    since: datetime


def start_pending(account: Account, contract_id: int, now: datetime) -> PendingSignIn:
    """Note that the password of an account was right at this moment."""
    return PendingSignIn(account.id, contract_id, _mark(account), now)


def find_pending_account(
    session: Session, pending: PendingSignIn, now: datetime, *, for_update: bool = False
) -> Account | None:
    """Find the account of a sign-in that waits for its code.

    None: it has waited too long, the password is another one since, or the account is closed.
    """
    account = session.get(
        Account, pending.account_id, with_for_update=for_update, populate_existing=for_update
    )
    if account is None or account.disabled_at is not None or pending.since + LIFE < now:
        return None
    return account if hmac.compare_digest(pending.mark, _mark(account)) else None


def check_code(
    session: Session,
    account: Account,
    typed: str,
    browser: Browser,
    rules: SecondFactorRules,
    now: datetime,
) -> list[str]:
    """Check the code of a sign-in; the recovery codes where it was the first of an authenticator.

    Raises:
        CodeError: ``wrong``.
        TooManyAttemptsError: too many codes were tried.
    """
    if not has_second_factor(session, account.id):
        return enable_second_factor(session, account, typed, browser, rules, now)
    check_second_factor(session, account, typed, browser, rules, now)
    return []


def _mark(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
