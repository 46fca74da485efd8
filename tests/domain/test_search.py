"""What is typed and what is on record are folded alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.search import (
    MAX_TOKENS,
    fold,
    index_text,
    is_number_like,
    parse_query,
    query_tokens,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ('ООО "Рассвёт"', "ооо рассвет"),
        ("АО «Заря»", "ао заря"),
        ("АО «Ра\u00adдуга\u200b»", "ао радуга"),
        ("Каменск‑Уральский – Сухой−Лог", "каменск-уральский - сухой-лог"),
        ("Кафе «О’Кей» и Д'Артаньян", "кафе окей и дартаньян"),
        ("ОАО\u2007«Д`Ор´»\u202f", "оао дор"),
        ("Елка и\u0306ог", "елка йог"),
        ("  пр.\u00a0Автозаводцев,  2 ", "пр. автозаводцев, 2"),
        ("№ 00123\u2010ЭС", "no 00123-эс"),
    ],
)
def test_case_quotes_yo_and_spaces_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=100))
def test_every_word_on_record_is_found_by_itself(text: str) -> None:
    record = index_text([text])
    assert all(token in record for token in query_tokens(text))


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("between", ["\u00ad", "\u200b", "'", "’", "ʼ", "`"])
def test_what_nobody_types_does_not_part_a_word(between: str) -> None:
    record = index_text([f"Рад{between}уга"])
    assert query_tokens("радуга") == [record]
    assert query_tokens(f"РАД{between}УГА") == [record]


@given(st.text(max_size=400))
def test_a_query_never_has_too_many_words(text: str) -> None:
    assert len(query_tokens(text)) <= MAX_TOKENS


def test_signs_alone_ask_for_nothing() -> None:
    assert query_tokens("% _ ...") == []


@pytest.mark.parametrize(
    ("token", "is_number"),
    [("123", True), ("00123-эс", True), ("00123эс", True), ("эс", False), ("7415-000", False)],
)
def test_what_may_be_a_contract_number(token: str, is_number: bool) -> None:
    assert is_number_like(token) is is_number


@given(st.text(st.sampled_from("0aZяЯёЁйЙ \"«»№.,:;()/@_+-'’\u0306\u00a0ﬁ"), max_size=40))
def test_texts_without_rare_characters_are_folded_like_all_others(text: str) -> None:
    # An invisible character at the end is the rare one.
    assert fold(text) == fold(text + "\u200b")


@given(st.text(st.sampled_from("0123456789-эсcЭС'’№ .\u00a0абв@+("), max_size=40))
def test_no_writing_of_what_is_typed_has_a_space_in_it(typed: str) -> None:
    assert not any(needle.split() != [needle] for needle in parse_query(typed).needles)
