"""Read two months of charges to be compared: documents with their lines, and what explains them.

A month is what «Начисления» shows as one: the documents of its billing period, whenever they are
dated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.bill_change_facts import (
    ComparedMonths,
    Fact,
    MeterDates,
    RecordedChange,
    list_facts,
)
from app.domain.bill_comparison import BillComparison, compare_months
from app.domain.bill_groups import BilledDocument, BilledItem
from app.domain.custom_names import numbered_with_custom_name, with_custom_name
from app.domain.period import Month
from app.domain.turnover import EntryKind
from app.lib.prepared_select import PreparedSelect
from app.models import (
    AuditEvent,
    Charge,
    ChargeLine,
    CustomMeterName,
    CustomPointName,
    Meter,
    Service,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_name_of_meter, is_name_of_point, named_since
from app.queries.open_items import list_interest_corrections

_LATEST_ZONE = timedelta(hours=14)
_EVER = Month(1, 1)
_EXPLAINING = {
    "contracts": {"price_category"},
    "supply_points": {"voltage_level", "loss_percent"},
}
"""Properties that billing computes with, by table."""

_CORRECTED = aliased(Charge)
_POINT_NAME = func.coalesce(SupplyPoint.name, SupplyPoint.address)
_DOCUMENT = slice(0, 8)
_ITEM = slice(8, None)
_OF_CUSTOMER = and_(
    Charge.contract_id == bindparam("contract_id"),
    Charge.withdrawn_at.is_(None),
    Charge.period >= bindparam("since", type_=Charge.period.type),
)
_DOCUMENTS = PreparedSelect(
    select(
        Charge.id,
        Charge.kind,
        Charge.doc_number,
        Charge.doc_date,
        Charge.period,
        Charge.gross_amount,
        Charge.corrects_external_id,
        _CORRECTED.doc_number,
        Service.code,
        Service.name,
        ChargeLine.supply_point_id,
        _POINT_NAME,
        CustomPointName.name,
        ChargeLine.zone,
        ChargeLine.quantity,
        func.coalesce(ChargeLine.unit, Service.unit),
        ChargeLine.price,
        ChargeLine.net_amount,
        ChargeLine.vat_rate,
        ChargeLine.vat_amount,
        ChargeLine.gross_amount,
        ChargeLine.method,
    )
    .outerjoin(
        _CORRECTED,
        and_(
            _CORRECTED.external_id == Charge.corrects_external_id,
            _CORRECTED.contract_id == Charge.contract_id,
        ),
    )
    .outerjoin(ChargeLine, ChargeLine.charge_id == Charge.id)
    .outerjoin(Service, Service.id == ChargeLine.service_id)
    .outerjoin(SupplyPoint, SupplyPoint.id == ChargeLine.supply_point_id)
    .outerjoin(CustomPointName, is_name_of_point())
    .where(
        _OF_CUSTOMER,
        or_(
            Charge.period == bindparam("before", type_=Charge.period.type),
            Charge.period == bindparam("after", type_=Charge.period.type),
            and_(
                Charge.kind == EntryKind.CORRECTION.value,
                Charge.doc_date.between(bindparam("first"), bindparam("last")),
            ),
        ),
    )
    .order_by(Charge.doc_date, Charge.id, ChargeLine.line_number)
)
_MONTHS = PreparedSelect(
    select(Charge.period).where(_OF_CUSTOMER).group_by(Charge.period).order_by(Charge.period.desc())
)
_METERS = PreparedSelect(
    select(
        SupplyPoint.id,
        _POINT_NAME,
        CustomPointName.name,
        SupplyPoint.valid_from,
        SupplyPoint.valid_to,
        Meter.id,
        Meter.serial_number,
        CustomMeterName.name,
        Meter.installed_on,
        Meter.removed_on,
    )
    .outerjoin(CustomPointName, is_name_of_point())
    .outerjoin(Meter, and_(Meter.supply_point_id == SupplyPoint.id, Meter.withdrawn_at.is_(None)))
    .outerjoin(CustomMeterName, is_name_of_meter())
    .where(
        SupplyPoint.contract_id == bindparam("contract_id"),
        SupplyPoint.withdrawn_at.is_(None),
        or_(
            *(
                day.between(bindparam("first"), bindparam("last"))
                for day in (
                    SupplyPoint.valid_from,
                    SupplyPoint.valid_to,
                    Meter.installed_on,
                    Meter.removed_on,
                )
            )
        ),
    )
    .order_by(SupplyPoint.id, Meter.id)
)
_NAMES_VERSION = PreparedSelect(
    select(
        *(
            select(of_all).where(name.contract_id == bindparam("contract_id")).scalar_subquery()
            for name in (CustomPointName, CustomMeterName)
            for of_all in (func.count(name.named_at), func.max(name.named_at))
        )
    )
)
_POINT_KEYS = select(SupplyPoint.external_id).where(
    SupplyPoint.contract_id == bindparam("contract_id")
)
_CHANGES = PreparedSelect(
    select(
        AuditEvent.happened_at,
        AuditEvent.subject,
        AuditEvent.changes,
        _POINT_NAME,
        CustomPointName.name,
    )
    .outerjoin(
        SupplyPoint,
        and_(
            AuditEvent.subject == "supply_points",
            SupplyPoint.external_id == AuditEvent.subject_key,
        ),
    )
    .outerjoin(CustomPointName, is_name_of_point())
    .where(
        AuditEvent.contract_id == bindparam("contract_id"),
        AuditEvent.action == "import.changed",
        or_(
            and_(AuditEvent.subject == "contracts", AuditEvent.subject_key == bindparam("number")),
            and_(AuditEvent.subject == "supply_points", AuditEvent.subject_key.in_(_POINT_KEYS)),
        ),
        AuditEvent.happened_at >= bindparam("since", type_=AuditEvent.happened_at.type),
        AuditEvent.happened_at < bindparam("until", type_=AuditEvent.happened_at.type),
    )
    .order_by(AuditEvent.id)
)


@dataclass(frozen=True, slots=True)
class BillChange:
    """Two months of charges with their difference and what explains it.

    Attributes:
        documents: of the month that is explained, without corrections and late interest.
    """

    months: ComparedMonths
    comparison: BillComparison
    facts: tuple[Fact, ...]
    documents: tuple[BilledDocument, ...]


def first_own_month(contract: VisibleContract) -> Month | None:
    """The first month whose charges are the present customer's own; None: all are.

    Of the month in which the contract changed hands a part is theirs.
    """
    if contract.transferred_at is None:
        return None
    # Wherever the supplier is, a former customer's month never passes for one's own.
    return Month.of((contract.transferred_at + _LATEST_ZONE).date())


def find_names_version(session: Session, contract: VisibleContract) -> tuple[Any, ...]:
    """What changes whenever the customer names a supply point or a meter, or takes a name back."""
    return _NAMES_VERSION.all(session, contract_id=contract.id)[0]


def list_billed_months(session: Session, contract: VisibleContract) -> list[Month]:
    """Months that have charges of the present customer, the newest first."""
    since = first_own_month(contract) or _EVER
    return [month for (month,) in _MONTHS.all(session, contract_id=contract.id, since=since)]


def find_comparison(
    session: Session, contract: VisibleContract, months: ComparedMonths
) -> BillComparison | None:
    """Compare two months of charges; None where one of them has none of the present customer."""
    before, after = _of_months(months, _documents(session, contract, months))
    return compare_months(before, after) if before and after else None


def _of_months(
    months: ComparedMonths, documents: Sequence[BilledDocument]
) -> tuple[list[BilledDocument], list[BilledDocument]]:
    return (
        [document for document in documents if document.period == months.before],
        [document for document in documents if document.period == months.after],
    )


def read_bill_change(
    session: Session, contract: VisibleContract, months: ComparedMonths
) -> BillChange:
    """Compare two months of charges; a former customer's month has none."""
    documents = _documents(session, contract, months)
    before, after = _of_months(months, documents)
    comparison = compare_months(before, after)
    facts = list_facts(
        months,
        comparison,
        documents,
        list(_meters(session, contract, months)),
        _changes(session, contract, months),
    )
    return BillChange(
        months,
        comparison,
        facts,
        tuple(document for document in after if document.is_regular),
    )


def _meters(
    session: Session, contract: VisibleContract, months: ComparedMonths
) -> Iterator[MeterDates]:
    """Supply points that came or went between the months, or that have meters which did."""
    rows = _METERS.all(
        session,
        contract_id=contract.id,
        first=_first_known(contract, months),
        last=months.last,
        **named_since(contract),
    )
    for point, official, custom, since, until, meter, serial, custom_meter, *dates in rows:
        number = numbered_with_custom_name(serial, custom_meter) if serial else None
        name = with_custom_name(custom, official)
        yield MeterDates(point, name, since, until, meter, number, *dates)


def _first_known(contract: VisibleContract, months: ComparedMonths) -> date:
    since = first_own_month(contract)
    return max(months.first, since.first) if since else months.first


def _documents(
    session: Session, contract: VisibleContract, months: ComparedMonths
) -> list[BilledDocument]:
    rows = _DOCUMENTS.all(
        session,
        contract_id=contract.id,
        since=first_own_month(contract) or _EVER,
        before=months.before,
        after=months.after,
        first=months.after.first,
        last=months.after.last,
        **named_since(contract),
    )
    interest: frozenset[int] = frozenset()
    if any(row[6] for row in rows):
        interest = list_interest_corrections(session, contract)
    return [
        _document(list(lines), charge_id in interest)
        for charge_id, lines in groupby(rows, key=itemgetter(0))
    ]


def _document(rows: Sequence[Any], is_interest: bool) -> BilledDocument:
    charge_id, kind, number, on, period, gross, _, corrected = rows[0][_DOCUMENT]
    kind = EntryKind(kind)
    # A document without lines has a row without a service.
    items = tuple(_item(row[_ITEM]) for row in rows if row[_ITEM][0] is not None)
    is_interest = is_interest or kind is EntryKind.LATE_INTEREST
    return BilledDocument(charge_id, kind, number, on, period, gross, corrected, is_interest, items)


def _item(row: Sequence[Any]) -> BilledItem:
    service, service_name, point, official, custom, *rest = row
    name = with_custom_name(custom, official) if official else None
    return BilledItem(service, service_name, point, name, *rest)


def _changes(
    session: Session, contract: VisibleContract, months: ComparedMonths
) -> Iterator[RecordedChange]:
    """What imports have changed of the contract and its points between the months' documents."""
    since, until = _first_known(contract, months), Month.of(months.last).plus(1).next_first
    rows = _CHANGES.all(
        session,
        contract_id=contract.id,
        number=contract.number,
        since=datetime.combine(since, time(), UTC),
        until=datetime.combine(until, time(), UTC),
        **named_since(contract),
    )
    for happened_at, subject, changes, official, custom in rows:
        point = with_custom_name(custom, official) if official else None
        for name in sorted(changes.keys() & _EXPLAINING[subject]):
            old, new = changes[name]
            yield RecordedChange(happened_at.date(), point, name, _text(old), _text(new))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
