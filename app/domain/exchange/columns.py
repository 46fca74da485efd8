"""Values of exchange files, parsed a column at a time.

Each type has two ways to the same result: ``parse_all`` takes a whole column and is quick, because
most columns hold no fault; ``parse`` takes one value and says in Russian what is wrong with it. The
importer uses the second only to find the faults after the first has refused.

What comes out is what the table stores: scaled integers, ISO dates, booleans, text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from app.domain.exchange.faults import (
    SystematicError,
    explain_bytes,
    explain_date,
    explain_digits,
    explain_moment,
    explain_month,
    explain_number,
)
from app.domain.exchange.names import explain_writing, fold_name

Stored = str | int | bool | None
MAX_FIELD_BYTES = 8192
_NOT_NULL = frozenset({"NULL", "-", "0000-00-00"})
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class ColumnType(Protocol):
    """How the values of a column are written, and what the table keeps of them."""

    def parse(self, text: str) -> Stored:
        """One value that is not empty; ValueError says in Russian what is wrong."""

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        """A column; empty becomes None; ValueError if any value is wrong, not saying which."""


class _Recurring:
    """A type with few distinct values in a column: each is parsed once."""

    def parse(self, text: str) -> Stored:
        raise NotImplementedError

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        known = {text: self.parse(text) if text else None for text in set(texts)}
        return [known[text] for text in texts]


def _check_plain(text: str) -> None:
    """What no value may hold, whatever its type."""
    if text in _NOT_NULL:
        raise SystematicError("null", f"«{text}» не значение: пустое поле оставляют пустым")
    if "\0" in text:
        raise ValueError("нулевой байт в тексте")
    if _SURROGATE.search(text):
        raise explain_bytes(text)


class Text:
    """Free text: NFC, trimmed; tabs and line breaks inside are kept."""

    def parse(self, text: str) -> Stored:
        trimmed = text.strip()
        _check_plain(trimmed)
        if len(text.encode()) > MAX_FIELD_BYTES:
            raise ValueError(f"поле длиннее {MAX_FIELD_BYTES} байт")
        return unicodedata.normalize("NFC", trimmed) or None

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        trimmed = [text.strip() or None for text in texts]
        joined = "\n".join(texts)
        if not _NOT_NULL.isdisjoint(trimmed) or "\0" in joined:
            raise ValueError
        joined.encode()  # raises UnicodeEncodeError, a ValueError, for bytes of another encoding
        if max(map(len, texts)) * 4 > MAX_FIELD_BYTES or not unicodedata.is_normalized(
            "NFC", joined
        ):
            return [self.parse(text) if text else None for text in texts]
        return trimmed


class Identifier:
    """A key of the billing system: up to 64 letters, digits and ``._/-``."""

    _pattern = re.compile(r"[A-Za-zА-Яа-яЁё0-9._/-]{1,64}")

    def parse(self, text: str) -> Stored:
        text = unicodedata.normalize("NFC", text.strip())
        _check_plain(text)
        if not self._pattern.fullmatch(text):
            raise ValueError("ключ: до 64 знаков из букв, цифр и . _ / -")
        return text

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        if not all(map(self._pattern.fullmatch, texts)) or not _NOT_NULL.isdisjoint(texts):
            return [self.parse(text) if text else None for text in texts]
        return texts


class Reference(_Recurring):
    """A key of another record; the same few recur."""

    def parse(self, text: str) -> Stored:
        return Identifier().parse(text)


class Scaled:
    """A decimal with at most ``places`` places, as an integer of that scale.

    ``point`` is the decimal mark of the batch. 15 digits in all: sums of them fit into 64 bits.
    """

    def __init__(self, places: int, point: str = ".", minimum: int | None = None) -> None:
        self.places = places
        self.point = point
        self.minimum = minimum
        mark = re.escape(point)
        digits = 15 - places
        self._pattern = re.compile(rf"(-?)([0-9]{{1,{digits}}})(?:{mark}([0-9]{{1,{places}}}))?")
        self._uniform = re.compile(rf"(?:-?[0-9]{{1,{digits}}}{mark}[0-9]{{{places}}}\n)++")
        self._mixed = re.compile(
            rf"(?:(?:-?[0-9]{{1,{digits}}}(?:{mark}[0-9]{{1,{places}}})?)?\n)++"
        )

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        match = self._pattern.fullmatch(text)
        if not match:
            raise explain_number(text, self.point, self.places)
        sign, whole, fraction = match.groups()
        value = int(whole + (fraction or "").ljust(self.places, "0"))
        value = -value if sign else value
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"«{text}» меньше допустимого")
        return value

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        joined = "\n".join(texts) + "\n"
        values: list[int | None]
        if joined.count("\n") != len(texts):
            raise ValueError
        if self._uniform.fullmatch(joined):
            values = list(map(int, joined.replace(self.point, "").split()))
        elif self._mixed.fullmatch(joined):
            parts = [text.partition(self.point) for text in texts]
            places = self.places
            values = [int(a + b.ljust(places, "0")) if a else None for a, _, b in parts]
        else:
            raise ValueError
        if self.minimum is not None and any(v is not None and v < self.minimum for v in values):
            raise ValueError
        return values


class Whole(_Recurring):
    """A whole number between two bounds."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError(f"«{text[:40]}» не целое число")
        if not self.least <= int(text) <= self.most:
            raise ValueError(f"«{text}» вне пределов {self.least}…{self.most}")
        return int(text)


class VatRate(_Recurring):
    """A rate of VAT in per cent, scaled by 4 places; empty means no VAT, which is not 0 %."""

    known = (0, 20, 22)

    def __init__(self, point: str = ".") -> None:
        self._number = Scaled(4, point)

    def parse(self, text: str) -> Stored:
        rate = self._number.parse(text)
        if rate not in {percent * 10_000 for percent in self.known}:
            raise ValueError(f"«{text}»: ставка НДС — {', '.join(map(str, self.known))} или пусто")
        return rate


class Day(_Recurring):
    """A date, ``YYYY-MM-DD`` or ``DD.MM.YYYY`` as the batch says, as ISO text."""

    def __init__(self, russian: bool = False) -> None:
        self.russian = russian
        self._pattern = re.compile(
            r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})"
            if russian
            else r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
        )

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        match = self._pattern.fullmatch(text)
        if not match:
            raise explain_date(text, self.russian)
        parts = [int(part) for part in match.groups()]
        year, month, day = reversed(parts) if self.russian else parts
        try:
            return _in_range(date(year, month, day)).isoformat()
        except ValueError:
            if (year, month, day) == (1, 1, 1):
                raise explain_date(text, self.russian) from None
            raise ValueError(f"нет такой даты: «{text}»") from None


class Moment(_Recurring):
    """ISO 8601 with an offset, as the text that both databases read as UTC."""

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        return parse_moment(text).strftime("%Y-%m-%d %H:%M:%S.%f")


class BillingMonth(_Recurring):
    """A billing month, ``YYYY-MM``."""

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            raise explain_month(text)
        try:
            _in_range(date(int(text[:4]), int(text[5:]), 1))
        except ValueError:
            raise ValueError(f"нет такого месяца: «{text}»") from None
        return text


class Flag(_Recurring):
    """1 or 0."""

    def parse(self, text: str) -> Stored:
        if text not in ("0", "1"):
            raise ValueError(f"«{text[:40]}»: нужно 1 или 0")
        return text == "1"


class Choice(_Recurring):
    """One word of a list; ``stored`` maps the file's word to the portal's."""

    def __init__(self, **stored: str) -> None:
        self.stored = stored

    def parse(self, text: str) -> Stored:
        if text not in self.stored:
            raise ValueError(_not_among(text, self.stored))
        return self.stored[text]


class Zone(_Recurring):
    """A tariff zone, T0…T3."""

    def parse(self, text: str) -> Stored:
        if text not in ("T0", "T1", "T2", "T3"):
            raise ValueError(_not_among(text, ("T0", "T1", "T2", "T3")))
        return text


class Direction(_Recurring):
    """Direction of energy: A+, A-, R+, R-."""

    def parse(self, text: str) -> Stored:
        if text not in ("A+", "A-", "R+", "R-"):
            raise ValueError(_not_among(text, ("A+", "A-", "R+", "R-")))
        return text


class Digits(_Recurring):
    """An identifier of digits only, of fixed lengths: ИНН, БИК, account."""

    def __init__(self, *lengths: int, word: str, pattern: str = r"[0-9]*") -> None:
        self.lengths, self.word = lengths, word
        self._pattern = re.compile(pattern)

    def parse(self, text: str) -> Stored:
        _check_plain(text)
        if len(text) not in self.lengths or not self._pattern.fullmatch(text):
            lengths = " или ".join(map(str, self.lengths))
            raise explain_digits(text, self.word, lengths)
        return text


def _not_among(text: str, known: Collection[str]) -> str:
    """A word that is not in a list; a letter of the other alphabet in it is named."""
    message = f"«{text[:40]}»: допустимо {', '.join(known)}"
    if fold_name(text[:40]) in {word.casefold() for word in known}:
        return f"{message}; {explain_writing(text[:40])}"
    return message


def parse_moment(text: str) -> datetime:
    """Date, time and offset, as UTC; ValueError says in Russian what is wrong."""
    if not _MOMENT.fullmatch(text):
        raise explain_moment(text)
    try:
        moment = datetime.fromisoformat(text)
        _in_range(moment.date())
    except ValueError:
        raise ValueError(f"нет такого момента: «{text}»") from None
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one batch writes its values: encoding, delimiter, decimal mark, dates."""

    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: str = "."
    russian_dates: bool = False


def _in_range(day: date) -> date:
    """Years outside 1900…2199 are typing faults, and break calendars further on."""
    if not 1900 <= day.year <= 2199:
        raise ValueError
    return day
