"""Shared code of customer and staff sessions: tokens, columns, expiry."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, update
from sqlalchemy.orm import Session

from app.actions.audit_log import MAX_ADDRESS
from app.domain.access import Browser
from app.models import AccountSession, StaffSession
from app.queries.accounts import hash_token

SessionKind = type[AccountSession] | type[StaffSession]

MAX_AGENT = 200


def new_token_and_columns(browser: Browser, now: datetime) -> tuple[str, dict[str, Any]]:
    """A token for the cookie, and the columns that every new session row has.

    The row holds only the hash of the token, so a copy of the database opens no session.
    """
    token = secrets.token_urlsafe(32)
    return token, {
        "token_hash": hash_token(token),
        "created_at": now,
        "last_seen_at": now,
        "address": browser.address[:MAX_ADDRESS],
        "user_agent": browser.user_agent[:MAX_AGENT],
    }


def touch_statement(kind: SessionKind, session_id: int, now: datetime) -> Update:
    """The statement that marks a session as used just now."""
    return update(kind).where(kind.id == session_id).values(last_seen_at=now)


def end_matching(
    session: Session, kind: SessionKind, now: datetime, *conditions: ColumnElement[bool]
) -> None:
    """End the open sessions that match; their cookies are worthless at once."""
    session.execute(update(kind).where(kind.ended_at.is_(None), *conditions).values(ended_at=now))
