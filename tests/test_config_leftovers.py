"""What a settings file leaves in a value is refused, what belongs to a value is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import check_leftovers


@pytest.mark.parametrize(
    ("raw", "phrase"),
    [
        ("8000   # port", "« #»"),
        ("8000\t# port", "« #»"),
        ("smtp.example.ru #почта", "« #»"),
        ("# имя отправителя", "« #»"),
        ("   #имя", "« #»"),
        ("#", "« #»"),
        ('"abc"', "в кавычках"),
        ("'abc'", "в кавычках"),
        ("“abc”", "в кавычках"),
        ('""', "в кавычках"),
        ("'\"status\": 1'", "в кавычках"),
        ('https://lk.example.ru"', "непарная"),
        ("'abc", "непарная"),
        ('"', "непарная"),
        ("abc\nB=1", "перенос"),
        ("a\rb", "перенос"),
    ],
)
def test_what_is_left_over_is_named_without_the_value(raw: str, phrase: str) -> None:
    with pytest.raises(ValueError, match=phrase) as caught:
        check_leftovers(raw)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  8000 ",
        "a#b",
        "#Secret1",
        "redis://:pa%23ss@host/0",
        'ООО "Такском"',
        "д'Артаньян",
        'АО "ПФ" и "Другой"',
        '"А" и "Б"',
        '"status": *"OK".*"sms_id": *"(\\d+)"',
        "^accepted;(\\d+)",
        '{"text": "Заявка #5 # {text}"}',
        '{"X": "a"}',
        "<sms>Код # {text}</sms>",
        '["a # b"]',
        '{\n "to": "{phone}"\n}',
        "api_id=K&msg={text}",
        'pa"ss',
        "«Контур»",
    ],
)
def test_what_belongs_to_a_value_is_accepted(raw: str) -> None:
    check_leftovers(raw)


@pytest.mark.parametrize("raw", ['pass"', "'pass", '"id": *"([^"]+)'])
def test_a_password_or_pattern_may_have_a_lone_quote(raw: str) -> None:
    check_leftovers(raw, may_have_lone_quote=True)


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="\"'“‘#")))
def test_a_value_without_quotes_blanks_and_hashes_is_always_accepted(raw: str) -> None:
    check_leftovers(raw)
