"""Read all contracts of a person in short: money, labels, readings that are left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from app.domain.access import AccessWindow, Permission, Role, Viewer, may
from app.domain.reading_windows import Regime, WindowRules, windows_on
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
from app.queries.scope import is_point_in_scope_of

_DAY = Contract.valid_to.type
_S = OpenItemSnapshot
_NUMBER = itemgetter(1)
_SEES_MONEY = frozenset(str(role) for role in Role if may(role, Permission.SEE_MONEY))
# What every contract of the list needs, and no more: most are only added up.
_MINE = PreparedSelect(
    select(
        Contract.id,
        Contract.number,
        func.coalesce(Customer.short_name, Customer.full_name),
        Membership.role,
        Membership.is_limited,
        ContractLabel.name,
        ContractLabel.group_name,
        type_coerce(_S.balance_amount, BigInteger),
        _S.unpaid,
    )
    .select_from(Membership)
    .join(Contract, Contract.id == Membership.contract_id)
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
)


_SHOWN = (
    select(*CONTRACT_COLUMNS)
    .join(Membership, Membership.contract_id == Contract.id)
    .join(Customer, Customer.id == Contract.customer_id)
    .where(
        Membership.account_id == bindparam("account_id"),
        is_current(bindparam("today", type_=_DAY)),
        is_readable(bindparam("oldest_end", type_=_DAY)),
        Contract.id.in_(bindparam("ids", expanding=True)),
    )
)


class MyContract(NamedTuple):
    """A contract in the list of a person; sums in kopecks, None where the role may not see them.

    Attributes:
        name: of one's own.
        balance: of the ledger today; above zero the customer owes.
        to_pay: everything that is asked for, whatever its day.
    """

    id: int
    number: str
    customer: str
    name: str
    group: str
    balance: int | None = None
    to_pay: int | None = None
    overdue: int | None = None
    next_due_on: date | None = None

    def has(self, text: str) -> bool:
        """Whether its number, customer, name or group contains a text in lower case."""
        fields = (self.number, self.customer, self.name, self.group)
        return any(text in field.casefold() for field in fields)


def list_my_contracts(session: Session, viewer: Viewer, window: AccessWindow) -> list[MyContract]:
    """List the contracts of a person by number; one SELECT, and one for each without a snapshot."""
    rows = _MINE.all(
        session,
        account_id=viewer.account_id,
        today=window.today,
        oldest_end=window.oldest_end,
    )
    # Sorted here: the database would carry the long texts through its sorting.
    rows.sort(key=_NUMBER)
    return [_mine(session, row, window.today) for row in rows]


def _mine(session: Session, row: Sequence[Any], today: date) -> MyContract:
    key, number, customer, role, is_limited, name, group, balance, unpaid = row
    if is_limited or role not in _SEES_MONEY:
        return MyContract(key, number, customer, name or "", group or "")
    if unpaid is None:
        items = compute_snapshot(session, key, today).open_items
        sums = (int(items.balance * 100), int(items.total * 100), int(items.overdue * 100))
        return MyContract(key, number, customer, name or "", group or "", *sums, items.next_due_on)
    found = sum_unpaid(unpaid, today)
    return MyContract(
        key,
        number,
        customer,
        name or "",
        group or "",
        balance,
        found.total,
        found.overdue,
        found.next_due_on,
    )


def get_shown(
    session: Session, viewer: Viewer, window: AccessWindow, ids: Collection[int]
) -> dict[int, VisibleContract]:
    """The contracts of a page, as their own pages have them."""
    if not ids:
        return {}
    values = {
        "account_id": viewer.account_id,
        "today": window.today,
        "oldest_end": window.oldest_end,
        "ids": list(ids),
    }
    rows = session.connection().execute(_SHOWN, values)
    return {row[0]: contract_from(tuple(row), viewer.account_id, window.today) for row in rows}


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
    read = [
        contract
        for contract in contracts
        if contract.may(Permission.SEE_READINGS) and not contract.is_terminated
    ]
    ids = [contract.id for contract in read]
    windows = windows_on(today, rules)
    if not ids or not any(window.is_open(today) for window in windows.values()):
        return dict.fromkeys(ids, 0)
    values: dict[str, Any] = {"ids": ids, "today": today}
    for regime, window in windows.items():
        values |= {
            f"{regime}_period": window.period,
            f"{regime}_first": window.period.first,
            f"{regime}_last": window.period.last,
            f"{regime}_open": int(window.is_open(today)),
        }
    statement = _MISSING
    if any(contract.scope_id for contract in read):
        statement = statement.where(is_point_in_scope_of(read))
    rows = session.connection().execute(statement, values)
    return dict.fromkeys(ids, 0) | {row[0]: row[1] for row in rows}


def _is_missing(regime: Regime) -> ColumnElement[bool]:
    """Condition: a meter of this regime wants a reading of its window's month."""
    period = bindparam(f"{regime}_period", type_=Reading.period.type)
    first, last = (bindparam(f"{regime}_{end}", type_=_DAY) for end in ("first", "last"))
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
        bindparam(f"{regime}_open", type_=Integer) == 1,
        is_of_regime,
        or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= first),
        or_(Contract.valid_to.is_(None), Contract.valid_to >= first),
        or_(Meter.installed_on.is_(None), Meter.installed_on <= last),
        without,
    )


# Built once: composing a statement costs more than running it.
_MISSING = (
    select(SupplyPoint.contract_id, func.count(Meter.id))
    .join(Meter, Meter.supply_point_id == SupplyPoint.id)
    .join(Contract, Contract.id == SupplyPoint.contract_id)
    .where(
        SupplyPoint.contract_id.in_(bindparam("ids", expanding=True)),
        SupplyPoint.withdrawn_at.is_(None),
        SupplyPoint.is_automatic.is_(False),
        Meter.withdrawn_at.is_(None),
        or_(Meter.removed_on.is_(None), Meter.removed_on > bindparam("today", type_=_DAY)),
        or_(*(_is_missing(regime) for regime in Regime)),
    )
    .group_by(SupplyPoint.contract_id)
)
