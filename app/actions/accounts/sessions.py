"""Accounts and their sessions: open, sign in, sign out, set a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.actions import rate_limits
from app.actions.accounts.known_devices import (
    SignInLimits,
    find_device,
    hit_credential_limit,
    issue_device_token,
)
from app.actions.accounts.pending_sign_in import PendingSignIn, start_pending
from app.actions.accounts.second_factor import prepare_second_factor
from app.actions.audit_log import record
from app.actions.people.succession import lock_people, promote_successor
from app.actions.sessions import end_matching, new_token_and_columns
from app.domain.access import STRICT_WINDOW, AccessWindow, Browser, Role
from app.domain.contacts import normalise_email
from app.domain.contract_number import number_key
from app.domain.errors import AccountExistsError, NotFoundError, SignInRefusedError
from app.domain.logins import email_key, login_key
from app.domain.passwords import check_password
from app.domain.rate_limits import LimitedAction
from app.lib.passwords import hash_password, is_password
from app.models import (
    Account,
    AccountSession,
    ContactChange,
    Contract,
    Customer,
    Membership,
    SecondFactorRole,
)
from app.queries.accounts import find_signer, list_logins
from app.queries.memberships import is_login_closed_to_registration, is_undecided
from app.queries.second_factors import has_second_factor, needs_second_factor


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person typed at sign-in, and from where."""

    login: str
    password: str
    browser: Browser
    window: AccessWindow = STRICT_WINDOW
    """Terminated contracts that ended before, and access whose term is over, sign nobody in."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A fresh session; ``token`` goes into the cookie and is known nowhere else."""

    token: str
    session_id: int
    account_id: int
    contract_id: int
    device: str
    """Known-device cookie of this browser from now on."""


def create_account(
    session: Session, number: str, email: str, password: str, now: datetime
) -> Account:
    """Create an active account that owns a contract, by staff, who vouch for the email address.

    Raises:
        NotFoundError: no such contract.
        AccountExistsError: the contract already has an owner.
        PasswordError: the password may not be set.
        ContactError: not an e-mail address.
    """
    contract = session.scalars(
        select(Contract)
        .options(joinedload(Contract.customer))
        .where(Contract.number_key == number_key(number), Contract.withdrawn_at.is_(None))
    ).first()
    if contract is None:
        raise NotFoundError
    customer = contract.customer
    facts = (contract.number, customer.inn, customer.full_name, customer.short_name)
    check_password(password, facts)
    account = Account(
        email=normalise_email(email),
        email_confirmed_at=now,
        password_hash=hash_password(password),
        created_at=now,
    )
    return open_account(session, account, contract, now)


def open_account(session: Session, account: Account, contract: Contract, now: datetime) -> Account:
    """Make a new account the owner of a contract.

    Raises:
        AccountExistsError: the contract already has an owner, or has changed hands and a clerk has
            to decide first.
    """
    _check_is_free(session, contract)
    session.add(account)
    session.flush()
    _add_owner(session, account, contract, now)
    record(
        session,
        "account.created",
        account.id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
    )
    return account


def attach_contract(session: Session, account: Account, contract: Contract, now: datetime) -> None:
    """Make an account the owner of one more contract; a lesser role that it had there ends.

    Raises:
        AccountExistsError: see ``open_account``; or the account has been closed.
    """
    session.refresh(account, ["disabled_at"], with_for_update=True)
    if account.disabled_at is not None:
        raise AccountExistsError
    _check_is_free(session, contract)
    session.execute(
        update(Membership)
        .where(
            Membership.account_id == account.id,
            Membership.contract_id == contract.id,
            Membership.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    _add_owner(session, account, contract, now)
    record(
        session,
        "account.contract_attached",
        account.id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
    )


def _check_is_free(session: Session, contract: Contract) -> None:
    """Lock a contract whose owner is to be set, and see that it has none.

    Raises:
        AccountExistsError: it has one, or a clerk has to decide first.
    """
    # An import that is changing the contract or its customer at this moment comes before or after,
    # never between. It changes customers first, and so they are locked first.
    for row, key in ((Customer.id, contract.customer_id), (Contract.id, contract.id)):
        session.execute(select(row).where(row == key).with_for_update(read=True))
    if is_login_closed_to_registration(session, contract.number_key) or is_undecided(
        session, contract.id
    ):
        raise AccountExistsError


def _add_owner(session: Session, account: Account, contract: Contract, now: datetime) -> None:
    # A new owner decides anew which roles must have a second factor.
    session.execute(delete(SecondFactorRole).where(SecondFactorRole.contract_id == contract.id))
    owner = Membership(
        account_id=account.id, contract_id=contract.id, role=Role.OWNER, created_at=now
    )
    session.add(owner)
    try:
        session.flush()
    except IntegrityError:  # another process was quicker
        session.rollback()
        raise AccountExistsError from None


def sign_in(
    session: Session, command: SignIn, limits: SignInLimits, now: datetime
) -> OpenedSession | PendingSignIn:
    """Check a password and open a session. The attempt is recorded whatever comes of it.

    Where the account has a second factor, or has to set one up, no session is open yet.

    Raises:
        TooManyAttemptsError: a limit is reached; no password was checked.
        SignInRefusedError: wrong, unknown or disabled, in equal time. Its argument is the id of the
            account that was tried, or None: for the log, never for the answer.
    """
    login = login_key(command.login)
    signer = find_signer(session, login, command.window)
    account, contract_id = signer if signer else (None, 0)
    device = find_device(session, account, command.browser.devices, now)
    hit_id = hit_credential_limit(
        session, LimitedAction.SIGN_IN, login, device, command.browser.address, limits, now
    )
    checked = account.password_hash if account else None
    is_right = is_password(command.password, checked)
    if account is not None and is_right:
        # A new password may have been set while this one was checked; its sessions end then.
        session.refresh(account, ["password_hash", "disabled_at"], with_for_update=True)
        is_right = account.password_hash == checked
    if account is None or not is_right or account.disabled_at is not None:
        raise SignInRefusedError(account.id if account else None)
    rate_limits.record_outcome(session, hit_id, succeeded=True)
    if has_second_factor(session, account.id):
        return start_pending(account, contract_id, now)
    if needs_second_factor(session, account.id):
        prepare_second_factor(session, account.id)
        return start_pending(account, contract_id, now)
    return open_session(session, account.id, contract_id, command.browser, now)


def open_session(
    session: Session,
    account_id: int,
    contract_id: int,
    browser: Browser,
    now: datetime,
    *,
    is_sign_in: bool = True,
) -> OpenedSession:
    """Open a session of an account; the session that this browser had before ends.

    Args:
        is_sign_in: somebody comes in; not where they go on after a new password.
    """
    if browser.session_id is not None:
        sign_out(session, browser.session_id, now)
    token, columns = new_token_and_columns(browser, now)
    row = AccountSession(account_id=account_id, **columns)
    session.add(row)
    session.flush()
    account = session.get_one(Account, account_id)
    device = issue_device_token(session, account, browser.devices, now)
    if is_sign_in:
        key = str(account_id)
        record(session, "account.signed_in", account_id, "accounts", key, now, contract_id=None)
    return OpenedSession(token, row.id, account_id, contract_id, device)


def sign_out(session: Session, session_id: int, now: datetime) -> None:
    """End a session at once, wherever its cookie was copied to."""
    end_matching(session, AccountSession, now, AccountSession.id == session_id)


def end_sessions(session: Session, account_id: int, now: datetime) -> None:
    """End every session of an account, wherever it is open."""
    end_matching(session, AccountSession, now, AccountSession.account_id == account_id)


def end_other_sessions(session: Session, account_id: int, session_id: int, now: datetime) -> None:
    """End every session of an account but one."""
    others = (AccountSession.account_id == account_id, AccountSession.id != session_id)
    end_matching(session, AccountSession, now, *others)
    record(
        session,
        "account.sessions_ended",
        account_id,
        "accounts",
        str(account_id),
        now,
        contract_id=None,
    )


def set_password(session: Session, account: Account, password: str, now: datetime) -> None:
    """Set a checked password; all sessions end, the rate limits of sign-in are cleared."""
    account.password_hash = hash_password(password)
    end_sessions(session, account.id, now)
    _end_contact_changes(session, account, now)
    for login in list_logins(session, account.id):
        rate_limits.clear(session, LimitedAction.SIGN_IN, login)
    record(
        session,
        "account.password_set",
        account.id,
        "accounts",
        str(account.id),
        now,
        contract_id=None,
    )


def set_login_email(session: Session, account: Account, email: str) -> None:
    """Have an account sign in with an address, unless another one does, even since a moment ago."""
    try:
        with session.begin_nested():
            account.login_email = email_key(email)
    except IntegrityError:
        session.refresh(account, ["login_email"])


def close_account(session: Session, account: Account, now: datetime) -> None:
    """Close an account for good; its contracts and its address are free for others."""
    account.disabled_at, account.login_email = now, None
    session.flush()
    opened = session.scalars(
        select(Membership.contract_id).where(
            Membership.account_id == account.id, Membership.revoked_at.is_(None)
        )
    ).all()
    for contract_id in sorted(opened):
        lock_people(session, contract_id)
    owned = session.scalars(
        select(Membership.contract_id).where(
            Membership.account_id == account.id,
            Membership.role == Role.OWNER,
            Membership.revoked_at.is_(None),
        )
    ).all()
    session.execute(
        update(Membership)
        .where(Membership.account_id == account.id, Membership.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    for contract_id in owned:
        promote_successor(session, contract_id, account.id, now.date(), now)
    end_sessions(session, account.id, now)
    _end_contact_changes(session, account, now)
    record(
        session, "account.closed", account.id, "accounts", str(account.id), now, contract_id=None
    )


def _end_contact_changes(session: Session, account: Account, now: datetime) -> None:
    """Give up open changes of contacts: one that somebody else has asked for must not outlive the
    password they knew."""
    session.execute(
        update(ContactChange)
        .where(ContactChange.account_id == account.id, ContactChange.ended_at.is_(None))
        .values(ended_at=now)
    )
