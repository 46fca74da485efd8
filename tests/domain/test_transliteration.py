"""Letters that windows-1251 lacks, written as people write them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.transliteration import REPLACEMENT, to_windows_1251

CYRILLIC = [
    *range(0x400, 0x530),
    *range(0x1C80, 0x1C89),
    *range(0x2DE0, 0x2E00),
    *range(0xA640, 0xA6A0),
]
LATIN = [
    *range(0xC0, 0xD7),
    *range(0xD8, 0xF7),
    *range(0xF8, 0x13F),
    *range(0x141, 0x149),
    *range(0x14A, 0x180),
    *range(0x1E00, 0x1E9A),
    *range(0x1EA0, 0x1EFA),
]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("СПК «Яңы тормош һәм Көнсығыш»", "СПК «Яны тормош хэм Консыгыш»"),
        ("с. Аҡъяр, Үҙәк", "с. Акъяр, Узэк"),
        ("Қазақстан, Ұлы, Һ", "Казакстан, Улы, Х"),
        ("Ҫӗнӗ Шупашкар, Хӑрпан", "Сене Шупашкар, Харпан"),
        ("Өктөөҕү Ҥ, Дьокуускай", "Октоогу Нг, Дьокуускай"),
        ("Ирӕф, Пӧлӧс, Йӱ, Ӹ, Ӥ", "Ирэф, Полос, Йу, Ы, И"),
        ("Ӏ и ӏ, Ҷ, Ӈ, Ӄ, Ԥ, Ҽ", "I и I, Ч, Н, К, П, Ч"),
        ("Ёлка, І, Ї, Є, Ґ, Ў", "Ёлка, І, Ї, Є, Ґ, Ў"),
        ("Zażółć Straße Ærø Đ ƀ", "Zazolc Strasse Aero D b"),
        ("100 ₽ − 5 ½ × 2", "100 руб. - 5 1/2 x 2"),
        ("№ 5 — «Ромашка»", "№ 5 — «Ромашка»"),
        ("а\u200bб\u00adв\u2007г\u202fд\u2011е", "абв г д-е"),
        ("и\u0306 е\u0308 ы\u0304", "й ё ы"),
        ("Завод 🏭🏭 日本", "Завод * *"),
        ("Что? Где?", "Что? Где?"),
    ],
)
def test_names_of_all_peoples_keep_their_sound(text: str, written: str) -> None:
    assert to_windows_1251(text) == written


def test_every_character_has_a_substitute_of_its_case() -> None:
    for character in map(chr, [*CYRILLIC, *LATIN]):
        written = to_windows_1251(f"а{character}")[1:]
        assert "?" not in written
        assert REPLACEMENT not in written or character == "꙳"
        if unicodedata.category(character) in ("Lu", "Ll") and character != "ӏ":
            assert written.isalpha(), character
            assert written[0].isupper() == character.isupper(), character


@given(st.text(max_size=200))
def test_any_text_can_be_encoded_gains_no_question_mark_and_stays(text: str) -> None:
    written = to_windows_1251(text)
    written.encode("windows-1251")
    # Of signs that stand for one, as «⁇», it is the meaning.
    assert "?" not in written or "?" in unicodedata.normalize("NFKD", text)
    assert to_windows_1251(written) == written
