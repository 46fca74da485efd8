"""Who may see and do what: roles of people at a contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Role of an account at one contract."""

    OWNER = "owner"
    ACCOUNTANT = "accountant"
    ENGINEER = "engineer"
    VIEWER = "viewer"
    LOOKING = "looking"
    """A clerk who looks at what the customer sees; never a membership."""


class Permission(StrEnum):
    """What a page or an action asks for."""

    SEE_CONTRACT = "see_contract"
    SEE_MONEY = "see_money"
    MANAGE_MONEY = "manage_money"
    """Change the bank details that payment orders are written with."""
    SEE_READINGS = "see_readings"
    SUBMIT_READINGS = "submit_readings"
    SEE_ENQUIRIES = "see_enquiries"
    SEND_ENQUIRIES = "send_enquiries"
    MANAGE_ACCOUNT = "manage_account"
    """One's own contacts, password, sessions and consents."""


_READ = frozenset(
    {
        Permission.SEE_CONTRACT,
        Permission.SEE_MONEY,
        Permission.SEE_READINGS,
        Permission.SEE_ENQUIRIES,
    }
)
_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ACCOUNTANT: _READ
    | {Permission.MANAGE_MONEY, Permission.SEND_ENQUIRIES, Permission.MANAGE_ACCOUNT},
    Role.ENGINEER: frozenset(Permission) - {Permission.SEE_MONEY, Permission.MANAGE_MONEY},
    Role.VIEWER: _READ | {Permission.MANAGE_ACCOUNT},
    Role.LOOKING: _READ,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in account on whose behalf a query reads or an action writes."""

    account_id: int


def may(role: Role, permission: Permission) -> bool:
    """Whether a role at a contract grants a permission."""
    return permission in _GRANTS[role]


@dataclass(frozen=True, slots=True)
class Browser:
    """From where a person acts who is not known yet, or not only by their account."""

    address: str
    user_agent: str
    session_id: int | None = None
    """The session it still has; it ends when a new one begins."""
    devices: tuple[str, ...] = ()
    """Known-device tokens that it presents, genuine or not."""
