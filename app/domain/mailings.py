"""Mailings: whom they go to, lists of contracts as people write them, what a text says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.contract_number import normalise_contract_number
from app.domain.errors import AmountError, ContractNumberError, PeriodError
from app.domain.money import ZERO, parse_roubles
from app.domain.period import parse_day
from app.domain.receivables import Receivable

MAX_RECIPIENTS = 5000
"""Contracts of one mailing, whatever cap a clerk sets."""
CONTRACT, CUSTOMER, OVERDUE, SINCE = "договор", "название", "просрочено", "срок оплаты"
RESTRICT = "дата ограничения"


class Audience(StrEnum):
    """How the contracts of a mailing are chosen."""

    DEBTORS = "debtors"
    NO_READINGS = "no_readings"
    LIST = "list"
    RESTRICTION = "restriction"
    """A list with debts and days: warnings that the supply is to be restricted."""


PLACEHOLDERS = {
    Audience.DEBTORS: (CONTRACT, CUSTOMER, OVERDUE, SINCE),
    Audience.NO_READINGS: (CONTRACT, CUSTOMER),
    Audience.LIST: (CONTRACT, CUSTOMER),
    Audience.RESTRICTION: (CONTRACT, CUSTOMER, OVERDUE, RESTRICT),
}
"""What a mailing to each audience has values for."""


class MailingStatus(StrEnum):
    """State of a mailing; ``stopped``: by a clerk, and what had not left does not leave."""

    DRAFT = "draft"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


PENDING = (MailingStatus.WAITING, MailingStatus.RUNNING)


class RecipientState(StrEnum):
    """What became of one contract; once a message is queued, the message says more."""

    CHOSEN = "chosen"
    NO_CONTACT = "no_contact"
    """Nobody has registered, or nobody has confirmed an address or a number."""
    QUEUED = "queued"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ChosenContract:
    """A contract that a mailing goes to, and what it owes where that is why."""

    contract_id: int
    overdue_amount: Decimal | None = None
    overdue_since: date | None = None
    restrict_on: date | None = None


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """A contract number in a list: where it stands, and how sign-in reads it."""

    line: int
    column: int
    typed: str
    number_key: str
    overdue_amount: Decimal | None = None
    restrict_on: date | None = None


@dataclass(frozen=True, slots=True)
class ListFault:
    """A place in a list that names no contract. ``code``: ``unreadable``, ``unknown``, ``many``.

    ``no_point`` in a list of supply points.
    """

    code: str
    line: int
    column: int
    typed: str


def sum_overdue(
    unpaid: Sequence[Receivable], today: date, days: int
) -> tuple[Decimal, date | None]:
    """What has been overdue for some days, roubles, and since when the oldest of it is.

    Args:
        days: at least so many days have passed since the due date; debt without one is old.
    """
    oldest = today - timedelta(days=days)
    late = [
        item
        for item in unpaid
        if item.is_overdue(today) and (item.due_on is None or item.due_on <= oldest)
    ]
    dated = [item.due_on for item in late if item.due_on is not None]
    return sum((item.unpaid for item in late), ZERO), min(dated, default=None)


def read_list(text: str) -> tuple[list[ListedNumber], list[ListFault]]:
    """Read contract numbers: one in a line, or the first column of a CSV file with semicolons.

    A first line that names no number is a heading. The same number twice counts once.
    """
    found: dict[str, ListedNumber] = {}
    faults = []
    first = True
    for line, cells in enumerate(csv.reader(io.StringIO(text), delimiter=";"), 1):
        column, typed = next(
            ((place, cell.strip()) for place, cell in enumerate(cells, 1) if cell.strip()), (0, "")
        )
        if not typed:
            continue
        try:
            key = normalise_contract_number(typed)
            found.setdefault(key, ListedNumber(line, column, typed, key))
        except ContractNumberError:
            if not (first and not re.search(r"\d", typed)):
                faults.append(ListFault("unreadable", line, column, typed))
        first = False
    return list(found.values()), faults


def read_warnings(text: str, today: date) -> tuple[list[ListedNumber], list[ListFault]]:
    """Read ``notices.csv``: contract number, debt in roubles, day of the restriction.

    The columns are parted by semicolons; a first line without digits is a heading.
    """
    found: dict[str, ListedNumber] = {}
    faults = []
    for line, cells in enumerate(csv.reader(io.StringIO(text), delimiter=";"), 1):
        typed = [cell.strip() for cell in cells]
        if not any(typed) or (line == 1 and not re.search(r"\d", text.splitlines()[0])):
            continue
        row = _read_warning(line, [*typed, "", "", ""][:3], today)
        if isinstance(row, ListFault):
            faults.append(row)
        elif row.number_key in found:
            faults.append(ListFault("twice", line, 1, row.typed))
        else:
            found[row.number_key] = row
    return list(found.values()), faults


def _read_warning(line: int, cells: Sequence[str], today: date) -> ListedNumber | ListFault:
    number, debt, day = cells
    try:
        key = normalise_contract_number(number)
    except ContractNumberError:
        return ListFault("unreadable", line, 1, number)
    try:
        amount = parse_roubles(debt)
    except AmountError:
        return ListFault("amount", line, 2, debt)
    try:
        restrict_on = parse_day(day)
    except PeriodError:
        return ListFault("day", line, 3, day)
    if restrict_on <= today:
        return ListFault("past", line, 3, day)
    return ListedNumber(line, 1, number, key, amount, restrict_on)
