"""Mail that is away for long: nothing is given up too early, and the order is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from app.jobs import delivery
from app.models import Message
from tests.actions.test_delivery import app, queue, run, server, state
from tests.conftest import NOW
from tests.providers import MailServer

__all__ = ["app", "server"]


def test_a_message_is_given_up_after_three_days_and_not_before(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    server.reply = "451 later"
    message_id = queue(session)
    with app.app_context():
        for hour in range(72):
            advance_clock(hours=hour)
            delivery.sweep()
        assert state(session, message_id)[:2] == ("waiting", 72)
        for hour in range(72, 76):
            advance_clock(hours=hour)
            delivery.sweep()
    assert state(session, message_id) == ("failed", 73, None)


def recipients_and_subjects(server: MailServer) -> list[str]:
    return [raw.decode().partition("Message-ID: <kabinet-")[2][:1] for raw in server.accepted]


def test_after_a_day_without_mail_everything_leaves_at_once_and_in_order(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    server.reply = "451 later"
    first = [queue(session, "1"), queue(session, "2", recipient="other@example.org")]
    with app.app_context():
        for hour in range(24):
            advance_clock(hours=hour)
            delivery.sweep()
            if hour == 12:
                first.append(queue(session, "3"))
        # Held up by the first one: to the same recipient.
        assert state(session, first[2])[:2] == ("waiting", 0)
        server.reply = "250 OK"
        advance_clock(hours=23, minutes=30)
        newest = queue(session, "4", recipient="third@example.org")
        assert delivery.sweep() == 4
    assert recipients_and_subjects(server) == [str(newest), *map(str, first)]


def test_a_message_that_never_gets_through_does_not_hold_up_others_for_ever(
    app: Flask, session: Session, server: MailServer, advance_clock: Callable[..., datetime]
) -> None:
    poison, behind = queue(session, "1"), queue(session, "2")
    stuck = session.get_one(Message, poison)
    stuck.last_error, stuck.next_try_at = "SMTP 451", NOW + timedelta(days=3)
    session.commit()
    with app.app_context():
        advance_clock(hours=35)
        assert delivery.sweep() == 0
        advance_clock(hours=37)
        assert delivery.sweep() == 1
    assert state(session, behind)[0] == "sent"


def test_all_that_failed_and_still_makes_sense_is_sent_again_by_one_command(
    app: Flask, session: Session, server: MailServer
) -> None:
    ids = [
        queue(session, "1"),
        queue(session, "2", expires_at=NOW - timedelta(minutes=1)),
        queue(session, "3", is_interactive=True),
        queue(session, "4"),
    ]
    for message_id in ids:
        message = session.get_one(Message, message_id)
        message.status, message.next_try_at, message.last_error = "failed", None, "SMTP 421"
    session.commit()
    told = run(app, "message-retry", "--all")
    assert told.output == "Поставлено на отправку: 2, отправлено: 2\n"
    assert [state(session, message_id)[0] for message_id in ids] == [
        "sent",
        "failed",
        "failed",
        "sent",
    ]
    assert run(app, "message-retry").exit_code == 2
