"""Create staff, change their role and department, reset their access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.audit_log import ORIGIN, Origin, record
from app.actions.staff.sign_in import SUBJECT, end_sessions
from app.domain.errors import StaffError
from app.domain.passwords import check_password
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction
from app.domain.second_factor import new_seed
from app.domain.staff import StaffRole, normalise_login
from app.lib.database import insert_or_ignore
from app.lib.passwords import hash_password
from app.models import RecoveryCode, StaffMember
from app.queries.staff import count_admins, find_by_login


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A staff member to be created, or what one is changed to."""

    login: str
    name: str
    role: StaffRole
    department_id: int | None = None


def create_staff(
    session: Session, command: NewStaff, password: str, now: datetime, *, is_final: bool = False
) -> StaffMember:
    """Create a staff member.

    Args:
        is_final: the password stays; else it has to be changed at the first sign-in.

    Raises:
        StaffError: ``login`` or ``taken``.
        PasswordError: the password may not be set.
    """
    login = normalise_login(command.login)
    if not login:
        raise StaffError("login")
    check_password(password, (login, command.name))
    if find_by_login(session, login) is not None:
        raise StaffError("taken")
    _hit_hash_limit(session, now)
    staff_id = insert_or_ignore(
        session,
        StaffMember,
        login=login,
        name=command.name,
        role=command.role,
        department_id=command.department_id,
        password_hash=hash_password(password),
        must_change_password=not is_final,
        totp_seed=new_seed(),
        totp_step=0,
        created_at=now,
    )
    if not staff_id:
        raise StaffError("taken")
    record(session, "staff.created", None, SUBJECT, login, now, contract_id=None, role=command.role)
    return session.get_one(StaffMember, staff_id)


def reset_access(session: Session, staff: StaffMember, password: str, now: datetime) -> None:
    """Reset access: a password for one sign-in, a new authenticator; all sessions end.

    Raises:
        PasswordError: the password may not be set.
    """
    check_password(password, (staff.login, staff.name))
    _hit_hash_limit(session, now)
    staff.password_hash = hash_password(password)
    staff.must_change_password = True
    staff.totp_seed, staff.totp_step, staff.totp_confirmed_at = new_seed(), 0, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    end_sessions(session, staff.id, now)
    rate_limits.clear(session, LimitedAction.STAFF_SIGN_IN, staff.login)
    rate_limits.clear(session, LimitedAction.STAFF_CODE, f"staff:{staff.id}")
    record(session, "staff.access_reset", None, SUBJECT, staff.login, now, contract_id=None)


def change_staff(
    session: Session, staff: StaffMember, command: NewStaff, is_active: bool, now: datetime
) -> None:
    """Change name, role, department and whether one may sign in; open sessions obey at once.

    Raises:
        StaffError: ``last_admin``: nobody would be left to manage the others.
    """
    # Two that are taken away at once must see each other: this waits for the other.
    session.execute(
        update(StaffMember)
        .where(StaffMember.role == StaffRole.ADMIN)
        .values(role=StaffMember.role)
        .execution_options(synchronize_session=False)
    )
    session.refresh(staff)
    loses_admin = staff.role == StaffRole.ADMIN and staff.disabled_at is None
    is_still_admin = command.role == StaffRole.ADMIN and is_active
    if loses_admin and not is_still_admin and count_admins(session) <= 1:
        raise StaffError("last_admin")
    disabled_at = None if is_active else (staff.disabled_at or now)
    new = {
        "name": command.name,
        "role": str(command.role),
        "department_id": command.department_id,
        "disabled_at": disabled_at,
    }
    changes = {
        name: [_plain(getattr(staff, name)), _plain(value)]
        for name, value in new.items()
        if getattr(staff, name) != value
    }
    if not changes:
        return
    for name, value in new.items():
        setattr(staff, name, value)
    if not is_active:
        end_sessions(session, staff.id, now)
    record(session, "staff.changed", None, SUBJECT, staff.login, now, contract_id=None, **changes)


def _hit_hash_limit(session: Session, now: datetime) -> None:
    """Count a password that a clerk has made for a colleague, before it is hashed."""
    origin: Origin = session.info.get(ORIGIN, Origin())
    if origin.staff_id is not None:
        maker = f"staff:{origin.staff_id}"
        rate_limits.hit(
            session, LimitedAction.NEW_HASH, maker, origin.address, NEW_HASH_LIMITS, now
        )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
