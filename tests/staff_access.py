"""Who of the supplier's people may open what. A route of the desk without a row fails the suite."""

from __future__ import annotations

from app.domain.staff import StaffRole

OPERATOR, MANAGER, ADMIN = StaffRole.OPERATOR, StaffRole.MANAGER, StaffRole.ADMIN
PUBLIC = "public"
TOKEN = "token"
WORK = "staff:work"
IMPORT, JOURNAL, ANNOUNCE = "staff:import", "staff:journal", "staff:announce"
SEE_STAFF, MANAGE_STAFF = "staff:see_staff", "staff:manage_staff"
DIRECTORIES = "staff:directories"

STAFF_ACCESS = {
    # the door
    "staff.second_factor": PUBLIC,
    "staff.second_factor_submit": PUBLIC,
    "staff.sign_in": PUBLIC,
    "staff.sign_in_submit": PUBLIC,
    # one's own
    "staff.keep_session": WORK,
    "staff.password": WORK,
    "staff.password_submit": WORK,
    "staff.recovery_codes": WORK,
    "staff.sign_out": WORK,
    # today
    "staff.today": WORK,
    # customers
    # readings
    # enquiries
    # registrations
    # billing
    # directories
    # journal
    # team
    "staff.team": SEE_STAFF,
    "staff.team_end_sessions": MANAGE_STAFF,
    "staff.team_member": MANAGE_STAFF,
    "staff.team_member_submit": MANAGE_STAFF,
    "staff.team_new": MANAGE_STAFF,
    "staff.team_new_submit": MANAGE_STAFF,
    "staff.team_reset": MANAGE_STAFF,
}
# What a route of the desk needs in its path.
STAFF_NEEDED: dict[str, dict[str, object]] = {
    "staff.team_end_sessions": {"staff_id": 1},
    "staff.team_member": {"staff_id": 1},
    "staff.team_member_submit": {"staff_id": 1},
    "staff.team_reset": {"staff_id": 1},
}
# Pages of the desk with a fragment, opened by an administrator.
STAFF_FRAGMENTS = (
    "staff.password",
    "staff.team",
    "staff.team_new",
    "staff.today",
)
MAY = {
    WORK: {OPERATOR, MANAGER, ADMIN},
    IMPORT: {MANAGER, ADMIN},
    JOURNAL: {MANAGER, ADMIN},
    ANNOUNCE: {MANAGER, ADMIN},
    SEE_STAFF: {MANAGER, ADMIN},
    MANAGE_STAFF: {ADMIN},
    DIRECTORIES: {ADMIN},
}
