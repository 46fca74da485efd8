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
