"""Names that nobody could take for real ones."""

from __future__ import annotations

from typing import NamedTuple

_TITLES = (
    "Вектор",
    "Родник",
    "Ромашка",
    "Горизонт",
    "Маяк",
    "Импульс",
    "Рассвет",
    "Кедр",
    "Меридиан",
    "Сатурн",
    "Берег",
    "Контур",
    "Ласточка",
    "Монолит",
    "Парус",
    "Спектр",
)
_ENDINGS = ("Демо", "Пример", "Образец")
_FORMS = (
    ("ООО", "Общество с ограниченной ответственностью"),
    ("АО", "Акционерное общество"),
    ("ООО", "Общество с ограниченной ответственностью"),
    ("ООО", "Общество с ограниченной ответственностью"),
    ("АО", "Акционерное общество"),
    ("ООО", "Общество с ограниченной ответственностью"),
    ("ООО", "Общество с ограниченной ответственностью"),
    ("МКУ", "Муниципальное казенное учреждение"),
)
# Surname, first name, patronymic: a man and a woman in turn.
_PEOPLE = (
    ("Примеров", "Иван", "Иванович"),
    ("Образцова", "Мария", "Петровна"),
    ("Шаблонов", "Сергей", "Андреевич"),
    ("Тестова", "Анна", "Сергеевна"),
    ("Макетов", "Олег", "Николаевич"),
    ("Условная", "Елена", "Викторовна"),
    ("Эталонов", "Павел", "Дмитриевич"),
    ("Учебная", "Ольга", "Игоревна"),
    ("Черновиков", "Андрей", "Павлович"),
    ("Демонстрантова", "Ирина", "Олеговна"),
    ("Пробный", "Николай", "Егорович"),
    ("Выдуманова", "Татьяна", "Юрьевна"),
)
_STREETS = (
    "ул. Образцовая",
    "пр-т Условный",
    "ул. Примерная",
    "наб. Учебная",
    "ул. Шаблонная",
    "пер. Тестовый",
)
MANAGERS = ("Тестова А. С.", "Макетов О. Н.", "Учебная О. И.", "Черновиков А. П.")


class Name(NamedTuple):
    """A name as registered and as used."""

    full: str
    short: str


def company_name(serial: int) -> Name:
    """Different for each serial from 0; past the list of titles a number is added."""
    round_, rest = divmod(serial, len(_TITLES) * len(_ENDINGS))
    ending, title_index = divmod(rest, len(_TITLES))
    form, full_form = _FORMS[serial % len(_FORMS)]
    suffix = f"-{round_ + 1}" if round_ else ""
    title = f"«{_TITLES[title_index]}-{_ENDINGS[ending]}{suffix}»"
    return Name(f"{full_form} {title}", f"{form} {title}")


def person_name(serial: int) -> Name:
    """A person; names come round again after a while, as they do in life."""
    # First names move on with each round, always keeping to the gender of the surname.
    surname = _PEOPLE[serial % len(_PEOPLE)][0]
    given = (serial + 2 * (serial // len(_PEOPLE))) % len(_PEOPLE)
    _, first, middle = _PEOPLE[given]
    return Name(f"{surname} {first} {middle}", f"{surname} {first[0]}. {middle[0]}.")


def trader_name(serial: int) -> Name:
    """A sole trader."""
    full = person_name(serial).full
    return Name(f"Индивидуальный предприниматель {full}", f"ИП {full}")


def street_address(serial: int) -> str:
    """Street and house in the fictitious town."""
    return f"г. Примерск, {_STREETS[serial % len(_STREETS)]}, д. {serial * 7 % 96 + 2}"
