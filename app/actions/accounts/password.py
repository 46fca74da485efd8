"""Change the password of an account, and ask for the current one before what cannot be undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.known_devices import find_device, hit_credential_limit
from app.actions.accounts.notifications import notify_account
from app.actions.accounts.policy import ContactRules
from app.actions.accounts.sessions import OpenedSession, open_session, set_password
from app.domain.access import Browser, Viewer
from app.domain.contract_number import number_key
from app.domain.errors import SignInRefusedError
from app.domain.passwords import check_password
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction
from app.lib.passwords import is_password
from app.models import Account
from app.queries.accounts import list_logins, list_public_facts
from app.queries.contracts import VisibleContract


def change_password(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    password: str,
    new: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> OpenedSession:
    """Set a new password: every session ends, and this browser gets a new one.

    Args:
        password: the current one.
        new: the one to set.

    Raises:
        SignInRefusedError: the current password is wrong.
        PasswordError: the new one may not be set.
        TooManyAttemptsError: a limit is reached.
    """
    account = session.get_one(Account, viewer.account_id)
    check_password(new, list_public_facts(session, account.id))
    rate_limits.hit(
        session,
        LimitedAction.NEW_HASH,
        f"account:{account.id}",
        browser.address,
        NEW_HASH_LIMITS,
        now,
    )
    check_current_password(session, contract, viewer, password, browser, rules, now)
    set_password(session, account, new, now)
    key = f"change.{now.timestamp()}"
    notify_account(session, account, None, "password_changed", key, now, at=now)
    return open_session(session, account.id, contract.id, browser, now, is_sign_in=False)


def check_current_password(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    password: str,
    browser: Browser,
    rules: ContactRules,
    now: datetime,
) -> None:
    """Check the password of a signed-in person within the rate limits of sign-in.

    Raises:
        SignInRefusedError: wrong.
        TooManyAttemptsError: a limit is reached.
    """
    account = session.get_one(Account, viewer.account_id)
    login = next(iter(list_logins(session, account.id)), number_key(contract.number))
    device = find_device(session, account, browser.devices, now)
    hit_id = hit_credential_limit(
        session, LimitedAction.SIGN_IN, login, device, browser.address, rules.sign_in, now
    )
    if not is_password(password, account.password_hash):
        if device is not None:
            # Whoever sits at an open session guesses like anybody.
            rate_limits.record_failure(session, LimitedAction.SIGN_IN, login, browser.address, now)
        raise SignInRefusedError(account.id)
    rate_limits.commit_success(session, hit_id)
