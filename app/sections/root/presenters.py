"""Rows of «Мои договоры», and what a person searches there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.my_contracts import MyContract, count_missing_readings
from app.web.forms import printable
from app.web.policies import window_rules
from app.web.template_context import contract_menu

MAX_TEXT = 80
STATES = {"suspended": ("wait", "Приостановлен")}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was typed into the search, the group, and whether only debtors are shown."""

    text: str
    group: str
    only_overdue: bool

    @classmethod
    def from_query(cls, args: Mapping[str, str]) -> Choice:
        """Read ``q``, ``group`` and ``overdue``; whatever is typed is a search."""
        text = printable(args.get("q")).strip()[:MAX_TEXT]
        group = printable(args.get("group")).strip()[:MAX_TEXT]
        return cls(text, group, "overdue" in args)

    def of(self, contracts: Sequence[MyContract]) -> list[MyContract]:
        """Those of the contracts that are searched for."""
        text = self.text.casefold()
        return [
            one
            for one in contracts
            if (not text or one.has(text))
            and (not self.group or one.group == self.group)
            and (not self.only_overdue or one.overdue)
        ]

    @property
    def query(self) -> dict[str, str]:
        """What a link to this very choice carries."""
        values = {"q": self.text, "group": self.group, "overdue": "1" if self.only_overdue else ""}
        return {name: value for name, value in values.items() if value}

    def __bool__(self) -> bool:
        return bool(self.query)


@dataclass(frozen=True, slots=True)
class Line:
    """A contract as a row: ``missing`` is None where readings are not the person's affair."""

    mine: MyContract
    missing: int | None
    state: tuple[str, str]
    menu: Sequence[tuple[str, str, bool]]

    @property
    def contract(self) -> VisibleContract:
        return self.mine.contract


def make_lines(contracts: Sequence[MyContract], today: date) -> list[Line]:
    """The rows of a page, with the readings that are still left in each."""
    visible = [one.contract for one in contracts]
    missing = count_missing_readings(db.session(), visible, today, window_rules())
    return [
        Line(one, missing.get(one.contract.id), _state(one.contract), contract_menu(one.contract))
        for one in contracts
    ]


def _state(contract: VisibleContract) -> tuple[str, str]:
    if contract.is_terminated:
        return "no", "Расторгнут"
    return STATES.get(contract.status, ("ok", "Действует"))
