"""The supplier's people: what each role may do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{2,59}")


class StaffRole(StrEnum):
    """Role of one of the supplier's people."""

    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


class StaffPermission(StrEnum):
    """What a page for staff requires of the role."""

    WORK = "work"
    """Readings, enquiries, registrations, customers, messages."""
    IMPORT = "import"
    """Load billing data, and see what does not agree in them."""
    AUDIT_LOG = "audit_log"
    ANNOUNCE = "announce"
    SEE_STAFF = "see_staff"
    MANAGE_STAFF = "manage_staff"
    DIRECTORIES = "directories"
    SEND_MAILINGS = "send_mailings"
    """Write to many customers at once."""
    SEE_FIGURES = "see_figures"
    """How many, how fast and how well: of all staff together."""
    SEE_HEALTH = "see_health"
    """What is in order with the installation, and what is not."""


_WORK = frozenset({StaffPermission.WORK})
_GRANTS: dict[StaffRole, frozenset[StaffPermission]] = {
    StaffRole.OPERATOR: _WORK,
    StaffRole.MANAGER: _WORK
    | {
        StaffPermission.IMPORT,
        StaffPermission.AUDIT_LOG,
        StaffPermission.ANNOUNCE,
        StaffPermission.SEE_STAFF,
        StaffPermission.SEND_MAILINGS,
        StaffPermission.SEE_FIGURES,
    },
    StaffRole.ADMIN: frozenset(StaffPermission),
}


@dataclass(frozen=True, slots=True)
class Clerk:
    """One of the supplier's people who is signed in and acts."""

    staff_id: int
    name: str
    login: str
    role: StaffRole
    department_id: int | None = None

    def may(self, permission: StaffPermission) -> bool:
        """Whether the role grants a permission."""
        return permission in _GRANTS[self.role]


def normalise_login(text: str) -> str:
    """Normalise a login: trimmed, lower case; empty where it cannot be one."""
    login = text.strip().casefold()
    return login if LOGIN.fullmatch(login) else ""
