"""The contract number as people type it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contract_number import normalise_contract_number, number_key
from app.domain.errors import ContractNumberError

PRINTED = "00123-ЭС"
WRITINGS = {
    "as printed": "00123-ЭС",
    "spaces around": "  00123-ЭС \t",
    "spaces inside": "00 123 - ЭС",
    "no-break space": "00123\u00a0-\u00a0ЭС",
    "trailing newline": "00123-ЭС\r\n",
    "zero-width space": "00123\u200b-ЭС",
    "byte order mark": "\ufeff00123-ЭС",
    "soft hyphen": "00123-\u00adЭС",
    "right-to-left marks": "\u202b00123-ЭС\u202c",
    "en dash": "00123–ЭС",
    "em dash": "00123—ЭС",
    "minus": "00123−ЭС",
    "no-break hyphen": "00123‑ЭС",
    "full-width hyphen": "00123－ЭС",
    "two dashes": "00123--ЭС",
    "no dash": "00123ЭС",
    "lower case": "00123-эс",
    "Latin C": "00123-ЭC",
    "Latin E and C": "00123-EC",
    "Latin ES": "00123-es",
    "Cyrillic Е for Э": "00123-ЕС",
    "full-width digits": "００１２３-ЭС",
    "no suffix": "00123",
    "dash without suffix letters": "00123 ",
    "number sign": "№ 00123-ЭС",
    "number sign without a space": "№00123-ЭС",
    "number sign in the Latin layout": "#00123-ЭС",
    "Latin number sign": "N 00123-ЭС",
    "word": "договор 00123-ЭС",
    "word and number sign": "Договор № 00123-ЭС",
    "short word": "дог.№00123-ЭС",
    "whole name": "Договор энергоснабжения № 00123-ЭС от 01.02.2020 г.",
    "in the dative": "договору 00123-эс",
    "date": "00123-ЭС от 01.02.2020",
    "date in words": "00123-ЭС, от 1 февраля 2020 года",
    "no suffix with date": "№ 00123 от 01.02.20",
    "colon": "Номер договора: 00123-ЭС",
    "full stop": "00123-ЭС.",
    "quotes": "«00123-ЭС»",
    "wrong layout": "00123-'C",
    "wrong layout, small": "00123-'c",
    "wrong layout, Shift": '00123-"C',
    "wrong layout, Shift and small": '00123-"c',
    "wrong layout, round marks": "00123-’c",
    "wrong layout, round quotes": "00123-”C",
    "wrong layout, no dash": "00123'c",
    "wrong layout with number sign": "# 00123-'c",
    "wrong layout with spaces": " 00123 - 'c ",
}


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS.keys())
def test_every_usual_writing_is_one_number(text: str) -> None:
    assert normalise_contract_number(text) == PRINTED


def test_leading_zeros_tell_contracts_apart() -> None:
    assert normalise_contract_number("123") == "123-ЭС"
    assert normalise_contract_number("0123") == "0123-ЭС"


@pytest.mark.parametrize(
    "text", ["A-77/2024", "ав.12_3", "00123-АБ", "12345678901", "7-ЭСК", "дог-77", "N5", "номер/7"]
)
def test_numbers_of_another_supplier_are_kept_in_capitals(text: str) -> None:
    assert normalise_contract_number(text) == text.upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "ЭС",
        "без цифр",
        "00123-ЭС<b>",
        "'; DROP TABLE",
        "'c",
        "№",
        "1\x002",
        "١٢٣",
        "9" * 65,
    ],
)
def test_what_cannot_be_a_number_is_refused(text: str) -> None:
    with pytest.raises(ContractNumberError):
        normalise_contract_number(text)


def test_number_that_nobody_could_type_still_has_a_key() -> None:
    assert number_key("Договор (без номера)") == "ДОГОВОР (БЕЗ НОМЕРА)"


LIKELY = st.lists(
    st.sampled_from([*"0159-–/._ №#N'’\"cСэЭ:,", "дог", "договор", "номер", "от ", "\u00ad", "\n"]),
    max_size=14,
).map("".join)


@given(st.text(max_size=300) | LIKELY)
def test_any_text_is_a_number_or_a_refusal_and_normalising_twice_changes_nothing(text: str) -> None:
    try:
        number = normalise_contract_number(text)
    except ContractNumberError:
        return
    assert normalise_contract_number(number) == number
    assert number.isprintable()


@given(st.text(max_size=300) | LIKELY)
def test_every_text_has_a_key_that_is_its_own_key(text: str) -> None:
    assert number_key(number_key(text)) == number_key(text)


@pytest.mark.parametrize(
    "typed",
    [
        "договор от 01.02.2020 № 00108-ЭС",
        "от 01.02.20 г. № 00108-ЭС",
        "Государственный контракт № 00108-ЭС",
        "муниципальный контракт 00108-ЭС от 01.02.2020",
        "Договор энергоснабжения (купли-продажи) № 00108-ЭС",
    ],
)
def test_other_words_and_a_date_before_the_number_are_left_out(typed: str) -> None:
    assert normalise_contract_number(typed) == "00108-ЭС"
