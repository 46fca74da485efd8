"""Payment orders as a file for bank clients: 1CClientBankExchange 1.03.

Source: 1С, «Стандарт обмена с системами "Клиент банка"», version 1.03.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.payment_instructions import MAX_PURPOSE
from app.domain.transliteration import to_windows_1251


@dataclass(frozen=True, slots=True)
class BankParty:
    """A side of a payment with its bank."""

    name: str
    inn: str
    kpp: str | None
    account: str
    bank_name: str
    bic: str
    corr_account: str


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One order; ``amount`` in roubles above zero, ``purpose`` one line."""

    number: int
    amount: Decimal
    purpose: str


@dataclass(frozen=True, slots=True)
class OrderGroup:
    """Orders of one payer to one payee."""

    orders: Sequence[PaymentOrder]
    payer: BankParty
    payee: BankParty


def write_orders(
    orders: Sequence[PaymentOrder], payer: BankParty, payee: BankParty, created_at: datetime
) -> bytes:
    """Write payment orders of one payer as a file for bank clients; see ``write_order_groups``.

    Args:
        orders: amounts in roubles above zero.
        payer: the customer, whose account pays.
        payee: the supplier.
        created_at: in the supplier's zone.
    """
    return write_order_groups([OrderGroup(orders, payer, payee)], created_at)


def write_order_groups(groups: Sequence[OrderGroup], created_at: datetime) -> bytes:
    """Write payment orders as a file for bank clients: windows-1251, CRLF, a value in one line.

    Every account that pays is named once in the head of the file.

    Args:
        created_at: in the supplier's zone.

    Source: 1С, «Стандарт обмена с системами "Клиент банка"», version 1.03.
    """
    day = created_at.date()
    lines = [
        "1CClientBankExchange",
        "ВерсияФормата=1.03",
        "Кодировка=Windows",
        "Отправитель=Личный кабинет",
        "Получатель=",
        f"ДатаСоздания={_day(day)}",
        f"ВремяСоздания={created_at:%H:%M:%S}",
        f"ДатаНачала={_day(day)}",
        f"ДатаКонца={_day(day)}",
        *dict.fromkeys(f"РасчСчет={group.payer.account}" for group in groups),
        "Документ=Платежное поручение",
    ]
    pairs = [(group, order) for group in groups for order in group.orders]
    for side, order in pairs:
        lines += [
            "СекцияДокумент=Платежное поручение",
            f"Номер={order.number}",
            f"Дата={_day(day)}",
            f"Сумма={order.amount:.2f}",
            *_party("Плательщик", side.payer),
            *_party("Получатель", side.payee),
            "ВидОплаты=01",
            "Очередность=5",
            "Код=0",
            f"НазначениеПлатежа={_to_one_line(order.purpose)[:MAX_PURPOSE]}",
            "КонецДокумента",
        ]
    lines.append("КонецФайла")
    return "".join(f"{line}\r\n" for line in lines).encode("cp1251")


def _party(role: str, party: BankParty) -> list[str]:
    name = _to_one_line(party.name)
    return [
        f"{role}Счет={party.account}",
        f"{role}=ИНН {party.inn} {name}",
        f"{role}ИНН={party.inn}",
        f"{role}КПП={party.kpp or ''}",
        f"{role}1={name}",
        f"{role}РасчСчет={party.account}",
        f"{role}Банк1={_to_one_line(party.bank_name)}",
        f"{role}Банк2=",
        f"{role}БИК={party.bic}",
        f"{role}Корсчет={party.corr_account}",
    ]


def _to_one_line(text: str) -> str:
    """What windows-1251 can hold, in one line."""
    text = to_windows_1251(text)
    # Control characters would end a line or a value.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
