"""Rows of «Мои договоры», and what a person searches there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.access import AccessWindow, Viewer
from app.domain.money import from_kopecks
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.my_contracts import MyContract, count_missing_readings, get_shown
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
    """A contract as a row; sums in roubles. ``missing`` is None where readings are not the
    person's affair."""

    mine: MyContract
    contract: VisibleContract
    missing: int | None
    state: tuple[str, str]
    menu: Sequence[tuple[str, str, bool]]

    @property
    def balance(self) -> Decimal | None:
        return None if self.mine.balance is None else from_kopecks(self.mine.balance)

    @property
    def overdue(self) -> Decimal | None:
        return None if self.mine.overdue is None else from_kopecks(self.mine.overdue)


def make_lines(contracts: Sequence[MyContract], viewer: Viewer, window: AccessWindow) -> list[Line]:
    """The rows of a page, with the readings that are still left in each."""
    session = db.session()
    visible = get_shown(session, viewer, window, [one.id for one in contracts])
    missing = count_missing_readings(session, visible.values(), window.today, window_rules())
    return [
        Line(
            one,
            visible[one.id],
            missing.get(one.id),
            _state(visible[one.id]),
            contract_menu(visible[one.id]),
        )
        for one in contracts
        if one.id in visible
    ]


def _state(contract: VisibleContract) -> tuple[str, str]:
    if contract.is_terminated:
        return "no", "Расторгнут"
    return STATES.get(contract.status, ("ok", "Действует"))
