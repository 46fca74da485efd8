"""Summary of a demo package that the command prints: counts and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """What a visitor needs to register for a contract, and why this one is worth a look.

    Attributes:
        note: a few Russian words to print beside it.
        balance: closing balance of the running month, roubles; above zero the customer owes.
    """

    contract_no: str
    customer: str
    inn: str
    email: str | None
    phone: str | None
    note: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """Numbers of the contracts that have a story, and the size of the package.

    Attributes:
        two_contracts: the first and the second contract of one customer.
        sign_ins: the most interesting contracts, the most interesting first.
        rows: number of rows by file name.
    """

    batch_id: str
    contracts: tuple[str, ...]
    debtor: str
    many_meters: str
    corrections: str
    overpaid: str
    closed: str
    sole_trader: str
    mkd_owner: str
    suspended: str
    terminated: str
    roll_over: str
    two_contracts: tuple[str, str]
    automatic: str
    offset: str
    sign_ins: tuple[DemoSignIn, ...]
    rows: dict[str, int]
