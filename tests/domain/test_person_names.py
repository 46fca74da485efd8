"""Names that somebody types of somebody else."""

from __future__ import annotations

import pytest

from app.domain.person_names import is_person_name


@pytest.mark.parametrize(
    "name",
    [
        "Ирина Белова",
        "Белова И. И.",
        "Белова И.И.",
        "И. Белова",
        "Салтыков-Щедрин Михаил Евграфович",
        "Жанна д'Арк",
        "О’Коннор",
        "Йо\u0308рген",
        "Anna Müller",
        "и\u0306 Белова",
    ],
)
def test_names_as_people_write_them(name: str) -> None:
    assert is_person_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "evil.ru",
        "t.me",
        "И.И.Белова",
        "a@b.ru",
        "Иван <b>",
        "Иван 2",
        "[[x]]",
        "Иван!",
        "и" * 81,
    ],
)
def test_links_markup_and_digits_are_no_names(name: str) -> None:
    assert not is_person_name(name)
