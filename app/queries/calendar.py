"""Read what a person's calendar holds: for all their contracts, a few statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.access import AccessWindow, Permission, Viewer
from app.domain.calendar import (
    CalendarEntry,
    CalendarMeter,
    build_verification_entry,
    list_due_entries,
    list_window_entries,
)
from app.domain.contract_ledger import build_snapshot
from app.domain.reading_windows import Regime, WindowRules
from app.domain.unpaid_items import UnpaidItems
from app.models import Account, Meter, SupplyPoint
from app.queries.contracts import VisibleContract, list_visible
from app.queries.ledgers import list_ledgers
from app.queries.open_item_snapshots import list_unpaid_of
from app.queries.scope import is_point_in_scope_of

YEAR = timedelta(days=365)
"""How far ahead verifications are shown."""


def find_calendar_nonce(session: Session, account_id: int) -> str | None:
    """What the address of an account's calendar is tied to; None: it has none."""
    return session.scalar(
        select(Account.calendar_nonce).where(
            Account.id == account_id, Account.disabled_at.is_(None)
        )
    )


def list_calendar(
    session: Session, account_id: int, window: AccessWindow, rules: WindowRules
) -> list[CalendarEntry]:
    """The entries of all contracts that an account may open, by day."""
    contracts = [
        contract
        for contract in list_visible(session, Viewer(account_id), window)
        if not contract.is_terminated
    ]
    entries = [
        *_list_dues(session, contracts, window.today),
        *_list_meters(session, contracts, window.today, rules),
    ]
    return sorted(entries, key=lambda entry: (entry.first, entry.key))


def _list_dues(
    session: Session, contracts: Sequence[VisibleContract], today: date
) -> Iterator[CalendarEntry]:
    numbers = _allowed(contracts, Permission.SEE_MONEY)
    found = list_unpaid_of(session, list(numbers), today)
    missing = [contract_id for contract_id in numbers if contract_id not in found]
    # Where no snapshot is valid today the ledger is asked.
    for contract_id, ledger in list_ledgers(session, missing).items():
        items = build_snapshot(ledger, today).open_items
        found[contract_id] = UnpaidItems(
            today, items.balance, items.unpaid, items.credit, items.prepaid_advances
        )
    for contract_id, unpaid in found.items():
        yield from list_due_entries(contract_id, numbers[contract_id], unpaid)


def _list_meters(
    session: Session, contracts: Sequence[VisibleContract], today: date, rules: WindowRules
) -> Iterator[CalendarEntry]:
    numbers = _allowed(contracts, Permission.SEE_READINGS)
    rows = session.execute(
        select(
            SupplyPoint.contract_id,
            SupplyPoint.reading_regime,
            SupplyPoint.is_automatic,
            SupplyPoint.name,
            SupplyPoint.address,
            Meter.id,
            Meter.serial_number,
            Meter.next_verification_on,
        )
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .where(
            SupplyPoint.contract_id.in_(numbers),
            is_point_in_scope_of(contracts),
            SupplyPoint.withdrawn_at.is_(None),
            or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= today),
            Meter.withdrawn_at.is_(None),
            or_(Meter.removed_on.is_(None), Meter.removed_on > today),
        )
        .order_by(SupplyPoint.contract_id, Meter.id)
    )
    regimes = set[tuple[int, Regime]]()
    for contract_id, regime, is_automatic, name, address, meter_id, serial, verify_on in rows:
        if not is_automatic:
            known = Regime.MKD if regime == Regime.MKD else Regime.MONTH_END
            regimes.add((contract_id, known))
        if verify_on is not None and today <= verify_on <= today + YEAR:
            meter = CalendarMeter(meter_id, serial, name or address, verify_on)
            yield build_verification_entry(contract_id, numbers[contract_id], meter)
    for contract_id, known in sorted(regimes):
        yield from list_window_entries(contract_id, numbers[contract_id], known, today, rules)


def _allowed(contracts: Sequence[VisibleContract], permission: Permission) -> dict[int, str]:
    """Numbers of the contracts whose role grants a permission, by id."""
    return {contract.id: contract.number for contract in contracts if contract.may(permission)}
