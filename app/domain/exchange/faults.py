"""Explain exchange values that a whole export writes wrongly, and how to mend the export.

A date of another form or a decimal comma is seldom one slip: every row has it. Such a value raises
``SystematicError``, whose ``kind`` lets the report name the fault once instead of once per row.
"""

from __future__ import annotations

import re

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RUSSIAN_DATE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_EMPTY_DATE = re.compile(rf"(?:0001-01-01|0?1\.0?1\.0001)(?:[T ]{_CLOCK})?")
_SPACES = re.compile(r"[\s'’\u00a0\u2007\u2009\u202f]")
_RUSSIAN_LETTERS = re.compile("[А-Яа-яЁё«»№—–]")
_SURROGATES = re.compile("[\udc80-\udcff]")

DATE_RUSSIAN = (
    "дата вида ДД.ММ.ГГГГ, а нужна ГГГГ-ММ-ДД; если так записаны все даты пакета, укажите в "
    'manifest.json "date_format": "DD.MM.YYYY" (в команде — --date-format DD.MM.YYYY)'
)
DATE_ISO = (
    "дата вида ГГГГ-ММ-ДД, а в manifest.json или в команде указаны даты ДД.ММ.ГГГГ; уберите "
    "date_format или запишите все даты одинаково"
)
_DATES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "date-time",
        re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}.*"),
        'кроме даты есть время; оставьте дату: Формат(Дата, "ДФ=yyyy-MM-dd")',
    ),
    (
        "date-string",
        re.compile(rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{2,4}} {_CLOCK}"),
        'так пишет Строка(Дата); нужна дата без времени: Формат(Дата, "ДФ=yyyy-MM-dd")',
    ),
    (
        "date-compact",
        re.compile(r"[0-9]{8}"),
        'дата без черточек; нужна ГГГГ-ММ-ДД: Формат(Дата, "ДФ=yyyy-MM-dd")',
    ),
    (
        "date-serial",
        re.compile(r"[0-9]{5}"),
        "похоже на номер дня в Excel; нужна ГГГГ-ММ-ДД. Не пересохраняйте файлы в Excel",
    ),
    (
        "date-short",
        re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{2}|[0-9]{4})|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"),
        "день и месяц пишутся двумя цифрами, год четырьмя: ГГГГ-ММ-ДД",
    ),
    (
        "date-slashes",
        re.compile(r"[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}"),
        'дата с косой чертой; нужна ГГГГ-ММ-ДД: Формат(Дата, "ДФ=yyyy-MM-dd")',
    ),
)
_MOMENTS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "moment-offset",
        re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}(?:\.[0-9]+)?"),
        "нет смещения от UTC; нужно, например, 2026-10-31T21:00:00+05:00",
    ),
    (
        "moment-string",
        re.compile(rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{2,4}} {_CLOCK}"),
        "так пишет Строка(Дата); нужно, например, 2026-10-31T21:00:00+05:00",
    ),
    (
        "moment-date",
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{4}"),
        "нет времени; нужно, например, 2026-10-31T21:00:00+05:00",
    ),
)
_MONTHS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "month-date",
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}.*"),
        'период — месяц без дня, ГГГГ-ММ: Формат(Период, "ДФ=yyyy-MM")',
    ),
    (
        "month-form",
        re.compile(r"[0-9]{1,2}[./][0-9]{2,4}|[0-9]{6}|[0-9]{4}[-./][0-9]{1,2}|[А-Яа-я]+ [0-9]{4}"),
        'период пишется ГГГГ-ММ: Формат(Период, "ДФ=yyyy-MM")',
    ),
)


class SystematicError(ValueError):
    """A value wrong in a way that a whole export usually is; reported once for each ``kind``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def explain_date(text: str, russian: bool) -> ValueError:
    """Why a text is no date of the batch's form."""
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
    """Why a text is no date and time."""
    if _EMPTY_DATE.fullmatch(text):
        return _systematic("date-empty", text, "пустая дата 1С; оставьте поле пустым")
    return _explain(text, _MOMENTS, "не момент ISO 8601 со смещением, например +05:00")


def explain_month(text: str) -> ValueError:
    """Why a text is no billing month."""
    return _explain(text, _MONTHS, "не месяц вида ГГГГ-ММ")


def explain_number(text: str, point: str, places: int) -> ValueError:
    """Why a text is no decimal of the batch's form."""
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
    if re.fullmatch(r"-?[0-9]+(?:[.,][0-9]+)?[eEеЕ][+-]?[0-9]+", text):
        return _systematic("exponent", text, "число с порядком, так пишет Excel; нужны все цифры")
    mark = "запятой" if point == "," else "точкой"
    return ValueError(
        f"«{text[:40]}» не число: нужно десятичное с {mark}, не больше {places} знаков "
        f"после нее и {15 - places} до нее, без пробелов и разделителей тысяч"
    )


def explain_digits(text: str, word: str, lengths: str) -> ValueError:
    """Why a text is no identifier of digits."""
    if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?[eEеЕ][+-]?[0-9]+", text):
        message = f"{word} испорчен в Excel: цифр больше нет. Передавайте файл прямо из выгрузки"
        return _systematic("excel-digits", text, message)
    return ValueError(f"«{text[:40]}» не {word}: нужно знаков: {lengths}")


def explain_bytes(text: str) -> SystematicError:
    """What to say of lone surrogates: bytes that the encoding of the file does not have."""
    raw = text.encode("utf-8", "surrogateescape")
    guess = raw.decode("cp1251", "replace")
    high = len(_SURROGATES.findall(text))
    if "\ufffd" not in guess and len(_RUSSIAN_LETTERS.findall(guess)) >= high:
        message = (
            f"файл не в UTF-8, похоже на windows-1251 («{guess[:40]}»): сохраните его в UTF-8 "
            'или укажите в manifest.json "encoding": "windows-1251" (в команде — --encoding cp1251)'
        )
        return SystematicError("encoding", message)
    first = ord(_SURROGATES.findall(text)[0]) - 0xDC00
    return SystematicError(
        "encoding", f"байт 0x{first:02X} не в той кодировке, что указана для файла"
    )


def _explain(
    text: str, forms: tuple[tuple[str, re.Pattern[str], str], ...], otherwise: str
) -> ValueError:
    for kind, pattern, message in forms:
        if pattern.fullmatch(text):
            return _systematic(kind, text, message)
    return ValueError(f"«{text[:40]}» {otherwise}")


def _systematic(kind: str, text: str, message: str) -> SystematicError:
    return SystematicError(kind, f"«{text[:40]}»: {message}")
