"""Payment instructions: amount, due date and purpose of each payment that is to be made.

The purpose (назначение платежа) goes into a payment order, a payment QR code and an invoice.
"""

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
    """One payment to be made; roubles above zero.

    Attributes:
        id: of the invoice or document; 0 for other debt and late interest.
        due_on: None: without a due date, so at once.
        vat: in the amount; None where billing has not said.
        rates: of VAT in per cent; none where billing has not said, or there is no VAT.
    """

    kind: ReceivableKind
    amount: Decimal
    purpose: str
    id: int = 0
    number: str = ""
    on: date | None = None
    due_on: date | None = None
    period: Month | None = None
    vat: Decimal | None = None
    rates: tuple[Decimal, ...] = ()

    @property
    def code(self) -> str:
        """Identifies it in addresses and forms."""
        return f"{self.kind}-{self.id}" if self.id else self.kind.value

    def days_overdue(self, today: date) -> int:
        """Days since the due date; 0 until it has passed, and where there is none."""
        return max(0, (today - self.due_on).days) if self.due_on else 0

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been paid before ``today``, a business date."""
        return self.due_on is None or self.due_on < today


def vat_clause(vat: Decimal | None, *rates: Decimal | None) -> str:
    """State the VAT of a payment as banks want it: «в т.ч. НДС 22% - 22262-12».

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
    """Compute the VAT in an amount that includes it, for the purpose of a payment only.

    Args:
        amount: roubles with VAT.
        rate: in per cent; None where billing has not said, and then there is no answer.
    """
    if rate is None:
        return None
    return (amount * rate / (100 + rate)).quantize(KOPECK, ROUND_HALF_UP)


def invoice_purpose(
    contract: ContractName, number: str, issued_on: date, period: Month, vat: str
) -> str:
    """Write the purpose of a payment by invoice, at most ``MAX_PURPOSE`` characters.

    «Оплата за электроэнергию по договору № … от …, счет № … от …, за 10.2026, в т.ч. НДС …».

    Args:
        number: of the invoice.
        vat: clause on VAT, as ``vat_clause`` writes it.
    """
    head = f"Оплата за электроэнергию по {contract}, счет № {number} от {issued_on:%d.%m.%Y}"
    return _fit(head, f", за {period.short_label}, {vat}")


def document_purpose(contract: ContractName, number: str, on: date, period: Month, vat: str) -> str:
    """Write the purpose of a payment by a document that no invoice asks for.

    Args:
        number: of the document.
        vat: clause on VAT, as ``vat_clause`` writes it.
    """
    head = f"Оплата за электроэнергию по {contract}, документ № {number} от {on:%d.%m.%Y}"
    return _fit(head, f", за {period.short_label}, {vat}")


def other_debt_purpose(contract: ContractName, today: date) -> str:
    """Write the purpose of paying debt without a document in the portal.

    Its VAT is known to billing only.

    Args:
        today: business date on which the debt was asked for.
    """
    return _fit(
        f"Оплата задолженности за электроэнергию по {contract}",
        f", на {today:%d.%m.%Y}, в т.ч. НДС",
    )


def interest_purpose(contract: ContractName, numbers: Sequence[str]) -> str:
    """Write the purpose of paying late interest, which has no VAT.

    Args:
        numbers: of the documents; left out where they do not fit.
    """
    tail = ", НДС не облагается"
    documents = ", документы № " + ", ".join(numbers) if numbers else ""
    head = f"Оплата пени по {contract}"
    whole = head + documents + tail
    return whole if len(whole) <= MAX_PURPOSE else _fit(head, tail)


def combined_purpose(
    contract: ContractName, instructions: Sequence[PaymentInstruction], today: date, vat: str
) -> str:
    """Write the purpose of one payment for several debts for energy.

    It names invoices and documents where they fit, else their months; the supplier needs them to
    know what was paid.

    Args:
        instructions: what is paid together.
        today: business date on which older debt was asked for.
        vat: clause on VAT, as ``vat_clause`` writes it.
    """
    kinds = {instruction.kind for instruction in instructions}
    debt = "задолженности " if ReceivableKind.OTHER in kinds else ""
    head = f"Оплата {debt}за электроэнергию по {contract}"
    names = "".join(
        f", {label} № " + ", ".join(item.number for item in instructions if item.kind is kind)
        for kind, label in (
            (ReceivableKind.INVOICE, "счета"),
            (ReceivableKind.DOCUMENT, "документы"),
        )
        if kind in kinds
    )
    months = sorted({item.period for item in instructions if item.period})
    tail = f", за {_month_list(months)}" if months else ""
    tail += f", на {today:%d.%m.%Y}" if debt else ""
    tail += f", {vat}"
    whole = head + names + tail
    return whole if len(whole) <= MAX_PURPOSE else _fit(head, tail)


def _month_list(months: Sequence[Month]) -> str:
    """«06.2026-08.2026, 10.2026»: months in order, those that follow each other as a range."""
    ranges: list[list[Month]] = []
    for month in months:
        if ranges and ranges[-1][-1].plus(1) == month:
            ranges[-1].append(month)
        else:
            ranges.append([month])
    return ", ".join(
        "-".join(dict.fromkeys((group[0].short_label, group[-1].short_label))) for group in ranges
    )


_INTEREST = re.compile(
    r"\s*(?:(?:оплата|уплата|погашение|перечисление|доплата|возврат|зач[её]т|переплат[аыу]"
    r"|излишне|уплаченн\w*|оплаченн\w*|начисленн\w*|суммы?|в|счет|счёт|оплату|за|по)\s+)*"
    r"(?:пен(?:и|я|ь|ю|е|ей|ям)|неустойк\w*)\b",
    re.IGNORECASE,
)


def is_interest_payment(purpose: str | None) -> bool:
    """Tell by the purpose of a payment, written by anybody, that it pays late interest."""
    return _INTEREST.match(purpose or "") is not None


_SHORTER = (
    ("Оплата задолженности за электроэнергию по договору", "Долг за эл.энергию, дог."),
    ("Оплата за электроэнергию по договору", "За эл.энергию, дог."),
    ("Оплата пени по договору", "Пени, дог."),
    ("в т.ч. НДС", "НДС"),
)


def shorten(purpose: str) -> tuple[str, str]:
    """Shorten a purpose for a payment code that has no room for it.

    Returns:
        The purpose with abbreviations, and that without dates and months.
    """
    for long, short in _SHORTER:
        purpose = purpose.replace(long, short)
    bare = re.sub(r"(?: от|,? за) [0-9.]{7,10}(?=,|$)", "", purpose).replace("№ ", "№")
    return purpose, bare


def _fit(head: str, tail: str) -> str:
    """Cut what names the document, never the end, which states the VAT."""
    return head[: MAX_PURPOSE - len(tail)].rstrip() + tail
