"""Explain exchange values that a whole export writes wrongly, and how to correct the export.

A date of another form or a decimal comma is seldom one slip: every row has it. Such a value raises
``SystematicError``, whose ``kind`` lets the report name the fault once instead of once per row.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RUSSIAN_DATE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_PRINTED_MOMENT = rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{2,4}} {_TIME}"
_EMPTY_DATE = re.compile(rf"(?:0001-01-01|0?1\.0?1\.0001)(?:[T ]{_TIME})?")
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eEеЕ][+-]?[0-9]+")
_SPACES = re.compile(r"[\s'’\u00a0\u2007\u2009\u202f]")
_CYRILLIC = re.compile("[А-Яа-яЁё«»№—–]")
_SURROGATES = re.compile("[\udc80-\udcff]")

DATE_RUSSIAN = (
    "дата вида ДД.ММ.ГГГГ, а нужна ГГГГ-ММ-ДД; если так записаны все даты пакета, укажите в "
    'manifest.json "date_format": "DD.MM.YYYY" (в команде — --date-format DD.MM.YYYY)'
)
DATE_ISO = (
    "дата вида ГГГГ-ММ-ДД, а в manifest.json или в команде указаны даты ДД.ММ.ГГГГ; уберите "
    "date_format или запишите все даты одинаково"
)
_FORMAT_DATE = 'Формат(Дата, "ДФ=yyyy-MM-dd")'
_FORMAT_MONTH = 'Формат(Период, "ДФ=yyyy-MM")'
_MOMENT_EXAMPLE = "нужно, например, 2026-10-31T21:00:00+05:00"


class _WrongForm(NamedTuple):
    """A form that some export writes, how to recognise it, and what to say of it."""

    kind: str
    pattern: str
    message: str


_DATES = (
    _WrongForm(
        "date-time",
        rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}.*",
        f"кроме даты есть время; оставьте дату: {_FORMAT_DATE}",
    ),
    _WrongForm(
        "date-string",
        _PRINTED_MOMENT,
        f"так пишет Строка(Дата); нужна дата без времени: {_FORMAT_DATE}",
    ),
    _WrongForm(
        "date-compact",
        r"[0-9]{8}",
        f"дата без черточек; нужна ГГГГ-ММ-ДД: {_FORMAT_DATE}",
    ),
    _WrongForm(
        "date-serial",
        r"[0-9]{5}",
        "похоже на номер дня в Excel; нужна ГГГГ-ММ-ДД. Не пересохраняйте файлы в Excel",
    ),
    _WrongForm(
        "date-short",
        r"[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{2}|[0-9]{4})|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
        "день и месяц пишутся двумя цифрами, год четырьмя: ГГГГ-ММ-ДД",
    ),
    _WrongForm(
        "date-slashes",
        r"[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}",
        f"дата с косой чертой; нужна ГГГГ-ММ-ДД: {_FORMAT_DATE}",
    ),
)
_MOMENTS = (
    _WrongForm(
        "moment-offset",
        rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}(?:\.[0-9]+)?",
        f"нет смещения от UTC; {_MOMENT_EXAMPLE}",
    ),
    _WrongForm("moment-string", _PRINTED_MOMENT, f"так пишет Строка(Дата); {_MOMENT_EXAMPLE}"),
    _WrongForm(
        "moment-date",
        rf"{ISO_DATE.pattern}|{RUSSIAN_DATE.pattern}",
        f"нет времени; {_MOMENT_EXAMPLE}",
    ),
)
_MONTHS = (
    _WrongForm(
        "month-date",
        rf"{ISO_DATE.pattern}.*|[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{4}}.*",
        f"период — месяц без дня, ГГГГ-ММ: {_FORMAT_MONTH}",
    ),
    _WrongForm(
        "month-form",
        r"[0-9]{1,2}[./][0-9]{2,4}|[0-9]{6}|[0-9]{4}[-./][0-9]{1,2}|[А-Яа-я]+ [0-9]{4}",
        f"период пишется ГГГГ-ММ: {_FORMAT_MONTH}",
    ),
)


class SystematicError(ValueError):
    """A value wrong in a way that a whole export usually is.

    Attributes:
        kind: the report lists all faults of one kind as one.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def explain_date(text: str, russian: bool) -> ValueError:
    """Say why a text is no date of the batch's form.

    Args:
        russian: the batch writes ``DD.MM.YYYY``, else ``YYYY-MM-DD``.
    """
    if _EMPTY_DATE.fullmatch(text):
        message = 'пустая дата 1С; оставьте поле пустым: ?(ЗначениеЗаполнено(Дата), …, "")'
        return _systematic("date-empty", text, message)
    if RUSSIAN_DATE.fullmatch(text) and not russian:
        return _systematic("date-russian", text, DATE_RUSSIAN)
    if ISO_DATE.fullmatch(text) and russian:
        return _systematic("date-iso", text, DATE_ISO)
    form = "ДД.ММ.ГГГГ" if russian else "ГГГГ-ММ-ДД"
    return _explain(text, _DATES, f"не дата вида {form}")


def explain_moment(text: str) -> ValueError:
    """Say why a text is no date and time of ISO 8601 with an offset."""
    if _EMPTY_DATE.fullmatch(text):
        return _systematic("date-empty", text, "пустая дата 1С; оставьте поле пустым")
    return _explain(text, _MOMENTS, "не момент ISO 8601 со смещением, например +05:00")


def explain_month(text: str) -> ValueError:
    """Say why a text is no billing month ``YYYY-MM``."""
    return _explain(text, _MONTHS, "не месяц вида ГГГГ-ММ")


def explain_number(text: str, point: str, places: int) -> ValueError:
    """Say why a text is no decimal of the batch's form.

    Args:
        point: the decimal mark of the batch.
        places: most digits after it.
    """
    other = "," if point == "." else "."
    plain = rf"-?[0-9]{{1,13}}{re.escape(point)}?[0-9]*"
    if re.fullmatch(rf"-?[0-9]{{1,13}}{re.escape(other)}[0-9]{{1,{places}}}", text):
        name = "запятая" if other == "," else "точка"
        message = (
            f"десятичный знак — {name}; если так записаны все числа пакета, укажите в "
            f'manifest.json "decimal": "{other}" (в команде — --decimal {other})'
        )
        return _systematic(f"decimal{other}", text, message)
    squeezed = _SPACES.sub("", text)
    if squeezed != text and re.fullmatch(plain.replace(re.escape(point), "[.,]"), squeezed):
        message = 'пробелы между разрядами; так пишет Строка(Число), нужно Формат(…, "ЧГ=0")'
        return _systematic("thousands", text, message)
    if _EXPONENT.fullmatch(text.removeprefix("-")):
        return _systematic("exponent", text, "число с порядком, так пишет Excel; нужны все цифры")
    mark = "запятой" if point == "," else "точкой"
    return ValueError(
        f"«{text[:40]}» не число: нужно десятичное с {mark}, не больше {places} знаков "
        f"после нее и {15 - places} до нее, без пробелов и разделителей тысяч"
    )


def explain_digits(text: str, label: str, lengths: str) -> ValueError:
    """Say why a text is no identifier of digits.

    Args:
        label: what it should be, in Russian: «ИНН».
        lengths: what lengths it may have, in Russian: «10 или 12».
    """
    if _EXPONENT.fullmatch(text):
        message = f"{label} испорчен в Excel: цифр больше нет. Передавайте файл прямо из выгрузки"
        return _systematic("excel-digits", text, message)
    return ValueError(f"«{text[:40]}» не {label}: нужно знаков: {lengths}")


def explain_bytes(text: str) -> SystematicError:
    """Say what is wrong with a text that has bytes of another encoding, decoded as surrogates.

    Args:
        text: decoded with ``errors="surrogateescape"``; has at least one lone surrogate.
    """
    raw = text.encode("utf-8", "surrogateescape")
    guess = raw.decode("cp1251", "replace")
    high = len(_SURROGATES.findall(text))
    if "\ufffd" not in guess and len(_CYRILLIC.findall(guess)) >= high:
        message = (
            f"файл не в UTF-8, похоже на windows-1251 («{guess[:40]}»): сохраните его в UTF-8 "
            'или укажите в manifest.json "encoding": "windows-1251" (в команде — --encoding cp1251)'
        )
        return SystematicError("encoding", message)
    first = ord(_SURROGATES.findall(text)[0]) - 0xDC00
    return SystematicError(
        "encoding", f"байт 0x{first:02X} не в той кодировке, что указана для файла"
    )


def _explain(text: str, forms: tuple[_WrongForm, ...], otherwise: str) -> ValueError:
    """Explain by the first form that a text has, else as a slip of this one value."""
    for form in forms:
        if re.fullmatch(form.pattern, text):
            return _systematic(form.kind, text, form.message)
    return ValueError(f"«{text[:40]}» {otherwise}")


def _systematic(kind: str, text: str, message: str) -> SystematicError:
    return SystematicError(kind, f"«{text[:40]}»: {message}")
