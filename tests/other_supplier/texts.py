"""Names, addresses and purposes: ordinary ones and the hostile ones real exports hold."""

from __future__ import annotations

import unicodedata

_LONG = "Муниципальное бюджетное учреждение «Централизованная система обслуживания» "

HOSTILE: tuple[str, ...] = (
    "=cmd|' /C calc'!A0",
    "+7 (3513) 55-00-11 доб. 2",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    'ООО "Рога; копыта" (филиал; бывш. "ИЧП")',
    "Первая строка\nвторая строка\n\nчетвертая",
    "Строка с CRLF\r\nи концом",
    "Графа\tс\tтабуляцией",
    "ООО Ромашка | Лютик |",
    (_LONG * 4).strip(),
    "Пекарня «Булка» 🥐🔥👩🏽‍🍳",
    "<img src=x onerror=alert(1)>",
    "<div hx-get=/logout hx-trigger=load>javascript:alert(1)</div>",
    "{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    "ООО \u202eлокотоП\u202c Плюс",
    "]]><!-- ]]&gt; &amp; &lt;",
    unicodedata.normalize("NFD", "АО «Йодный край, Ёлкино, café»"),
    "ООО\u00a0«Неразрывный\u00a0пробел»\u202fи\u2009узкий",
    "Ёжик и Ко № 5, 100 ₽ — «ёлочки»",
    "  пробелы по краям  ",
    '"""Кавычки"" кругом"',
    "O'Брайен'; DROP TABLE customers;--",
    "%s %d {0} {name} \\n \\x00 %00",
    '=HYPERLINK("http://127.0.0.1/?"&A1;"Счет")',
    "＝1+1 ＠полная ширина",
    "../../etc/passwd",
    "N/A",
    "--",
)
"""Every string is legal text under the format; none equals a forbidden literal."""

HOSTILE_DOC_NO: tuple[str, ...] = ("=1+1", "+12", "@7", "№ 15/ё", "-15", "А\u00a0100", "0", "007")
"""Document numbers: free text, some look like numbers or formulas."""

_COMPANIES = (
    "Аметист",
    "Берёзка",
    "Вектор-М",
    "Горизонт",
    "Дельта",
    "Ермак",
    "Звезда",
    "Истоки",
    "Кедр",
    "Луч",
    "Магнит-Урал",
    "Нива",
    "Опора",
    "Приз",
    "Родник",
    "Сигнал",
)
_PEOPLE = (
    "Королёв Семён Ильич",
    "Щукина Алёна Юрьевна",
    "Гринь Павел Олегович",
    "Ахметова Гузель Рашитовна",
    "Ли Ен Сик",
)
_STREETS = ("Ленина", "8 Марта", "Автозаводцев", "Объездная дорога", "Романенко", "Набережная")
_PHONES = (
    "+7 (3513) 57-{0:02d}-{1:02d}",
    "8351357{0:02d}{1:02d}",
    "8 912 300 {0:02d} {1:02d}",
    "57-{0:02d}-{1:02d}, 57-{1:02d}-{0:02d} (бухг.)",
    "",
)


def company(index: int) -> str:
    """Ordinary company name."""
    return f"Общество с ограниченной ответственностью «{_COMPANIES[index % 16]}-{index}»"


def company_short(index: int) -> str:
    """Short name of the same company."""
    return f"ООО «{_COMPANIES[index % 16]}-{index}»"


def person(index: int) -> str:
    """Name of a person."""
    return _PEOPLE[index % len(_PEOPLE)]


def address(index: int) -> str:
    """Ordinary address with commas and «№»."""
    return (
        f"4563{index % 20:02d}, Челябинская обл., г. Миасс, ул. {_STREETS[index % 6]}, "
        f"д. {index % 190 + 1}, пом. № {index % 40 + 1}"
    )


def phone(index: int) -> str:
    """Phone number in somebody's handwriting, or empty."""
    return _PHONES[index % 5].format(index % 100, index * 7 % 100)


def email(index: int) -> str:
    """Address on a reserved domain; sometimes two in one field, sometimes empty."""
    match index % 7:
        case 3:
            return ""
        case 5:
            return f"info{index}@firma.example; buh{index}@firma.example"
        case _:
            return f"Energo.{index}@Firma{index % 50}.EXAMPLE"


def hostile(index: int, *, on: bool, ordinary: str) -> str:
    """Hostile text number `index` when `on`, else the usual one."""
    return HOSTILE[index % len(HOSTILE)] if on else ordinary
