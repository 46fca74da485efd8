"""Announcements: parse typed moments; tell coming, current and past ones apart."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import PeriodError
from app.domain.period import parse_day

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_DAY_AND_TIME = re.compile(r"(.{6,40}?),?\s+(?:в\s+)?(\d{1,2}):(\d{2})", re.ASCII)
_YEARS = range(2000, 2100)


class AnnouncementKind(StrEnum):
    """What an announcement is of; it is named before the text."""

    INFO = "info"
    WORKS = "works"
    OUTAGE = "outage"


class AnnouncementAudience(StrEnum):
    """Whom an announcement is for."""

    ALL = "all"
    DEPARTMENT = "department"
    ADDRESS = "address"
    CONTRACTS = "contracts"
    POINTS = "points"


class Stage(StrEnum):
    """Whether an announcement is still to come, is shown, or is over."""

    COMING = "coming"
    CURRENT = "current"
    OVER = "over"


def stage_of(begins_at: datetime, ends_at: datetime, now: datetime) -> Stage:
    """Tell whether an announcement is coming, current or over; its end is excluded.

    All moments are aware; the result does not depend on their zones.
    """
    if ends_at <= now:
        return Stage.OVER
    return Stage.CURRENT if begins_at <= now else Stage.COMING


def read_moment(text: str) -> datetime:
    """«2026-11-22T10:00», as browsers send it, or «22.11.2026 10:00», as people write it; without
    a zone.

    Raises:
        PeriodError: ``unreadable`` or ``out_of_range``.
    """
    if match := _ISO.fullmatch(text):
        year, month, day, hour, minute = map(int, match.groups())
    elif match := _DAY_AND_TIME.fullmatch(text):
        typed = parse_day(match[1])
        year, month, day = typed.year, typed.month, typed.day
        hour, minute = int(match[2]), int(match[3])
    else:
        raise PeriodError("unreadable")
    if year not in _YEARS:
        raise PeriodError("out_of_range")
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the zone is the caller's
    except ValueError:
        raise PeriodError("unreadable") from None


def show_moment(moment: datetime, plus_hours: int = 0) -> str:
    """What a browser's field for date and time holds."""
    return f"{moment + timedelta(hours=plus_hours):%Y-%m-%dT%H:%M}"
