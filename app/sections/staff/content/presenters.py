"""What rows of directories and announcements show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from app.domain.announcements import AnnouncementAudience, Stage, stage_of
from app.domain.directories import RecordSource, record_source
from app.models import Announcement, AnswerTemplate, Department, EnquiryTopic, PremisesKind

SOURCES = {
    RecordSource.BILLING: "биллинг",
    RecordSource.EDITED: "биллинг, изменено в кабинете",
    RecordSource.PORTAL: "кабинет",
    RecordSource.BUILT_IN: "список кабинета",
}
ANY_DEPARTMENT = "Выбирает потребитель"
ANY_TOPIC = "Любой"
BEGINNING = 80


@dataclass(frozen=True, slots=True)
class DirectoryColumn:
    """A column that one directory has and the others do not."""

    title: str
    is_number: bool = False


COLUMNS: Mapping[str, Sequence[DirectoryColumn]] = {
    "departments": (DirectoryColumn("Адрес"), DirectoryColumn("Телефон и e-mail")),
    "topics": (DirectoryColumn("Отделение"), DirectoryColumn("Срок ответа, дней", is_number=True)),
    "answers": (DirectoryColumn("Вид обращения"), DirectoryColumn("Начало текста")),
    "premises": (DirectoryColumn("Место в списке", is_number=True),),
}


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """A record of a directory; ``cells`` in the order of ``COLUMNS``."""

    url: str
    name: str
    cells: Sequence[tuple[DirectoryColumn, str]]
    source: str
    is_active: bool


def present_rows(
    kind: str,
    rows: Sequence[Any],
    names: Mapping[int, str],
    answer_days: int,
) -> list[DirectoryRow]:
    """Decide what the records of a directory show.

    Args:
        rows: ``Department``, ``EnquiryTopic``, ``PremisesKind`` or ``AnswerTemplate``.
        names: of departments by id, for topics; of topics, for ready answers.
        answer_days: the deadline of topics that have none of their own.
    """
    here = url_for("staff.directory", kind=kind)
    return [
        DirectoryRow(
            f"{here}/{row.id}",
            row.name,
            tuple(zip(COLUMNS[kind], _cells(row, names, answer_days), strict=True)),
            _source(row),
            row.is_active,
        )
        for row in rows
    ]


def _source(row: Department | EnquiryTopic | PremisesKind | AnswerTemplate) -> str:
    if isinstance(row, PremisesKind | AnswerTemplate):
        return SOURCES[RecordSource.PORTAL]
    return SOURCES[record_source(row)]


def _cells(
    row: Department | EnquiryTopic | PremisesKind | AnswerTemplate,
    names: Mapping[int, str],
    answer_days: int,
) -> Sequence[str]:
    if isinstance(row, Department):
        return row.address or "", ", ".join(text for text in (row.phone, row.email) if text)
    if isinstance(row, EnquiryTopic):
        days = str(row.answer_days) if row.answer_days else f"{answer_days} (общий)"
        return names.get(row.department_id or 0, ANY_DEPARTMENT), days
    if isinstance(row, AnswerTemplate):
        begins = " ".join(row.text[:BEGINNING].split())
        more = "…" if len(row.text) > BEGINNING else ""
        return names.get(row.topic_id or 0, ANY_TOPIC), begins + more
    return (str(row.position),)


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement as a row.

    Attributes:
        url: its page; empty: it is over and stays as it was read.
        state: shape and label.
        end_url: what «Снять» posts to; empty: there is nothing to end.
    """

    text: str
    url: str
    begins_at: datetime
    ends_at: datetime
    state: tuple[str, str]
    author: str
    end_url: str


def present_announcements(
    rows: Sequence[tuple[Announcement, str]],
    counts: Mapping[int, int],
    shown_id: int | None,
    now: datetime,
) -> list[AnnouncementRow]:
    """Decide what the announcements show.

    Args:
        rows: with the names of their authors.
        counts: contracts of those that are not for everybody, by id.
        shown_id: the one that is on all pages now.
    """
    return [
        _present_announcement(row, author, counts.get(row.id, 0), shown_id, now)
        for row, author in rows
    ]


def _present_announcement(
    row: Announcement, author: str, contracts: int, shown_id: int | None, now: datetime
) -> AnnouncementRow:
    stage = stage_of(row.begins_at, row.ends_at, now)
    url = f"{url_for('staff.directory_announcements')}/{row.id}"
    is_over = stage is Stage.OVER
    if stage is Stage.COMING:
        state = ("wait", "Ждет начала")
    elif is_over:
        state = ("no", "Закончилось")
    elif row.id == shown_id:
        state = ("ok", "На всех страницах")
    elif row.audience != AnnouncementAudience.ALL:
        state = ("ok", f"У договоров: {contracts}")
    else:
        state = ("wait", "Закрыто более новым")
    return AnnouncementRow(
        row.text,
        "" if is_over else url,
        row.begins_at,
        row.ends_at,
        state,
        author,
        "" if is_over else f"{url}/end",
    )
