"""Twenty thousand contracts, as many as a supplier has, written straight into the tables."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.actions.search_index import rebuild_search
from app.domain.period import Month
from app.models import (
    Base,
    Contract,
    Customer,
    Meter,
    MonthlyBalance,
    Reading,
    Register,
    SupplyPoint,
)

STREETS = ("Автозаводцев", "Романенко", "Ленина", "Октября", "Лихачева", "8 Марта")
COMPANY_FORM = "Общество с ограниченной ответственностью"
NAMES = ("Березка", "Уралстрой", "Рассвет", "Аптека", "Торговый дом", "Гараж")
CHUNK = 5000


def add_contracts(session: Session, count: int) -> None:
    """Contracts «50001-ЭС» and on, each with a point, a meter, a reading and a balance."""
    chance = random.Random(7)
    first = (session.scalar(select(func.max(Customer.id))) or 0) + 10_000
    ids = range(first, first + count)
    month = Month(2026, 10)
    place = {key: f"г. Миасс, ул. {chance.choice(STREETS)}, д. {key % 180 + 1}" for key in ids}
    number = {key: f"{50_001 + place_no}-ЭС" for place_no, key in enumerate(ids)}
    _write(
        session,
        Customer,
        (
            {
                "id": key,
                "external_id": f"crowd-{key}",
                "kind": "ul",
                "full_name": f"{COMPANY_FORM} «{chance.choice(NAMES)}-{key}»",
                "inn": f"74{key:08d}",
                "legal_address": place[key],
            }
            for key in ids
        ),
    )
    _write(
        session,
        Contract,
        (
            {
                "id": key,
                "number": number[key],
                "number_key": number[key],
                "customer_id": key,
                "signed_on": date(2020, 1, 1),
                "valid_from": date(2020, 1, 1),
                "status": "active",
                "has_advance": False,
            }
            for key in ids
        ),
    )
    _write(
        session,
        SupplyPoint,
        (
            {
                "id": key,
                "external_id": f"crowd-{key}",
                "contract_id": key,
                "name": "Магазин",
                "address": place[key],
                "is_automatic": False,
                "reading_regime": "month_end",
            }
            for key in ids
        ),
    )
    _write(
        session,
        Meter,
        (
            {
                "id": key,
                "external_id": f"crowd-{key}",
                "supply_point_id": key,
                "serial_number": f"{70_000_000 + key}",
                "multiplier": Decimal(1),
            }
            for key in ids
        ),
    )
    _write(
        session,
        Register,
        (
            {
                "id": key,
                "meter_id": key,
                "zone": "T0",
                "direction": "A+",
                "unit": "kWh",
                "digits": 6,
                "decimals": 0,
            }
            for key in ids
        ),
    )
    _write(
        session,
        Reading,
        (
            {
                "external_id": f"crowd-{key}",
                "register_id": key,
                "taken_on": month.last,
                "period": month,
                "value": Decimal(1000),
                "kind": "regular",
                "source": "portal",
                "status": "accepted",
            }
            for key in ids
        ),
    )
    zero = Decimal("0.00")
    _write(
        session,
        MonthlyBalance,
        (
            {
                "contract_id": key,
                "period": month,
                "opening_amount": zero,
                "charged_amount": Decimal("100.00"),
                "corrected_amount": zero,
                "paid_amount": zero,
                "late_interest_amount": zero,
                "closing_amount": Decimal("100.00"),
            }
            for key in ids
        ),
    )
    rebuild_search(session)
    session.commit()


def _write(session: Session, table: type[Base], rows: Any) -> None:
    waiting: list[dict[str, object]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == CHUNK:
            session.execute(insert(table), waiting)
            waiting = []
    if waiting:
        session.execute(insert(table), waiting)
