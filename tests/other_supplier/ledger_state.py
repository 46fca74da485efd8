"""State of a contract while its months are written, row buffers, and rounding to kopecks.

Money is in kopecks, quantities in 10^-3 of kWh (kW), prices in 10^-5 of a rouble.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.other_supplier import identifiers as ids
from tests.other_supplier.layout import POWERS, Row
from tests.other_supplier.masters import Plan, Register

Draw = Callable[[], float]
"""The next random number of a contract, from 0 to 1."""
Measured = list[tuple[Register, int, str]]
"""Register, consumption × 1000, method."""


@dataclass(slots=True)
class Sink:
    """Row buffers of the files with operations."""

    readings: list[Row] = field(default_factory=list)
    charges: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)

    def clear(self) -> None:
        """Empty every buffer."""
        for rows in (self.readings, self.charges, self.lines, self.invoices, self.payments):
            rows.clear()
        self.balances.clear()


@dataclass(slots=True)
class Account:
    """State of one contract while its months are written; lists are by month index."""

    plan: Plan
    charge_head: str
    upd: list[tuple[str, int, int] | None]
    """Charge id, consumption × 1000, price × 10^5 of the monthly documents."""
    charged: list[int]
    corrected: list[int]
    penalty: list[int]
    paid: list[int]
    closing: int
    last_total: int
    due_no: str = ""


def open_account(plan: Plan, count: int) -> Account:
    """The state of a contract before its first of ``count`` months."""
    return Account(
        plan,
        ids.uuid_head(plan.code),
        [None] * count,
        charged=[0] * count,
        corrected=[0] * count,
        penalty=[0] * count,
        paid=[0] * count,
        closing=plan.opening,
        last_total=sum(g.usage * g.ratio * 7 // POWERS[g.decimals] for g in plan.registers) * 100,
    )


def cost(qty: int, price: int) -> int:
    """Kopecks of qty × price, half away from zero."""
    value = (abs(qty) * price + 500_000) // 1_000_000
    return -value if qty < 0 else value


def vat_of(amount: int, rate: int) -> int:
    """VAT in kopecks, half away from zero; ``rate`` in per cent."""
    value = (abs(amount) * rate + 50) // 100
    return -value if amount < 0 else value
