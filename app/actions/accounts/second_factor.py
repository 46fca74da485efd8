"""Second factor of customers: set up an authenticator, check its codes, turn it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.known_devices import SignInLimits, find_device, hit_credential_limit
from app.actions.accounts.notifications import notify_account
from app.actions.audit_log import record
from app.domain.access import Browser
from app.domain.errors import CodeError, SecondFactorError
from app.domain.rate_limits import LimitedAction
from app.domain.second_factor import (
    hash_recovery_code,
    new_recovery_codes,
    new_seed,
    read_recovery_code,
    totp_secret,
)
from app.lib.database import count_changed, insert_many_or_ignore
from app.lib.totp import find_step
from app.models import Account, AccountRecoveryCode, SecondFactor
from app.queries.second_factors import (
    count_recovery_codes,
    has_second_factor,
    needs_second_factor,
)


@dataclass(frozen=True, slots=True)
class SecondFactorRules:
    """``secret_key`` of the installation makes the codes; ``limits`` are of failed tries."""

    secret_key: str
    limits: SignInLimits


def prepare_second_factor(session: Session, account_id: int) -> None:
    """Give an account an authenticator to set up; one that is there stays as it is."""
    row = {"account_id": account_id, "seed": new_seed(), "totp_step": 0}
    insert_many_or_ignore(session, SecondFactor, [row])


def setup_secret(factor: SecondFactor, rules: SecondFactorRules) -> str:
    """The secret that an authenticator is set up with, base32; to be shown until it is."""
    return totp_secret(rules.secret_key, factor.seed)


def enable_second_factor(
    session: Session,
    account: Account,
    typed: str,
    browser: Browser,
    rules: SecondFactorRules,
    now: datetime,
) -> list[str]:
    """Check the first code of an authenticator: it counts from now on; the recovery codes.

    Raises:
        CodeError: ``wrong``.
        TooManyAttemptsError: too many codes were tried.
    """
    attempt = _count_attempt(session, account, browser, rules, now)
    factor = session.get(SecondFactor, account.id)
    if factor is None or not _use_code(session, factor, typed, rules, now):
        raise CodeError("wrong")
    rate_limits.record_outcome(session, attempt, succeeded=True)
    factor.confirmed_at = now
    _record(session, "account.second_factor_on", account, now)
    _notify(session, account, "second_factor_on", now)
    return make_recovery_codes(session, account, rules, now)


def check_second_factor(
    session: Session,
    account: Account,
    typed: str,
    browser: Browser,
    rules: SecondFactorRules,
    now: datetime,
) -> None:
    """Check a code of the authenticator, or a recovery code, and use it up.

    Raises:
        CodeError: ``wrong``; a code that was used before is wrong, too.
        TooManyAttemptsError: too many codes were tried.
    """
    attempt = _count_attempt(session, account, browser, rules, now)
    factor = session.get(SecondFactor, account.id)
    if factor is not None and _use_code(session, factor, typed, rules, now):
        rate_limits.record_outcome(session, attempt, succeeded=True)
        return
    if not _use_recovery_code(session, account, typed, rules, now):
        raise CodeError("wrong")
    rate_limits.record_outcome(session, attempt, succeeded=True)
    left = count_recovery_codes(session, account.id)
    _record(session, "account.recovery_code_used", account, now)
    _notify(session, account, "second_factor_recovery", now, left=left)


def make_recovery_codes(
    session: Session, account: Account, rules: SecondFactorRules, now: datetime
) -> list[str]:
    """Make new recovery codes; the old ones are dead. They are shown once and known nowhere else.

    Raises:
        SecondFactorError: ``missing``.
    """
    if not has_second_factor(session, account.id):
        raise SecondFactorError("missing")
    _delete_codes(session, account)
    codes = new_recovery_codes()
    session.add_all(
        AccountRecoveryCode(
            account_id=account.id, code_hash=hash_recovery_code(rules.secret_key, code)
        )
        for code in codes
    )
    _record(session, "account.recovery_codes", account, now)
    return codes


def disable_second_factor(session: Session, account: Account, now: datetime) -> None:
    """Turn off the second factor of an account, by itself.

    Raises:
        SecondFactorError: ``required`` of one of its roles.
    """
    if needs_second_factor(session, account.id):
        raise SecondFactorError("required")
    _remove(session, account, now)


def reset_second_factor(session: Session, account: Account, now: datetime) -> None:
    """Turn off the second factor of somebody who has lost the telephone and the codes, by staff.

    Where a role of the account must have one, it is set up anew at the next sign-in.
    """
    _remove(session, account, now)


def _remove(session: Session, account: Account, now: datetime) -> None:
    if not has_second_factor(session, account.id):
        return
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))
    _delete_codes(session, account)
    _record(session, "account.second_factor_off", account, now)
    _notify(session, account, "second_factor_off", now)


def _count_attempt(
    session: Session, account: Account, browser: Browser, rules: SecondFactorRules, now: datetime
) -> int:
    device = find_device(session, account, browser.devices, now)
    return hit_credential_limit(
        session,
        LimitedAction.ACCOUNT_CODE,
        f"account:{account.id}",
        device,
        browser.address,
        rules.limits,
        now,
    )


def _use_code(
    session: Session, factor: SecondFactor, typed: str, rules: SecondFactorRules, now: datetime
) -> bool:
    """Whether a code is right; it is used up then, whoever else brings it at the same moment."""
    step = find_step(setup_secret(factor, rules), typed, now, after=factor.totp_step)
    if step is None:
        return False
    return bool(
        count_changed(
            session,
            update(SecondFactor)
            .where(SecondFactor.account_id == factor.account_id, SecondFactor.totp_step < step)
            .values(totp_step=step),
        )
    )


def _use_recovery_code(
    session: Session, account: Account, typed: str, rules: SecondFactorRules, now: datetime
) -> bool:
    code = read_recovery_code(typed)
    if not code:
        return False
    return bool(
        count_changed(
            session,
            update(AccountRecoveryCode)
            .where(
                AccountRecoveryCode.account_id == account.id,
                AccountRecoveryCode.code_hash == hash_recovery_code(rules.secret_key, code),
                AccountRecoveryCode.used_at.is_(None),
            )
            .values(used_at=now),
        )
    )


def _delete_codes(session: Session, account: Account) -> None:
    session.execute(delete(AccountRecoveryCode).where(AccountRecoveryCode.account_id == account.id))


def _record(session: Session, action: str, account: Account, now: datetime) -> None:
    record(session, action, account.id, "accounts", str(account.id), now, contract_id=None)


def _notify(session: Session, account: Account, kind: str, now: datetime, **facts: object) -> None:
    notify_account(
        session, account, None, kind, f"{account.id}.{now.timestamp()}", now, at=now, **facts
    )
