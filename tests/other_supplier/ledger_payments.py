"""Payments of a contract: for invoices and advances, refunds, offsets, unallocated ones."""

from __future__ import annotations

from typing import NamedTuple

from tests.other_supplier.layout import Format
from tests.other_supplier.ledger_state import Account, Draw, Sink
from tests.other_supplier.months import Month
from tests.other_supplier.texts import HOSTILE


class _Payment(NamedTuple):
    """A payment to be written.

    ``day`` counts from 1; ``number`` makes the key unique in the month; ``unallocated`` is a
    payment that billing could not assign to a contract.
    """

    amount: int
    day: int
    number: int
    invoice: str = ""
    kind: str = "payment"


class PaymentWriter:
    """Writes rows of ``payments.csv`` into `real`, those before month `tail_from` into `void`."""

    def __init__(
        self, fmt: Format, months: list[Month], real: Sink, void: Sink, *, tail_from: int, odd: bool
    ) -> None:
        """`odd` = hostile purposes."""
        self._fmt, self._months, self._odd = fmt, months, odd
        self._real, self._void, self._tail_from = real, void, tail_from

    def write(self, acc: Account, k: int, month: Month, opening: int, r: Draw) -> None:
        """Payments made in the month: the debt, the advances, and rarer kinds."""
        plan = acc.plan
        share, discipline = plan.share, plan.discipline
        wanted = opening if share <= 1 else acc.last_total // 2
        if wanted > 0 and r() < discipline:
            debt = _Payment(int(wanted * share) or 1, 1 + int(r() * 27), 1, acc.due_no)
            self._pay(acc, k, debt, r)
        if plan.has_advance and k <= plan.stop:
            head = f"СЧ/{plan.code:06d}.{month.key}"
            if r() < discipline - 0.12:
                total = int(acc.last_total * share) * 30 // 100 + 1
                self._pay(acc, k, _Payment(total, 1 + int(r() * 12), 2, head + "-30"), r)
            if r() < discipline - 0.18:
                total = int(acc.last_total * share) * 40 // 100 + 1
                self._pay(acc, k, _Payment(total, 12 + int(r() * 17), 3, head + "-40"), r)
        chance, day = r(), 1 + int(r() * 28)
        if opening < -1_000 and chance < 0.06:
            self._pay(acc, k, _Payment(opening // 2, day, 4, kind="refund"), r)
        elif 0.1 < chance < 0.11:
            amount = 100_000 + int(chance * 10**8) % 700_000
            self._pay(acc, k, _Payment(amount, day, 5, kind="offset"), r)
        elif 0.11 < chance < 0.113:
            self._pay(acc, k, _Payment(-55_555, day, 6, kind="offset"), r)
        elif chance > 0.997 and plan.index:
            self._pay(acc, k, _Payment(4_200_001, day, 7, kind="unallocated"), r)
        elif not k and chance > 0.9 and plan.index:
            self._pay(acc, -1, _Payment(777_701, 0, 8), r)

    def _pay(self, acc: Account, k: int, payment: _Payment, r: Draw) -> None:
        """One payment in month `k`; month -1 is the eve of the range."""
        plan, lag = acc.plan, r()
        paid_on, posted_on, at = self._dates(k, payment.day, lag)
        month = self._months[max(k, 0)]
        out = self._real if at >= self._tail_from else self._void
        kind, contract_no = payment.kind, plan.no
        if kind == "unallocated":
            kind, contract_no = "payment", ""
        else:
            acc.paid[at] += payment.amount
        key = f"0000{plan.code:05d}{month.key}{payment.number}"
        period = month.ym if payment.number < 4 and lag < 0.9 else ""
        head = (paid_on, posted_on, key, self._fmt.money(payment.amount), kind, contract_no, period)
        payer = (plan.bic, plan.account, plan.customer_inn)
        purpose = self._purpose(acc, month, payment.invoice, lag)
        out.payments.append((*head, str(int(lag * 9000) + 1), *payer, purpose))

    def _dates(self, k: int, day: int, lag: float) -> tuple[str, str, int]:
        """Day paid, day posted 0–3 days later, and the month it is posted in, perhaps the next.

        A payment of the eve is posted on the first day of the range. One that would be posted
        after the range has no posted_on yet and counts by paid_on.
        """
        months = self._months
        if k < 0:
            return months[0].previous_last, months[0].days[0], 0
        days = months[k].days
        over = day + int(lag * 4) - len(days)
        if lag > 0.1 and over <= 0:
            return days[day - 1], days[over - 1], k
        if over > 0 and k + 1 < len(months):
            return days[day - 1], months[k + 1].days[over - 1], k + 1
        return days[day - 1], "", k

    def _purpose(self, acc: Account, month: Month, invoice: str, lag: float) -> str:
        """Purpose of a payment; without `"` inside, so quoting it for a comma is enough."""
        plan, quote = acc.plan, self._fmt.comma_quote
        if self._odd and plan.index and lag > 0.985:
            return self._fmt.text(HOSTILE[int(lag * 1_000_000) % len(HOSTILE)])
        if not invoice:
            return "Платеж по письму"
        if lag < 0.5:
            return f"{quote}Оплата эл/энергии по дог. {plan.no}, счет {invoice}{quote}"
        return (
            f"{quote}Оплата за электроэнергию по договору № {plan.no} от {plan.signed}, "
            f"счет № {invoice}, за {month.ru}, в т.ч. НДС {month.vat_text}%{quote}"
        )
