"""Reads of meters as «Показания» shows them: what was read, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.period import Month
from app.domain.reading_windows import Window, WindowRules, next_window, window_on
from app.domain.readings import (
    Checked,
    Expectation,
    KnownReading,
    ReadingStatus,
    Scale,
    Used,
    by_month,
    chain,
    most_by_power,
    usual_month,
)
from app.models import (
    Contract,
    Meter,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import MAX_ID, VisibleContract
from app.queries.readings.customer import COMPUTED, is_of_present_customer, list_known

DIRECTION = "A+"
MONTHS_BACK = 14
"""Enough for the usual month, and for the same month a year ago."""
EARLIEST = Month(2000, 1)
READ_BY_HAND = ("", "billed", "closed")
"""Reasons of ``closed_because`` that concern this month only."""


@dataclass(frozen=True, slots=True)
class RegisterCard:
    """A register with what was read before and in the month of the window."""

    id: int
    zone: str
    scale: Scale
    previous: KnownReading | None
    current: KnownReading | None
    used: Decimal | None
    """Consumption up to ``current``, kWh."""
    usual: Decimal | None
    last_month: Decimal | None
    last_year: Decimal | None
    floor: Decimal | None = None
    """The last value known before this month's reading."""
    rejected: SubmittedReading | None = None
    """This month's last refused reading, while nothing else stands."""

    @property
    def is_missing(self) -> bool:
        """Nothing was read in this month, or only computed."""
        return self.current is None or self.current.source == COMPUTED

    @property
    def is_billed(self) -> bool:
        """Billing has this month's reading: it cannot be changed here."""
        current = self.current
        if current is None or current.source == COMPUTED:
            return False
        return not current.receipt_id or current.is_acknowledged

    @property
    def is_in_time(self) -> bool:
        """A reading of this month came while the window was open."""
        return self.current is not None and not self.is_missing and not self.current.is_late


@dataclass(frozen=True, slots=True)
class MeterCard:
    """A meter, where it is, and whether its readings are taken by hand."""

    id: int
    serial_number: str
    model: str | None
    point: str
    address: str
    multiplier: Decimal
    installed_on: date | None
    removed_on: date | None
    next_verification_on: date | None
    is_automatic: bool
    regime: str
    max_power_kw: Decimal | None
    window: Window
    registers: tuple[RegisterCard, ...]
    supplied_until: date | None = None
    """The last day of the supply point, or of the whole contract."""

    def closed_because(self, today: date) -> str:
        """Why readings are not taken; empty: they are.

        ``automatic`` ``removed`` ``ended`` ``unknown`` ``later`` ``billed`` ``closed``.
        """
        return self._not_measured(today) or self._not_wanted(today)

    def _not_measured(self, today: date) -> str:
        month = self.window.period
        reasons = {
            "automatic": self.is_automatic,
            "removed": self.removed_on is not None and self.removed_on <= today,
            "ended": self.supplied_until is not None and self.supplied_until < month.first,
            "unknown": not self.registers,
            "later": self.installed_on is not None and self.installed_on > month.last,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _not_wanted(self, today: date) -> str:
        if all(each.is_billed for each in self.registers):
            return "billed"
        is_done = all(each.is_billed or each.is_in_time for each in self.registers)
        return "closed" if is_done and self.is_late(today) else ""

    def is_missing(self, today: date) -> bool:
        """Somebody still has to send a reading in the open window."""
        return (
            self.window.is_open(today)
            and not self.closed_because(today)
            and any(each.is_missing for each in self.registers)
        )

    def is_late(self, today: date) -> bool:
        return not self.window.is_open(today)

    def expectation(self, register: RegisterCard, today: date, times: int) -> Expectation:
        """What a reading of today is compared with."""
        previous = register.previous
        return Expectation(
            previous.value if previous else None,
            register.usual,
            self.most(today),
            times,
            register.floor,
        )

    def most(self, today: date) -> Decimal | None:
        """What maximum power can have drawn since the previous readings, kWh."""
        since = [each.previous.on for each in self.registers if each.previous]
        return most_by_power(
            self.max_power_kw, min(since, default=None), self.window.taken_on(today)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked reading on its way to be submitted."""

    meter: MeterCard
    register: RegisterCard
    checked: Checked


def list_meters(
    session: Session, contract: VisibleContract, today: date, rules: WindowRules
) -> list[MeterCard]:
    """All meters of a contract: those that measure first, by supply point."""
    return _cards(session, contract, today, rules, None)


def get_meter(
    session: Session, contract: VisibleContract, meter_id: int, today: date, rules: WindowRules
) -> MeterCard:
    """One meter of a contract.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    found = _cards(session, contract, today, rules, meter_id) if meter_id <= MAX_ID else []
    if not found:
        raise NotFoundError
    return found[0]


def _cards(
    session: Session,
    contract: VisibleContract,
    today: date,
    rules: WindowRules,
    meter_id: int | None,
) -> list[MeterCard]:
    statement = (
        select(Meter, SupplyPoint, Contract.valid_to)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .join(Contract, Contract.id == SupplyPoint.contract_id)
        .where(
            SupplyPoint.contract_id == contract.id,
            SupplyPoint.withdrawn_at.is_(None),
            Meter.withdrawn_at.is_(None),
        )
        .order_by(Meter.removed_on.is_not(None), SupplyPoint.id, Meter.id)
    )
    if meter_id is not None:
        statement = statement.where(Meter.id == meter_id)
    meters = session.execute(statement).all()
    registers: dict[int, list[Register]] = {}
    for register in session.scalars(
        select(Register)
        .where(
            Register.meter_id.in_([meter.id for meter, _, _ in meters]),
            Register.direction == DIRECTION,
            Register.withdrawn_at.is_(None),
        )
        .order_by(Register.zone)
    ):
        registers.setdefault(register.meter_id, []).append(register)
    ids = [each.id for group in registers.values() for each in group]
    known = list_known(session, ids, Month.of(today).plus(-MONTHS_BACK), contract.transferred_at)
    if long_silent := [key for key in ids if not known[key]]:
        known |= list_known(session, long_silent, EARLIEST, contract.transferred_at)
    refused = _refused(session, ids, contract)
    return [
        MeterCard(
            id=meter.id,
            serial_number=meter.serial_number,
            model=meter.model,
            point=point.name or point.address,
            address=point.address,
            multiplier=meter.multiplier,
            installed_on=meter.installed_on,
            removed_on=meter.removed_on,
            next_verification_on=meter.next_verification_on,
            is_automatic=point.is_automatic,
            regime=point.reading_regime,
            max_power_kw=point.max_power_kw,
            window=(window := window_on(point.reading_regime, today, rules)),
            registers=tuple(
                _register(
                    each,
                    meter,
                    known[each.id],
                    window.period,
                    refused.get((each.id, window.period)),
                )
                for each in registers.get(meter.id, ())
            ),
            supplied_until=min(filter(None, (point.valid_to, contract_until)), default=None),
        )
        for meter, point, contract_until in meters
    ]


def _register(
    register: Register,
    meter: Meter,
    known: list[KnownReading],
    period: Month,
    rejected: SubmittedReading | None,
) -> RegisterCard:
    scale = Scale(register.digits, register.decimals, meter.multiplier)
    row: list[Used] = chain(known, scale)
    months = by_month(row)
    current = next(
        (
            each
            for each in reversed(row)
            if each.reading.period == period and each.reading.kind in ("regular", "final")
        ),
        None,
    )
    before = [
        each.reading
        for each in row
        if each.reading.period < period
        or (each.reading.period == period and each.reading.kind == "initial")
    ]
    inside = [
        each
        for each in row
        if each.reading.period == period and each.reading.kind in ("control", "initial")
    ]
    return RegisterCard(
        id=register.id,
        zone=register.zone,
        scale=scale,
        previous=before[-1] if before else None,
        current=current.reading if current else None,
        used=months.get(period, current.consumption) if current else None,
        usual=usual_month(used for month, used in sorted(months.items()) if month < period),
        last_month=months.get(period.plus(-1)),
        last_year=months.get(period.plus(-12)),
        floor=max((each.reading.value for each in inside), default=None),
        rejected=rejected if current is None else None,
    )


def _refused(
    session: Session, ids: Iterable[int], contract: VisibleContract
) -> dict[tuple[int, Month], SubmittedReading]:
    """The last refused reading of each register and month, sent by the present customer."""
    rows = session.scalars(
        select(SubmittedReading)
        .where(
            SubmittedReading.register_id.in_(list(ids)),
            SubmittedReading.status == ReadingStatus.REJECTED,
            is_of_present_customer(contract),
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .order_by(SubmittedReading.id)
    )
    return {(row.register_id, row.period): row for row in rows}


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """When readings of the contract's meters of one regime are taken."""

    regime: str
    window: Window
    """Open now, else the one that opens next."""
    missing: int
    """Meters whose readings have still to be sent in it."""


def list_windows(
    meters: Iterable[MeterCard], today: date, rules: WindowRules
) -> list[ReadingWindow]:
    """One window for each regime of the meters that are read by hand, the first to close first."""
    current: dict[str, Window] = {}
    missing: Counter[str] = Counter()
    for meter in meters:
        if meter.closed_because(today) in READ_BY_HAND:
            current[meter.regime] = meter.window
            missing[meter.regime] += meter.is_missing(today)
    windows = [
        ReadingWindow(
            regime,
            window if window.is_open(today) else next_window(regime, window, rules),
            missing[regime],
        )
        for regime, window in current.items()
    ]
    return sorted(windows, key=lambda found: found.window.closes)
