"""E-mail addresses and telephone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contacts import (
    mask_email,
    mask_phone,
    may_get_sms,
    normalise_email,
    normalise_phone,
    read_emails,
    read_phones,
    same_email,
    show_phone,
)
from app.domain.errors import ContactError


@pytest.mark.parametrize(
    "typed",
    [
        "+79123456789",
        "89123456789",
        "9123456789",
        "8 (912) 345-67-89",
        "+7 912 345 67 89",
        " 7 912 345-67-89 ",
        "8–912–345–67–89",
        "８９１２３４５６７８９",
        "8\u00a0912\u00a0345\u00a067\u00a089",
    ],
)
def test_any_usual_writing_of_a_number_is_one_number(typed: str) -> None:
    assert normalise_phone(typed) == "+79123456789"


@pytest.mark.parametrize(
    "typed",
    ["", "112", "звоните", "8912", "\x00", "+7 912 345 67 89 00 11 22", "+49 1111 1111111111"],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ContactError):
        normalise_phone(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_refused(typed: str) -> None:
    try:
        phone = normalise_phone(typed)
    except ContactError:
        return
    assert phone.startswith("+")
    assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    ("phone", "may"),
    [
        ("+79123456789", True),
        ("+73513570000", False),
        ("+78005553535", False),
        ("+8821600000000", False),
        ("+447012345678", False),
        ("+19005551234", False),
    ],
)
def test_messages_go_to_mobile_numbers_of_the_allowed_prefixes_only(phone: str, may: bool) -> None:
    assert may_get_sms(phone, ("+79",)) is may


def test_a_prefix_in_the_settings_opens_its_numbers() -> None:
    assert may_get_sms("+375291234567", ("+79", "+375"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Buh@Example.ORG ", "Buh@example.org"),
        ("buh@почта.рф", "buh@xn--80a1acny.xn--p1ai"),
        ("first.last+tag@sub.example.ru", "first.last+tag@sub.example.ru"),
    ],
)
def test_an_address_is_kept_so_that_letters_arrive(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "нет",
        "a@b",
        "a b@example.org",
        "a@example.org\r\nBcc: x@example.org",
        "a@example.org, b@example.org",
        "бух@example.org",
        "a@[127.0.0.1]",
        "a" * 250 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ContactError):
        normalise_email(typed)


def test_a_field_of_billing_may_hold_several_contacts_and_rubbish() -> None:
    assert read_emails("a@example.org; b@example.org, нет") == {"a@example.org", "b@example.org"}
    assert read_phones("8 (912) 345-67-89, доб. или +7 3513 57-00-00") == {
        "+79123456789",
        "+73513570000",
    }
    assert read_emails(None) == read_phones("") == frozenset()


def test_case_does_not_part_two_writings_of_one_mailbox() -> None:
    assert same_email("Buh@example.org", "buh@example.org")
    assert not same_email("buh@example.org", "buh@example.com")


def test_contacts_are_shown_whole_or_masked() -> None:
    assert show_phone("+79123456789") == "+7 912 345-67-89"
    assert show_phone("+375291234567") == "+375 29 123-45-67"
    assert mask_email("buh@example.org") == "b•••@example.org"
    assert mask_phone("+79123456789") == "+7 9•• •••-••-89"
