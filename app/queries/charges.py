"""Read charges: documents of a period, one document with its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.charges import Document, RateSum, in_kw, in_kwh, multiply_by_price, sum_by_rate
from app.domain.errors import NotFoundError
from app.domain.line_explanations import BilledLine, Explanation, Readings, explain_lines
from app.domain.period import Month, Period
from app.domain.turnover import EntryKind
from app.models import (
    Charge,
    ChargeLine,
    Meter,
    Reading,
    Register,
    Service,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.open_items import list_interest_ids

DIRECTION = "A+"
READINGS_BACK = 13
"""Months among which the reading before a period is looked for."""


def list_documents(session: Session, contract: VisibleContract, period: Period) -> list[Document]:
    """Documents dated within a period, oldest first; two statements."""
    charges = session.scalars(
        select(Charge)
        .where(
            Charge.contract_id == contract.id,
            Charge.doc_date.between(period.first, period.last),
            Charge.withdrawn_at.is_(None),
        )
        .order_by(Charge.doc_date, Charge.id)
    ).all()
    return _documents(session, contract, charges)


def list_by_ids(session: Session, contract: VisibleContract, ids: Iterable[int]) -> list[Document]:
    """The documents with these ids, oldest first."""
    rows = _of(contract).where(Charge.id.in_(list(ids))).order_by(Charge.doc_date, Charge.id)
    return _documents(session, contract, session.scalars(rows).all())


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document, with names; roubles, kWh, prices with five places."""

    charge_id: int
    number: int
    service: str
    point: str | None
    meter: str | None
    zone: str | None
    quantity: Decimal
    unit: str | None
    price: Decimal
    net: Decimal
    vat_rate: Decimal | None
    vat: Decimal
    gross: Decimal
    method: str | None
    explanation: Explanation | None

    @property
    def product(self) -> Decimal:
        """Quantity × price, roubles: what the sum without VAT should be."""
        return multiply_by_price(self.quantity, self.price)


@dataclass(frozen=True, slots=True)
class Detail:
    """A document with what it corrects and what corrects it."""

    document: Document
    lines: tuple[Line, ...]
    corrected: Document | None
    corrections: tuple[Document, ...]


def count_lines(session: Session, contract: VisibleContract, charge_id: int) -> int:
    """How many lines a document of a contract has; 0 where there is no such document."""
    lines = (
        select(func.count(ChargeLine.id))
        .join(Charge, Charge.id == ChargeLine.charge_id)
        .where(ChargeLine.charge_id == charge_id, Charge.contract_id == contract.id)
    )
    return session.scalar(lines) or 0


def count_rows(session: Session, documents: Sequence[Document]) -> int:
    """How many lines documents have together; one without lines stands for itself."""
    ids = [document.id for document in documents]
    counts = session.execute(
        select(func.count(ChargeLine.id))
        .where(ChargeLine.charge_id.in_(ids))
        .group_by(ChargeLine.charge_id)
    ).all()
    return sum(count for (count,) in counts) + len(ids) - len(counts)


def get_detail(
    session: Session, contract: VisibleContract, charge_id: int, offset: int = 0, limit: int = 50
) -> Detail:
    """One document of a contract and some of its lines.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    charge = session.scalars(_of(contract).where(Charge.id == charge_id)).first()
    if charge is None:
        raise NotFoundError
    corrected = None
    if charge.corrects_external_id is not None:
        same = Charge.external_id == charge.corrects_external_id
        corrected = session.scalars(_of(contract).where(same)).first()
    corrections = session.scalars(
        _of(contract)
        .where(Charge.corrects_external_id == charge.external_id)
        .order_by(Charge.doc_date, Charge.id)
    ).all()
    related = [charge, *corrections, *([corrected] if corrected else [])]
    documents = {document.id: document for document in _documents(session, contract, related)}
    return Detail(
        document=documents[charge.id],
        lines=list_lines(session, [charge.id], _explanations(session, charge), offset, limit),
        corrected=documents[corrected.id] if corrected else None,
        corrections=tuple(documents[correction.id] for correction in corrections),
    )


def list_lines(
    session: Session,
    charge_ids: Sequence[int],
    explanations: Mapping[int, Explanation] | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> tuple[Line, ...]:
    """Lines of documents, in their order.

    Args:
        explanations: by line number, where all lines are of one document.
    """
    explanations = explanations or {}
    rows = session.execute(
        select(ChargeLine, Service.name, Service.unit, SupplyPoint, Meter.serial_number)
        .join(Service, Service.id == ChargeLine.service_id)
        .outerjoin(SupplyPoint, SupplyPoint.id == ChargeLine.supply_point_id)
        .outerjoin(Meter, Meter.id == ChargeLine.meter_id)
        .where(ChargeLine.charge_id.in_(charge_ids))
        .order_by(ChargeLine.charge_id, ChargeLine.line_number)
        .offset(offset)
        .limit(limit)
    ).all()
    return tuple(
        _line(line, service, unit, point, serial_number, explanations.get(line.line_number))
        for line, service, unit, point, serial_number in rows
    )


def _line(
    line: ChargeLine,
    service: str,
    unit: str | None,
    point: SupplyPoint | None,
    serial_number: str | None,
    explanation: Explanation | None,
) -> Line:
    return Line(
        charge_id=line.charge_id,
        number=line.line_number,
        service=service,
        point=(point.name or point.address) if point else None,
        meter=serial_number,
        zone=line.zone,
        quantity=line.quantity,
        unit=line.unit or unit,
        price=line.price,
        net=line.net_amount,
        vat_rate=line.vat_rate,
        vat=line.vat_amount,
        gross=line.gross_amount,
        method=line.method,
        explanation=explanation,
    )


def _explanations(session: Session, charge: Charge) -> dict[int, Explanation]:
    """How the lines of a document came about; all of them, for some share their readings."""
    rows = session.execute(
        select(
            ChargeLine.line_number,
            ChargeLine.meter_id,
            ChargeLine.zone,
            Service.code,
            ChargeLine.quantity,
            func.coalesce(ChargeLine.unit, Service.unit),
            ChargeLine.method,
            Meter.multiplier,
        )
        .join(Service, Service.id == ChargeLine.service_id)
        .join(Meter, Meter.id == ChargeLine.meter_id)
        .where(ChargeLine.charge_id == charge.id, ChargeLine.zone.is_not(None))
        .order_by(ChargeLine.line_number)
    ).all()
    multipliers = {row.meter_id: row.multiplier for row in rows}
    readings = _readings(session, multipliers, charge.period)
    return explain_lines(
        [
            BilledLine(
                number,
                (meter_id, zone),
                service,
                quantity,
                unit,
                method,
                readings.get((meter_id or 0, zone or "")),
            )
            for number, meter_id, zone, service, quantity, unit, method, _ in rows
        ]
    )


def _readings(
    session: Session, multipliers: Mapping[int, Decimal], period: Month
) -> dict[tuple[int, str], Readings]:
    """Readings at the ends of a billing month, by meter and zone, as far as billing sent both."""
    rows = session.execute(
        select(
            Register.meter_id,
            Register.zone,
            Register.digits,
            Register.decimals,
            Reading.period,
            Reading.value,
        )
        .join(Reading, Reading.register_id == Register.id)
        .where(
            Register.meter_id.in_(list(multipliers)),
            Register.direction == DIRECTION,
            Reading.period.between(period.plus(-READINGS_BACK), period),
            Reading.withdrawn_at.is_(None),
            Reading.status.is_distinct_from("rejected"),
        )
        .order_by(Reading.taken_on, Reading.id)
    )
    starts: dict[tuple[int, str], tuple[Decimal, Month]] = {}
    found: dict[tuple[int, str], Readings] = {}
    for meter_id, zone, digits, decimals, month, value in rows:
        # A meter that was mounted in this month begins with its first reading there.
        if month < period or (meter_id, zone) not in starts:
            starts[meter_id, zone] = value, month
        if month == period:
            start, since = starts[meter_id, zone]
            found[meter_id, zone] = Readings(
                start,
                value,
                digits,
                decimals,
                multipliers[meter_id],
                since if since < period.plus(-1) else None,
            )
    return found


def _of(contract: VisibleContract) -> Select[Charge]:
    return select(Charge).where(Charge.contract_id == contract.id, Charge.withdrawn_at.is_(None))


def _documents(
    session: Session, contract: VisibleContract, charges: Sequence[Charge]
) -> list[Document]:
    sums, volumes, capacities = _line_sums(session, [charge.id for charge in charges])
    interest = {charge.id for charge in charges if charge.kind == EntryKind.LATE_INTEREST}
    if any(charge.corrects_external_id for charge in charges):
        interest |= list_interest_ids(session, contract)
    return [
        Document(
            id=charge.id,
            external_id=charge.external_id,
            kind=EntryKind(charge.kind),
            number=charge.doc_number,
            on=charge.doc_date,
            period=charge.period,
            net=charge.net_amount,
            vat=charge.vat_amount,
            gross=charge.gross_amount,
            kwh=volumes.get(charge.id, Decimal(0)),
            kw=capacities.get(charge.id, Decimal(0)),
            rates=sum_by_rate(sums.get(charge.id, ())),
            corrects=charge.corrects_external_id,
            is_interest=charge.id in interest,
        )
        for charge in charges
    ]


def _line_sums(
    session: Session, charge_ids: Sequence[int]
) -> tuple[dict[int, list[RateSum]], dict[int, Decimal], dict[int, Decimal]]:
    """Sums by VAT rate, kWh and kW of the lines of documents, by document id; one SELECT."""
    sums: dict[int, list[RateSum]] = {}
    volumes: dict[int, Decimal] = {}
    capacities: dict[int, Decimal] = {}
    rows = session.execute(
        select(
            ChargeLine.charge_id,
            ChargeLine.vat_rate,
            func.coalesce(ChargeLine.unit, Service.unit),
            func.sum(ChargeLine.quantity),
            func.sum(ChargeLine.net_amount),
            func.sum(ChargeLine.vat_amount),
            func.sum(ChargeLine.gross_amount),
        )
        .join(Service, Service.id == ChargeLine.service_id)
        .where(ChargeLine.charge_id.in_(charge_ids))
        .group_by(
            ChargeLine.charge_id, ChargeLine.vat_rate, func.coalesce(ChargeLine.unit, Service.unit)
        )
    )
    for charge_id, rate, unit, quantity, net, vat, gross in rows:
        sums.setdefault(charge_id, []).append(RateSum(rate, net, vat, gross))
        volumes[charge_id] = volumes.get(charge_id, Decimal(0)) + in_kwh(quantity, unit)
        capacities[charge_id] = capacities.get(charge_id, Decimal(0)) + in_kw(quantity, unit)
    return sums, volumes, capacities
