"""What all contracts of a person owe together, by the groups the person has made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import ZERO

MAX_LABEL = 80
"""Characters of an own name of a contract, and of a group."""


@dataclass(frozen=True, slots=True)
class ContractMoney:
    """What one contract adds to the totals, roubles; None: the person may not see its money."""

    group: str
    balance: Decimal | None
    overdue: Decimal | None


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
        sum((balance for balance in balances if balance > 0), ZERO),
        -sum((balance for balance in balances if balance < 0), ZERO),
        sum(overdue, ZERO),
    )
