"""Reads of meters with their readings: from billing, and submitted here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.errors import NotFoundError
from app.domain.period import Month
from app.domain.readings import (
    LIVE,
    Checked,
    Expectation,
    KnownReading,
    Scale,
    Used,
    by_month,
    chain,
    most_by_power,
    usual_month,
)
from app.domain.windows import Window, WindowRules, next_window, window_on
from app.models import (
    Contract,
    Meter,
    Reading,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import MAX_ID, VisibleContract

DIRECTION = "A+"
MONTHS_BACK = 14
"""Enough for the usual month, and for the same month a year ago."""
COMPUTED = "calc"
PORTAL = "portal"


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

    @property
    def is_missing(self) -> bool:
        """Nothing was read in this month, or only computed."""
        return self.current is None or self.current.source == COMPUTED

    @property
    def is_billed(self) -> bool:
        """Billing has this month's reading: it cannot be changed here."""
        current = self.current
        return current is not None and not current.receipt_id and current.source != COMPUTED


@dataclass(frozen=True, slots=True)
class MeterCard:
    """A meter, where it is, and whether its readings are taken by hand."""

    id: int
    serial_number: str
    model: str | None
    point: str
    address: str
    multiplier: Decimal
    removed_on: date | None
    next_verification_on: date | None
    is_automatic: bool
    regime: str
    max_power_kw: Decimal | None
    window: Window
    registers: tuple[RegisterCard, ...]

    def closed_because(self, today: date) -> str:
        """``automatic`` ``removed`` ``unknown`` ``billed``, or empty: readings are taken."""
        if self.is_automatic:
            return "automatic"
        if self.removed_on is not None and self.removed_on <= today:
            return "removed"
        if not self.registers:
            return "unknown"
        return "billed" if all(each.is_billed for each in self.registers) else ""

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
            previous.value if previous else None, register.usual, self.most(today), times
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


def get_receipt(session: Session, contract: VisibleContract, receipt_id: int) -> ReadingReceipt:
    """A receipt of a contract, with its readings.

    Raises:
        NotFoundError: absent, or of another contract.
    """
    receipt = None
    if receipt_id <= MAX_ID:
        receipt = session.scalars(
            select(ReadingReceipt)
            .where(ReadingReceipt.id == receipt_id, ReadingReceipt.contract_id == contract.id)
            .options(selectinload(ReadingReceipt.readings))
        ).first()
    if receipt is None:
        raise NotFoundError
    return receipt


def find_receipt(session: Session, key: str) -> ReadingReceipt | None:
    """The receipt that a form has made already."""
    return session.scalars(
        select(ReadingReceipt)
        .where(ReadingReceipt.key == key)
        .options(selectinload(ReadingReceipt.readings))
    ).first()


def find_live(session: Session, register_id: int, period: Month) -> SubmittedReading | None:
    """What counts of a register in a month, as submitted here."""
    return session.scalars(
        select(SubmittedReading)
        .where(
            SubmittedReading.register_id == register_id,
            SubmittedReading.period == period,
            SubmittedReading.status.in_(LIVE),
        )
        .options(joinedload(SubmittedReading.receipt))
        .execution_options(populate_existing=True)
    ).first()


@dataclass(frozen=True, slots=True)
class RegisterName:
    """How a receipt or an act names a register."""

    meter_id: int
    serial_number: str
    model: str | None
    place: str
    zone: str
    scale: Scale


def name_registers(session: Session, ids: Iterable[int]) -> dict[int, RegisterName]:
    """Names of registers by their ids."""
    rows = session.execute(
        select(Register, Meter, SupplyPoint)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(Register.id.in_(list(ids)))
    )
    return {
        register.id: RegisterName(
            meter.id,
            meter.serial_number,
            meter.model,
            ", ".join(filter(None, (point.name, point.address))),
            register.zone,
            Scale(register.digits, register.decimals, meter.multiplier),
        )
        for register, meter, point in rows
    }


def list_known(
    session: Session, register_ids: Iterable[int], since: Month
) -> dict[int, list[KnownReading]]:
    """Readings that count, by register: one of each month, billing's unless it only computed."""
    ids = list(register_ids)
    found: dict[int, list[KnownReading]] = {key: [] for key in ids}
    computed: dict[tuple[int, Month], KnownReading] = {}
    billed: set[tuple[int, Month]] = set()
    rows = session.execute(
        select(
            Reading.register_id, Reading.period, Reading.taken_on, Reading.value, Reading.kind,
            Reading.source, Reading.status,
        )
        .where(
            Reading.register_id.in_(ids),
            Reading.period >= since,
            Reading.withdrawn_at.is_(None),
            Reading.status.is_distinct_from("rejected"),
        )
        .order_by(Reading.taken_on, Reading.id)
    )  # fmt: skip
    for register_id, *values in rows:
        known = KnownReading(*values)  # type: ignore[arg-type]
        if known.kind == "regular" and known.source == COMPUTED:
            computed[register_id, known.period] = known
            continue
        if known.kind == "regular":
            billed.add((register_id, known.period))
        found[register_id].append(known)
    submitted = session.scalars(
        select(SubmittedReading).where(
            SubmittedReading.register_id.in_(ids),
            SubmittedReading.period >= since,
            SubmittedReading.status.in_(LIVE),
        )
    )
    for row in submitted:
        place = (row.register_id, row.period)
        if place in billed:
            continue
        computed.pop(place, None)
        found[row.register_id].append(
            KnownReading(
                row.period, row.taken_on, row.value, "regular", row.source, row.status,
                row.receipt_id,
            )
        )  # fmt: skip
    for (register_id, _), known in computed.items():
        found[register_id].append(known)
    return found


def _cards(
    session: Session,
    contract: VisibleContract,
    today: date,
    rules: WindowRules,
    meter_id: int | None,
) -> list[MeterCard]:
    statement = (
        select(Meter, SupplyPoint)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
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
            Register.meter_id.in_([meter.id for meter, _ in meters]),
            Register.direction == DIRECTION,
            Register.withdrawn_at.is_(None),
        )
        .order_by(Register.zone)
    ):
        registers.setdefault(register.meter_id, []).append(register)
    ids = [each.id for group in registers.values() for each in group]
    known = list_known(session, ids, Month.of(today).plus(-MONTHS_BACK))
    return [
        MeterCard(
            id=meter.id,
            serial_number=meter.serial_number,
            model=meter.model,
            point=point.name or point.address,
            address=point.address,
            multiplier=meter.multiplier,
            removed_on=meter.removed_on,
            next_verification_on=meter.next_verification_on,
            is_automatic=point.is_automatic,
            regime=point.reading_regime,
            max_power_kw=point.max_power_kw,
            window=(window := window_on(point.reading_regime, today, rules)),
            registers=tuple(
                _register(each, meter, known[each.id], window.period)
                for each in registers.get(meter.id, ())
            ),
        )
        for meter, point in meters
    ]


def _register(
    register: Register, meter: Meter, known: list[KnownReading], period: Month
) -> RegisterCard:
    scale = Scale(register.digits, register.decimals, meter.multiplier)
    row: list[Used] = chain(known, scale)
    months = by_month(row)
    current = next(
        (
            each
            for each in reversed(row)
            if each.reading.period == period and each.reading.kind == "regular"
        ),
        None,
    )
    before = [
        each.reading
        for each in row
        if each.reading.period < period
        or (each.reading.period == period and each.reading.kind == "initial")
    ]
    return RegisterCard(
        id=register.id,
        zone=register.zone,
        scale=scale,
        previous=before[-1] if before else None,
        current=current.reading if current else None,
        used=current.consumption if current else None,
        usual=usual_month(used for month, used in sorted(months.items()) if month < period),
        last_month=months.get(period.plus(-1)),
        last_year=months.get(period.plus(-12)),
    )


def first_window(meters: Iterable[MeterCard], today: date, rules: WindowRules) -> Window | None:
    """The window that is open and closes first, else the one that opens next; None without meters
    that are read by hand."""
    windows = {each.regime: each.window for each in meters if not each.closed_because(today)}
    is_open = [window for window in windows.values() if window.is_open(today)]
    coming = [next_window(regime, window, rules) for regime, window in windows.items()]
    return min(is_open or coming, key=lambda window: window.closes, default=None)


def list_unacknowledged(session: Session) -> list[tuple[str, str, str, SubmittedReading]]:
    """What was handed over to billing and not acknowledged: contract, meter, zone, reading."""
    rows = session.execute(
        select(Contract.number, Meter.serial_number, Register.zone, SubmittedReading)
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(
            SubmittedReading.acknowledged_at.is_(None),
            SubmittedReading.exported_at.is_not(None),
            SubmittedReading.status.in_(LIVE),
        )
        .order_by(SubmittedReading.exported_at, SubmittedReading.id)
    )
    return [(number, serial, zone, row) for number, serial, zone, row in rows]
