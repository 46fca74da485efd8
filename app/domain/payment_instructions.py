"""What is asked for, each as a payment of its own: amount, day, and words of the order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from app.domain.money import KOPECK
from app.domain.period import Month
from app.domain.receivables import ReceivableKind

MAX_PURPOSE = 210
"""Bank of Russia, положение 762-П: field 24 of a payment order."""


@dataclass(frozen=True, slots=True)
class ContractName:
    """A contract as payment orders name it."""

    number: str
    signed_on: date

    def __str__(self) -> str:
        return f"договору № {self.number} от {self.signed_on:%d.%m.%Y}"


@dataclass(frozen=True, slots=True)
class PaymentInstruction:
    """One payment to be made; roubles above zero. ``id`` is the invoice's or document's."""

    kind: ReceivableKind
    amount: Decimal
    purpose: str
    id: int = 0
    number: str = ""
    on: date | None = None
    due_on: date | None = None
    """None: without a due date, so at once."""
    period: Month | None = None

    @property
    def code(self) -> str:
        """Names it in addresses and forms."""
        return f"{self.kind}-{self.id}" if self.id else self.kind.value

    def days_overdue(self, today: date) -> int:
        return max(0, (today - self.due_on).days) if self.due_on else 0

    def is_overdue(self, today: date) -> bool:
        return self.due_on is None or self.due_on < today


def vat_clause(vat: Decimal | None, *rates: Decimal | None) -> str:
    """«в т.ч. НДС 22% - 22262-12», as banks want it.

    Args:
        vat: roubles; None: billing has not said.
        rates: in per cent; none where billing has not said.
    """
    if vat is None:
        return "в т.ч. НДС"
    if not vat and not any(rates):
        return "НДС не облагается"
    percents = ", ".join(f"{rate:f}".rstrip("0").rstrip(".") + "%" for rate in rates if rate)
    return " ".join(filter(None, ("в т.ч. НДС", percents, "-", str(vat).replace(".", "-"))))


def included_vat(amount: Decimal, rate: Decimal | None) -> Decimal | None:
    """The VAT in an amount that includes it; roubles, for the words of a payment only."""
    if rate is None:
        return None
    return (amount * rate / (100 + rate)).quantize(KOPECK, ROUND_HALF_UP)


def invoice_purpose(
    contract: ContractName, number: str, issued_on: date, period: Month, vat: str
) -> str:
    """«Оплата за электроэнергию по договору № … от …, счет № … от …, за 10.2026, в т.ч. НДС …»."""
    head = f"Оплата за электроэнергию по {contract}, счет № {number} от {issued_on:%d.%m.%Y}"
    return _fit(head, f", за {period.short_label}, {vat}")


def document_purpose(contract: ContractName, number: str, on: date, period: Month, vat: str) -> str:
    """The same by a document that no invoice asks for."""
    head = f"Оплата за электроэнергию по {contract}, документ № {number} от {on:%d.%m.%Y}"
    return _fit(head, f", за {period.short_label}, {vat}")


def rest_purpose(contract: ContractName, today: date) -> str:
    """The words for debt without a document in the portal: its VAT is known to billing only."""
    return _fit(
        f"Оплата задолженности за электроэнергию по {contract}",
        f", на {today:%d.%m.%Y}, в т.ч. НДС",
    )


def interest_purpose(contract: ContractName, numbers: Sequence[str]) -> str:
    """The words for late interest, which has no VAT."""
    tail = ", НДС не облагается"
    documents = ", документы № " + ", ".join(numbers) if numbers else ""
    head = f"Оплата пени по {contract}"
    whole = head + documents + tail
    return whole if len(whole) <= MAX_PURPOSE else _fit(head, tail)


_INTEREST = re.compile(
    r"\s*(?:(?:оплата|уплата|погашение|перечисление|доплата|возврат|зач[её]т|переплат[аыу]"
    r"|излишне|уплаченн\w*|оплаченн\w*|начисленн\w*|суммы?|в|счет|счёт|оплату|за|по)\s+)*"
    r"(?:пен(?:и|я|ь|ю|е|ей|ям)|неустойк\w*)\b",
    re.IGNORECASE,
)


def is_interest_payment(purpose: str | None) -> bool:
    """Whether the words of a payment, ours or anybody's, say that it is for late interest."""
    return _INTEREST.match(purpose or "") is not None


_SHORTER = (
    ("Оплата задолженности за электроэнергию по договору", "Долг за эл.энергию, дог."),
    ("Оплата за электроэнергию по договору", "За эл.энергию, дог."),
    ("Оплата пени по договору", "Пени, дог."),
    ("в т.ч. НДС", "НДС"),
)


def shorten(purpose: str) -> tuple[str, str]:
    """The same in fewer letters, and without days and months, for a code that has no room."""
    for long, short in _SHORTER:
        purpose = purpose.replace(long, short)
    bare = re.sub(r"(?: от|,? за) [0-9.]{7,10}(?=,|$)", "", purpose).replace("№ ", "№")
    return purpose, bare


def _fit(head: str, tail: str) -> str:
    """Cut what names the document, never the end, which speaks of the VAT."""
    return head[: MAX_PURPOSE - len(tail)].rstrip() + tail
