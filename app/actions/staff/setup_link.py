"""Set-up link of a staff member: whoever opens it sets the password; nobody else knows one.

The first administrator is made on the server's command line. A password typed there would lie in
a shell's history or in a chat; a link dies with its first use.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.actions.audit_log import Origin, set_origin
from app.actions.staff.members import NewStaff, create_staff, reset_access
from app.actions.staff.sign_in import store_password
from app.domain.access import Browser
from app.domain.errors import LinkError
from app.domain.passwords import check_password
from app.models import StaffMember

LIFE = timedelta(hours=72)


def create_with_link(session: Session, command: NewStaff, now: datetime) -> tuple[StaffMember, str]:
    """Create a staff member whose password nobody knows: the row, and the nonce of the link.

    Raises:
        StaffError: ``login`` or ``taken``.
    """
    staff = create_staff(session, command, _unknown_password(), now)
    return staff, link_nonce(staff, now + LIFE)


def reset_with_link(session: Session, staff: StaffMember, now: datetime) -> str:
    """Reset password and authenticator to ones that nobody knows; the nonce of the link."""
    reset_access(session, staff, _unknown_password(), now)
    return link_nonce(staff, now + LIFE)


def link_nonce(staff: StaffMember, expires_at: datetime) -> str:
    """Tie a link to a moment and to the present password: it dies with either."""
    return f"{int(expires_at.timestamp())}.{_state(staff)}"


def check_setup(staff: StaffMember, nonce: str, now: datetime) -> None:
    """Whether a link may still set the password.

    Raises:
        LinkError: ``used``: the password has been set, or access was reset again; ``expired``.
    """
    expires, _, state = nonce.partition(".")
    if staff.disabled_at is not None or not hmac.compare_digest(state, _state(staff)):
        raise LinkError("used")
    if int(expires) < now.timestamp():
        raise LinkError("expired")


def set_up(
    session: Session,
    staff: StaffMember,
    nonce: str,
    password: str,
    browser: Browser,
    now: datetime,
) -> None:
    """Set the password; the authenticator is set up at the first sign-in, which follows.

    Raises:
        LinkError: as ``check_setup``.
        PasswordError: the password may not be set.
    """
    check_setup(staff, nonce, now)
    check_password(password, (staff.login, staff.name))
    set_origin(session, Origin(browser.address, staff.id))
    store_password(session, staff, password, now)


def _unknown_password() -> str:
    return secrets.token_urlsafe(15)[:20]


def _state(staff: StaffMember) -> str:
    return hashlib.sha256(staff.password_hash.encode()).hexdigest()[:16]
