"""Sign staff in with two factors: password, code of an authenticator, recovery codes, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.known_devices import (
    SignInLimits,
    find_device,
    hit_credential_limit,
    issue_device_token,
)
from app.actions.accounts.sessions import SignIn
from app.actions.audit_log import Origin, record, set_origin
from app.actions.sessions import end_matching, new_token_and_columns
from app.domain.access import Browser
from app.domain.errors import CodeError, PasswordError, SignInRefusedError
from app.domain.passwords import check_password
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction
from app.domain.second_factor import (
    hash_recovery_code,
    new_recovery_codes,
    read_recovery_code,
    totp_secret,
)
from app.domain.staff import normalise_login
from app.lib.database import count_changed
from app.lib.passwords import hash_password, is_password
from app.lib.totp import find_step
from app.models import RecoveryCode, StaffMember, StaffSession
from app.queries.staff import find_by_login, get_staff

SUBJECT = "staff"


@dataclass(frozen=True, slots=True)
class StaffRules:
    """``secret_key`` of the installation makes the second factor; limits are of failed tries."""

    secret_key: str
    sign_in: SignInLimits
    codes: SignInLimits


@dataclass(frozen=True, slots=True)
class OpenedStaffSession:
    """A fresh session; ``token`` goes into the cookie and is known nowhere else."""

    token: str
    session_id: int
    staff_id: int
    device: str = ""
    """Known-device cookie of this browser from now on; empty before the second factor."""


def sign_in(
    session: Session, command: SignIn, rules: StaffRules, now: datetime
) -> OpenedStaffSession:
    """The first factor: a session that opens nothing before ``confirm``.

    Raises:
        TooManyAttemptsError: a limit is reached; no password was checked.
        SignInRefusedError: wrong, unknown or disabled, in equal time; its argument is for the log.
    """
    login = normalise_login(command.login)
    address = command.browser.address
    staff = find_by_login(session, login)
    device = find_device(session, staff, command.browser.devices, now)
    attempt = hit_credential_limit(
        session,
        LimitedAction.STAFF_SIGN_IN,
        login or command.login,
        device,
        address,
        rules.sign_in,
        now,
    )
    is_right = is_password(command.password, staff.password_hash if staff else None)
    if staff is None or not is_right or staff.disabled_at is not None:
        raise SignInRefusedError(staff.id if staff else None)
    rate_limits.record_outcome(session, attempt, succeeded=True)
    return _open(session, staff, command.browser, now, is_confirmed=False)


def confirm(
    session: Session,
    half_open: StaffSession,
    typed: str,
    browser: Browser,
    rules: StaffRules,
    now: datetime,
) -> OpenedStaffSession:
    """The second factor: a code, or a recovery code. A session with a new token is open then.

    Raises:
        CodeError: ``wrong``; a code that was used before is wrong, too.
        TooManyAttemptsError: too many codes were tried.
    """
    staff = get_staff(session, half_open.staff_id)
    device = find_device(session, staff, browser.devices, now)
    subject = f"staff:{staff.id}"
    attempt = hit_credential_limit(
        session, LimitedAction.STAFF_CODE, subject, device, browser.address, rules.codes, now
    )
    is_recovery = not use_code(session, staff, typed, rules, now)
    if is_recovery and not _use_recovery_code(session, staff, typed, rules, now):
        raise CodeError("wrong")
    rate_limits.record_outcome(session, attempt, succeeded=True)
    opened = _open(session, staff, browser, now, is_confirmed=True)
    end_session(session, half_open.id, now)
    set_origin(session, Origin(browser.address, staff.id))
    record(
        session,
        "staff.signed_in",
        None,
        SUBJECT,
        staff.login,
        now,
        contract_id=None,
        recovery_code=is_recovery,
    )
    return opened


def enrol(
    session: Session,
    half_open: StaffSession,
    typed: str,
    browser: Browser,
    rules: StaffRules,
    now: datetime,
) -> tuple[OpenedStaffSession, list[str]]:
    """The first code of a new authenticator: it counts from now on; a session, recovery codes.

    Raises:
        CodeError: ``wrong``.
        TooManyAttemptsError: too many codes were tried.
    """
    opened = confirm(session, half_open, typed, browser, rules, now)
    staff = get_staff(session, opened.staff_id)
    staff.totp_confirmed_at = now
    record(session, "staff.enrolled", None, SUBJECT, staff.login, now, contract_id=None)
    return opened, make_recovery_codes(session, staff, rules, now)


def use_code(
    session: Session, staff: StaffMember, typed: str, rules: StaffRules, now: datetime
) -> bool:
    """Whether a code is right; it is used up then, whoever else brings it at the same moment."""
    step = find_step(
        totp_secret(rules.secret_key, staff.totp_seed), typed, now, after=staff.totp_step
    )
    if step is None:
        return False
    return bool(
        count_changed(
            session,
            update(StaffMember)
            .where(StaffMember.id == staff.id, StaffMember.totp_step < step)
            .values(totp_step=step),
        )
    )


def make_recovery_codes(
    session: Session, staff: StaffMember, rules: StaffRules, now: datetime
) -> list[str]:
    """New recovery codes; the old ones are dead. They are shown once and known nowhere else."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes = new_recovery_codes()
    session.add_all(
        RecoveryCode(staff_id=staff.id, code_hash=hash_recovery_code(rules.secret_key, code))
        for code in codes
    )
    record(session, "staff.recovery_codes", None, SUBJECT, staff.login, now, contract_id=None)
    return codes


def change_password(
    session: Session,
    staff: StaffMember,
    current: str,
    new: str,
    browser: Browser,
    rules: StaffRules,
    now: datetime,
) -> OpenedStaffSession:
    """One's own password; every session ends, and a new one is open for this browser.

    Raises:
        SignInRefusedError: the current password is wrong.
        PasswordError: the new one may not be set; ``same``: it is the current one.
        TooManyAttemptsError: too many tries.
    """
    check_password(new, (staff.login, staff.name))
    subject = f"staff:{staff.id}"
    rate_limits.hit(session, LimitedAction.NEW_HASH, subject, browser.address, NEW_HASH_LIMITS, now)
    prove_password(session, staff, current, browser, rules, now)
    if new == current:
        raise PasswordError("same")
    store_password(session, staff, new, now)
    return _open(session, staff, browser, now, is_confirmed=True)


def store_password(session: Session, staff: StaffMember, password: str, now: datetime) -> None:
    """Set a password that its owner has chosen; every session ends."""
    staff.password_hash = hash_password(password)
    staff.must_change_password = False
    end_sessions(session, staff.id, now)
    record(session, "staff.password_set", None, SUBJECT, staff.login, now, contract_id=None)


def prove_password(
    session: Session,
    staff: StaffMember,
    current: str,
    browser: Browser,
    rules: StaffRules,
    now: datetime,
) -> None:
    """Whoever sits at an open session shows that it is theirs. The session must not have written
    yet.

    Raises:
        SignInRefusedError: the password is wrong.
        TooManyAttemptsError: too many tries.
    """
    device = find_device(session, staff, browser.devices, now)
    attempt = hit_credential_limit(
        session,
        LimitedAction.STAFF_SIGN_IN,
        staff.login,
        device,
        browser.address,
        rules.sign_in,
        now,
    )
    if not is_password(current, staff.password_hash):
        if device is not None:
            rate_limits.record_failure(
                session, LimitedAction.STAFF_SIGN_IN, staff.login, browser.address, now
            )
        raise SignInRefusedError(staff.id)
    rate_limits.commit_success(session, attempt)


def end_session(session: Session, session_id: int, now: datetime) -> None:
    """End a session: its cookie is worthless from now on."""
    end_matching(session, StaffSession, now, StaffSession.id == session_id)


def end_sessions(session: Session, staff_id: int, now: datetime) -> None:
    """End every session of somebody."""
    end_matching(session, StaffSession, now, StaffSession.staff_id == staff_id)


def _use_recovery_code(
    session: Session, staff: StaffMember, typed: str, rules: StaffRules, now: datetime
) -> bool:
    code = read_recovery_code(typed)
    if not code:
        return False
    return bool(
        count_changed(
            session,
            update(RecoveryCode)
            .where(
                RecoveryCode.staff_id == staff.id,
                RecoveryCode.code_hash == hash_recovery_code(rules.secret_key, code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now),
        )
    )


def _open(
    session: Session, staff: StaffMember, browser: Browser, now: datetime, *, is_confirmed: bool
) -> OpenedStaffSession:
    token, columns = new_token_and_columns(browser, now)
    confirmed_at = now if is_confirmed else None
    row = StaffSession(staff_id=staff.id, confirmed_at=confirmed_at, **columns)
    session.add(row)
    session.flush()
    device = issue_device_token(session, staff, browser.devices, now) if is_confirmed else ""
    return OpenedStaffSession(token, row.id, staff.id, device)
