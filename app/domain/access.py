"""Authorization of customers: roles at a contract, what they grant, and until when."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

TERMINATED = "terminated"
"""Status of a contract in billing: расторгнут."""


class Role(StrEnum):
    """Role of an account at one contract."""

    OWNER = "owner"
    """Signs in with the contract number; one at a time."""
    DIRECTOR = "director"
    """May do what the owner may, and takes the owner's place when that ends."""
    ACCOUNTANT = "accountant"
    ENGINEER = "engineer"
    VIEWER = "viewer"
    READ_ONLY_STAFF = "read_only_staff"
    """Staff who view a contract as its customer does; never stored as a membership."""


class Permission(StrEnum):
    """What a page or an action requires of a role."""

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
    MANAGE_PEOPLE = "manage_people"
    """Invite people to a contract, change and end their access."""


_READ = frozenset(
    {
        Permission.SEE_CONTRACT,
        Permission.SEE_MONEY,
        Permission.SEE_READINGS,
        Permission.SEE_ENQUIRIES,
    }
)
_MANAGE = frozenset({Permission.MANAGE_MONEY, Permission.MANAGE_PEOPLE})
_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.DIRECTOR: frozenset(Permission),
    Role.ACCOUNTANT: _READ
    | {Permission.MANAGE_MONEY, Permission.SEND_ENQUIRIES, Permission.MANAGE_ACCOUNT},
    Role.ENGINEER: frozenset(Permission) - {Permission.SEE_MONEY} - _MANAGE,
    Role.VIEWER: _READ | {Permission.MANAGE_ACCOUNT},
    Role.READ_ONLY_STAFF: _READ,
}

OF_WHOLE_CONTRACT = frozenset(
    {Permission.SEE_MONEY, Permission.MANAGE_MONEY, Permission.MANAGE_PEOPLE}
)
"""Balance, documents and people cannot be divided by supply points."""
LIMITABLE = (Role.ENGINEER, Role.VIEWER)
"""Roles whose access may be limited to supply points: the others are there for money or people."""
INVITED = (Role.DIRECTOR, Role.ACCOUNTANT, Role.ENGINEER, Role.VIEWER)
"""Roles that somebody may be invited in, and changed to."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in account on whose behalf a query reads or an action writes."""

    account_id: int


def may(role: Role, permission: Permission, *, is_limited: bool = False) -> bool:
    """Whether a role at a contract grants a permission.

    Args:
        is_limited: access to some supply points of the contract, which grants nothing that is of
            the whole contract.
    """
    return permission in _GRANTS[role] and not (is_limited and permission in OF_WHOLE_CONTRACT)


def is_terminated(status: str, valid_to: date | None, today: date) -> bool:
    """Whether a contract has ended: its people read, and submit no readings any more.

    ``valid_to`` is its last day. A day to come is a termination that has been agreed on; a past day
    of a contract that billing calls active means nothing, because such contracts are prolonged.
    """
    return status == TERMINATED and (valid_to is None or valid_to < today)


@dataclass(frozen=True, slots=True)
class AccessWindow:
    """Which terminated contracts their people may still read today.

    Attributes:
        today: in the supplier's zone.
        oldest_end: contracts that ended before this day are closed.
    """

    today: date
    oldest_end: date


STRICT_WINDOW = AccessWindow(date.max, date.min)
"""Every contract that has ended is open, but no access with a term."""


@lru_cache(maxsize=16)
def access_window(today: date, months: int) -> AccessWindow:
    """The window in which a contract stays readable: ``months`` after its last day, inclusive.

    A contract that ended on 31 August is open for 6 months until 28 February: months end where the
    calendar lets them.
    """
    oldest_end = _add_months(today, -months)
    if _add_months(oldest_end, months) < today:
        oldest_end += timedelta(days=1)
    return AccessWindow(today, oldest_end)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from: network address, user agent, known devices."""

    address: str
    user_agent: str
    session_id: int | None = None
    """The session it still has; it ends when a new one begins."""
    devices: tuple[str, ...] = ()
    """Known-device tokens that it presents, genuine or not."""
