"""Prices of the fictitious supplier, roubles without VAT per kWh or kW, five decimals."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from app.demo.chance import around_one, stream
from app.demo.money import round_half_up
from app.demo.timeline import Month

PRICE_DECIMALS = 5
_BASE_YEAR = 2025
_YEARLY_RISE = Decimal("1.075")
_ENERGY_OF_VOLTAGE = {
    "VN": Decimal("5.31274"),
    "SN1": Decimal("6.18805"),
    "SN2": Decimal("7.24519"),
    "NN": Decimal("8.43066"),
}
# What a zone costs relative to a price without zones: (number of zones, zone) -> factor.
_ZONE_FACTOR = {
    (1, "T0"): Decimal(1),
    (2, "T1"): Decimal("1.12"),
    (2, "T2"): Decimal("0.61"),
    (3, "T1"): Decimal("1.34"),
    (3, "T2"): Decimal("0.61"),
    (3, "T3"): Decimal("1.03"),
}
# With capacity billed apart (categories 3 and 4) a kWh carries only a part of the price.
_CAPACITY_BILLED_FROM = 3
_ENERGY_PART = {3: Decimal("0.62"), 4: Decimal("0.55")}
_CAPACITY_PRICE = {3: Decimal("872.41390"), 4: Decimal("1214.06725")}


def has_capacity(category: int) -> bool:
    """Whether a price category bills capacity (kW) apart from energy."""
    return category >= _CAPACITY_BILLED_FROM


def energy_price(
    seed: int, month: Month, *, voltage: str, category: int, zones: int, zone: str
) -> Decimal:
    """Price of a kWh in a month, roubles."""
    base = _ENERGY_OF_VOLTAGE[voltage] * _ENERGY_PART.get(category, Decimal(1))
    price = base * _ZONE_FACTOR[zones, zone] * _index(seed, month)
    return round_half_up(price, PRICE_DECIMALS)


def capacity_price(seed: int, month: Month, category: int) -> Decimal:
    """Price of a kW of capacity for a month, roubles."""
    return round_half_up(_CAPACITY_PRICE[category] * _index(seed, month), PRICE_DECIMALS)


@lru_cache(maxsize=1024)
def _index(seed: int, month: Month) -> Decimal:
    """Level of prices in a month: yearly growth from July, and what the wholesale market does."""
    tariff_year = month.year if month.number >= 7 else month.year - 1
    market = around_one(stream(seed, "price", month), 35)
    return _YEARLY_RISE ** (tariff_year - _BASE_YEAR) * market
