"""Roles of the demo contracts: hand-made cases, each with one thing to show.

A role says what a contract is like; the modules beside this one turn it into rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from app.demo.rows import ContractStatus, CustomerKind, Regime

WHOLE_DAY = ("T0",)
DAY_NIGHT = ("T1", "T2")
THREE_ZONES = ("T1", "T2", "T3")


class Payer(Enum):
    """How a customer pays."""

    IN_TIME = auto()
    LATE = auto()
    STOPPED = auto()  # late at first, nothing in the last four months
    OVERPAYS = auto()
    SAME_DAY = auto()  # by standing order on the first, so that nothing stays open


class Season(Enum):
    """What the load follows over the year."""

    INDUSTRY = auto()
    HEATING = auto()
    COOLING = auto()


class Story(Enum):
    """Something that happens on a contract once."""

    CORRECTIONS = auto()
    METER_REPLACED = auto()
    OFFSET = auto()
    OVERDUE_VERIFICATION = auto()
    CONTROL_READING = auto()
    REJECTED_READING = auto()
    REFUND = auto()
    ROLL_OVER = auto()


@dataclass(frozen=True, slots=True)
class PointRole:
    """A supply point before it gets its identifiers.

    Attributes:
        monthly_kwh: usual consumption of a month, all meters together.
        loss_percent: set where the meter stands behind the border of the networks.
    """

    name: str
    monthly_kwh: int
    meters: int = 1
    zones: tuple[str, ...] = WHOLE_DAY
    season: Season = Season.INDUSTRY
    voltage: str = "NN"
    loss_percent: str | None = None
    askue: bool = False
    regime: Regime = "month_end"


@dataclass(frozen=True, slots=True)
class Role:
    """A contract before it gets its identifiers.

    Attributes:
        same_customer: the customer of the role before signs this contract too.
        opening_share: debt at the start as a share of the first bill; below zero an overpayment.
    """

    kind: CustomerKind
    points: tuple[PointRole, ...]
    price_category: int = 1
    payer: Payer = Payer.IN_TIME
    has_advance: bool = False
    status: ContractStatus = "active"
    same_customer: bool = False
    opening_share: Decimal = Decimal(0)
    stories: frozenset[Story] = frozenset()


DEBTOR = Role(
    kind="ul",
    price_category=2,
    payer=Payer.STOPPED,
    has_advance=True,
    opening_share=Decimal("0.3"),
    stories=frozenset({Story.METER_REPLACED, Story.OVERDUE_VERIFICATION, Story.REJECTED_READING}),
    points=(
        PointRole("Производственный корпус", 32_000, 3, DAY_NIGHT, voltage="SN2"),
        PointRole("Склад готовой продукции", 9_000, 2, DAY_NIGHT, loss_percent="1.85"),
        PointRole("Административный корпус", 6_500, 2, DAY_NIGHT, Season.HEATING),
        PointRole("Котельная", 14_000, 1, THREE_ZONES, Season.HEATING, askue=True),
    ),
)
CORRECTED = Role(
    kind="ul",
    price_category=4,
    has_advance=True,
    stories=frozenset({Story.CORRECTIONS}),
    points=(
        PointRole("Насосная станция", 210_000, 2, voltage="SN2", askue=True),
        PointRole("Очистные сооружения", 95_000, voltage="SN2", loss_percent="0.72", askue=True),
    ),
)
OVERPAID = Role(
    kind="ul",
    payer=Payer.OVERPAYS,
    opening_share=Decimal("-0.4"),
    points=(
        PointRole("Торговый центр", 18_000, 2, season=Season.COOLING, loss_percent="2.10"),
        PointRole("Наружное освещение", 2_400, season=Season.HEATING),
    ),
)
SOLE_TRADER = Role(
    kind="ip",
    payer=Payer.SAME_DAY,
    points=(
        PointRole("Магазин «Хлеб»", 3_200, season=Season.COOLING),
        PointRole("Пекарня", 7_400, season=Season.HEATING),
    ),
)
MKD_OWNER = Role(
    kind="fl",
    payer=Payer.LATE,
    opening_share=Decimal("0.9"),
    points=(PointRole("Нежилое помещение № 3", 1_150, season=Season.HEATING, regime="mkd"),),
)
SUSPENDED = Role(
    kind="ul",
    payer=Payer.STOPPED,
    status="suspended",
    points=(PointRole("Ремонтная мастерская", 11_500, loss_percent="1.40"),),
)
TERMINATED = Role(
    kind="ip",
    status="terminated",
    stories=frozenset({Story.REFUND}),
    points=(PointRole("Павильон № 12", 2_100, season=Season.COOLING),),
)
ROLLED_OVER = Role(
    kind="ul",
    stories=frozenset({Story.ROLL_OVER, Story.CONTROL_READING}),
    points=(
        PointRole("Школа", 8_800, 2, season=Season.HEATING),
        PointRole("Спортивный зал", 2_600, season=Season.HEATING),
    ),
)
SECOND_CONTRACT = Role(
    kind="ul",
    same_customer=True,
    points=(PointRole("Детский сад", 5_400, season=Season.HEATING),),
)
INTERVAL_METERED = Role(
    kind="ul",
    price_category=3,
    has_advance=True,
    points=(PointRole("Подстанция «Демо-110», ввод 1", 330_000, voltage="VN", askue=True),),
)
OFFSETTING = Role(
    kind="ul",
    payer=Payer.LATE,
    stories=frozenset({Story.OFFSET}),
    points=(PointRole("Гаражный бокс", 4_700, zones=DAY_NIGHT, season=Season.HEATING),),
    price_category=2,
)

LEADING_ROLES = (
    DEBTOR,
    CORRECTED,
    OVERPAID,
    SOLE_TRADER,
    MKD_OWNER,
    SUSPENDED,
    TERMINATED,
    ROLLED_OVER,
    SECOND_CONTRACT,
    INTERVAL_METERED,
    OFFSETTING,
)
