"""E-mail addresses and telephone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contacts import (
    BillingContacts,
    export_phone,
    has_only_plain_contacts,
    mask_email,
    mask_phone,
    may_get_sms,
    normalise_email,
    normalise_phone,
    read_billing_contacts,
    same_email,
    show_email,
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
    ("typed", "stored"),
    [
        (" Buh@Example.ORG ", "Buh@example.org"),
        ("buh@почта.рф", "buh@xn--80a1acny.xn--p1ai"),
        ("first.last+tag@sub.example.ru", "first.last+tag@sub.example.ru"),
    ],
)
def test_an_address_is_stored_so_that_emails_arrive(typed: str, stored: str) -> None:
    assert normalise_email(typed) == stored


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
    found = read_billing_contacts(
        "a@example.org; b@example.org, нет", "8 (912) 345-67-89, доб. или +7 3513 57-00-00"
    )
    assert found.emails == ("a@example.org", "b@example.org")
    assert found.phones == ("+79123456789", "+73513570000")
    assert read_billing_contacts(None, "") == BillingContacts()


ONE, TWO = "+79123456789", "+79123456780"


@pytest.mark.parametrize(
    ("email", "phone", "emails", "phones"),
    [
        ("a@x.example b@x.example", "8-912-345-67-89/8-912-345-67-80", 2, [ONE, TWO]),
        ("a@x.example/b@x.example", "89123456789 89123456780", 2, [ONE, TWO]),
        ("a@x.example и b@x.example", "8 912 345 67 89 и 8 912 345 67 80", 2, [ONE, TWO]),
        ("e-mail:a@x.example;mailto:b@x.example", "8 912 345 67 89 8 912 345 67 80", 2, [ONE, TWO]),
        ("<a@x.example>, (b@x.example).", "+79123456789+79123456780", 2, [ONE, TWO]),
        ("бухгалтерия: a@x.example (Иванова И.И.)", "Иванова И.И. 8-912-345-67-89", 1, [ONE]),
        ("a @ x.example", "тел. 8(912)345-67-89, моб.: 912 345-67-80", 1, [ONE, TWO]),
        ("", "т.89123456789 (после 18:00), a@x.example", 1, [ONE]),
        ("8 912 345 67 89", "", 0, [ONE]),
        ("a@x.example, A@x.example", "89123456789; +7 912 345-67-89", 1, [ONE]),
        (
            "",
            "8 (3513) 57-00-00 (доб.105); факс 8(3513)57-00-01",
            0,
            ["+73513570000;ext=105", "+73513570001"],
        ),
        ("", "812 345-67-89, 8 800 555-35-35", 0, ["+78123456789", "+78005553535"]),
        ("", "8 10 375 29 123-45-67 / +375 29 123-45-67", 0, ["+375291234567"]),
        ("a\u200b@x.example\u2007b@x.example", "8\u2011912\u2011345\u201167\u201189", 2, [ONE]),
    ],
)
def test_contacts_are_read_apart_however_they_are_written(
    email: str, phone: str, emails: int, phones: list[str]
) -> None:
    found = read_billing_contacts(email, phone)
    assert list(found.emails) == ["a@x.example", "b@x.example"][:emails]
    assert list(found.phones) == phones
    assert not found.unread_email
    assert not found.unread_phone


@pytest.mark.parametrize(
    ("email", "phone", "unread"),
    [
        ("Иванова", "57-00-00", ("Иванова", "57-00-00")),
        ("buh@mаil.ru", "8 912 345-67-8", ("buh@mаil.ru", "8 912 345-67-8")),
        (
            "a@x.example@y.example",
            "40702810912345678901",
            ("a@x.example@y.example", "40702810912345678901"),
        ),
    ],
)
def test_what_cannot_be_read_is_said_not_guessed(
    email: str, phone: str, unread: tuple[str, str]
) -> None:
    found = read_billing_contacts(email, phone)
    assert found.is_empty
    assert (*found.unread_email, *found.unread_phone) == unread
    assert found.shown == list(unread)


@pytest.mark.parametrize("blank", [None, "", "-", "нет", "Нет.", "не указан", "отсутствует", "0"])
def test_words_for_no_contact_are_no_contact_and_no_riddle(blank: str | None) -> None:
    assert read_billing_contacts(blank, blank) == read_billing_contacts("", "")
    assert read_billing_contacts(blank, blank).is_empty


WRITINGS = ["8 (912) {0}-{1}-{2}", "+7912{0}{1}{2}", "8-912-{0}-{1}-{2}", "912 {0} {1} {2}"]
BETWEEN = [" ", ", ", ";", "/", " и ", " или ", "\n", " (Иванова И.И.) ", ", факс: ", " - "]


@given(
    st.lists(
        st.tuples(st.integers(0, 9_999_999), st.sampled_from(WRITINGS), st.sampled_from(BETWEEN)),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_written_one_after_the_other_are_all_read(
    written: list[tuple[int, str, str]],
) -> None:
    digits = [f"{number:07d}" for number, _, _ in written]
    parts = zip(digits, written, strict=True)
    field = "".join(
        writing.format(subscriber[:3], subscriber[3:5], subscriber[5:]) + between
        for subscriber, (_, writing, between) in parts
    )
    expected = list(dict.fromkeys(f"+7912{subscriber}" for subscriber in digits))
    assert list(read_billing_contacts("", field).phones) == expected


@given(st.text(max_size=300), st.text("0123456789+-() /,;доби.@e", max_size=80))
def test_any_field_is_read_and_what_is_read_is_stored_form(text: str, digits: str) -> None:
    found = read_billing_contacts(text, digits)
    for address in found.emails:
        assert normalise_email(address) == address
        assert normalise_email(show_email(address)) == address
    for phone in found.phones:
        assert normalise_phone(phone, may_have_extension=True) == phone
        assert normalise_phone(show_phone(phone), may_have_extension=True) == phone
        assert len(phone) <= 32


@given(
    st.from_regex(r"\A[a-z0-9]{1,9}[._-]?[a-z0-9]{0,9}@[a-z0-9-]{1,9}\.(ru|com|local)\Z"),
    st.from_regex(r"\A(\+7|8)?[ -]?\(?[3489][0-9]{2}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}-?[0-9]{1,2}\Z"),
)
def test_what_is_taken_for_plain_is_read_as_one_contact_each(email: str, phone: str) -> None:
    found = read_billing_contacts(email, phone)
    if has_only_plain_contacts(email, phone):
        assert (len(found.emails), len(found.phones)) == (1, 1)
        assert not found.unread_email
        assert not found.unread_phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("8 912 345-67-8", "phone_short"),
        ("8912345678", "phone_short"),
        ("7 912 345 67 8", "phone_short"),
        ("+7 912 345 67 8", "phone_short"),
        ("+7 912 345 67 89 0", "phone_long"),
        ("89123456789 89123456780", "phone_many"),
        ("8 912 345-67-89 доб. 105", "phone_extension"),
        ("звоните", "phone"),
    ],
)
def test_a_number_is_refused_with_the_reason(typed: str, code: str) -> None:
    with pytest.raises(ContactError) as error:
        normalise_phone(typed)
    assert error.value.code == code


@pytest.mark.parametrize(
    "typed",
    [
        "8 (3513) 57-00-00 доб. 105",
        "8(3513)570000, доб.105",
        "+7 351 357 00 00 (доб 105)",
        "83513570000 вн. 105",
        "83513570000#105",
        "+73513570000;ext=105",
        "8 3513 57-00-00 добавочный 105",
    ],
)
def test_an_extension_is_kept_and_shown(typed: str) -> None:
    phone = normalise_phone(typed, may_have_extension=True)
    assert show_phone(phone) == "+7 351 357-00-00, доб. 105"
    assert export_phone(phone) == "+73513570000 доб. 105"
    assert not may_get_sms(phone, ("+7",))


@pytest.mark.parametrize(
    ("typed", "character", "place"),
    [
        ("buh@mаil.ru", "а", 6),
        ("buh@mail.гu", "г", 10),
        ("buh@xn--mil-6cd.ru", "а", 6),
        ("buh@асе.com", "а", 5),
        ("buh@почта.ru", "п", 5),
        ("bуh@mail.ru", "у", 2),
        ("buh@почтa.рф", "a", 9),
        ("buh@почта.pф", "p", 11),
    ],
)
def test_a_character_of_another_alphabet_is_named_with_its_place(
    typed: str, character: str, place: int
) -> None:
    with pytest.raises(ContactError) as error:
        normalise_email(typed)
    assert (error.value.code, error.value.character, error.value.place) == (
        "email_character",
        character,
        place,
    )


def test_a_domain_in_russian_is_shown_as_people_write_it() -> None:
    assert show_email("buh@xn--80a1acny.xn--p1ai") == "buh@почта.рф"
    assert mask_email("buh@xn--80a1acny.xn--p1ai") == "b•••@почта.рф"
    assert show_email("buh@xn--80a1acny.com") == "buh@почта.com"
    # Looks like «ace.com», or mixes alphabets: shown as it is sent.
    for spoof in ("buh@xn--80ak9a.com", "buh@xn--mil-6cd.ru", "buh@xn--.ru", "buh@xn--\x00.ru"):
        assert show_email(spoof) == spoof
    assert show_email(None) == ""


@given(st.text(max_size=80))
def test_showing_never_fails_whatever_stands_in_the_table(text: str) -> None:
    assert isinstance(show_email(text), str)


def test_case_does_not_part_two_writings_of_one_mailbox() -> None:
    assert same_email("Buh@example.org", "buh@example.org")
    assert not same_email("buh@example.org", "buh@example.com")


def test_contacts_are_shown_whole_or_masked() -> None:
    assert show_phone("+79123456789") == "+7 912 345-67-89"
    assert show_phone("+375291234567") == "+375 29 123-45-67"
    assert mask_email("buh@example.org") == "b•••@example.org"
    assert mask_phone("+79123456789") == "+7 9•• •••-••-89"
