"""Facts that the daily task makes events of: what is unpaid, not read, to be verified, announced.

Only contracts that somebody reads about; each in one pass, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.access import TERMINATED, Permission
from app.domain.announcements import AnnouncementAudience
from app.domain.reading_windows import Regime, Window
from app.domain.readings import COMPUTED
from app.domain.unpaid_items import UnpaidItems
from app.models import (
    Announcement,
    AnnouncementContract,
    Contract,
    ContractEvent,
    EventDay,
    Meter,
    OpenItemSnapshot,
    Reading,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.events.visibility import has_reader
from app.queries.open_item_snapshots import iter_unpaid
from app.queries.readings.known_readings import is_billed_reading, is_live
from app.queries.readings.meters import DIRECTION


class AwaitedMeters(NamedTuple):
    """Meters of a contract that are read by hand in a window, and of how many nothing is there."""

    contract_id: int
    awaited: int
    missing: int


class DueVerification(NamedTuple):
    """A meter whose verification comes to its end."""

    contract_id: int
    meter_id: int
    serial_number: str
    place: str
    verify_on: date


def is_day_finished(session: Session, day: date) -> bool:
    """Whether all events of a day have been found."""
    return bool(session.scalar(select(exists().where(EventDay.day == day))))


def list_unpaid(session: Session, today: date) -> Iterator[tuple[int, UnpaidItems]]:
    """What contracts have to pay whose people see money, by contract."""
    is_read = has_reader(Permission.SEE_MONEY, OpenItemSnapshot.contract_id, today, today)
    return iter_unpaid(session, today, is_read, _is_active(OpenItemSnapshot.contract_id))


def list_awaited_meters(
    session: Session, regime: Regime, window: Window, today: date
) -> list[AwaitedMeters]:
    """Meters that are read by hand in a window, and of how many readings are missing.

    The conditions are those of ``MeterState.is_missing``.
    """
    first, last = window.period.first, window.period.last
    of_regime = SupplyPoint.reading_regime == regime
    if regime is Regime.MONTH_END:
        of_regime = SupplyPoint.reading_regime != Regime.MKD
    rows = session.execute(
        select(
            SupplyPoint.contract_id,
            func.count(Meter.id.distinct()),
            func.count(case((_is_missing(window), Meter.id)).distinct()),
        )
        .select_from(SupplyPoint)
        .join(Contract, Contract.id == SupplyPoint.contract_id)
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .join(Register, Register.meter_id == Meter.id)
        .where(
            of_regime,
            SupplyPoint.is_automatic.is_(False),
            SupplyPoint.withdrawn_at.is_(None),
            or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= first),
            or_(Contract.valid_to.is_(None), Contract.valid_to >= first),
            Meter.withdrawn_at.is_(None),
            or_(Meter.removed_on.is_(None), Meter.removed_on > today),
            or_(Meter.installed_on.is_(None), Meter.installed_on <= last),
            Register.direction == DIRECTION,
            Register.withdrawn_at.is_(None),
            _is_active(SupplyPoint.contract_id),
            has_reader(Permission.SEE_READINGS, SupplyPoint.contract_id, today, today),
        )
        .group_by(SupplyPoint.contract_id)
        .order_by(SupplyPoint.contract_id)
    )
    return [AwaitedMeters(*row) for row in rows]


def list_due_verifications(session: Session, today: date, last: date) -> list[DueVerification]:
    """Meters that are to be verified from today to a day."""
    rows = session.execute(
        select(
            SupplyPoint.contract_id,
            Meter.id,
            Meter.serial_number,
            func.coalesce(func.nullif(SupplyPoint.name, ""), SupplyPoint.address),
            Meter.next_verification_on,
        )
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(
            Meter.next_verification_on.between(today, last),
            Meter.withdrawn_at.is_(None),
            or_(Meter.removed_on.is_(None), Meter.removed_on > today),
            SupplyPoint.withdrawn_at.is_(None),
            or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= today),
            _is_active(SupplyPoint.contract_id),
            has_reader(Permission.SEE_READINGS, SupplyPoint.contract_id, today, today),
        )
        .order_by(SupplyPoint.contract_id, Meter.id)
    )
    return [DueVerification(*row) for row in rows]


def list_open_announcements(session: Session, now: datetime) -> list[Announcement]:
    """Announcements that have not ended, the oldest first."""
    return list(
        session.scalars(
            select(Announcement).where(Announcement.ends_at > now).order_by(Announcement.id)
        )
    )


def list_untold_contracts(
    session: Session, announcement: Announcement, announced_on: date, today: date, limit: int
) -> list[int]:
    """Contracts that an announcement is for, and whose people have no event of it yet."""
    is_event = exists().where(
        ContractEvent.contract_id == Contract.id,
        ContractEvent.kind == "works",
        ContractEvent.subject_id == announcement.id,
    )
    return list(
        session.scalars(
            select(Contract.id)
            .where(
                ~is_event,
                *_is_meant(announcement),
                _is_active(Contract.id),
                has_reader(Permission.SEE_CONTRACT, Contract.id, announced_on, today),
            )
            .order_by(Contract.id)
            .limit(limit)
        )
    )


def _is_meant(announcement: Announcement) -> tuple[ColumnElement[bool], ...]:
    """SQL: contracts of an announcement that is not for everybody."""
    if announcement.audience == AnnouncementAudience.ALL:
        return ()
    chosen = select(AnnouncementContract.contract_id).where(
        AnnouncementContract.announcement_id == announcement.id
    )
    return (Contract.id.in_(chosen),)


def _is_missing(window: Window) -> ColumnElement[bool]:
    """SQL: a register has no reading of the window's month, or only a computed one."""
    submitted = exists().where(
        SubmittedReading.register_id == Register.id,
        SubmittedReading.period == window.period,
        is_live(),
    )
    billed = exists().where(
        Reading.register_id == Register.id,
        Reading.period == window.period,
        Reading.source.is_distinct_from(COMPUTED),
        is_billed_reading(),
    )
    return and_(~submitted, ~billed)


def _is_active(contract_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """SQL: a contract that billing still sends and that has not been terminated."""
    return contract_id.in_(
        select(Contract.id).where(Contract.withdrawn_at.is_(None), Contract.status != TERMINATED)
    )
