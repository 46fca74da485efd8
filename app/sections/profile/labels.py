"""Labels of requisites and kinds of customers."""

from __future__ import annotations

from dataclasses import dataclass

from app.queries.profile import BilledCustomer

KINDS = {"ul": "Юридическое лицо", "ip": "Индивидуальный предприниматель", "fl": "Физическое лицо"}


@dataclass(frozen=True, slots=True)
class Requisite:
    """A line of «Реквизиты»; ``code`` is what an enquiry about it begins with."""

    code: str
    label: str
    value: str | None


def build_requisites(customer: BilledCustomer) -> list[Requisite]:
    """List the requisites in the order people check them, but those it cannot have."""
    found = [
        Requisite("name", "Фирменное название", customer.full_name),
        Requisite("inn", "ИНН", customer.inn),
        Requisite("kpp", "КПП", customer.kpp),
        Requisite("ogrn", "ОГРНИП" if customer.kind == "ip" else "ОГРН", customer.ogrn),
        Requisite("legal-address", "Юридический адрес", customer.legal_address),
        Requisite("postal-address", "Почтовый адрес", customer.postal_address),
    ]
    has_none = {"ip": {"kpp"}, "fl": {"kpp", "ogrn"}}.get(customer.kind, set())
    return [requisite for requisite in found if requisite.value or requisite.code not in has_none]
