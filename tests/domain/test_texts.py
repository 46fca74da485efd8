"""Names of versions, and moments of announcements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.announcements import Stage, read_moment, show_moment, stage_of
from app.domain.errors import PeriodError
from app.domain.texts import next_version, version_label

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        ((), "2026-11-22"),
        (("2026-11-21",), "2026-11-22"),
        (("2026-11-22",), "2026-11-22-2"),
        (("2026-11-22", "2026-11-22-2"), "2026-11-22-3"),
        (tuple(["2026-11-22"] + [f"2026-11-22-{n}" for n in range(2, 10)]), "2026-11-22-10"),
    ],
)
def test_a_version_is_named_by_its_day_and_its_number(existing, expected) -> None:
    assert next_version(DAY, existing) == expected


@pytest.mark.parametrize(
    ("version", "label"),
    [
        ("2026-11-22", "22.11.2026"),
        ("2026-11-22-2", "22.11.2026 (2)"),
        ("built-in", "встроенная"),
    ],
)
def test_a_version_reads_as_a_date(version: str, label: str) -> None:
    assert version_label(version) == label


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T09:05",
        "2026-11-22 09:05",
        "2026-11-22T09:05:00",
        "22.11.2026 9:05",
        "22.11.2026, 09:05",
        "22.11.26 в 9:05",
        "22/11/2026 09:05",
    ],
)
def test_a_moment_is_read_as_browsers_and_people_write_it(text: str) -> None:
    assert show_moment(read_moment(text)) == "2026-11-22T09:05"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "unreadable"),
        ("завтра", "unreadable"),
        ("2026-02-30T10:00", "unreadable"),
        ("2026-11-22", "unreadable"),
        ("2026-11-22T24:00", "unreadable"),
        ("٢٠٢٦-11-22T10:00", "unreadable"),
        ("1999-12-31T10:00", "out_of_range"),
        ("31.12.9999 10:00", "out_of_range"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, code: str) -> None:
    with pytest.raises(PeriodError) as caught:
        read_moment(text)
    assert caught.value.code == code


def test_an_announcement_stands_from_its_first_moment_to_before_its_last() -> None:
    begins = datetime(2026, 11, 22, 10, tzinfo=UTC)
    ends, second = begins + timedelta(hours=1), timedelta(seconds=1)
    assert stage_of(begins, ends, begins - second) == Stage.COMING
    assert stage_of(begins, ends, begins) == Stage.CURRENT
    assert stage_of(begins, ends, ends - second) == Stage.CURRENT
    assert stage_of(begins, ends, ends) == Stage.OVER
