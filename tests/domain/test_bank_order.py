"""The bank file, read back by a reader of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.bank_order import BankParty, PaymentOrder, write_orders

PAYER = BankParty(
    "ООО «Ромашка»",
    "7415000018",
    "741501001",
    "40702810900000000002",
    "Банк",
    "047501002",
    "30101810000000000002",
)
PAYEE = BankParty(
    "АО «ЭнСер»",
    "7415000007",
    "741501001",
    "40702810000000000001",
    "Банк «Пример»",
    "047501001",
    "30101810000000000001",
)
AT = datetime(2026, 11, 22, 15, 4, 5, tzinfo=UTC)


def read(content: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Header and documents; windows-1251, CRLF, split at the first «=»."""
    text = content.decode("cp1251")
    assert text.count("\n") == text.count("\r\n")
    lines = text.split("\r\n")
    assert lines[0] == "1CClientBankExchange"
    assert lines[-2:] == ["КонецФайла", ""]
    header: dict[str, str] = {}
    documents: list[dict[str, str]] = []
    current = header
    for line in lines[1:-2]:
        if line == "КонецДокумента":
            current = {}
            continue
        key, _, value = line.partition("=")
        if key == "СекцияДокумент":
            current = {}
            documents.append(current)
        assert key not in current, key
        current[key] = value
    return header, documents


def test_orders_read_back_with_both_sides() -> None:
    orders = [
        PaymentOrder(1, Decimal("12345.60"), "Оплата, в т.ч. НДС 22% - 2226-26"),
        PaymentOrder(2, Decimal("7.77"), "Пени. НДС не облагается"),
    ]
    header, documents = read(write_orders(orders, PAYER, PAYEE, AT))
    assert header["ВерсияФормата"] == "1.03"
    assert header["РасчСчет"] == PAYER.account
    assert header["ДатаСоздания"] == "22.11.2026"
    first, second = documents
    assert (first["Номер"], first["Сумма"]) == ("1", "12345.60")
    assert (second["Номер"], second["Сумма"]) == ("2", "7.77")
    assert first["ПлательщикСчет"] == first["ПлательщикРасчСчет"] == PAYER.account
    assert first["Получатель"] == "ИНН 7415000007 АО «ЭнСер»"
    assert first["ПолучательБИК"] == PAYEE.bic
    assert first["НазначениеПлатежа"] == "Оплата, в т.ч. НДС 22% - 2226-26"


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_words_stay_one_line_of_windows_1251(name: str, purpose: str) -> None:
    payer = BankParty(name, *(getattr(PAYER, field) for field in BankParty.__slots__[1:]))
    _, (document,) = read(write_orders([PaymentOrder(1, Decimal(1), purpose)], payer, PAYEE, AT))
    assert document["Сумма"] == "1.00"
    assert len(document["НазначениеПлатежа"]) <= 210


def test_what_windows_1251_lacks_is_said_otherwise() -> None:
    order = PaymentOrder(1, Decimal(1), "5\u202f000\u00a0₽ − аванс")
    _, (document,) = read(write_orders([order], PAYER, PAYEE, AT))
    assert document["НазначениеПлатежа"] == "5 000 руб. - аванс"
