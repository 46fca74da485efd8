"""Passport of a supply point: what billing knows of it and its meters, and its own name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.period import Month
from app.domain.point_passport import MonthPower, Passport, PassportMeter, compute_power
from app.domain.readings import KnownReading, Scale, build_consumption
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.readings.known_readings import list_known
from app.queries.readings.meters import EARLIEST_MONTH, list_point_states
from app.queries.readings.passports import get_passport
from app.sections.readings import labels
from app.web.context import clock
from app.web.fragments import render_page
from app.web.policies import window_rules


@dataclass(frozen=True, slots=True)
class LastReading:
    """The last reading of a register, and the dial it is read from."""

    zone: str
    scale: Scale
    reading: KnownReading | None


@dataclass(frozen=True, slots=True)
class MeterCard:
    """A meter of a supply point as the page shows it."""

    meter: PassportMeter
    verification: str
    last: tuple[LastReading, ...]


def passport_page(
    contract: VisibleContract,
    point_id: int,
    errors: dict[str, str] | None = None,
    typed: str = "",
) -> Response:
    """The page of a supply point.

    Args:
        errors: of the forms of names, by the id of the box.
        typed: the name that was refused.
    """
    today = clock().today()
    passport = get_passport(db.session(), contract, point_id)
    cards, power = read_point(contract, passport, today)
    return render_page(
        "readings/point.html",
        fragment="results",
        contract=contract,
        passport=passport,
        cards=[card for card in cards if not card.meter.is_removed(today)],
        removed=[card for card in cards if card.meter.is_removed(today)],
        power=power,
        may_name=contract.may(Permission.SUBMIT_READINGS),
        errors=errors or {},
        typed=typed,
        labels=labels,
        regimes=labels.REGIME_DAYS,
        status=422 if errors else 200,
    )


def read_point(
    contract: VisibleContract, passport: Passport, today: date
) -> tuple[list[MeterCard], list[MonthPower]]:
    """Cards of the meters, and the power of the last months."""
    states = list_point_states(db.session(), contract, passport.id, today, window_rules())
    registers = {meter.id: meter.registers for meter in states}
    ids = [register.id for meter in states for register in meter.registers]
    # Readings of a removed meter are as old as they are.
    known = list_known(db.session(), ids, EARLIEST_MONTH, contract.transferred_at)
    rows = {
        register.id: build_consumption(known[register.id], register.scale)
        for meter in states
        for register in meter.registers
    }
    cards = [
        MeterCard(
            meter,
            labels.verification_label(meter, today),
            tuple(
                LastReading(
                    labels.zone_label(register.zone),
                    register.scale,
                    rows[register.id][-1].reading if rows[register.id] else None,
                )
                for register in registers.get(meter.id, ())
            ),
        )
        for meter in passport.meters
    ]
    return cards, compute_power(rows.values(), passport.max_power_kw, Month.of(today))
