"""Requisites, sessions and consents in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.models import Contract, Customer

KINDS = {"ul": "Юридическое лицо", "ip": "Индивидуальный предприниматель", "fl": "Физическое лицо"}
_BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("OPR/", "Opera"),
    ("Edg", "Microsoft Edge"),
    ("Firefox", "Mozilla Firefox"),
    ("Chrom", "Google Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Requisite:
    """A line of «Реквизиты»; ``code`` is what an enquiry about it begins with."""

    code: str
    label: str
    value: str | None


def requisites(customer: Customer, contract: Contract) -> list[Requisite]:
    """What billing has, in the order people check it; what a kind of customer has none of is
    left out."""
    found = [
        Requisite("name", "Фирменное название", customer.full_name),
        Requisite("inn", "ИНН", customer.inn),
        Requisite("kpp", "КПП", customer.kpp),
        Requisite("ogrn", "ОГРНИП" if customer.kind == "ip" else "ОГРН", customer.ogrn),
        Requisite("legal-address", "Юридический адрес", customer.legal_address),
        Requisite("postal-address", "Почтовый адрес", customer.postal_address),
    ]
    has_none = {"ip": {"kpp"}, "fl": {"kpp", "ogrn"}}.get(customer.kind, set())
    return [each for each in found if each.value or each.code not in has_none]


def agent_words(agent: str) -> str:
    """«Google Chrome, Windows» from what a browser says of itself."""
    browser = next((words for mark, words in _BROWSERS if mark in agent), "Другой браузер")
    system = next((words for mark, words in _SYSTEMS if mark in agent), "")
    return f"{browser}, {system}" if system else browser


def version_words(version: str) -> str:
    """«22.11.2026» from the name of a version."""
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", version)
    return f"{match[3]}.{match[2]}.{match[1]}" if match else version
