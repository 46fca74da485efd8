"""Parse and validate values of exchange files, one type for each way a column is written.

Each type has two ways to the same result: ``parse_all`` parses a whole column and is quick, because
most columns hold no fault; ``parse`` parses one value and says in Russian what is wrong with it.
The importer calls ``parse`` only to find the faults of a column that ``parse_all`` has refused.

The result is what the table stores: scaled integers (kopecks, Wh), ISO dates, booleans, text.

Source: docs/billing-exchange.md, sections on the types of values.
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
from app.domain.exchange.names import explain_spelling, fold_name

Stored = str | int | bool | None
MAX_FIELD_BYTES = 8192
_PLACEHOLDERS = frozenset({"NULL", "-", "0000-00-00"})
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class ColumnType(Protocol):
    """How the values of a column are written, and what the table stores of them."""

    def parse(self, text: str) -> Stored:
        """Parse one value that is not empty.

        Raises:
            ValueError: it is wrong; the message says in Russian how.
            SystematicError: it is wrong in a way that a whole export usually is.
        """

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        """Parse a column; an empty text becomes None.

        Raises:
            ValueError: some value is wrong; which one only ``parse`` tells.
        """


class _Recurring:
    """A type with few distinct values in a column: parse each distinct value once."""

    def parse(self, text: str) -> Stored:
        raise NotImplementedError

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        known = {text: self.parse(text) if text else None for text in set(texts)}
        return [known[text] for text in texts]


def _check_no_placeholder(text: str) -> None:
    """Refuse what no value may hold: a word for «nothing», a null byte, undecodable bytes."""
    if text in _PLACEHOLDERS:
        raise SystematicError("null", f"«{text}» не значение: пустое поле оставляют пустым")
    if "\0" in text:
        raise ValueError("нулевой байт в тексте")
    if _SURROGATE.search(text):
        raise explain_bytes(text)


class Text:
    """Free text up to 8 KiB: NFC, trimmed; tabs and line breaks inside are preserved."""

    def parse(self, text: str) -> Stored:
        trimmed = text.strip()
        _check_no_placeholder(trimmed)
        if len(text.encode()) > MAX_FIELD_BYTES:
            raise ValueError(f"поле длиннее {MAX_FIELD_BYTES} байт")
        return unicodedata.normalize("NFC", trimmed) or None

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        trimmed = [text.strip() or None for text in texts]
        joined = "\n".join(texts)
        if not _PLACEHOLDERS.isdisjoint(trimmed) or "\0" in joined:
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
        _check_no_placeholder(text)
        if not self._pattern.fullmatch(text):
            raise ValueError("ключ: до 64 знаков из букв, цифр и . _ / -")
        return text

    def parse_all(self, texts: Sequence[str]) -> Sequence[Stored]:
        if not all(map(self._pattern.fullmatch, texts)) or not _PLACEHOLDERS.isdisjoint(texts):
            return [self.parse(text) if text else None for text in texts]
        return texts


class Reference(_Recurring):
    """The identifier of another record; the same few recur in a column."""

    def parse(self, text: str) -> Stored:
        return Identifier().parse(text)


class Scaled:
    """A decimal as an integer scaled by ``10 ** places``; 15 digits, so that sums fit 64 bits.

    Args:
        places: most digits after the decimal mark.
        decimal_mark: «.» or «,», as the batch writes it.
        minimum: least scaled integer; None: none.
    """

    def __init__(self, places: int, decimal_mark: str = ".", minimum: int | None = None) -> None:
        self.places = places
        self.decimal_mark = decimal_mark
        self.minimum = minimum
        mark = re.escape(decimal_mark)
        digits = 15 - places
        self._pattern = re.compile(rf"(-?)([0-9]{{1,{digits}}})(?:{mark}([0-9]{{1,{places}}}))?")
        self._uniform = re.compile(rf"(?:-?[0-9]{{1,{digits}}}{mark}[0-9]{{{places}}}\n)++")
        self._mixed = re.compile(
            rf"(?:(?:-?[0-9]{{1,{digits}}}(?:{mark}[0-9]{{1,{places}}})?)?\n)++"
        )

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
        match = self._pattern.fullmatch(text)
        if not match:
            raise explain_number(text, self.decimal_mark, self.places)
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
            values = list(map(int, joined.replace(self.decimal_mark, "").split()))
        elif self._mixed.fullmatch(joined):
            parts = [text.partition(self.decimal_mark) for text in texts]
            places = self.places
            values = [int(a + b.ljust(places, "0")) if a else None for a, _, b in parts]
        else:
            raise ValueError
        if self.minimum is not None and any(v is not None and v < self.minimum for v in values):
            raise ValueError
        return values


class Whole(_Recurring):
    """A whole number from ``minimum`` to ``maximum``."""

    def __init__(self, minimum: int, maximum: int) -> None:
        self.minimum, self.maximum = minimum, maximum

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError(f"«{text[:40]}» не целое число")
        if not self.minimum <= int(text) <= self.maximum:
            raise ValueError(f"«{text}» вне пределов {self.minimum}…{self.maximum}")
        return int(text)


class VatRate(_Recurring):
    """A rate of VAT in per cent, scaled by 10 000; empty means no VAT, which is not 0 %.

    Source: Tax Code of Russia, article 164.
    """

    known = (0, 20, 22)

    def __init__(self, decimal_mark: str = ".") -> None:
        self._number = Scaled(4, decimal_mark)

    def parse(self, text: str) -> Stored:
        rate = self._number.parse(text)
        if rate not in {percent * 10_000 for percent in self.known}:
            raise ValueError(f"«{text}»: ставка НДС — {', '.join(map(str, self.known))} или пусто")
        return rate


class Day(_Recurring):
    """A date as ISO text; written ``YYYY-MM-DD``, or ``DD.MM.YYYY`` where ``russian``."""

    def __init__(self, russian: bool = False) -> None:
        self.russian = russian
        self._pattern = re.compile(
            r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})"
            if russian
            else r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
        )

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
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
    """A moment of ISO 8601 with an offset, as the UTC text that both databases read."""

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
        return parse_moment(text).strftime("%Y-%m-%d %H:%M:%S.%f")


class BillingMonth(_Recurring):
    """A billing month, ``YYYY-MM``."""

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
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
    """One value of a list.

    Args:
        same: values that the portal stores as the file writes them.
        renamed: value of the file → value of the portal.
    """

    def __init__(self, *same: str, **renamed: str) -> None:
        self.stored = dict(zip(same, same, strict=True)) | renamed

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
    """An identifier of digits only, of fixed lengths: ИНН, БИК, account.

    Args:
        lengths: lengths that are allowed.
        label: what it is, in Russian, for messages.
        pattern: what the text must match besides; КПП has letters.
    """

    def __init__(self, *lengths: int, label: str, pattern: str = r"[0-9]*") -> None:
        self.lengths, self.label = lengths, label
        self._pattern = re.compile(pattern)

    def parse(self, text: str) -> Stored:
        _check_no_placeholder(text)
        if len(text) not in self.lengths or not self._pattern.fullmatch(text):
            lengths = " или ".join(map(str, self.lengths))
            raise explain_digits(text, self.label, lengths)
        return text


def _not_among(text: str, known: Collection[str]) -> str:
    """Say that a value is not in a list, and name a character of the other alphabet in it."""
    message = f"«{text[:40]}»: допустимо {', '.join(known)}"
    if fold_name(text[:40]) in {value.casefold() for value in known}:
        return f"{message}; {explain_spelling(text[:40])}"
    return message


def parse_moment(text: str) -> datetime:
    """Parse date, time and offset of ISO 8601 into an aware UTC datetime.

    Raises:
        ValueError: it is wrong; the message says in Russian how.
    """
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
    """How one batch writes its values.

    Attributes:
        encoding: name of a Python codec.
        delimiter: between fields; None: found in the header.
        decimal: the decimal mark, «.» or «,».
        russian_dates: dates are ``DD.MM.YYYY``, not ``YYYY-MM-DD``.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: str = "."
    russian_dates: bool = False


def _in_range(day: date) -> date:
    """Refuse years outside 1900…2199: they are typing errors, and break calendars further on."""
    if not 1900 <= day.year <= 2199:
        raise ValueError
    return day
