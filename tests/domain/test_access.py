"""Roles of people at a contract."""

from __future__ import annotations

import pytest

from app.domain.access import Permission, Role, may

TABLE = {
    Role.OWNER: {
        "see_contract", "see_money", "manage_money", "see_readings", "submit_readings",
        "see_enquiries", "send_enquiries", "manage_account",
    },
    Role.ACCOUNTANT: {
        "see_contract", "see_money", "manage_money", "see_readings", "see_enquiries",
        "send_enquiries", "manage_account",
    },
    Role.ENGINEER: {
        "see_contract", "see_readings", "submit_readings", "see_enquiries", "send_enquiries",
        "manage_account",
    },
    Role.VIEWER: {
        "see_contract", "see_money", "see_readings", "see_enquiries", "manage_account",
    },
    Role.LOOKING: {"see_contract", "see_money", "see_readings", "see_enquiries"},
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_role_grants_exactly_what_the_table_says(role: Role) -> None:
    assert {permission for permission in Permission if may(role, permission)} == TABLE[role]


def test_every_role_sees_the_contract_itself() -> None:
    assert all(may(role, Permission.SEE_CONTRACT) for role in Role)
