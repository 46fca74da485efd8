"""Documents of a month as tests of comparisons write them."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.domain.bill_groups import BilledDocument, BilledItem
from app.domain.money import KOPECK, ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind

OCTOBER = Month(2026, 10)
_IDS = itertools.count(1)


def item(
    quantity: str, price: str, rate: str | None = "22", point: int | None = 1, **values: Any
) -> BilledItem:
    """A line of energy whose sums are rounded as billing rounds them."""
    net = (Decimal(quantity) * Decimal(price)).quantize(KOPECK, ROUND_HALF_UP)
    vat = (net * Decimal(rate or 0) / 100).quantize(KOPECK, ROUND_HALF_UP)
    defaults = {
        "service": "EE",
        "service_name": "Электрическая энергия",
        "point": point,
        "point_name": point and f"Цех {point}",
        "zone": "T0",
        "quantity": Decimal(quantity),
        "unit": "кВт·ч",
        "price": Decimal(price),
        "net": net,
        "rate": Decimal(rate) if rate else None,
        "vat": vat,
        "gross": net + vat,
        "method": "meter",
    }
    return BilledItem(**(defaults | values))


def capacity(quantity: str, price: str, rate: str = "22", point: int = 1) -> BilledItem:
    named = {"service": "CAP", "service_name": "Мощность", "unit": "кВт", "zone": None}
    return item(quantity, price, rate, point, **named)


def losses(quantity: str, price: str, rate: str = "22", point: int = 1) -> BilledItem:
    return item(
        quantity, price, rate, point, service="LOSS", service_name="Потери электрической энергии"
    )


def bill(*items: BilledItem, **values: Any) -> BilledDocument:
    """A document of these lines; its sum is theirs."""
    number = next(_IDS)
    defaults = {
        "id": number,
        "kind": EntryKind.UPD,
        "number": str(number),
        "on": date(2026, 10, 31),
        "period": OCTOBER,
        "gross": sum((line.gross for line in items), ZERO),
        "corrected_number": None,
        "is_interest": False,
        "items": items,
    }
    return BilledDocument(**(defaults | values))


def interest(gross: str, **values: Any) -> BilledDocument:
    kind = EntryKind.LATE_INTEREST
    return bill(kind=kind, is_interest=True, gross=Decimal(gross), **values)


def correction(gross: str, **values: Any) -> BilledDocument:
    return bill(kind=EntryKind.CORRECTION, gross=Decimal(gross), **values)
