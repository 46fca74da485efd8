"""The supplier's people: what each role may do, and the second factor of their sign-in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{2,59}")
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


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


def new_seed() -> str:
    """Random seed, 128 bits in hex, of which ``totp_secret`` derives a person's second factor."""
    return secrets.token_hex(16)


def totp_secret(secret_key: str, seed: str) -> str:
    """The shared secret of an authenticator, base32.

    It is computed, never stored: whoever has a copy of the database alone makes no codes.

    Source: RFC 6238; RFC 4226 §4 asks for 160 bits.
    """
    mac = hmac.digest(secret_key.encode(), f"kabinet.totp.{seed}".encode(), hashlib.sha256)
    return base64.b32encode(mac[:20]).decode()


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 bits each, «abcde-fghjk»."""
    return [f"{_five()}-{_five()}" for _ in range(RECOVERY_CODES)]


def read_recovery_code(text: str) -> str:
    """A recovery code as it was given, however it is typed; empty where it is none."""
    characters = re.sub(r"[\s-]", "", text.casefold())
    return f"{characters[:5]}-{characters[5:]}" if len(characters) == 10 else ""


def hash_recovery_code(secret_key: str, code: str) -> str:
    """Keyed hash of a recovery code, HMAC-SHA256 in hex, as the table stores it."""
    return hmac.new(secret_key.encode(), f"kabinet.recovery.{code}".encode(), "sha256").hexdigest()


def _five() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
