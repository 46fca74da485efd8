"""Base class and column types shared by all tables.

Decimals are stored as scaled integers, so that sums are exact on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Integer, MetaData, String, types
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.domain.period import Month


class ScaledDecimal(types.TypeDecorator[Decimal]):
    """``Decimal`` of fixed scale, stored as BIGINT: 12.50 with two places is 1250."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places
        self._unit = Decimal(1).scaleb(-places)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = value.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} places")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        # PostgreSQL answers SUM(bigint) with a numeric, SQLite with an integer.
        return None if value is None else int(value) * self._unit


class UtcDateTime(types.TypeDecorator[datetime]):
    """Aware moments; UTC in the table."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_parse_month = lru_cache(maxsize=1200)(Month.parse)
"""There are few months and very many rows; parsing is what reading one costs most."""


class MonthText(types.TypeDecorator[Month]):
    """A billing month as ``YYYY-MM``, which sorts as it should."""

    impl = String(7)
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Month | None:
        return None if value is None else _parse_month(value)


Key = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
ExternalId = Annotated[str, mapped_column(String(64), unique=True)]
Amount = Annotated[Decimal, mapped_column(ScaledDecimal(2))]
Energy = Annotated[Decimal, mapped_column(ScaledDecimal(3))]
Price = Annotated[Decimal, mapped_column(ScaledDecimal(5))]
Value = Annotated[Decimal, mapped_column(ScaledDecimal(4))]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
Period = Annotated[Month, mapped_column(MonthText)]


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {str: String(), date: Date()}


class Imported:
    """A row that the billing system owns; ``withdrawn_at`` hides it without deleting it."""

    id: Mapped[Key]
    withdrawn_at: Mapped[Moment | None]


class Editable:
    """A row of billing that people may take over: after that no import changes it any more."""

    edited_at: Mapped[Moment | None]
