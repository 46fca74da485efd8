"""Helpers of forms that several sections share, and texts of their errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import RadioField

from app.domain.errors import PeriodError, TooManyAttemptsError
from app.domain.period import MAX_MONTHS, Period, last_months, parse_day, parse_month, presets
from app.web.field_errors import labelled_error

MAX_SHOWN = 30
LABELS = {"first": "С", "last": "По"}
"""Of the two boxes of a period."""
PASSWORD_ERRORS = {
    "short": "пароль короче 8 знаков",
    "long": "пароль длиннее 20 знаков",
    "common": "такой пароль слишком известен, и с цифрами его подбирают первым. Придумайте другой",
    "same": "это текущий пароль. Придумайте другой",
    "personal": "номер договора, ИНН, название и имя знают другие, а год и цифры к ним подбирают. "
    "Придумайте другой пароль",
}


@dataclass
class PeriodForm:
    """«С … по …»: what was typed, the period it makes, and what is wrong with each field."""

    first: str
    last: str
    period: Period | None = None
    errors: dict[str, str] = field(default_factory=dict)
    long_rows: int = 0
    """Rows of a statement that is too long to be made at once."""
    unreadable: set[str] = field(default_factory=set)
    """Fields whose text a browser's date field would not show; they are plain text instead."""
    presets: tuple[tuple[str, Period, str], ...] = ()
    """Label, period and query of the links to ready-made periods."""

    @classmethod
    def from_query(cls, args: MultiDict[str, str], today: date) -> PeriodForm:
        """Read ``first`` and ``last`` (a date, or a month YYYY-MM); without them, 12 months."""
        default = last_months(today, 12)
        form = cls(
            first=args.get("first", "").strip() or default.first.isoformat(),
            last=args.get("last", "").strip() or default.last.isoformat(),
            presets=_preset_links(today),
        )
        first, last = form._parse_bound("first"), form._parse_bound("last")
        if first and last:
            form._set_period(first, last)
        return form

    def _parse_bound(self, name: str) -> date | None:
        text: str = getattr(self, name)
        try:
            day = _parse_day_or_month(text, is_last=name == "last")
        except PeriodError:
            advice = "нужна дата, например 01.11.2026"
            self.errors[name] = labelled_error(LABELS[name], advice)
            setattr(self, name, printable(text)[:MAX_SHOWN])
            self.unreadable.add(name)
            return None
        setattr(self, name, day.isoformat())
        return day

    def _set_period(self, first: date, last: date) -> None:
        try:
            self.period = Period(first, last)
        except PeriodError as error:
            self.errors["last"] = {
                "reversed": "Дата «По» раньше даты «С». Поменяйте их местами",
                "out_of_range": "Годы с 2000 по 2099",
                "too_long": f"Период длиннее {MAX_MONTHS // 12} лет. Выберите покороче",
            }[error.code]


@lru_cache(maxsize=16)
def _preset_links(today: date) -> tuple[tuple[str, Period, str], ...]:
    return tuple(
        (label, period, f"?first={period.first}&last={period.last}")
        for label, period in presets(today)
    )


@lru_cache(maxsize=256)
def _parse_day_or_month(text: str, *, is_last: bool) -> date:
    """A day, or the first or last one of a month.

    Raises:
        PeriodError: neither.
    """
    try:
        return parse_day(text)
    except PeriodError:
        month = parse_month(text)
    try:
        return month.last if is_last else month.first
    except ValueError:
        raise PeriodError("unreadable") from None


def summary_of(form: Iterable[Any]) -> list[tuple[str, str]]:
    """(id of the control, its first error) for every field of a form that has one."""
    return [
        (f"{field.id}-0" if isinstance(field, RadioField) else field.id, field.errors[0])
        for field in form
        if field.errors
    ]


def safe_next(target: str | None, default: str) -> str:
    """Where to go after sign-in: a path on this host, or the default.

    Browsers drop tabs and line breaks from addresses and read a backslash as a slash, so anything
    but a plain path is refused.
    """
    if not target or not target.isprintable() or " " in target or "\\" in target:
        return default
    # Percent-encoded slashes at the start are decoded by some proxies.
    is_path = target.startswith("/") and not target.startswith(("//", "/%"))
    return target if is_path else default


def describe_wait(seconds: int) -> str:
    """«через 40 с», «через 5 мин.», «через 3 ч»: when the next try makes sense."""
    if seconds < 90:
        return f"через {seconds} с"
    if seconds < 5400:
        return f"через {-(-seconds // 60)} мин."
    return f"через {-(-seconds // 3600)} ч"


def too_many_attempts(error: TooManyAttemptsError) -> str:
    """Text of a reached rate limit, without a full stop: when the next try makes sense."""
    return f"Слишком много попыток. Попробуйте снова {describe_wait(error.retry_after)}"


def printable(text: str | None) -> str:
    """What was typed without control characters, which have no place in a page; tabs and no-break
    spaces, which come along with what is pasted, are spaces."""
    return "".join(
        " " if character.isspace() else character
        for character in text or ""
        if character.isprintable() or character.isspace()
    )


def trimmed(text: str | None) -> str:
    """What was typed on one line: printable, with one space between words."""
    return " ".join(printable(text).split())


def is_uuid(text: str | None) -> bool:
    """Whether a form's key is one that a page has made."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text or "") is not None
