"""What a password must be: 8–20 characters of any kind."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import PasswordError
from app.domain.password_guessing import normalise_spelling
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


PUBLIC_FACTS = (
    "00123-ЭС",
    "7415000018",
    "Общество с ограниченной ответственностью «Ромашка Миасс»",
    None,
)


@pytest.mark.parametrize(
    "password", ["00123-ЭС", "00123 - эс", "7415000018", "7415 000 018", "Ромашка Миасс"]
)
def test_what_everybody_knows_of_the_customer_is_no_password(password: str) -> None:
    assert refusal(password, PUBLIC_FACTS) == "personal"


def test_what_everybody_knows_of_another_customer_is_as_good_as_any() -> None:
    assert refusal("Лютик Миасс", PUBLIC_FACTS) is None


def test_no_rule_of_composition_is_applied() -> None:
    assert refusal("aaaa bbbb cccc dd", PUBLIC_FACTS) is None


def refusal(password: str, public_facts: tuple[str | None, ...] = ()) -> str | None:
    try:
        check_password(password, public_facts)
    except PasswordError as error:
        return error.code
    return None


TRADER = ("00124-ЭС", "741500001812", "Индивидуальный предприниматель Иванов Петр Сергеевич")
COMPANY = (*PUBLIC_FACTS, "ООО «Ромашка»", "buh@romashka.ru", "+79120000001")


@pytest.mark.parametrize(
    "password",
    [
        "иванов петр",
        "петр иванов",
        "ПетрИванов",
        "Иванов1985",
        "ivanov1985",
        "ivanovpetr",
        "petr.ivanov",
        "ivanovps",
        "иванов74!",
        "sergeevich",
        "ип иванов",
        "Ivanov_2026",
        "ivanov19850213",
        "Ivanov П.С.",
        "bdfyjd1985",
        "иванов-12345",
        "1985иванов",
    ],
)
def test_the_bare_name_of_a_sole_trader_is_no_password(password: str) -> None:
    assert refusal(password, TRADER) == "personal"
    assert refusal(password, ("00999-ЭС", "ООО «Лютик»")) in (None, "common")


@pytest.mark.parametrize(
    "password",
    [
        "ромашка2026",
        "romashka2026",
        "Romashka-2026!",
        "hjvfirf2026",
        "кщьфырлф2026",
        "ооо ромашка",
        "ООО Ромашка 74",
        "ромашкаромашка",
        "romashka_miass",
        "ромашкапароль",
        "buhromashka1",
        "89120000001",
        "79120000001",
        "r0mashka2026",
        "ромашка 7415000018",
    ],
)
def test_the_name_of_the_company_with_a_year_or_known_digits_is_no_password(password: str) -> None:
    assert refusal(password, COMPANY) == "personal"


@pytest.mark.parametrize(
    "password",
    [
        "password2026",
        "пароль1234",
        "Пароль-2026",
        "Passw0rd!2026",
        "parol2026",
        "2026password",
        "пароль пароль",
        "Gfhjkm2026",
        "qwerty2026",
        "admin12345",
        "zima2026",
        "Январь2026",
        "password01012026",
    ],
)
def test_a_common_word_with_digits_is_no_password(password: str) -> None:
    assert refusal(password) == "common"


@pytest.mark.parametrize(
    "password",
    [
        "надежный пароль 7",
        "correct horse batter",
        "4821 9035 1755",
        "dragon monkey summer",
        "кот любит рыбу 3",
        "xkcd-9362-tr0ub4dor",
        "мой кот Васька",
        "Зимой холодно 12",
        "летом на даче 15",
        "петр любит море",
        "ромашка и ландыш",
        "password83915",
        "иванов 83915",
        "aaaa bbbb cccc dd",
    ],
)
def test_an_honest_phrase_is_accepted_even_with_a_known_word_in_it(password: str) -> None:
    assert refusal(password, (*TRADER, *COMPANY)) is None


RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


@given(
    st.text(RUSSIAN, min_size=6, max_size=12).filter(
        lambda name: len(normalise_spelling(name)) >= 6
    ),
    st.integers(1950, 2030),
    st.sampled_from(["", " ", "-", "_", "."]),
    st.sampled_from([str.lower, str.upper, str.title]),
    st.booleans(),
)
def test_any_name_with_a_year_is_refused_however_it_is_written(name, year, between, case, first):
    parts = (str(year), name) if first else (name, str(year))
    written = case(between.join(parts))
    assert refusal(written, (f"ООО «{name.title()}»",)) in ("personal", "common")


@given(st.text(string.ascii_lowercase, min_size=12, max_size=20), st.integers(0, 9999))
def test_a_long_random_word_is_accepted(characters: str, digits: int) -> None:
    password = f"{characters}{digits}"[:20]
    assert refusal(password, (*TRADER, *COMPANY)) in (None, "common")
    if len(set(characters)) > 10:
        assert refusal(password, (*TRADER, *COMPANY)) is None


@given(st.text(max_size=25), st.lists(st.text(max_size=30) | st.none(), max_size=5))
def test_no_text_makes_the_check_fail(password: str, public_facts: list[str | None]) -> None:
    refusal(password, tuple(public_facts))
