"""The daily task finds dues, windows, verifications and announcements, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.actions.events import daily
from app.domain.period import Month
from app.extensions import db
from app.jobs import events
from app.lib.clock import Clock
from app.models import (
    Announcement,
    AnnouncementContract,
    Contract,
    ContractEvent,
    EventDay,
    Membership,
    SupplyPoint,
)
from tests.conftest import NOW, ZONE
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
TODAY = date(2026, 11, 21)


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app: Flask = request.getfixturevalue(request.param)
    app.extensions["clock"] = Clock(ZONE, NOW)
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def session(portal: Flask) -> Session:
    return db.session()


@pytest.fixture
def make(session: Session) -> Factory:
    return Factory(session)


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    contract = make.contract("00123-ЭС")
    make.account(contract)
    make.commit()
    return contract


def found(session: Session) -> list[tuple[str, str]]:
    """Kinds and days of all events."""
    session.rollback()
    rows = session.execute(
        select(ContractEvent.kind, ContractEvent.happened_on).order_by(ContractEvent.dedupe_key)
    )
    return [(kind, f"{day:%d.%m}") for kind, day in rows]


def run(portal: Flask, moment: datetime = NOW, **options: bool) -> int:
    portal.extensions["clock"] = Clock(ZONE, moment)
    return events.find_events(**options)


def test_dues_and_overdue_payments_are_found_once(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    make.charge(contract, date(2026, 10, 31), "300.00")
    make.invoice(contract, TODAY - timedelta(days=1), "200.00", period=Month(2026, 10))
    make.invoice(contract, TODAY + timedelta(days=3), "100.00", period=Month(2026, 10))
    make.commit()
    assert run(portal) == 2
    assert found(session) == [("due", "21.11"), ("overdue", "21.11")]
    assert run(portal) == 0
    assert run(portal, is_forced=True) == 2
    assert len(found(session)) == 2


def test_the_day_begins_at_the_hour_of_the_settings(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    make.invoice(contract, TODAY + timedelta(days=3), "100.00", period=Month(2026, 11))
    make.commit()
    assert run(portal, NOW.replace(hour=6, minute=59)) == 0
    assert run(portal, NOW.replace(hour=7, minute=0)) == 1


def test_a_window_opens_nears_its_end_and_is_missed(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-10", "100")
    make.commit()
    for day in (19, 20, 21, 28, 30):
        run(portal, NOW.replace(day=day))
    run(portal, NOW.replace(month=12, day=2))
    assert found(session) == [
        ("readings_missed", "02.12"),
        ("window_closes", "28.11"),
        ("window_opens", "20.11"),
    ]


@pytest.mark.parametrize(
    "state",
    ["read", "automatic", "removed", "ended", "terminated", "without people"],
)
def test_what_needs_no_reading_is_no_event_of_a_window(
    portal: Flask, session: Session, make: Factory, contract: Contract, state: str
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-10", "100")
    point = session.get_one(SupplyPoint, meter.supply_point_id)
    if state == "read":
        make.reading(meter, "2026-11", "120")
    elif state == "automatic":
        point.is_automatic = True
    elif state == "removed":
        meter.removed_on = TODAY
    elif state == "ended":
        point.valid_to = date(2026, 10, 31)
    elif state == "terminated":
        contract.status = "terminated"
    else:
        session.execute(update(Membership).values(revoked_at=NOW))
    make.commit()
    run(portal, NOW.replace(day=29))
    assert [kind for kind, _ in found(session)] == (["window_opens"] if state == "read" else [])


def test_a_computed_reading_is_none(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-11", "120", source="calc")
    make.commit()
    run(portal, NOW.replace(day=29))
    assert [kind for kind, _ in found(session)] == ["window_closes", "window_opens"]


def test_a_verification_is_told_a_month_before(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    for days, number in ((31, "1"), (30, "2"), (0, "3"), (-1, "4")):
        make.meter(contract, number).next_verification_on = TODAY + timedelta(days=days)
    make.commit()
    run(portal)
    told = session.scalars(select(ContractEvent).filter_by(kind="verification")).all()
    assert sorted(event.facts["serial"] for event in told) == ["2", "3"]
    run(portal, NOW + timedelta(days=1))
    assert count(session) == 3


def announce(make: Factory, session: Session, audience: str = "all") -> None:
    staff = make.staff()
    session.add(
        Announcement(
            kind="works",
            audience=audience,
            audience_text="",
            text="Отключение 25 ноября с 9 до 12",
            begins_at=NOW,
            ends_at=NOW + timedelta(days=5),
            created_at=NOW,
            staff_id=staff.id,
        )
    )
    make.commit()


def test_an_announcement_is_an_event_of_every_contract_with_people(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    make.contract("00124-ЭС", customer_id=contract.customer_id)
    announce(make, session)
    # At any hour, and for who registers meanwhile.
    run(portal, NOW.replace(hour=13))
    assert found(session) == [("works", "21.11")]
    run(portal, NOW.replace(hour=14))
    assert count(session) == 1
    ended = NOW + timedelta(days=6)
    session.execute(delete(ContractEvent))
    session.commit()
    run(portal, ended)
    assert count(session) == 0


def test_an_announcement_for_some_contracts_is_an_event_of_those_only(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    announce(make, session, "contracts")
    run(portal, NOW.replace(hour=13))
    assert count(session) == 0
    announcement_id = session.scalars(select(Announcement.id)).one()
    session.add(AnnouncementContract(announcement_id=announcement_id, contract_id=contract.id))
    session.commit()
    run(portal, NOW.replace(hour=14))
    assert found(session) == [("works", "21.11")]


def test_a_killed_run_is_continued_and_stores_nothing_twice(
    portal: Flask,
    session: Session,
    make: Factory,
    contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(1, 6):
        other = make.contract(f"0020{number}-ЭС", customer_id=contract.customer_id)
        make.account(other, email=f"p{number}@example.org")
        make.invoice(other, TODAY + timedelta(days=3), "100.00", period=Month(2026, 11))
    make.commit()
    monkeypatch.setattr(daily, "PORTION", 2)
    monkeypatch.setattr(events, "PAUSE", 0)
    stored = daily.store_events

    def killed(*arguments: object) -> Iterator[int]:
        portions = stored(*arguments)  # type: ignore[arg-type]
        yield next(portions)
        next(portions)
        raise KeyboardInterrupt

    monkeypatch.setattr(events, "store_events", killed)
    with pytest.raises(KeyboardInterrupt):
        run(portal)
    session.rollback()
    assert count(session) == 2
    assert session.scalars(select(EventDay)).all() == []
    monkeypatch.setattr(events, "store_events", stored)
    run(portal)
    assert count(session) == 5


def test_people_who_write_are_not_held_up_by_the_daily_task(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    """Nothing is read in the transaction that writes, or SQLite refuses it once others wrote."""
    make.invoice(contract, TODAY + timedelta(days=3), "100.00", period=Month(2026, 11))
    make.commit()
    found_events = events.find_events_of_day

    def written_meanwhile(*arguments: object) -> Iterator[object]:
        yield from found_events(*arguments)  # type: ignore[arg-type]
        with db.engine.begin() as connection:
            connection.execute(update(Contract).values(manager="Петрова"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "find_events_of_day", written_meanwhile)
        assert run(portal) == 1
    assert count(session) == 1


def count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(ContractEvent.id))) or 0
