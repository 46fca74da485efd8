"""Ready answers: what their placeholders become."""

from __future__ import annotations

import pytest

from app.domain.answer_templates import fill_placeholders, list_unknown

VALUES = {"договор": "00123-ЭС", "номер обращения": "2026-000001", "имя": "Анна {договор}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("По договору {договор}", "По договору 00123-ЭС"),
        ("№ {Номер  Обращения}", "№ 2026-000001"),
        ("{имя}, {имя}", "Анна {договор}, Анна {договор}"),
        ("без подстановок", "без подстановок"),
        ("{неизвестно}", "{неизвестно}"),
    ],
)
def test_placeholders_become_values_and_a_value_is_never_read_again(
    text: str, expected: str
) -> None:
    assert fill_placeholders(text, VALUES) == expected


def test_a_placeholder_without_a_value_stays_to_be_seen() -> None:
    assert fill_placeholders("{имя}!", {"имя": ""}) == "{имя}!"


def test_unknown_placeholders_are_named_as_they_were_typed() -> None:
    assert list_unknown("{Имя}, {сумма} и {ДОГОВОР}, {}") == ["{сумма}", "{}"]
