"""Messages about events: to whom, by which channel, when, and each once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.actions.notifications import queueing
from app.actions.notifications.preferences import save_preferences
from app.domain.access import Permission, Role, Viewer, access_window
from app.domain.events import EventKind, NewEvent
from app.domain.notifications import EventChannel, Preferences, QuietHours, read_choices
from app.extensions import db
from app.jobs import notifications
from app.jobs.delivery import sweep
from app.lib.clock import Clock
from app.models import Account, Contract, ContractEvent, DigestItem, Membership, Message
from app.queries.contracts import get_visible
from tests.conftest import NOW, ZONE
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
TODAY = date(2026, 11, 21)
DUE = {"due_on": "2026-11-24", "amount": "10.00", "number": "15", "days": 3}
INVOICE = {"number": "15", "issued_on": "2026-11-21", "due_on": "2026-12-01", "amount": "5.00"}
READ = {"period": "2026-11", "closes_on": "2026-12-01", "meters": 1, "days": 3}


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A portal whose messages wait for a worker, and that does not pause."""
    app: Flask = request.getfixturevalue(request.param)
    monkeypatch.setattr(notifications, "PAUSE", 0)
    monkeypatch.setitem(app.extensions, "enqueue_delivery", lambda message_id: None)
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
    make.account(contract, email="owner@example.org")
    make.commit()
    return contract


def person(make: Factory, contract: Contract, role: Role, **values: object) -> Account:
    """Somebody else of the contract."""
    number = f"0{make._key('7')}-ЭС"
    theirs = make.contract(number, customer_id=contract.customer_id)
    account = make.account(theirs, email=f"{role}@example.org")
    for name, value in values.items():
        setattr(account, name, value)
    make.membership(account, contract, role)
    make.commit()
    return account


def tell(session: Session, contract: Contract, kind: EventKind, **values: object) -> None:
    facts = values.pop("facts", None) or {
        EventKind.DUE: DUE,
        EventKind.INVOICE: INVOICE,
        EventKind.WINDOW_CLOSES: READ,
    }.get(kind, {})
    key = str(values.pop("key", "1"))
    on = values.pop("on", TODAY)
    values.setdefault("subject_id", 1)
    event = NewEvent(kind, contract.id, key, on, facts=facts, **values)  # type: ignore[arg-type]
    record_events(session, [event], NOW)
    session.commit()


def choose(
    session: Session, account: Account, contract: Contract, now: datetime = NOW, **changes: object
) -> None:
    """Store preferences: the defaults but for these."""
    window = access_window(TODAY, 36)
    visible = get_visible(
        session, Viewer(account.id), contract.id, Permission.MANAGE_ACCOUNT, window
    )
    found = read_choices(visible.role, None)
    kinds = dict(found.kinds)
    for channel in EventChannel:
        if channel in changes:
            kinds[channel] = frozenset(changes.pop(channel))  # type: ignore[call-overload]
    days = dict(found.days_before) | dict(changes.pop("days", {}))  # type: ignore[call-overload]
    save_preferences(session, visible, Preferences(kinds, days, **changes), now)  # type: ignore[arg-type]
    session.commit()


def owner_of(session: Session, contract: Contract) -> Account:
    return session.scalars(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract.id, Membership.role == Role.OWNER)
    ).one()


def queued(session: Session) -> list[tuple[str, str]]:
    """Kind and recipient of all messages."""
    session.rollback()
    rows = session.execute(select(Message.kind, Message.recipient).order_by(Message.id))
    return sorted((kind, recipient) for kind, recipient in rows)


def test_each_role_is_told_of_its_facts_by_email(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    for role in (Role.ACCOUNTANT, Role.ENGINEER, Role.VIEWER):
        person(make, contract, role)
    tell(session, contract, EventKind.INVOICE)
    tell(session, contract, EventKind.WINDOW_CLOSES, days_before=3)
    assert notifications.notify() == 2
    assert queued(session) == [
        ("event_invoice", "accountant@example.org"),
        ("event_invoice", "owner@example.org"),
        ("event_window_closes", "engineer@example.org"),
        ("event_window_closes", "owner@example.org"),
    ]
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message is not None
    assert (message.subject or "").replace("\u00a0", " ") == (
        "Новый счет № 15 от 21.11.2026 на 5,00 ₽, оплатить до 01.12.2026"
    )
    assert f"http://localhost/contracts/{contract.id}/" in message.text


def test_an_event_is_told_once_however_often_the_task_runs(
    portal: Flask, session: Session, contract: Contract
) -> None:
    tell(session, contract, EventKind.INVOICE)
    assert [notifications.notify(), notifications.notify()] == [1, 0]
    assert len(queued(session)) == 1


def test_what_a_killed_run_has_not_committed_is_told_by_the_next(
    portal: Flask, session: Session, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in range(5):
        tell(session, contract, EventKind.INVOICE, key=key)
    monkeypatch.setattr(queueing, "PORTION", 2)
    queue_prepared, portions = queueing.queue_prepared, []

    def killed(*arguments: object) -> int:
        portions.append(1)
        count = queue_prepared(*arguments)  # type: ignore[arg-type]
        if len(portions) == 2:
            raise KeyboardInterrupt
        return count

    monkeypatch.setattr(notifications, "queue_prepared", killed)
    with pytest.raises(KeyboardInterrupt):
        notifications.notify()
    assert len(queued(session)) == 2
    monkeypatch.setattr(notifications, "queue_prepared", queue_prepared)
    notifications.notify()
    assert len(queued(session)) == 5
    assert session.scalar(select(func.count()).where(ContractEvent.told_at.is_(None))) == 0


def test_two_workers_at_once_tell_each_event_once(
    portal: Flask, session: Session, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in range(12):
        tell(session, contract, EventKind.INVOICE, key=key)
    monkeypatch.setattr(queueing, "PORTION", 3)

    def work(_: int) -> int:
        with portal.app_context():
            try:
                return notifications.notify()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(work, range(2)))
    notifications.notify()
    assert sum(counts) <= 12
    assert len(queued(session)) == 12


@pytest.mark.parametrize(
    "state", ["unconfirmed", "disabled", "revoked", "paused", "expired", "younger", "told"]
)
def test_nobody_is_told_who_may_not_or_need_not(
    portal: Flask, session: Session, contract: Contract, state: str
) -> None:
    owner = owner_of(session, contract)
    values: dict[str, dict[str, object]] = {
        "revoked": {"revoked_at": NOW},
        "paused": {"paused_at": NOW},
        "expired": {"access_until": TODAY - timedelta(days=1)},
        "younger": {"created_at": NOW + timedelta(days=1)},
    }
    if state in values:
        session.execute(update(Membership).values(**values[state]))
    owner.email_confirmed_at = None if state == "unconfirmed" else NOW
    owner.disabled_at = NOW if state == "disabled" else None
    told = owner.id if state == "told" else None
    tell(session, contract, EventKind.INVOICE, told_account_id=told)
    notifications.notify()
    assert queued(session) == []


def test_who_has_two_accounts_with_one_address_is_told_once(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    person(make, contract, Role.ACCOUNTANT, email="owner@example.org")
    tell(session, contract, EventKind.INVOICE)
    notifications.notify()
    assert queued(session) == [("event_invoice", "owner@example.org")]


def test_a_reminder_comes_on_the_day_that_each_has_chosen(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    accountant = person(make, contract, Role.ACCOUNTANT)
    choose(session, accountant, contract, days={EventKind.DUE: 5})
    tell(session, contract, EventKind.DUE, key=5, days_before=5)
    notifications.notify()
    assert queued(session) == [("event_due", "accountant@example.org")]
    tell(session, contract, EventKind.DUE, key=3, days_before=3)
    notifications.notify()
    assert queued(session)[1:] == [("event_due", "owner@example.org")]


def test_text_messages_go_to_confirmed_phones_that_asked_up_to_the_cap_of_the_month(
    portal: Flask, session: Session, contract: Contract
) -> None:
    owner = owner_of(session, contract)
    owner.phone = "+79123456789"
    session.commit()
    choose(session, owner, contract, mail=(), sms=(EventKind.INVOICE,))
    tell(session, contract, EventKind.INVOICE, key="unconfirmed")
    notifications.notify()
    assert queued(session) == []
    owner.phone_confirmed_at = NOW
    session.commit()
    cap = notifications.notification_rules().sms_cap
    for key in range(cap + 2):
        tell(session, contract, EventKind.INVOICE, key=key)
    notifications.notify()
    assert queued(session) == [("event_invoice", "+79123456789")] * cap
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(month=12, day=1))
    tell(session, contract, EventKind.INVOICE, key="december", on=date(2026, 12, 1))
    notifications.notify()
    assert len(queued(session)) == cap + 1
    text = session.scalars(select(Message.text)).first() or ""
    assert "5,00" in text
    assert f"http://localhost/contracts/{contract.id}/" in text


def test_a_foreign_number_gets_none(portal: Flask, session: Session, contract: Contract) -> None:
    owner = owner_of(session, contract)
    owner.phone, owner.phone_confirmed_at = "+88212345678", NOW
    session.commit()
    choose(session, owner, contract, mail=(), sms=(EventKind.INVOICE,))
    tell(session, contract, EventKind.INVOICE)
    notifications.notify()
    assert queued(session) == []


def test_in_quiet_hours_a_message_waits_for_their_end(
    portal: Flask, session: Session, contract: Contract
) -> None:
    choose(session, owner_of(session, contract), contract, quiet=QuietHours(11, 15))
    tell(session, contract, EventKind.INVOICE)
    notifications.notify()
    message = session.scalars(select(Message)).one()
    assert message.next_try_at == NOW.replace(hour=15)
    session.rollback()
    assert sweep() == 0
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(hour=15))
    assert sweep() == 1


@pytest.mark.parametrize("change", ["access", "email", "wish"])
def test_what_waits_is_not_sent_to_who_has_left_or_changed(
    portal: Flask, session: Session, contract: Contract, change: str
) -> None:
    owner = owner_of(session, contract)
    tell(session, contract, EventKind.INVOICE)
    notifications.notify()
    if change == "access":
        session.execute(update(Membership).values(revoked_at=NOW))
    elif change == "email":
        owner.email = "other@example.org"
    session.commit()
    if change == "wish":
        choose(session, owner, contract, mail=())
    session.rollback()
    assert sweep() == 0
    message = session.scalars(select(Message)).one()
    assert (message.status, message.last_error) == (
        "failed",
        {
            "access": "доступ к договору закончился",
            "email": "контакт изменен",
            "wish": "уведомления отключены",
        }[change],
    )


def test_a_digest_is_one_email_a_day_of_all_contracts_at_the_chosen_hour(
    portal: Flask, session: Session, make: Factory, contract: Contract
) -> None:
    owner = owner_of(session, contract)
    other = make.contract("00124-ЭС", customer_id=contract.customer_id)
    make.membership(owner, other, Role.ACCOUNTANT)
    make.commit()
    for place in (contract, other):
        choose(session, owner, place, digest_hour=14)
        tell(session, place, EventKind.INVOICE)
    notifications.notify()
    assert queued(session) == []
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(hour=14))
    for _ in range(2):
        notifications.notify()
    assert queued(session) == [("event_digest", "owner@example.org")]
    message = session.scalars(select(Message)).one()
    assert (message.subject or "").replace("\u00a0", " ") == "2 события за день"
    assert message.text.count("Новый счет") == 2
    assert "00124-ЭС" in message.text
    # What comes afterwards waits for the next day.
    tell(session, contract, EventKind.INVOICE, key="2")
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(hour=20))
    notifications.notify()
    assert len(queued(session)) == 1
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(day=22, hour=14))
    notifications.notify()
    assert len(queued(session)) == 2
    assert session.scalars(select(DigestItem)).all() == []


def test_a_digest_leaves_out_what_somebody_may_not_see_any_more(
    portal: Flask, session: Session, contract: Contract
) -> None:
    choose(session, owner_of(session, contract), contract, digest_hour=14)
    tell(session, contract, EventKind.INVOICE)
    notifications.notify()
    session.execute(update(Membership).values(revoked_at=NOW))
    session.commit()
    portal.extensions["clock"] = Clock(ZONE, NOW.replace(hour=14))
    notifications.notify()
    assert queued(session) == []
    assert session.scalars(select(DigestItem)).all() == []


def test_the_setting_of_the_supplier_ends_all_messages(
    portal: Flask, session: Session, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = notifications.notification_rules

    def without_messages() -> queueing.NotificationRules:
        found = rules()
        return queueing.NotificationRules(
            found.event_url, found.settings_url, found.sms_cap, found.sms_prefixes, is_on=False
        )

    monkeypatch.setattr(notifications, "notification_rules", without_messages)
    tell(session, contract, EventKind.INVOICE)
    assert notifications.notify() == 1
    assert queued(session) == []
