"""The signed-in session of the current request.

The session is a row; the cookie carries its signed token. Ending the row ends the session at once,
whoever holds the cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app, g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from app.actions.accounts import OpenedSession
from app.domain.access import Browser, Viewer
from app.extensions import db, login_manager
from app.integrations.clock import Clock
from app.integrations.database import write_if_free
from app.queries import accounts
from config import Config

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """What Flask-Login calls a user: one session of one account."""

    token: str
    session_id: int
    account_id: int
    contract_count: int = 1
    seconds_left: int = 0
    """Until it ends in any case, however active its person is."""

    def get_id(self) -> str:
        return self.token


def config() -> Config:
    """Settings of the running application."""
    return cast(Config, current_app.extensions["config"])


def clock() -> Clock:
    """The clock of the running application."""
    return cast(Clock, current_app.extensions["clock"])


def local_now() -> datetime:
    """The present moment in the supplier's zone, which letters and documents speak of."""
    return clock().local(clock().now())


def current_viewer() -> Viewer:
    """The viewer on whose behalf this request reads; only where a sign-in is required."""
    return Viewer(current_user.account_id)


def current_browser() -> Browser:
    """From where this request comes."""
    return Browser(
        request.remote_addr or "",
        request.headers.get("User-Agent", ""),
        current_user.session_id if current_user.is_authenticated else None,
    )


def begin(opened: OpenedSession) -> None:
    """Bind this browser to a fresh session; nothing of the time before sign-in survives."""
    session.clear()
    login_user(SignedIn(opened.token, opened.session_id, opened.account_id))


def end() -> None:
    """Forget the session in this browser."""
    logout_user()
    session.clear()


def load(token: str) -> SignedIn | None:
    """The live session of a token, or None; keeps ``last_seen_at`` true to a minute."""
    now = clock().now()
    row = accounts.find_live_session(
        db.session(),
        token,
        now=now,
        idle=timedelta(minutes=config().session_idle_minutes),
        longest=timedelta(hours=config().session_max_hours),
    )
    if row is None:
        return None
    # A page that asks again by itself does not show that its person is still there.
    if now - row.last_seen_at > TOUCH_EVERY and "X-Poll" not in request.headers:
        write_if_free(db.engine, accounts.touch_statement(row.id, now))
    g.account_id = row.account_id
    left = row.created_at + timedelta(hours=config().session_max_hours) - now
    return SignedIn(
        token, row.id, row.account_id, row.contract_count, max(0, int(left.total_seconds()))
    )


def init_app(app: Flask) -> None:
    """Teach Flask-Login to read our session rows."""
    # The table knows address and agent; a phone that changes networks must stay signed in.
    login_manager.session_protection = None
    login_manager.user_loader(load)
