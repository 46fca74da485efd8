"""Delivery of messages: at least once, never lost, and not twice."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions.messages import Outgoing, claim_message, queue_message
from app.actions.retention import clean_up
from app.domain.claims import LEASE
from app.integrations.message_templates import render_email
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.models import Account, Message, RateLimitHit, Registration, SmsCode
from config import MailSettings
from tests.conftest import NOW, need
from tests.factories import Factory
from tests.logs import capture_log
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.providers import MailServer, mail_server
from tests.sections.registering import NUMBER, ON_RECORD, Person


def smtp(tmp_path: Path, port: int) -> MailSettings:
    return MailSettings(
        tmp_path / "outbox", server="127.0.0.1", port=port, use_tls=False, timeout=1
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path, server: MailServer) -> Flask:
    return make_app(mail=smtp(tmp_path, server.port))


def queue(session: Session, key: str = "1", **changes: object) -> int:
    """A notice in the table, committed."""
    content = render_email("password_changed", supplier="АО «Пример»", supplier_phone="", at=NOW)
    values: dict[str, object] = {
        "kind": "password_changed",
        "channel": "mail",
        "recipient": "buh@example.org",
        "content": content,
        "key": key,
    }
    message_id = queue_message(session, Outgoing(**(values | changes)), NOW)  # type: ignore[arg-type]
    session.commit()
    return message_id


def state(session: Session, message_id: int) -> tuple[str, int, datetime | None]:
    session.rollback()
    message = session.get_one(Message, message_id, populate_existing=True)
    return message.status, message.tries, message.next_try_at


def test_a_message_leaves_once(app: Flask, session: Session, server: MailServer) -> None:
    message_id = queue(session)
    with app.app_context():
        assert delivery.deliver(message_id)
        assert not delivery.deliver(message_id)
        assert delivery.sweep() == 0
    assert len(server.accepted) == 1
    assert state(session, message_id)[0] == "sent"


def test_twenty_deliveries_at_once_send_one_email(
    app: Flask, session: Session, server: MailServer
) -> None:
    message_id = queue(session)

    def deliver(_: int) -> bool:
        with app.app_context():
            return delivery.deliver(message_id)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(20))) == 1
    assert len(server.accepted) == 1


def test_a_server_in_trouble_is_tried_again_with_growing_pauses(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    server.reply = "451 later"
    message_id = queue(session)
    pauses, minutes = [], 0.0
    with app.app_context():
        for _ in range(8):
            moment = advance_clock(minutes=minutes)
            assert delivery.sweep() == 0
            next_try = state(session, message_id)[2]
            assert next_try
            pauses.append((next_try - moment) / timedelta(minutes=1))
            minutes += pauses[-1]
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
        server.reply = "250 OK"
        advance_clock(minutes=minutes - 1)
        assert delivery.sweep() == 0
        advance_clock(minutes=minutes)
        assert delivery.sweep() == 1
    assert len(server.accepted) == 1


def test_a_refusal_for_good_is_not_tried_again(
    app: Flask, session: Session, server: MailServer
) -> None:
    server.reply = "550 no such user"
    message_id = queue(session)
    with app.app_context():
        delivery.deliver(message_id)
    assert state(session, message_id) == ("failed", 1, None)


def test_a_message_that_breaks_the_sender_does_not_stop_those_behind_it(
    app: Flask, session: Session, server: MailServer
) -> None:
    poison = queue(session, "1", recipient="плохой@почта.рф")
    queue(session, "2")
    with app.app_context():
        assert delivery.sweep() == 1
    assert len(server.accepted) == 1
    assert state(session, poison)[:2] == ("waiting", 1)


def test_what_a_crash_left_behind_leaves_when_its_lease_is_over(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    message_id = queue(session)
    assert claim_message(session, message_id, app.extensions["transports"], NOW)
    session.commit()
    with app.app_context():
        advance_clock(seconds=LEASE.total_seconds() - 1)
        assert delivery.sweep() == 0
        advance_clock(seconds=LEASE.total_seconds())
        assert delivery.sweep() == 1
    assert len(server.accepted) == 1


def test_a_message_past_its_time_is_not_sent(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    message_id = queue(session, expires_at=NOW + timedelta(minutes=60))
    advance_clock(minutes=61)
    with app.app_context():
        assert delivery.sweep() == 0
    assert (server.accepted, state(session, message_id)[0]) == ([], "failed")


def test_every_try_carries_the_same_message_id(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    message_id = queue(session)
    with app.app_context():
        delivery.deliver(message_id)
        session.get_one(Message, message_id, populate_existing=True).status = "sending"
        session.commit()
        advance_clock(minutes=10)
        session.get_one(Message, message_id).next_try_at = NOW
        session.commit()
        delivery.sweep()
    ids = {
        line
        for raw in server.accepted
        for line in raw.splitlines()
        if line.startswith(b"Message-ID")
    }
    assert (len(server.accepted), len(ids)) == (2, 1)


def test_a_link_is_made_when_the_email_leaves(
    app: Flask, session: Session, server: MailServer
) -> None:
    content = render_email(
        "recovery_link", supplier="АО «Пример»", supplier_phone="", number=NUMBER, until=NOW
    )
    message_id = queue(session, content=content, link=(Purpose.EMAIL, 7, "nonce"))
    with app.app_context():
        delivery.deliver(message_id)
        url = app.extensions["transports"].links.url(Purpose.EMAIL, 7, "nonce")
    stored = session.get_one(Message, message_id, populate_existing=True)
    assert url not in stored.text + (stored.html or "")
    import email  # noqa: PLC0415
    from email import policy  # noqa: PLC0415

    sent_email = email.message_from_bytes(server.accepted[0], policy=policy.default)
    assert url in sent_email.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert url in sent_email.get_body(("html",)).get_content()  # type: ignore[union-attr]


@pytest.fixture
def person(app: Flask, make: Factory) -> Person:
    make.contract(NUMBER)
    make.commit()
    return Person(PageClient(app))


@pytest.mark.parametrize("trouble", ["451 later", "550 no", "silence"])
def test_an_email_that_did_not_leave_is_told_and_sent_once_when_asked_again(
    person: Person, session: Session, server: MailServer, trouble: str
) -> None:
    server.reply, server.silence = ("250 OK", 2.0) if trouble == "silence" else (trouble, 0.0)
    soup = person.form()
    person.save(soup, 503)
    page = person.page.check_last()
    assert "не отправлено" in page.select_one("#error-summary").text
    assert page.select_one("#email")["value"] == ON_RECORD
    server.reply, server.silence = "250 OK", 0.0
    server.accepted.clear()
    person.save(page, password="", password_again="")
    with person.page.app.app_context():
        delivery.sweep()
    assert len(server.accepted) == 1
    assert session.scalars(select(Message.status).order_by(Message.id)).all() == ["failed", "sent"]


def test_the_log_holds_no_secret(person: Person, server: MailServer) -> None:
    log = capture_log()
    server.reply = "451 later"
    person.save(person.form(), 503)
    server.reply = "250 OK"
    person.save(person.page.check_last())
    (sent_email,) = server.accepted
    import email  # noqa: PLC0415

    text = email.message_from_bytes(sent_email).get_payload()[0].get_payload()[0]  # type: ignore[union-attr,index]
    token = text.get_payload(decode=True).decode().split("/registration/confirm/")[1].split()[0]  # type: ignore[union-attr]
    for secret in (token, person.details()["password"], "7415000018", ON_RECORD):
        assert secret not in log.getvalue()
    assert '"event": "message failed"' in log.getvalue()
    assert '"event": "message sent"' in log.getvalue()


def run(app: Flask, *command: str):
    return app.test_cli_runner().invoke(args=list(command))


def test_staff_see_what_failed_and_send_it_again(
    app: Flask, session: Session, server: MailServer
) -> None:
    server.reply = "550 no such user"
    message_id = queue(session)
    with app.app_context():
        delivery.deliver(message_id)
    listed = run(app, "messages").output
    for shown in ("не отправлено", "buh@example.org", "SMTP", "Не отправлено: 1"):
        assert shown in listed
    assert run(app, "message-retry", str(message_id)).exit_code == 1
    server.reply = "250 OK"
    assert run(app, "message-retry", str(message_id)).exit_code == 0
    assert len(server.accepted) == 1
    assert run(app, "message-retry", str(message_id)).exit_code == 1
    assert "Не отправлено: 0" in run(app, "messages").output


@pytest.mark.parametrize("storage", ["sqlite", "redis"])
def test_with_a_queue_the_worker_sends(
    make_app: Callable[..., Flask], make: Factory, outbox: Outbox, storage: str
) -> None:
    url = ""
    if storage == "redis":
        with socket.socket() as knock:
            need(knock.connect_ex(("127.0.0.1", 6379)) == 0, "Redis")
        url = "redis://127.0.0.1:6379/9"
    make.account(make.contract(NUMBER), email="buh@example.org")
    make.commit()
    app = make_app(jobs="queue", redis_url=url)
    huey = app.extensions["huey"]
    huey.flush()
    page = PageClient(app)
    page.submit(page.get("recovery.index"), login=NUMBER, channel="mail")
    assert not outbox.emails()
    task = huey.dequeue()
    assert task is not None
    huey.execute(task)
    assert len(outbox.emails("buh@example.org")) == 1
    huey.execute(task)
    assert len(outbox.emails()) == 1
    huey.flush()


def test_a_queue_that_is_away_loses_nothing(
    make_app: Callable[..., Flask], make: Factory, outbox: Outbox
) -> None:
    make.account(make.contract(NUMBER), email="buh@example.org")
    make.commit()
    app = make_app(jobs="queue", redis_url="redis://127.0.0.1:1/0")
    page = PageClient(app)
    page.submit(page.get("recovery.index"), login=NUMBER, channel="mail")
    assert "Отправлено: 1" in run(app, "messages-sweep").output
    assert len(outbox.emails()) == 1


def test_what_has_served_its_time_is_deleted_and_what_has_not_stays(
    app: Flask, session: Session, make: Factory, outbox: Outbox
) -> None:
    contract = make.contract(NUMBER)
    make.account(make.contract("00124-ЭС"))
    for days, registration_state in (
        (1, "draft"),
        (3, "draft"),
        (3, "link_sent"),
        (31, "link_sent"),
        (31, "unproved"),
    ):
        session.add(
            Registration(
                contract_id=contract.id,
                state=registration_state,
                address="",
                user_agent="",
                created_at=NOW - timedelta(days=days),
            )
        )
        session.add(
            RateLimitHit(
                action="sign_in",
                subject_hash="",
                address="",
                succeeded=False,
                hit_at=NOW - timedelta(days=days + 1),
            )
        )
    old_draft = session.scalars(
        select(Registration).where(Registration.created_at == NOW - timedelta(days=3))
    ).first()
    assert old_draft
    session.add(
        SmsCode(
            registration_id=old_draft.id,
            phone="+79120000001",
            tries=0,
            created_at=NOW - timedelta(days=1),
            expires_at=NOW,
        )
    )
    session.flush()
    counts = clean_up(session, NOW, timedelta(days=180))
    session.commit()
    assert (counts["registrations"], counts["rate_limit_hits"]) == (2, 2)
    retained = session.scalars(select(Registration.state).order_by(Registration.id)).all()
    assert retained == ["draft", "link_sent", "unproved"]
    assert session.scalars(select(Account)).all()


def test_a_message_that_has_left_is_not_sent_again_when_its_end_meets_a_lock(
    app: Flask, session: Session, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, locked = delivery.messages.finish_sent, [True]

    def finish(*arguments: object) -> None:
        if locked:
            locked.clear()
            raise OperationalError("UPDATE messages", {}, Exception("database is locked"))
        real(*arguments)

    monkeypatch.setattr(delivery.messages, "finish_sent", finish)
    monkeypatch.setattr("app.jobs.leases.FINISH_PAUSES", (0,))
    message_id = queue(session)
    with app.app_context():
        assert delivery.deliver(message_id)
        assert not delivery.sweep()
    session.rollback()
    assert session.get_one(Message, message_id).status == "sent"
    assert len(server.accepted) == 1
