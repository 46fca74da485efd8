"""Generate the demo billing package: contracts with readings, charges, invoices, payments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from app.demo.balances import close_months
from app.demo.cast import (
    CORRECTED,
    DEBTOR,
    INTERVAL_METERED,
    LEADING_ROLES,
    MKD_OWNER,
    OFFSETTING,
    OVERPAID,
    ROLLED_OVER,
    SECOND_CONTRACT,
    SOLE_TRADER,
    SUSPENDED,
    TERMINATED,
    Role,
)
from app.demo.csv_files import Batch, write_package
from app.demo.directory import department_rows, service_rows, supplier_row, topic_rows
from app.demo.documents import Document, bill_months, correct_months
from app.demo.extras import cast_roles
from app.demo.invoices import issue_invoices
from app.demo.late_interest import charge_late_interest
from app.demo.metering import Point, install_points
from app.demo.money import round_money
from app.demo.parties import Deal, sign_contracts
from app.demo.payments import Cashbook, unallocated_payment
from app.demo.rows import Tables
from app.demo.summary import DemoSignIn, DemoSummary
from app.demo.timeline import Timeline
from app.demo.usage import measure

SHORTEST_HISTORY = 13
_NOTES = (
    (DEBTOR, "задолженность с пени, {meters} приборов учета, замена и просроченная поверка"),
    (CORRECTED, "корректировки (УКД), авансы, автоматический учет"),
    (OVERPAID, "переплата"),
    (MKD_OWNER, "нежилое помещение в МКД, показания 23–25 числа"),
    (SOLE_TRADER, "ИП, расчеты закрыты"),
)


@dataclass(frozen=True, slots=True)
class _WrittenContract:
    """A contract of the package, its supply points and final balance."""

    deal: Deal
    points: list[Point]
    balance: Decimal

    @property
    def meters_in_place(self) -> int:
        return sum(meter.row.removed_on is None for point in self.points for meter in point.meters)


def write_demo_package(
    folder: Path, now: datetime, contracts: int = 40, months: int = 36, seed: int = 7
) -> DemoSummary:
    """Write a complete billing-exchange/1.0 package of made-up data.

    The same arguments give the same bytes.

    Args:
        folder: is created if missing; files of the same names are replaced.
        now: aware time of the export in the supplier's zone; nothing is dated after it.
        contracts: how many; the first ones have stories, the rest are drawn by chance.
        months: complete months of history before the month of ``now``.
        seed: another number, other ordinary customers and other figures.

    Raises:
        ValueError: ``now`` is naive, or there is no room for the stories.
    """
    _check_arguments(now, contracts, months)
    timeline = Timeline.until(now, months)
    tables = Tables(
        supplier=[supplier_row()],
        departments=department_rows(),
        enquiry_topics=topic_rows(),
        services=service_rows(),
    )
    deals = sign_contracts(cast_roles(contracts, seed), timeline, seed)
    told = [_write_contract(deal, timeline, seed, tables) for deal in deals]
    tables.customers += {deal.customer.customer_id: deal.customer for deal in deals}.values()
    tables.payments.append(unallocated_payment(timeline))
    batch = Batch(
        batch_id=f"demo-{now:%Y%m%dT%H%M%S}-c{contracts}-m{months}-s{seed}",
        supplier_inn=tables.supplier[0].inn,
        period_from=timeline.first,
        period_to=timeline.current,
        created_at=now,
    )
    return _summary(told, batch, write_package(folder, tables, batch))


def _check_arguments(now: datetime, contracts: int, months: int) -> None:
    if now.utcoffset() is None:
        raise ValueError("now must be an aware datetime")
    if contracts < len(LEADING_ROLES) or months < SHORTEST_HISTORY:
        raise ValueError(
            f"at least {len(LEADING_ROLES)} contracts and {SHORTEST_HISTORY} months are needed"
        )


def _write_contract(deal: Deal, timeline: Timeline, seed: int, tables: Tables) -> _WrittenContract:
    """Add all rows of one contract to the tables."""
    points = install_points(deal, timeline, seed)
    history = measure(deal, points, timeline, seed)
    bills = bill_months(deal, points, history.usages, timeline, seed)
    corrections = correct_months(deal, bills, timeline)
    invoices = issue_invoices(deal, bills, timeline)
    opening = round_money(bills[0].row.total * deal.role.opening_share)

    cashbook = Cashbook(deal, timeline, seed)
    cashbook.pay_invoices(invoices, corrections, opening)
    penalties = charge_late_interest(deal, cashbook.invoice_payments, timeline)
    cashbook.pay_late_interest([penalty.row for penalty in penalties])

    documents = [*bills, *corrections, *penalties]
    charges = [document.row for document in documents]
    payments = cashbook.rows()
    balances = close_months(deal, opening, charges, payments, timeline)

    tables.contracts.append(deal.contract)
    _add_metering(points, tables)
    tables.readings += history.readings
    _add_documents(documents, tables)
    tables.invoices += invoices
    tables.payments += payments
    tables.balances += balances
    return _WrittenContract(deal, points, balances[-1].closing)


def _add_metering(points: Iterable[Point], tables: Tables) -> None:
    for point in points:
        tables.supply_points.append(point.row)
        for meter in point.meters:
            tables.meters.append(meter.row)
            tables.registers += meter.registers


def _add_documents(documents: Iterable[Document], tables: Tables) -> None:
    for document in documents:
        tables.charges.append(document.row)
        tables.charge_lines += document.lines


def _summary(told: list[_WrittenContract], batch: Batch, rows: dict[str, int]) -> DemoSummary:
    def number(role: Role) -> str:
        return told[LEADING_ROLES.index(role)].deal.no

    return DemoSummary(
        batch_id=batch.batch_id,
        contracts=tuple(one.deal.no for one in told),
        debtor=number(DEBTOR),
        many_meters=number(DEBTOR),
        corrections=number(CORRECTED),
        overpaid=number(OVERPAID),
        closed=number(SOLE_TRADER),
        sole_trader=number(SOLE_TRADER),
        mkd_owner=number(MKD_OWNER),
        suspended=number(SUSPENDED),
        terminated=number(TERMINATED),
        roll_over=number(ROLLED_OVER),
        two_contracts=(number(ROLLED_OVER), number(SECOND_CONTRACT)),
        automatic=number(INTERVAL_METERED),
        offset=number(OFFSETTING),
        sign_ins=tuple(_sign_in(told[LEADING_ROLES.index(role)], note) for role, note in _NOTES),
        rows=rows,
    )


def _sign_in(told: _WrittenContract, note: str) -> DemoSignIn:
    customer = told.deal.customer
    return DemoSignIn(
        contract_no=told.deal.no,
        customer=customer.short_name,
        inn=customer.inn,
        email=customer.email,
        phone=customer.phone,
        note=note.format(meters=told.meters_in_place),
        balance=told.balance,
    )
