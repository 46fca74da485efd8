"""Own names of supply points and meters; what billing sends never overwrites them.

They belong to a contract, so that colleagues share them, and to its customer of that time: rows
from before a transfer of the contract are not shown to the next one.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.custom_names import MAX_NAME
from app.models.base import Base, Moment


class CustomPointName(Base):
    """What a customer calls a supply point, and its place in their order."""

    __tablename__ = "custom_point_names"

    supply_point_id: Mapped[int] = mapped_column(ForeignKey("supply_points.id"), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(MAX_NAME))
    position: Mapped[int | None]
    named_at: Mapped[Moment]


class CustomMeterName(Base):
    """What a customer calls a meter."""

    __tablename__ = "custom_meter_names"

    meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id"), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    named_at: Mapped[Moment]
