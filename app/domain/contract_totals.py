"""What all contracts of a person owe together, by the groups the person has made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from app.domain.money import from_kopecks

MAX_LABEL = 80
"""Characters of an own name of a contract, and of a group."""


class ContractMoney(Protocol):
    """What one contract adds to the totals, in kopecks, for there may be thousands; None: the
    person may not see its money."""

    @property
    def group(self) -> str:
        """The person's own group; empty: none."""

    @property
    def balance(self) -> int | None:
        """Of the ledger; above zero the customer owes."""

    @property
    def overdue(self) -> int | None:
        """What is overdue of it."""


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """Sums of a group, roubles, never negative. A debt and an overpayment do not offset: each
    contract is settled by itself.

    Attributes:
        count: of contracts; ``shown``: those of them whose money the person may see.
    """

    name: str
    count: int
    shown: int
    debt: Decimal
    overpayment: Decimal
    overdue: Decimal


def sum_by_group(contracts: Iterable[ContractMoney]) -> list[GroupTotal]:
    """Sums of every group, by name; contracts without a group come last."""
    groups: dict[str, list[ContractMoney]] = {}
    for contract in contracts:
        groups.setdefault(contract.group, []).append(contract)
    names = sorted(groups, key=lambda name: (not name, name.casefold()))
    return [sum_contracts(groups[name], name) for name in names]


def sum_contracts(contracts: Iterable[ContractMoney], name: str = "") -> GroupTotal:
    """Sums of some contracts."""
    some = list(contracts)
    balances = [contract.balance for contract in some if contract.balance is not None]
    overdue = [contract.overdue for contract in some if contract.overdue is not None]
    return GroupTotal(
        name,
        len(some),
        len(balances),
        from_kopecks(sum(balance for balance in balances if balance > 0)),
        from_kopecks(-sum(balance for balance in balances if balance < 0)),
        from_kopecks(sum(overdue)),
    )
