"""Flask-Login over session rows: the signed-in session of this request, a customer's or staff's.

The session is a row; the cookie carries its signed token. Ending the row ends the session at once,
whoever holds the cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask, g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from app.actions.accounts.pending_sign_in import PendingSignIn
from app.actions.accounts.sessions import OpenedSession
from app.actions.audit_log import ORIGIN, Origin, set_origin
from app.actions.sessions import touch_statement
from app.actions.staff.sign_in import OpenedStaffSession
from app.domain import access
from app.domain.access import AccessWindow, Browser, Viewer
from app.domain.audit_log import ActorKind
from app.domain.staff import Clerk, StaffRole
from app.extensions import db, login_manager
from app.lib.database import READING_ENGINE, try_write
from app.models import AccountSession, StaffSession
from app.queries import staff
from app.queries.contracts import VisibleContract
from app.queries.visits import find_visit
from app.security import SAFE_METHODS
from app.web.context import clock, config
from app.web.device_cookie import presented_tokens, set_device_cookie
from app.web.policies import session_lives, staff_session_lives

TOUCH_EVERY = timedelta(minutes=1)
STAFF_PREFIX = "staff "
HALF_OPEN = "half_open"
PENDING = "pending"


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """What Flask-Login calls a user: one session of one account."""

    token: str
    session_id: int
    account_id: int
    contract_count: int = 1
    seconds_left: int = 0
    """Until it ends in any case; see ``_seconds_left``."""
    contract: VisibleContract | None = None
    """The contract of the page's address, where the account may open it."""
    unread_events: int = 0
    """Of that contract."""
    is_staff = False

    def get_id(self) -> str:
        return self.token


@dataclass(frozen=True)
class StaffSignedIn(UserMixin):
    """One session of one of the supplier's people, with both factors given."""

    token: str
    session_id: int
    clerk: Clerk
    must_change_password: bool = False
    seconds_left: int = 0
    contract_count = 1
    unread_events = 0
    is_staff = True

    def get_id(self) -> str:
        return STAFF_PREFIX + self.token


def access_window() -> AccessWindow:
    """Which terminated contracts their people may still read at this moment."""
    return access.access_window(clock().today(), config().terminated_access_months)


def find_signed_in() -> SignedIn | StaffSignedIn | None:
    """Whoever is signed in; read it once, for each look through ``current_user`` is a search."""
    person = current_user._get_current_object()
    return person if isinstance(person, SignedIn | StaffSignedIn) else None


def is_staff() -> bool:
    """Whether one of the supplier's people is signed in."""
    return isinstance(find_signed_in(), StaffSignedIn)


def was_staff() -> bool:
    """Whether the last session of this browser, which may have ended, was one of staff."""
    return str(session.get("_user_id", "")).startswith(STAFF_PREFIX)


def current_clerk() -> Clerk:
    """The staff member who is signed in; only where a staff page requires one."""
    clerk: Clerk = current_user.clerk
    return clerk


def current_viewer() -> Viewer:
    """The signed-in customer; only where a customer's sign-in is required.

    Pages of a contract ask ``contract.viewer``, which is right for staff as well.
    """
    return Viewer(current_user.account_id)


def current_browser() -> Browser:
    """Network address, user agent, session and known-device tokens of this request."""
    is_customer = current_user.is_authenticated and not is_staff()
    return Browser(
        request.remote_addr or "",
        request.headers.get("User-Agent", ""),
        current_user.session_id if is_customer else None,
        presented_tokens(),
    )


def begin(opened: OpenedSession) -> None:
    """Bind this browser to a fresh session; nothing of the time before sign-in survives."""
    session.clear()
    login_user(SignedIn(opened.token, opened.session_id, opened.account_id))
    set_device_cookie(opened.device)


def begin_pending(pending: PendingSignIn) -> None:
    """Bind this browser to a customer's sign-in that waits for its second factor."""
    session.clear()
    session[PENDING] = [
        pending.account_id,
        pending.contract_id,
        pending.mark,
        pending.since.timestamp(),
    ]


def find_pending() -> PendingSignIn | None:
    """The customer's sign-in of this browser that waits for its second factor."""
    if PENDING not in session:
        return None
    account_id, contract_id, mark, since = session[PENDING]
    return PendingSignIn(account_id, contract_id, mark, datetime.fromtimestamp(since, UTC))


def begin_half(opened: OpenedStaffSession) -> None:
    """Bind this browser to a staff session that waits for its second factor."""
    session.clear()
    session[HALF_OPEN] = opened.token


def half_open_token() -> str:
    """The token of a session that waits for its second factor; empty where there is none."""
    return str(session.get(HALF_OPEN, ""))


def begin_staff(opened: OpenedStaffSession) -> None:
    """Bind this browser to a staff session, which has been committed.

    Somebody whose access was revoked meanwhile is not signed in.
    """
    session.clear()
    if found := _load_staff(opened.token):
        login_user(found)
        set_device_cookie(opened.device)


def end() -> None:
    """Unbind this browser from its session."""
    logout_user()
    session.clear()


def load(user_id: str) -> SignedIn | StaffSignedIn | None:
    """The live session of a Flask-Login user id, or None; touches ``last_seen_at`` each minute."""
    if user_id.startswith(STAFF_PREFIX):
        return _load_staff(user_id.removeprefix(STAFF_PREFIX))
    return _load_customer(user_id)


def _load_customer(token: str) -> SignedIn | None:
    now = clock().now()
    idle, longest = session_lives()
    found = find_visit(
        db.session(),
        token,
        (request.view_args or {}).get("contract_id"),
        now=now,
        idle=idle,
        longest=longest,
        window=access_window(),
    )
    if found is None:
        return None
    if _is_touch_due(found.last_seen_at, now):
        try_write(db.engine, touch_statement(AccountSession, found.session_id, now))
    g.account_id = found.account_id
    g.site = found.site
    left = _seconds_left(found.created_at, longest, now)
    return SignedIn(
        token,
        found.session_id,
        found.account_id,
        found.contract_count,
        left,
        found.contract,
        found.unread_events,
    )


def _load_staff(token: str) -> StaffSignedIn | None:
    now = clock().now()
    idle, longest = staff_session_lives()
    found = staff.find_live_session(db.session(), token, now=now, idle=idle, longest=longest)
    if found is None:
        return None
    row, member = found
    if _is_touch_due(row.last_seen_at, now):
        try_write(db.engine, touch_statement(StaffSession, row.id, now))
    g.staff_id = member.id
    set_origin(db.session(), Origin(request.remote_addr or "", member.id))
    clerk = Clerk(
        member.id, member.name, member.login, StaffRole(member.role), member.department_id
    )
    left = _seconds_left(row.created_at, longest, now)
    return StaffSignedIn(token, row.id, clerk, member.must_change_password, left)


def _is_touch_due(last_seen_at: datetime, now: datetime) -> bool:
    # A page that polls by itself does not show that its person is still there.
    is_poll = "X-Poll" in request.headers or "poll" in request.args
    return now - last_seen_at > TOUCH_EVERY and not is_poll


def _seconds_left(created_at: datetime, longest: timedelta, now: datetime) -> int:
    """Until a session ends in any case, however active its person is."""
    return max(0, int((created_at + longest - now).total_seconds()))


def init_app(app: Flask) -> None:
    """Teach Flask-Login to read our session rows."""
    login_manager.user_loader(load)

    @app.before_request
    def prepare_session() -> None:
        if request.endpoint != "static":
            info = db.session().info
            info.setdefault(ORIGIN, Origin(request.remote_addr or "", kind=ActorKind.VISITOR))
            # Pages of staff stay in a transaction: some stream what they read.
            if request.method in SAFE_METHODS and request.blueprint != "staff":
                info[READING_ENGINE] = app.extensions[READING_ENGINE]
