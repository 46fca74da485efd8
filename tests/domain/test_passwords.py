"""What a password must be: 8–20 characters of any kind."""

from __future__ import annotations

import pytest

from app.domain.errors import PasswordError
from app.domain.passwords import check_password


@pytest.mark.parametrize(
    "password",
    ["абвгд ё1", "x" * 20, "aaaa bbbb cccc dd", "        ", "🔑" * 20, " spaces "],
)
def test_eight_to_twenty_characters_of_any_kind_are_accepted(password: str) -> None:
    check_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "short"), ("1234567", "short"), ("🔑" * 7, "short"), ("x" * 21, "long")],
)
def test_another_length_is_refused_with_its_reason(password: str, code: str) -> None:
    with pytest.raises(PasswordError) as refused:
        check_password(password)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "password",
    ["12345678", "password1", "qwerty123", "QWERTY123", "йцукен123", "ЙЦУКЕН123", "87654321"],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    assert refusal(password) == "common"


ABOUT = ("00123-ЭС", "7415000018", "Общество с ограниченной ответственностью «Ромашка Миасс»", None)


@pytest.mark.parametrize(
    "password", ["00123-ЭС", "00123 - эс", "7415000018", "7415 000 018", "Ромашка Миасс"]
)
def test_what_everybody_knows_of_the_customer_is_no_password(password: str) -> None:
    assert refusal(password, ABOUT) == "personal"


def test_what_everybody_knows_of_another_customer_is_as_good_as_any() -> None:
    assert refusal("Лютик Миасс", ABOUT) is None


def test_no_rule_of_composition_is_applied() -> None:
    assert refusal("aaaa bbbb cccc dd", ABOUT) is None


def refusal(password: str, about: tuple[str | None, ...] = ()) -> str | None:
    try:
        check_password(password, about)
    except PasswordError as error:
        return error.code
    return None
