"""Block and unblock accounts and end their sessions, for staff; they never set a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.sessions import end_sessions, sign_out
from app.actions.audit_log import record
from app.domain.errors import BlockedError
from app.models import Account, AccountSession
from app.queries.customers import has_contract

SUBJECT = "accounts"


def block_account(session: Session, account: Account, now: datetime) -> None:
    """Block an account: nobody signs in until it is unblocked, and open sessions end at once."""
    if account.disabled_at is not None:
        return
    account.disabled_at = now
    end_sessions(session, account.id, now)
    record(session, "account.blocked", account.id, SUBJECT, str(account.id), now, contract_id=None)


def unblock_account(session: Session, account: Account, now: datetime) -> None:
    """Let an account sign in again.

    Raises:
        BlockedError: ``closed``: it has no contract any more; its person has to register again.
    """
    if account.disabled_at is None:
        return
    if not has_contract(session, account.id):
        raise BlockedError("closed")
    account.disabled_at = None
    record(
        session, "account.unblocked", account.id, SUBJECT, str(account.id), now, contract_id=None
    )


def end_account_session(session: Session, row: AccountSession, now: datetime) -> None:
    """End one session of an account."""
    sign_out(session, row.id, now)
    record(
        session,
        "account.session_ended",
        row.account_id,
        SUBJECT,
        str(row.account_id),
        now,
        contract_id=None,
    )


def end_account_sessions(session: Session, account: Account, now: datetime) -> None:
    """End all sessions of an account."""
    end_sessions(session, account.id, now)
    record(
        session,
        "account.sessions_ended",
        account.id,
        SUBJECT,
        str(account.id),
        now,
        contract_id=None,
    )
