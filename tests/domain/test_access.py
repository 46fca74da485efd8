"""Roles of people at a contract."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import Permission, Role, access_window, is_terminated, may

TABLE = {
    Role.OWNER: {
        "see_contract",
        "see_money",
        "manage_money",
        "see_readings",
        "submit_readings",
        "see_enquiries",
        "send_enquiries",
        "manage_account",
        "manage_people",
    },
    Role.DIRECTOR: {
        "see_contract",
        "see_money",
        "manage_money",
        "see_readings",
        "submit_readings",
        "see_enquiries",
        "send_enquiries",
        "manage_account",
        "manage_people",
    },
    Role.ACCOUNTANT: {
        "see_contract",
        "see_money",
        "manage_money",
        "see_readings",
        "see_enquiries",
        "send_enquiries",
        "manage_account",
    },
    Role.ENGINEER: {
        "see_contract",
        "see_readings",
        "submit_readings",
        "see_enquiries",
        "send_enquiries",
        "manage_account",
    },
    Role.VIEWER: {
        "see_contract",
        "see_money",
        "see_readings",
        "see_enquiries",
        "manage_account",
    },
    Role.READ_ONLY_STAFF: {"see_contract", "see_money", "see_readings", "see_enquiries"},
}


@pytest.mark.parametrize("role", Role)
def test_role_grants_exactly_what_the_table_says(role: Role) -> None:
    assert {permission for permission in Permission if may(role, permission)} == TABLE[role]


def test_every_role_sees_the_contract_itself() -> None:
    assert all(may(role, Permission.SEE_CONTRACT) for role in Role)


@given(
    end=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    months=st.integers(1, 120),
    days=st.integers(-40, 40),
)
def test_a_terminated_contract_is_open_to_its_last_day_plus_the_months(
    end: date, months: int, days: int
) -> None:
    """Counted by the calendar: as far as the same day of a later month, or that month's last."""
    year, month = divmod(end.year * 12 + end.month - 1 + months, 12)
    last = date(year, month + 1, min(end.day, monthrange(year, month + 1)[1]))
    today = last + timedelta(days=days)
    assert (end >= access_window(today, months).oldest_end) is (days <= 0)


@pytest.mark.parametrize(
    ("status", "valid_to", "expected"),
    [
        ("terminated", None, True),
        ("terminated", date(2026, 11, 20), True),
        ("terminated", date(2026, 11, 21), False),
        ("active", date(2020, 1, 1), False),
        ("suspended", None, False),
    ],
)
def test_a_contract_is_over_after_its_last_day(
    status: str, valid_to: date | None, expected: bool
) -> None:
    assert is_terminated(status, valid_to, date(2026, 11, 21)) is expected
