"""Read charges: documents of a period, one document with its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.charges import Document, RateSum, in_kw, in_kwh, multiply_by_price, sum_by_rate
from app.domain.custom_names import numbered_with_custom_name, with_custom_name
from app.domain.errors import NotFoundError
from app.domain.line_explanations import (
    BilledLine,
    Explanation,
    ExplanationKind,
    Readings,
    explain_lines,
)
from app.domain.period import Month, Period
from app.domain.turnover import EntryKind
from app.lib.prepared_select import PreparedSelect
from app.models import (
    Charge,
    ChargeLine,
    Contract,
    CustomMeterName,
    CustomPointName,
    Meter,
    Reading,
    Register,
    Service,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_present_name_of_meter, is_present_name_of_point
from app.queries.open_items import list_interest_corrections

DIRECTION = "A+"
READINGS_BACK = 13
"""Months among which the reading before a period is looked for."""


_KIND, _CORRECTS, _RATE, _QUANTITY = 2, 9, 11, 13
"""Places in a row of ``_DOCUMENTS``."""
_SAME = aliased(Charge)
_UNIT = func.coalesce(ChargeLine.unit, Service.unit)
# A row for each document, VAT rate and unit, so that one statement reads documents and sums alike.
_DOCUMENTS = (
    select(
        Charge.id,
        Charge.external_id,
        Charge.kind,
        Charge.doc_number,
        Charge.doc_date,
        Charge.period,
        Charge.net_amount,
        Charge.vat_amount,
        Charge.gross_amount,
        Charge.corrects_external_id,
        Charge.edo_status,
        ChargeLine.vat_rate,
        _UNIT,
        func.sum(ChargeLine.quantity),
        func.sum(ChargeLine.net_amount),
        func.sum(ChargeLine.vat_amount),
        func.sum(ChargeLine.gross_amount),
    )
    .outerjoin(ChargeLine, ChargeLine.charge_id == Charge.id)
    .outerjoin(Service, Service.id == ChargeLine.service_id)
    .where(Charge.contract_id == bindparam("contract_id"), Charge.withdrawn_at.is_(None))
    .group_by(Charge.id, ChargeLine.vat_rate, _UNIT)
    .order_by(Charge.doc_date, Charge.id)
)
_OF_PERIOD = PreparedSelect(
    _DOCUMENTS.where(Charge.doc_date.between(bindparam("first"), bindparam("last")))
)
_BY_IDS = PreparedSelect(_DOCUMENTS.where(Charge.id.in_(bindparam("ids", expanding=True))))
_CHARGE_ID = bindparam("charge_id", type_=Charge.id.type)
_RELATED = PreparedSelect(
    _DOCUMENTS.where(
        or_(
            Charge.id == _CHARGE_ID,
            Charge.external_id
            == select(_SAME.corrects_external_id).where(_SAME.id == _CHARGE_ID).scalar_subquery(),
            Charge.corrects_external_id
            == select(_SAME.external_id).where(_SAME.id == _CHARGE_ID).scalar_subquery(),
        )
    )
)


def list_documents(session: Session, contract: VisibleContract, period: Period) -> list[Document]:
    """Documents dated within a period, oldest first, with the sums of their lines."""
    return _documents(session, contract, _OF_PERIOD, first=period.first, last=period.last)


def list_by_ids(session: Session, contract: VisibleContract, ids: Iterable[int]) -> list[Document]:
    """The documents with these ids, oldest first."""
    ids = list(ids)
    return _documents(session, contract, _BY_IDS, ids=ids) if ids else []


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document, with names; roubles, kWh, prices with five places.

    Attributes:
        point: the supply point, by its own name and the official one; ``meter`` likewise.
    """

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

    @property
    def is_product_true(self) -> bool:
        """Whether quantity × price is the sum without VAT to the kopeck."""
        return bool(self.unit) and self.product == self.net

    @property
    def is_product_explained(self) -> bool:
        """Whether the explanation ends with quantity × price; a phone shows those figures once."""
        found = self.explanation
        if found is None or not self.is_product_true:
            return False
        return found.kind is not ExplanationKind.UNEXPLAINED or found.readings.has_decreased


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
    session: Session,
    contract: VisibleContract,
    charge_id: int,
    offset: int = 0,
    limit: int | None = 50,
) -> Detail:
    """One document of a contract and some of its lines.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    related = _documents(session, contract, _RELATED, charge_id=charge_id)
    document = next((one for one in related if one.id == charge_id), None)
    if document is None:
        raise NotFoundError
    explanations = _explanations(session, document)
    return Detail(
        document=document,
        lines=list_lines(session, [charge_id], explanations, offset, limit),
        corrected=next((one for one in related if one.external_id == document.corrects), None),
        corrections=tuple(one for one in related if one.corrects == document.external_id),
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
        select(
            ChargeLine,
            Service.name,
            Service.unit,
            func.coalesce(SupplyPoint.name, SupplyPoint.address),
            CustomPointName.name,
            Meter.serial_number,
            CustomMeterName.name,
        )
        .join(Service, Service.id == ChargeLine.service_id)
        .outerjoin(SupplyPoint, SupplyPoint.id == ChargeLine.supply_point_id)
        .outerjoin(Meter, Meter.id == ChargeLine.meter_id)
        .outerjoin(Contract, Contract.id == SupplyPoint.contract_id)
        .outerjoin(CustomPointName, is_present_name_of_point())
        .outerjoin(CustomMeterName, is_present_name_of_meter())
        .where(ChargeLine.charge_id.in_(charge_ids))
        .order_by(ChargeLine.charge_id, ChargeLine.line_number)
        .offset(offset)
        .limit(limit)
    ).all()
    return tuple(
        _line(
            line,
            service,
            unit,
            with_custom_name(custom_point, point) if point else None,
            numbered_with_custom_name(serial_number, custom_meter) if serial_number else None,
            explanations.get(line.line_number),
        )
        for line, service, unit, point, custom_point, serial_number, custom_meter in rows
    )


def _line(
    line: ChargeLine,
    service: str,
    unit: str | None,
    point: str | None,
    meter: str | None,
    explanation: Explanation | None,
) -> Line:
    return Line(
        charge_id=line.charge_id,
        number=line.line_number,
        service=service,
        point=point,
        meter=meter,
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


def _explanations(session: Session, document: Document) -> dict[int, Explanation]:
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
        .where(ChargeLine.charge_id == document.id, ChargeLine.zone.is_not(None))
        .order_by(ChargeLine.line_number)
    ).all()
    multipliers = {row.meter_id: row.multiplier for row in rows}
    readings = _readings(session, multipliers, document.period)
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


def _documents(
    session: Session, contract: VisibleContract, statement: PreparedSelect, **values: Any
) -> list[Document]:
    """Documents of a statement made of ``_DOCUMENTS``."""
    rows = statement.all(session, contract_id=contract.id, **values)
    interest = {row[0] for row in rows if row[_KIND] == EntryKind.LATE_INTEREST}
    if any(row[_CORRECTS] for row in rows):
        interest |= list_interest_corrections(session, contract)
    return [
        _document(list(parts), charge_id in interest)
        for charge_id, parts in groupby(rows, key=itemgetter(0))
    ]


def _document(parts: Sequence[Any], is_interest: bool) -> Document:
    """A document of its rows; one that has no lines has a row without sums."""
    *columns, corrects, edo_status = parts[0][:_RATE]
    charge_id, external_id, kind, number, on, period, net, vat, gross = columns
    lines = [row[_RATE:] for row in parts if row[_QUANTITY] is not None]
    return Document(
        id=charge_id,
        external_id=external_id,
        kind=EntryKind(kind),
        number=number,
        on=on,
        period=period,
        net=net,
        vat=vat,
        gross=gross,
        kwh=sum((in_kwh(quantity, unit) for _, unit, quantity, *_ in lines), Decimal(0)),
        kw=sum((in_kw(quantity, unit) for _, unit, quantity, *_ in lines), Decimal(0)),
        rates=sum_by_rate(RateSum(rate, *sums) for rate, _, _, *sums in lines),
        corrects=corrects,
        is_interest=is_interest,
        edo_status=edo_status,
    )
