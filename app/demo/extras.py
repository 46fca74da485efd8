"""Generate the ordinary demo customers at random."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from app.demo.cast import (
    DAY_NIGHT,
    LEADING_ROLES,
    THREE_ZONES,
    WHOLE_DAY,
    Payer,
    PointRole,
    Role,
    Season,
)
from app.demo.chance import stream
from app.demo.rows import CustomerKind

SECOND_CONTRACT_EVERY = 9
_KINDS: tuple[CustomerKind, ...] = ("ul",) * 6 + ("ip",) * 2 + ("fl",) * 2
_PAYERS = (
    (Payer.IN_TIME,) * 12 + (Payer.LATE,) * 5 + (Payer.STOPPED, Payer.OVERPAYS, Payer.SAME_DAY)
)
_OPENINGS = (Decimal(0),) * 6 + (Decimal("0.5"), Decimal("1"), Decimal("-0.2"))
_LOSSES = (None, None, "0.95", "1.60", "2.35")
_COMPANY_PLACES = (
    "Цех № 1",
    "Цех № 2",
    "Склад",
    "Офис",
    "Котельная",
    "Насосная",
    "Столовая",
    "Автостоянка",
    "Проходная",
    "Столярный участок",
    "Холодильный склад",
    "Торговый зал",
)
_TRADER_PLACES = ("Магазин", "Кафе", "Парикмахерская", "Мастерская", "Автомойка", "Аптека")


def cast_roles(contracts: int, seed: int) -> list[Role]:
    """Leading roles first, then as many extras as the number of contracts asks for."""
    roles = list(LEADING_ROLES[:contracts])
    for index in range(len(roles), contracts):
        chance = stream(seed, "role", index)
        if index % SECOND_CONTRACT_EVERY == 0:
            role = replace(_extra(chance, roles[-1].kind), same_customer=True)
        else:
            role = _extra(chance, chance.choice(_KINDS))
        roles.append(role)
    return roles


def _extra(chance: Random, kind: CustomerKind) -> Role:
    if kind == "fl":
        points: tuple[PointRole, ...] = (_premises(chance),)
        category = 1
    elif kind == "ip":
        category = chance.choice((1, 1, 1, 2))
        points = _places(chance, _TRADER_PLACES, chance.randint(1, 2), category, (900, 8_000))
    else:
        category = chance.choice((1, 1, 1, 2, 2, 3, 4))
        load = (60_000, 280_000) if category > 2 else (2_500, 42_000)
        points = _places(chance, _COMPANY_PLACES, chance.randint(1, 4), category, load)
    return Role(
        kind=kind,
        points=points,
        price_category=category,
        payer=chance.choice(_PAYERS),
        has_advance=category > 2 or (kind == "ul" and chance.random() < 0.3),
        opening_share=chance.choice(_OPENINGS),
    )


def _premises(chance: Random) -> PointRole:
    return PointRole(
        name=f"Нежилое помещение № {chance.randint(1, 9)}",
        monthly_kwh=chance.randrange(250, 2_600, 50),
        season=Season.HEATING,
        regime="mkd",
    )


def _places(
    chance: Random, names: tuple[str, ...], count: int, category: int, load: tuple[int, int]
) -> tuple[PointRole, ...]:
    """Supply points of one contract; ``load`` is the range of their usual kWh a month."""
    zones = {1: WHOLE_DAY, 2: chance.choice((DAY_NIGHT, THREE_ZONES))}.get(category, WHOLE_DAY)
    # Hourly prices need interval meters, and these report by themselves.
    hourly = category > 2
    return tuple(
        PointRole(
            name=name,
            monthly_kwh=chance.randrange(*load, 100),
            meters=1 if hourly else chance.choice((1, 1, 1, 2, 2, 3)),
            zones=zones,
            season=chance.choice(tuple(Season)),
            voltage=chance.choice(("SN1", "SN2", "SN2")) if hourly else "NN",
            loss_percent=chance.choice(_LOSSES),
            askue=hourly,
        )
        for name in chance.sample(names, count)
    )
