"""Operations and balances of a contract, month by month: the hot path."""

from __future__ import annotations

from random import Random

from tests.other_supplier.layout import Format
from tests.other_supplier.ledger_documents import DocumentWriter
from tests.other_supplier.ledger_payments import PaymentWriter
from tests.other_supplier.ledger_readings import ReadingWriter
from tests.other_supplier.ledger_state import Account, Sink, open_account
from tests.other_supplier.masters import Plan
from tests.other_supplier.months import Month


class Ledger:
    """Writes operations of contracts into `real`; months before `tail_from` go nowhere."""

    def __init__(
        self, fmt: Format, months: list[Month], real: Sink, *, tail_from: int, odd: bool
    ) -> None:
        """`odd` = hostile texts, document numbers and row orders."""
        self._fmt, self._months, self._odd = fmt, months, odd
        self._real, self._void, self._tail_from = real, Sink(), tail_from
        self._readings = ReadingWriter(fmt)
        self._documents = DocumentWriter(fmt, months, odd=odd)
        self._payments = PaymentWriter(fmt, months, real, self._void, tail_from=tail_from, odd=odd)

    def contract(self, plan: Plan, rng: Random) -> None:
        """All operations and balances of one contract."""
        real, r = self._real, rng.random
        acc = open_account(plan, len(self._months))
        marks = len(real.lines), len(real.charges), len(real.balances)
        for k, month in enumerate(self._months):
            out = real if k >= self._tail_from else self._void
            opening = acc.closing
            if not plan.silent and k >= plan.start:
                self._payments.write(acc, k, month, opening, r)
                if k <= plan.stop:
                    measured = self._readings.write(acc, k, month, out, r)
                    total = self._documents.write_monthly(acc, k, month, measured, out)
                    self._documents.write_invoices(acc, month, total, out)
                self._documents.write_adjustments(acc, k, month, opening, out, r)
            self._balance(acc, k, month, opening, out)
        if self._odd and plan.index:
            self._reorder(plan, marks)
        self._void.clear()

    def _reorder(self, plan: Plan, marks: tuple[int, int, int]) -> None:
        """The format promises no order of rows: newest first, lines of documents apart."""
        real = self._real
        if plan.index % 7 == 3:
            for rows, mark in zip((real.lines, real.charges, real.balances), marks, strict=True):
                rows[mark:] = rows[mark:][::-1]
        elif plan.index % 7 == 5:
            mark = marks[0]
            real.lines[mark:] = sorted(real.lines[mark:])

    def _balance(self, acc: Account, k: int, month: Month, opening: int, out: Sink) -> None:
        money = self._fmt.money
        charged, corrected = acc.charged[k], acc.corrected[k]
        penalty, paid = acc.penalty[k], acc.paid[k]
        acc.closing = opening + charged + corrected + penalty - paid
        sums = (acc.closing, opening, charged, corrected, penalty, paid)
        out.balances.append((month.ym, acc.plan.no, *map(money, sums)))
