"""The state of meters, read in one SELECT, is what all their readings say; on both databases."""

from __future__ import annotations

import random
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.domain.access import Permission
from app.domain.meters import READ_BY_HAND, build_regime_windows
from app.domain.period import Month
from app.domain.reading_windows import WindowRules
from app.domain.readings import LIVE, ReadingStatus
from app.models import (
    Contract,
    Meter,
    Reading,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract, get_as_customer
from app.queries.readings.meters import list_meter_states, list_meters
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

RULES = WindowRules()
TODAY = NOW.date()
DAYS = [date(2026, 11, day) for day in (1, 10, 20, 21, 23, 26, 27, 30)] + [date(2026, 12, 2)]
MONTHS = [Month(2025, 9), *(Month(2026, number) for number in range(8, 13))]
RARELY = [False] * 9 + [True]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Session:
    name = "session" if request.param == "sqlite" else "postgres_session"
    found: Session = request.getfixturevalue(name)
    return found


class RandomMeters:
    """Adds a contract whose meters, registers and readings are of every kind."""

    def __init__(self, make: Factory, seed: int) -> None:
        self.make, self.rng = make, random.Random(seed)
        self.contract: Contract = make.contract(f"{seed:05d}-ЭС")
        self.contract.transferred_at = self.rng.choice([None, NOW - timedelta(days=30)])
        self.contract.valid_to = self.rng.choice([None, date(2026, 11, 5)])
        self.receipts = [self._receipt(NOW - timedelta(days=days)) for days in (60, 40, 20, 5, 0)]
        for _ in range(20):
            self._meter()
        make.commit()

    def _some(self, *choices: object) -> object:
        return self.rng.choice(choices)

    def _withdrawn(self) -> datetime | None:
        return NOW if self.rng.choice(RARELY) else None

    def _receipt(self, at: datetime) -> ReadingReceipt:
        receipt: ReadingReceipt = self.make._add(
            ReadingReceipt(
                idempotency_key=str(uuid.uuid4()),
                contract_id=self.contract.id,
                submitted_at=at,
                address="127.0.0.1",
            )
        )
        return receipt

    def _meter(self) -> None:
        meter: Meter = self.make.meter(self.contract)
        point = self.make.session.get_one(SupplyPoint, meter.supply_point_id)
        point.reading_regime = self._some("month_end", "mkd", "other")
        point.is_automatic = self.rng.choice(RARELY)
        point.valid_to = self._some(None, None, None, date(2026, 10, 31), date(2026, 12, 31))
        point.withdrawn_at, meter.withdrawn_at = self._withdrawn(), self._withdrawn()
        meter.removed_on = self._some(None, None, None, date(2026, 11, 21), date(2026, 12, 1))
        meter.installed_on = self._some(None, date(2020, 1, 1), date(2026, 12, 10))
        zones = self._some((), ("T0",), ("T0",), ("T1", "T2"), ("T1", "T2", "T3"))
        for zone in zones:
            self._register(meter, zone)

    def _register(self, meter: Meter, zone: str) -> None:
        register: Register = self.make._add(
            Register(
                meter_id=meter.id,
                zone=zone,
                direction="R+" if self.rng.choice(RARELY) else "A+",
                digits=6,
                decimals=2,
                withdrawn_at=self._withdrawn(),
            )
        )
        if self.rng.choice(RARELY):
            return
        for month in MONTHS:
            for _ in range(self._some(0, 1, 1, 2)):
                self._billed(register, month)
            live_left = True
            for _ in range(self._some(0, 0, 1, 2, 3)):
                live_left = self._submitted(register, month, live_left) not in LIVE and live_left

    def _billed(self, register: Register, month: Month) -> None:
        self.make._add(
            Reading(
                external_id=str(uuid.uuid4()),
                register_id=register.id,
                period=month,
                taken_on=month.first + timedelta(days=self.rng.randrange(40)),
                value=Decimal(self.rng.randrange(1000)),
                kind=self._some("regular", "regular", "regular", "final", "initial", "control"),
                source=self._some("portal", "calc", "askue", None),
                status=self._some("accepted", None, "accepted", "pending", "rejected"),
                withdrawn_at=self._withdrawn(),
            )
        )

    def _submitted(self, register: Register, month: Month, may_be_live: bool) -> ReadingStatus:
        choices = [status for status in ReadingStatus if may_be_live or status not in LIVE]
        status = self.rng.choice(choices)
        self.make._add(
            SubmittedReading(
                submission_id=str(uuid.uuid4()),
                receipt_id=self.rng.choice(self.receipts).id,
                register_id=register.id,
                period=month,
                taken_on=month.first + timedelta(days=self.rng.randrange(40)),
                value=Decimal(self.rng.randrange(1000)),
                corrected_value=self._some(None, None, Decimal(7)),
                rolled_over=self._some(False, False, True),
                is_late=self._some(False, False, True),
                doubts=[],
                source="portal",
                status=status,
                reason="Опечатка" if status == ReadingStatus.REJECTED else None,
                acknowledged_at=self._some(None, None, NOW),
            )
        )
        return status


def contracts(session: Session) -> list[VisibleContract]:
    make = Factory(session)
    rows = [RandomMeters(make, seed).contract for seed in range(1, 5)]
    permission = Permission.SEE_READINGS
    return [get_as_customer(session, row.id, permission, TODAY) for row in rows]


def test_the_state_of_every_meter_is_what_all_its_readings_say(database: Session) -> None:
    reasons, missing = set(), set()
    for contract in contracts(database):
        for today in DAYS:
            states = list_meter_states(database, contract, today, RULES)
            meters = list_meters(database, contract, today, RULES)
            assert [[register.current for register in state.registers] for state in states] == [
                [register.current for register in meter.registers] for meter in meters
            ]
            windows = build_regime_windows(states, today, RULES)
            assert windows == build_regime_windows(meters, today, RULES)
            reasons |= {state.closed_reason(today) for state in states}
            missing |= {window.missing > 0 for window in windows}
    assert missing == {True, False}
    assert reasons >= {*READ_BY_HAND, "automatic", "removed", "ended", "unknown", "not_installed"}
