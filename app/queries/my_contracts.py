"""Read all contracts of a person in short: money, labels, readings that are left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.access import AccessWindow, Permission, Viewer
from app.domain.contract_totals import ContractMoney
from app.domain.reading_windows import Regime, Window, WindowRules, windows_on
from app.domain.readings import COMPUTED
from app.domain.snapshot_texts import FORMAT, sum_unpaid
from app.lib.prepared_select import PreparedSelect
from app.models import (
    Contract,
    ContractLabel,
    Customer,
    Membership,
    Meter,
    OpenItemSnapshot,
    Reading,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import CONTRACT_COLUMNS, VisibleContract, contract_from
from app.queries.memberships import is_current, is_readable
from app.queries.open_item_snapshots import compute_snapshot
from app.queries.readings.known_readings import is_billed_reading, is_live
from app.queries.readings.meters import DIRECTION

_DAY = Contract.valid_to.type
_S = OpenItemSnapshot
_LABELS_AND_MONEY = (
    ContractLabel.name,
    ContractLabel.group_name,
    _S.balance_amount,
    _S.unpaid,
)
_MINE = PreparedSelect(
    select(*CONTRACT_COLUMNS, *_LABELS_AND_MONEY)
    .join(Membership, Membership.contract_id == Contract.id)
    .join(Customer, Customer.id == Contract.customer_id)
    .outerjoin(
        ContractLabel,
        and_(
            ContractLabel.contract_id == Contract.id,
            ContractLabel.account_id == bindparam("account_id"),
        ),
    )
    .outerjoin(
        _S,
        and_(
            _S.contract_id == Contract.id,
            _S.format == FORMAT,
            _S.valid_from <= bindparam("today", type_=_DAY),
            _S.valid_to >= bindparam("today", type_=_DAY),
        ),
    )
    .where(
        Membership.account_id == bindparam("account_id"),
        is_current(bindparam("today", type_=_DAY)),
        is_readable(bindparam("oldest_end", type_=_DAY)),
    )
    .order_by(Contract.number)
)


@dataclass(frozen=True, slots=True)
class MyContract:
    """A contract in the list of a person; sums in roubles, None where the role may not see them.

    Attributes:
        name: of one's own.
        balance: of the ledger today; above zero the customer owes.
        to_pay: everything that is asked for, whatever its day.
    """

    contract: VisibleContract
    name: str
    group: str
    balance: Decimal | None = None
    to_pay: Decimal | None = None
    overdue: Decimal | None = None
    next_due_on: date | None = None

    @property
    def money(self) -> ContractMoney:
        """What it adds to the totals."""
        return ContractMoney(self.group, self.balance, self.overdue)

    def has(self, text: str) -> bool:
        """Whether its number, customer, name or group contains a text in lower case."""
        contract = self.contract
        fields = (contract.number, contract.display_name, self.name, self.group)
        return any(text in field.casefold() for field in fields)


def list_my_contracts(session: Session, viewer: Viewer, window: AccessWindow) -> list[MyContract]:
    """List the contracts of a person by number; one SELECT, and one for each without a snapshot."""
    rows = _MINE.all(
        session,
        account_id=viewer.account_id,
        today=window.today,
        oldest_end=window.oldest_end,
    )
    return [_mine(session, row, viewer, window.today) for row in rows]


def _mine(session: Session, row: Sequence[Any], viewer: Viewer, today: date) -> MyContract:
    *columns, name, group, balance, unpaid = row
    contract = contract_from(columns, viewer.account_id, today)
    if not contract.may(Permission.SEE_MONEY):
        return MyContract(contract, name or "", group or "")
    if unpaid is None:
        items = compute_snapshot(session, contract.id, today).open_items
        sums = (items.balance, items.total, items.overdue, items.next_due_on)
        return MyContract(contract, name or "", group or "", *sums)
    found = sum_unpaid(unpaid, today)
    return MyContract(
        contract,
        name or "",
        group or "",
        balance,
        found.total,
        found.overdue,
        found.next_due_on,
    )


def find_label(session: Session, contract: VisibleContract) -> ContractLabel | None:
    """What the viewer calls a contract."""
    return session.get(ContractLabel, (contract.viewer.account_id, contract.id))


def list_groups(session: Session, viewer: Viewer) -> list[str]:
    """The groups that a person has made, by name."""
    rows = session.scalars(
        select(ContractLabel.group_name)
        .where(ContractLabel.account_id == viewer.account_id, ContractLabel.group_name.is_not(None))
        .distinct()
    )
    return sorted((group for group in rows if group), key=str.casefold)


def count_missing_readings(
    session: Session, contracts: Iterable[VisibleContract], today: date, rules: WindowRules
) -> dict[int, int]:
    """How many meters of some contracts still want a reading in a window that is open now.

    One SELECT for all; contracts whose readings the role may not see, or that have ended, are left
    out.
    """
    ids = [
        contract.id
        for contract in contracts
        if contract.may(Permission.SEE_READINGS) and not contract.is_terminated
    ]
    open_windows = {
        regime: window
        for regime, window in windows_on(today, rules).items()
        if window.is_open(today)
    }
    if not ids or not open_windows:
        return dict.fromkeys(ids, 0)
    rows = session.execute(
        select(SupplyPoint.contract_id, func.count(Meter.id))
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .join(Contract, Contract.id == SupplyPoint.contract_id)
        .where(
            SupplyPoint.contract_id.in_(ids),
            SupplyPoint.withdrawn_at.is_(None),
            SupplyPoint.is_automatic.is_(False),
            Meter.withdrawn_at.is_(None),
            or_(Meter.removed_on.is_(None), Meter.removed_on > today),
            or_(*(_is_missing(regime, open_windows) for regime in open_windows)),
        )
        .group_by(SupplyPoint.contract_id)
    )
    return dict.fromkeys(ids, 0) | {row[0]: row[1] for row in rows}


def _is_missing(regime: str, windows: dict[str, Window]) -> ColumnElement[bool]:
    """Condition: a meter of this regime wants a reading of its window's month."""
    period = windows[regime].period
    is_of_regime = SupplyPoint.reading_regime == regime
    if regime == Regime.MONTH_END:
        # Whatever else billing sends counts as this.
        others = [other for other in Regime if other != Regime.MONTH_END]
        is_of_regime = SupplyPoint.reading_regime.not_in(others)
    billed = exists().where(
        Reading.register_id == Register.id,
        Reading.period == period,
        Reading.kind.in_(("regular", "final")),
        or_(Reading.source.is_(None), Reading.source != COMPUTED),
        is_billed_reading(),
    )
    submitted = exists().where(
        SubmittedReading.register_id == Register.id, SubmittedReading.period == period, is_live()
    )
    without = exists().where(
        Register.meter_id == Meter.id,
        Register.direction == DIRECTION,
        Register.withdrawn_at.is_(None),
        ~billed,
        ~submitted,
    )
    return and_(
        is_of_regime,
        or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= period.first),
        or_(Contract.valid_to.is_(None), Contract.valid_to >= period.first),
        or_(Meter.installed_on.is_(None), Meter.installed_on <= period.last),
        without,
    )


def pick(contracts: Iterable[MyContract], ids: Collection[int]) -> list[MyContract]:
    """Those of a person's contracts that were chosen, in their order."""
    return [one for one in contracts if one.contract.id in ids]
