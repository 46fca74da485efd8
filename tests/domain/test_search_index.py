"""The index of search texts tells who has a string, and leaves open only what it has to."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.search import SearchQuery, Token, parse_query
from app.domain.search_index import (
    SEGMENT_SIZE,
    Matches,
    PackedIds,
    SegmentIndex,
    find_pieces,
    index_segment,
    is_match,
    list_positions,
    match_needle,
    match_query,
    pack_ids,
    pack_set,
    to_set,
    unpack_ids,
    unpack_set,
)

SIGNS = "аб10@-."
STRING = st.text(SIGNS, min_size=1, max_size=9)
TEXT = st.lists(STRING, max_size=6).map(" ".join)
TEXTS = st.lists(TEXT, min_size=1, max_size=40)
POSITIONS = st.sets(st.integers(0, SEGMENT_SIZE - 1), max_size=600)


def find(index: SegmentIndex, needle: str) -> Matches:
    sets = {gram: unpack_set(contracts) for gram, contracts in index.sets.items()}
    return match_needle(needle, find_pieces(index.pieces, needle), sets)


def having(texts: list[str], needle: str) -> int:
    return to_set([position for position, text in enumerate(texts) if needle in text])


def is_subset(part: int, whole: int) -> bool:
    return part & ~whole == 0


@given(TEXTS, st.lists(STRING, min_size=1, max_size=20))
def test_nobody_is_missed_and_nobody_is_found_for_certain_in_vain(texts, needles) -> None:
    index = index_segment(texts)
    for needle in needles:
        found = find(index, needle)
        assert is_subset(found.certain, having(texts, needle))
        assert is_subset(having(texts, needle), found.possible)
        if len(needle) <= 3:
            assert found.doubtful == 0


def test_a_whole_segment_is_found_by_what_many_of_it_have() -> None:
    chance = random.Random(11)
    names = ("березка", "рассвет", "торговый дом", "иванов иван иванович")
    texts = [
        f"{50_000 + position}-эс\n74{chance.randrange(10**8):08d}\n{chance.choice(names)}"
        f"-{position}\nbuh{position}@{chance.choice(('mail.ru', 'зима.рф'))}"
        f"\n0000{chance.randrange(10**7):07d}"
        for position in range(SEGMENT_SIZE)
    ]
    index = index_segment(texts)
    for needle in ("рассв", "торговый", "ванов", "@mail.ru", "имовец", "0000", "00000"):
        found = find(index, needle)
        assert found.certain == having(texts, needle), needle
        assert found.doubtful.bit_count() < 50, needle
    for needle in ("зка-4", "7400", "12345", "-40", "buh99@mail.ru"):
        found = find(index, needle)
        assert is_subset(found.certain, having(texts, needle)), needle
        assert is_subset(having(texts, needle), found.possible), needle


def test_zeros_in_a_row_are_found_at_the_beginning_and_in_the_middle() -> None:
    texts = ["00000123", "00000456", "00000789", "00000900", "7400000", "10000", "000"]
    index = index_segment(texts)
    for needle in ("0000", "00000", "000000"):
        found = find(index, needle)
        assert found.possible == having(texts, needle)


def test_pieces_that_another_one_covers_are_not_read() -> None:
    pieces = "\n".join(sorted(["00000", "0000012", "0000013", "10000", "@mail.ru", "mail", "12"]))
    assert find_pieces(pieces, "0000") == ["00000", "10000"]
    assert find_pieces(pieces, "00001") == ["0000012", "0000013"]
    assert find_pieces(pieces, "mail") == ["@mail.ru", "mail"]
    assert find_pieces(pieces, "нет такого") == []


@given(POSITIONS)
def test_a_set_is_stored_and_read_back(positions: set[int]) -> None:
    contracts = to_set(sorted(positions))
    assert list_positions(contracts) == sorted(positions)
    assert unpack_set(pack_set(contracts)) == contracts
    assert len(pack_set(contracts)) <= SEGMENT_SIZE // 8


@given(st.lists(st.integers(1, 700), unique=True, max_size=30), st.sets(st.integers(1, 700)))
def test_ids_are_found_where_they_are_stored(contract_ids: list[int], wanted: set[int]) -> None:
    packed = PackedIds(pack_ids(contract_ids))
    assert [packed[at] for at in range(len(contract_ids))] == contract_ids
    places = {key: at for at, key in enumerate(contract_ids)}
    assert {key: packed.find(key) for key in wanted} == {key: places.get(key) for key in wanted}
    assert packed.locate(wanted) == sorted(places[key] for key in wanted & places.keys())


def test_an_id_is_not_found_across_two_others() -> None:
    packed = PackedIds(pack_ids([0x0500_0000_0000_0000, 0x01, 0x05]))
    assert packed.find(0x0105) is None
    assert packed.find(0x05) == 2


@given(st.lists(st.integers(1, 2**63 - 1), max_size=20))
def test_ids_are_stored_and_read_back(contract_ids: list[int]) -> None:
    assert unpack_ids(pack_ids(contract_ids)) == tuple(contract_ids)


@given(
    TEXTS,
    st.lists(st.tuples(st.lists(STRING, min_size=1, max_size=2), st.booleans()), min_size=1),
    st.none() | STRING,
    st.data(),
)
def test_a_query_is_decided_by_its_sets_and_the_doubtful_texts(texts, tokens, phone, data) -> None:
    parsed = [Token(strings[0], tuple(strings), is_email) for strings, is_email in tokens]
    query = SearchQuery(tuple(parsed), phone, "")
    contacts = [token.text for token in parsed if token.is_email] + ([phone] if phone else [])
    someone = st.sets(st.integers(0, len(texts) - 1))
    accounts = {contact: data.draw(someone) for contact in contacts}
    index = index_segment(texts)
    found = match_query(
        query,
        {needle: find(index, needle) for needle in query.needles},
        {contact: to_set(sorted(positions)) for contact, positions in accounts.items()},
    )
    for position, text in enumerate(texts):
        theirs = {contact for contact in contacts if position in accounts[contact]}
        is_found = is_match(query, text, theirs)
        assert (found.certain >> position & 1) <= is_found <= (found.possible >> position & 1)


@pytest.mark.parametrize(
    ("typed", "text", "contacts", "is_found"),
    [
        ("березка ленина", "ооо березка\nул. ленина", set(), True),
        ("березка ленина", "ооо березка\nул. мира", set(), False),
        ("123эс", "00123-эс", set(), True),
        ("buh@mail.ru ленина", "ул. ленина", {"buh@mail.ru"}, True),
        ("buh@mail.ru ленина", "ул. мира", {"buh@mail.ru"}, False),
        ("912 345-67-89", "9123456789", set(), True),
        ("912 345-67-89", "ул. мира", {"9123456789"}, True),
        ("912 345-67-89", "ул. мира", set(), False),
    ],
)
def test_a_text_that_is_read_decides(typed, text, contacts, is_found) -> None:
    assert is_match(parse_query(typed), text, contacts) is is_found
