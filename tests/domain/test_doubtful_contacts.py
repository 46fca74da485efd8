"""Contacts that may be somebody else's: what looks like one and is not, or not the whole of it."""

from __future__ import annotations

import pytest

from app.domain.contacts import normalise_email, normalise_phone, read_billing_contacts, show_email
from app.domain.errors import ContactError

ONE, TWO = "+79123456789", "+79123456780"


@pytest.mark.parametrize(
    ("field", "phones"),
    [
        ("ИНН 3808123456", []),
        ("ИНН 3808123456 89123456789", [ONE]),
        ("ОКПО: 3812345678, дог. № 9000012345", []),
        ("3-45-67 4-56-78", []),
        ("345-67-89 123", []),
        ("+9123456789", []),
        ("+8 (495) 123-45-67", ["+74951234567"]),
        ("+8 912 345-67-89", [ONE]),
        ("8,91235E+10", []),
        ("1) 89123456789 2) 89123456780", [ONE, TWO]),
        ("1. 8(912)3456789 2. 8(912)3456780", [ONE, TWO]),
        ("каб. 12 89123456789", [ONE]),
        ("с 8 до 17 89123456789", [ONE]),
        ("x" * 600 + " 89123456789", [ONE]),
    ],
)
def test_no_stranger_is_read_out_of_other_digits(field: str, phones: list[str]) -> None:
    found = read_billing_contacts("", field)
    assert list(found.phones) == phones
    assert found.phones or found.unread_phone


@pytest.mark.parametrize("typed", ["ИНН 3808123456", "3-45-67 4-56-78", "+9123456789"])
def test_digits_of_something_else_are_no_number_in_a_form(typed: str) -> None:
    with pytest.raises(ContactError):
        normalise_phone(typed)


def test_a_plus_before_the_eight_is_not_a_country() -> None:
    assert normalise_phone("+8 (863) 234-56-78") == "+78632345678"


@pytest.mark.parametrize(
    ("field", "emails", "unread"),
    [
        ("ivanov,petrov@x.example", (), ("ivanov,petrov@x.example",)),
        ("a@x.example,b@x.example", ("a@x.example", "b@x.example"), ()),
        ("e-mail,a@x.example", ("a@x.example",), ()),
        ("89123456789,a@x.example", ("a@x.example",), ()),
        ("1.a@x.example 2.b@x.example", ("a@x.example", "b@x.example"), ()),
        ("1.a@x.example", ("1.a@x.example",), ()),
        ("buh@mail.r u", (), ("buh@mail.r",)),
    ],
)
def test_an_address_that_may_be_cut_is_not_written_to(
    field: str, emails: tuple[str, ...], unread: tuple[str, ...]
) -> None:
    found = read_billing_contacts(field, "")
    assert (found.emails, found.unread_email) == (emails, unread)


@pytest.mark.parametrize(
    "blank",
    ["нет данных", "нет эл. почты", "нет телефона", "н/д", "не имеет", "не известен", "отсутств."],
)
def test_other_words_for_no_contact_are_no_riddle_either(blank: str) -> None:
    assert read_billing_contacts(blank, blank) == read_billing_contacts("", "")


@pytest.mark.parametrize("domain", ["тест.рф", "саха.рф", "сор.рф", "башҡорт.рф"])
def test_every_name_under_the_russian_domain_is_shown_as_people_write_it(domain: str) -> None:
    stored = normalise_email(f"buh@{domain}")
    assert stored.isascii()
    assert show_email(stored) == f"buh@{domain}"


def test_a_name_that_passes_for_a_latin_one_is_not_shown_as_such() -> None:
    # Cyrillic throughout; looks like «apple.com».
    assert show_email("buh@xn--80ak6aa92e.com") == "buh@xn--80ak6aa92e.com"


@pytest.mark.parametrize(
    ("typed", "character"), [("buh@mail.ру", "р"), ("buh@mail.рф", "р"), ("buh@1c.рф", "c")]
)
def test_a_latin_name_with_a_russian_ending_is_refused_by_its_character(
    typed: str, character: str
) -> None:
    with pytest.raises(ContactError) as error:
        normalise_email(typed)
    assert (error.value.code, error.value.character) == ("email_character", character)
    assert typed[error.value.place - 1] == character
