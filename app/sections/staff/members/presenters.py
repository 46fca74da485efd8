"""What rows of «Сотрудники» show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from app.domain.staff import StaffRole
from app.models import StaffMember
from app.sections.staff.labels import ROLES


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of the staff.

    Attributes:
        url: the page where access is changed; empty: the reader may not.
        access: shape and label of whether they can sign in.
    """

    name: str
    url: str
    login: str
    role: str
    department: str
    access: tuple[str, str]


def present_members(staff: Sequence[StaffMember], *, may_manage: bool) -> list[MemberRow]:
    """Decide what the rows show."""
    return [
        MemberRow(
            member.name,
            url_for("staff.member", staff_id=member.id) if may_manage else "",
            member.login,
            ROLES[StaffRole(member.role)],
            member.department.name if member.department else "Все",
            _access(member),
        )
        for member in staff
    ]


def _access(member: StaffMember) -> tuple[str, str]:
    if member.disabled_at:
        return "no", "Закрыт"
    return ("ok", "Открыт") if member.totp_confirmed_at else ("wait", "Еще не входил")
