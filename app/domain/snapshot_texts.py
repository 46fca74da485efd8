"""Write the lists of a money snapshot as compact JSON, in kopecks, and read them back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from app.domain.corrections import DebtKind
from app.domain.money import ZERO, from_kopecks
from app.domain.receivables import DocumentBalance, InvoiceBalance, Receivable, ReceivableKind

FORMAT = 1
"""Version of what a snapshot says: of these texts, and of the rules that compute it.

Raise it with every change of either: rows of another version are not read, but made anew.
"""

_KINDS = {kind.value: kind for kind in ReceivableKind}
_DEBTS = tuple(DebtKind)
_decode = json.JSONDecoder().raw_decode
"""Without what ``json.loads`` does for texts that others have written."""


def write_unpaid(receivables: Iterable[Receivable]) -> str:
    """Receivables in their order: ``[[kind, id, number, due, amount, covered, advance], …]``."""
    return _dump(
        [
            item.kind.value,
            item.id,
            item.number,
            item.due_on and item.due_on.isoformat(),
            _kopecks(item.amount),
            _kopecks(item.covered),
            int(item.is_advance),
        ]
        for item in receivables
    )


def read_unpaid(text: str) -> tuple[Receivable, ...]:
    """Read what ``write_unpaid`` has written."""
    return tuple(
        Receivable(
            _KINDS[kind],
            from_kopecks(amount),
            from_kopecks(covered),
            key,
            number,
            date.fromisoformat(due) if due else None,
            bool(is_advance),
        )
        for kind, key, number, due, amount, covered, is_advance in json.loads(text)
    )


@dataclass(frozen=True, slots=True)
class UnpaidSums:
    """What a list of receivables comes to, kopecks, and the nearest due date from today on."""

    total: int
    overdue: int
    next_due_on: date | None


def sum_unpaid(text: str, today: date) -> UnpaidSums:
    """Add up what ``write_unpaid`` has written, without making a receivable of each item.

    The list of a person's contracts does so for hundreds of them at once.
    """
    day, total, overdue, following = today.isoformat(), 0, 0, ""
    for _, _, _, due, amount, covered, _ in _decode(text)[0]:
        unpaid = amount - covered
        total += unpaid
        # ISO dates sort as dates do.
        if due is None or due < day:
            overdue += unpaid
        elif not following or due < following:
            following = due
    return UnpaidSums(total, overdue, date.fromisoformat(following) if following else None)


def write_balances(
    invoices: Mapping[int, InvoiceBalance], documents: Mapping[int, DocumentBalance]
) -> str:
    """Balances by id, one after the other without nesting, for there are many of them.

    ``{"invoices": [id, covered, unpaid, …], "documents": [id, due, unpaid, debt, …]}``.
    """
    return _dump(
        {
            "invoices": _flat(
                (key, _kopecks(balance.covered), _kopecks(balance.unpaid))
                for key, balance in invoices.items()
            ),
            "documents": _flat(
                (
                    key,
                    _kopecks(balance.amount_due),
                    _kopecks(balance.unpaid),
                    _DEBTS.index(balance.debt),
                )
                for key, balance in documents.items()
            ),
        }
    )


def read_balances(text: str) -> tuple[dict[int, InvoiceBalance], dict[int, DocumentBalance]]:
    """Read what ``write_balances`` has written."""
    found = json.loads(text)
    invoices, documents = iter(found["invoices"]), iter(found["documents"])
    return (
        {
            key: InvoiceBalance(_roubles(covered), _roubles(unpaid))
            for key, covered, unpaid in zip(invoices, invoices, invoices, strict=True)
        },
        {
            key: DocumentBalance(_roubles(due), _roubles(unpaid), _DEBTS[debt])
            for key, due, unpaid, debt in zip(
                documents, documents, documents, documents, strict=True
            )
        },
    )


def write_ids(ids: Iterable[int]) -> str:
    """A set of ids."""
    return _dump(sorted(ids))


def read_ids(text: str) -> frozenset[int]:
    """Read what ``write_ids`` has written."""
    return frozenset(json.loads(text))


def _dump(value: Any) -> str:
    rows = value if isinstance(value, dict | list) else list(value)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _flat(rows: Iterable[Sequence[int]]) -> list[int]:
    return list(chain.from_iterable(rows))


def _kopecks(amount: Decimal) -> int:
    return int(amount * 100)


def _roubles(kopecks: int) -> Decimal:
    return from_kopecks(kopecks) if kopecks else ZERO
