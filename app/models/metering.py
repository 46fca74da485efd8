"""Meters, their registers and the readings billing knows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, ExternalId, Imported, Period, Value


class Meter(Imported, Base):
    """Прибор учета; ``multiplier`` is the transformer ratio, CT × VT."""

    __tablename__ = "meters"

    external_id: Mapped[ExternalId]
    supply_point_id: Mapped[int] = mapped_column(ForeignKey("supply_points.id"), index=True)
    serial_number: Mapped[str]
    model: Mapped[str | None]
    installed_on: Mapped[date | None]
    removed_on: Mapped[date | None]
    multiplier: Mapped[Value]
    current_ratio: Mapped[Value | None]
    voltage_ratio: Mapped[Value | None]
    verified_on: Mapped[date | None]
    next_verification_on: Mapped[date | None]


class Register(Imported, Base):
    """One scale of a meter: a tariff zone (T0 the whole day) and a direction (A+, A-, R+, R-)."""

    __tablename__ = "registers"
    __table_args__ = (UniqueConstraint("meter_id", "zone", "direction"),)

    meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id"))
    zone: Mapped[str] = mapped_column(String(2))
    direction: Mapped[str] = mapped_column(String(2))
    unit: Mapped[str | None]
    digits: Mapped[int]
    decimals: Mapped[int]


class Reading(Imported, Base):
    """A register's reading; ``taken_on`` the last day of a month means its end, 24:00."""

    __tablename__ = "readings"
    __table_args__ = (Index(None, "register_id", "taken_on"),)

    external_id: Mapped[ExternalId]
    register_id: Mapped[int] = mapped_column(ForeignKey("registers.id"))
    taken_on: Mapped[date]
    period: Mapped[Period]
    value: Mapped[Value]
    kind: Mapped[str] = mapped_column(String(7))
    source: Mapped[str | None] = mapped_column(String(9))
    status: Mapped[str | None] = mapped_column(String(8))
