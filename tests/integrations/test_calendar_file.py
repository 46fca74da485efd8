"""The calendar file, read back by the parser of the package and compared."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime
from pathlib import Path

import icalendar
import pytest
from icalendar import Calendar

from app.domain.calendar import CalendarEntry
from app.domain.events import EventKind
from app.integrations.calendar_file import write_calendar
from tests.browser.live import HOSTILE

MADE_AT = datetime(2026, 11, 21, tzinfo=UTC)
PUBLIC_FILES = sorted((Path(icalendar.__file__).parent / "tests" / "calendars").glob("*.ics"))


def entry(title: str, key: str = "due-1-2026-12-01") -> CalendarEntry:
    day = date(2026, 12, 1)
    return CalendarEntry(key, 1, day, date(2026, 12, 3), title, EventKind.DUE)


def write(*titles: str) -> bytes:
    entries = [entry(title, f"key-{place}") for place, title in enumerate(titles)]
    return write_calendar("Энергоснабжение", entries, lambda _: "https://k.ru/", "k.ru", MADE_AT)


def read(content: bytes) -> list[str]:
    found = Calendar.from_ical(content)
    assert isinstance(found, Calendar)
    assert not found.errors
    return [str(event["summary"]) for event in found.walk("VEVENT")]


def public_titles() -> list[str]:
    """Summaries of the public test files of the package, those that its parser reads."""
    titles = []
    for path in PUBLIC_FILES:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of zones that it has to guess
                found = Calendar.from_ical(path.read_bytes(), multiple=True)
        except ValueError:
            continue  # files that have to be refused
        for calendar in found:
            titles += [str(e["summary"]) for e in calendar.walk("VEVENT") if "summary" in e]
    return titles


def test_an_entry_is_an_event_of_whole_days() -> None:
    calendar = Calendar.from_ical(write("Оплатить"))
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (
        date(2026, 12, 1),
        date(2026, 12, 4),
    )
    assert event["uid"] == "key-0@k.ru"
    assert event.decoded("dtstamp") == MADE_AT
    assert str(calendar["x-wr-calname"]) == "Энергоснабжение"


def test_the_same_entries_are_the_same_bytes() -> None:
    assert write("а", "б") == write("а", "б")


def test_lines_are_folded_at_75_bytes_and_end_as_they_should() -> None:
    content = write("Передать показания за ноябрь 2026, договор № 00123-ЭС, " * 5)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # no character is cut in two


@pytest.mark.parametrize("title", [*HOSTILE, "a;b,c\\d", "x\r\nATTACH:http://evil.example", "«№»"])
def test_no_name_makes_a_property_of_its_own(title: str) -> None:
    content = write(title)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "URL", "TRANSP"}


def test_the_titles_of_the_public_test_files_come_back_as_they_were() -> None:
    titles = public_titles()
    assert len(titles) > 50
    assert read(write(*titles)) == [title.replace("\r\n", "\n") for title in titles]
