"""Spellings of an address that reach one mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.mailbox_limits import mailbox_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buh@Example.org", "buh@example.org"),
        ("buh+1@example.org", "buh+2@example.org"),
        ("b.u.h@gmail.com", "buh@googlemail.com"),
        ("i.petrov@yandex.ru", "i-petrov@ya.ru"),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert mailbox_key(one) == mailbox_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b.uh@example.org", "buh@example.org"),
        ("buh@example.org", "buh@example.com"),
        ("buh@gmail.com", "buh@yandex.ru"),
    ],
)
def test_two_mailboxes_have_two_keys(one: str, other: str) -> None:
    assert mailbox_key(one) != mailbox_key(other)


@given(st.text())
def test_no_text_makes_the_key_fail(text: str) -> None:
    assert mailbox_key(mailbox_key(text)) == mailbox_key(text) or "@" not in text
