"""Roles, logins, and what the second factor is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.second_factor import new_recovery_codes, new_seed, read_recovery_code, totp_secret
from app.domain.staff import Clerk, StaffPermission, StaffRole, normalise_login
from app.lib.totp import code_at, find_step, setup_uri

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
SECRET = totp_secret("k" * 32, "seed")


def test_each_role_may_all_that_the_role_below_it_may() -> None:
    granted = [
        {permission for permission in StaffPermission if Clerk(1, "", "", role).may(permission)}
        for role in StaffRole
    ]
    assert granted[0] < granted[1] < granted[2] == set(StaffPermission)
    assert granted[0] == {StaffPermission.WORK}


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        (" Petrova ", "petrova"),
        ("o.petrova@enser.ru", "o.petrova@enser.ru"),
        ("ab", ""),
        ("петрова", ""),
        ("-petrova", ""),
        ("pet rova", ""),
        ("a" * 61, ""),
    ],
)
def test_a_login_is_small_latin_characters_or_nothing(typed: str, login: str) -> None:
    assert normalise_login(typed) == login


def test_the_secret_needs_both_the_key_and_the_row() -> None:
    seed = new_seed()
    assert totp_secret("k" * 32, seed) == totp_secret("k" * 32, seed)
    assert totp_secret("k" * 32, seed) != totp_secret("q" * 32, seed)
    assert totp_secret("k" * 32, seed) != totp_secret("k" * 32, new_seed())
    assert len(totp_secret("k" * 32, seed)) == 32


@pytest.mark.parametrize(
    ("seconds", "is_right"), [(0, True), (29, True), (-29, True), (90, False), (-90, False)]
)
def test_a_code_is_right_for_a_telephone_whose_clock_is_a_little_off(seconds, is_right) -> None:
    typed = code_at(SECRET, NOW + timedelta(seconds=seconds))
    assert (find_step(SECRET, typed, NOW, after=0) is not None) is is_right


def test_a_code_is_wrong_once_it_or_a_later_one_was_used() -> None:
    step = find_step(SECRET, code_at(SECRET, NOW), NOW, after=0)
    assert step is not None
    assert find_step(SECRET, code_at(SECRET, NOW), NOW, after=step) is None
    earlier = code_at(SECRET, NOW - timedelta(seconds=30))
    assert find_step(SECRET, earlier, NOW, after=step) is None


@given(st.text(max_size=20))
def test_no_text_breaks_the_check_of_a_code(typed: str) -> None:
    step = find_step(SECRET, typed, NOW, after=10**12)
    assert step is None


def test_recovery_codes_differ_and_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert read_recovery_code(f" {code.upper().replace('-', ' - ')} ") == code
    assert read_recovery_code("123456") == ""


def test_the_address_for_the_authenticator_names_the_supplier() -> None:
    uri = setup_uri(SECRET, "petrova", "АО «ЭнСер»")
    assert uri.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in uri
