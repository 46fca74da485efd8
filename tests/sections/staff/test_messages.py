"""The list of letters and text messages, one of them, and sending it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_account
from app.actions.messages import Outgoing, queue_message
from app.integrations.message_templates import LINK, MessageContent
from app.lib.signed_links import Purpose
from app.models import Account, AuditEvent, Contract, Message
from app.queries.messages import MessageFilter, count_failed, list_messages
from app.queries.pagination import Cursor
from app.sections.staff.messages.labels import KINDS
from config import ROOT
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]
EVIL = "<img src=x onerror=alert(1)>{{7*7}}"


def write(session: Session, key: str = "1", **values: Any) -> int:
    """A message in the table, committed; its status and errors are among ``values``."""
    changes = {
        name: values.pop(name)
        for name in ("status", "last_error", "tries", "created_at")
        if name in values
    }
    defaults: dict[str, Any] = {
        "kind": "password_changed",
        "channel": "mail",
        "recipient": "buh@example.org",
        "content": MessageContent(
            "Пароль изменен", "Пароль изменен.\n\nЕсли это не вы, позвоните.", "<p>"
        ),
        "key": key,
    }
    message_id = queue_message(session, Outgoing(**(defaults | values)), NOW)
    message = session.get_one(Message, message_id)
    for name, value in ({"status": "failed"} | changes).items():
        setattr(message, name, value)
    if message.status in ("failed", "sent"):
        message.next_try_at = None
    session.info.clear()
    session.commit()
    return message_id


def recipients(soup: BeautifulSoup) -> list[str]:
    return [cell.text for cell in soup.select("td[data-label=Кому]")]


def status(session: Session, message_id: int) -> str:
    session.rollback()
    return session.get_one(Message, message_id, populate_existing=True).status


def test_what_did_not_leave_stands_first(clerk: PageClient, session: Session) -> None:
    write(session, "1", last_error="550 no such user", tries=3)
    write(session, "2", recipient="sent@example.org", status="sent")
    write(session, "3", recipient="wait@example.org", status="waiting")
    write(session, "4", recipient="+79120000001", channel="sms", status="sending")
    soup = clerk.get("staff.messages")
    (row,) = soup.select("tbody tr")
    cells = [" ".join(cell.text.split()) for cell in row.select("th, td")]
    assert cells == [
        "21.11.2026, 12:00",
        "buh@example.org",
        "Письмо: Пароль изменен",
        "Пароль изменен",
        "Не отправлено",
        "3",
        "550 no such user",
    ]
    assert soup.select_one("#status").text.startswith("Показано: 1 сообщение")
    assert recipients(clerk.get("staff.messages", state="waiting")) == [
        "+79120000001",
        "wait@example.org",
    ]
    assert recipients(clerk.get("staff.messages", state="sent")) == ["sent@example.org"]
    assert len(recipients(clerk.get("staff.messages", state="all"))) == 4
    assert recipients(clerk.get("staff.messages", state="all", channel="sms")) == ["+79120000001"]


def test_nothing_failed_is_good_news(clerk: PageClient, session: Session) -> None:
    write(session, status="sent")
    assert "Все отправлено" in clerk.get("staff.messages").select_one(".empty").text


LONG = "x" * 100 + "@example.org"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("BUH@example", ["buh@example.org"]),
        ("8 (912) 000-00-01", ["+79120000001"]),
        ("00123", ["contract@example.org"]),
        ("00123-эс", ["contract@example.org"]),
        ("%", []),
        ("x" * 100, [LONG]),
        ("password_changed", []),
    ],
)
def test_messages_are_found_by_recipient_or_contract(
    clerk: PageClient, session: Session, contract: Contract, typed: str, expected: list[str]
) -> None:
    write(session, "1")
    write(session, "2", recipient="+79120000001", channel="sms")
    write(session, "3", recipient="contract@example.org", contract_id=contract.id)
    write(session, "4", recipient=LONG)
    assert recipients(clerk.get("staff.messages", text=typed)) == expected


def test_pages_keep_the_filter(clerk: PageClient, session: Session) -> None:
    for number in range(60):
        write(session, str(number), recipient=f"n{number:02d}@example.org")
    soup = clerk.get("staff.messages", text="@example", first="20.11.2026")
    assert soup.select_one("#first")["value"] == "2026-11-20"
    assert recipients(soup)[0] == "n59@example.org"
    older = soup.select_one("nav.pager a")["href"]
    assert "state=failed" in older
    assert "first=2026-11-20" in older
    soup = clerk.open(older.partition("#")[0])
    assert recipients(soup) == [f"n{number:02d}@example.org" for number in reversed(range(10))]


@pytest.mark.parametrize(
    "query",
    [{"state": "x"}, {"channel": "fax"}, {"text": "т" * 201}, {"first": "2026-13-01"}],
    ids=str,
)
def test_a_bad_query_is_told(clerk: PageClient, query: dict[str, str]) -> None:
    soup = clerk.get("staff.messages", 422, **query)
    assert soup.select_one(f"#error-summary a[href='#{next(iter(query))}']")


def test_a_message_shows_its_words_but_no_secret(
    clerk: PageClient, session: Session, contract: Contract
) -> None:
    content = MessageContent(EVIL, f"{EVIL}\nОткройте {LINK}", None)
    message_id = write(
        session,
        content=content,
        link=(Purpose.SIGN_IN, 0, "nonce-of-the-link"),
        kind="unknown_kind",
        contract_id=contract.id,
    )
    soup = clerk.get("staff.message", message_id=message_id)
    assert "{{7*7}}" in soup.select_one("h2").text
    assert not soup.select("#results img")
    assert "nonce-of-the-link" not in clerk.last.text
    assert "unknown_kind" in soup.text
    assert soup.select_one(f"a[href='{clerk.url('staff.customer', contract_id=contract.id)}']")
    line = session.scalars(select(AuditEvent).where(AuditEvent.action == "staff.looked")).one()
    assert (line.subject_key, line.changes) == (
        contract.number,
        {"page": "staff.message", "of": message_id},
    )
    assert line.address == "127.0.0.1"


def test_a_message_that_is_about_no_contract_is_shown_too(
    clerk: PageClient, session: Session
) -> None:
    soup = clerk.get("staff.message", message_id=write(session))
    assert "Если это не вы" in soup.text
    assert not session.scalars(select(AuditEvent).where(AuditEvent.action == "staff.looked")).all()


@pytest.mark.parametrize("message_id", [77, 2**63, 2**70])
def test_no_such_message_is_404(clerk: PageClient, message_id: int) -> None:
    assert clerk.client.get(f"/staff/messages/{message_id}").status_code == 404
    soup = clerk.get("staff.messages")
    token = soup.select_one("[name=csrf_token]")["value"]
    answer = clerk.client.post(f"/staff/messages/{message_id}/retry", data={"csrf_token": token})
    assert answer.status_code == 404


def test_a_failed_message_is_sent_again_and_it_is_written_down(
    clerk: PageClient, session: Session, outbox: Outbox
) -> None:
    message_id = write(session, last_error="550 no such user", tries=15)
    soup = clerk.get("staff.message", message_id=message_id)
    answer = clerk.submit(soup, action=clerk.url("staff.message_retry", message_id=message_id))
    assert len(outbox.emails("buh@example.org")) == 1
    assert status(session, message_id) == "sent"
    soup = clerk.open(answer.location)
    assert "Отправлено" in soup.select_one("td[data-label=Состояние]").text
    assert not soup.select("form[action*=retry]")
    line = session.scalars(select(AuditEvent).where(AuditEvent.action == "message.retried")).one()
    assert (line.subject_key, line.address) == (str(message_id), "127.0.0.1")
    assert line.staff_id is not None
    assert line.changes["error"] == "550 no such user"


def test_a_second_press_sends_no_second_email(
    clerk: PageClient, session: Session, outbox: Outbox
) -> None:
    message_id = write(session)
    soup = clerk.get("staff.message", message_id=message_id)
    url = clerk.url("staff.message_retry", message_id=message_id)
    clerk.submit(soup, action=url)
    clerk.submit(soup, 422, action=url)
    assert "уже отправлено" in clerk.check_last().select_one("#error-summary").text
    assert len(outbox.emails()) == 1


def test_what_a_person_waited_for_is_not_sent_behind_their_back(
    clerk: PageClient, session: Session, outbox: Outbox
) -> None:
    message_id = write(session, kind="registration_link", is_interactive=True)
    soup = clerk.get("staff.message", message_id=message_id)
    assert "запросит новое сам" in soup.text
    assert not soup.select("form[action*=retry]")
    clerk.submit(soup, 422, action=clerk.url("staff.message_retry", message_id=message_id))
    assert status(session, message_id) == "failed"
    assert not outbox.emails()


def test_an_email_whose_link_is_dead_is_not_sent_again(
    clerk: PageClient, session: Session, outbox: Outbox, app: Flask
) -> None:
    message_id = write(session, expires_at=NOW - timedelta(minutes=1))
    soup = clerk.get("staff.message", message_id=message_id)
    clerk.submit(soup, 422, action=clerk.url("staff.message_retry", message_id=message_id))
    assert "больше не действует" in clerk.check_last().text
    assert status(session, message_id) == "failed"
    assert not session.scalars(
        select(AuditEvent).where(AuditEvent.action == "message.retried")
    ).all()
    command = app.test_cli_runner().invoke(args=["message-retry", str(message_id)])
    assert command.exit_code == 1
    assert "больше не действует" in command.output


def test_failed_messages_are_counted_for_today(session: Session) -> None:
    write(session, "1")
    write(session, "2", created_at=NOW - timedelta(days=8))
    write(session, "3", status="sent")
    write(session, "4", status="waiting")
    assert count_failed(session, NOW - timedelta(days=7)) == 1
    assert count_failed(session, NOW - timedelta(days=9)) == 2


def test_every_kind_of_message_has_words() -> None:
    texts = [*(ROOT / "templates/mail").glob("*.txt"), *(ROOT / "templates/sms").glob("*.txt")]
    kinds = {path.stem for path in texts} - {"layout"}
    assert kinds <= set(KINDS), kinds - set(KINDS)


def test_the_list_on_postgresql(postgres_session: Session) -> None:
    make = Factory(postgres_session)
    account: Account = make.account(contract := make.contract())
    account.email_confirmed_at = NOW
    notify_account(postgres_session, account, contract, "password_changed", "1", NOW, at=NOW)
    write(postgres_session, "2", recipient="Other@example.org")
    for wanted in (
        MessageFilter(text="BUH@"),
        MessageFilter(("waiting", "sending"), "mail", "00123"),
    ):
        found = list_messages(postgres_session, wanted, Cursor())
        assert [row.recipient for row in found.rows] == ["buh@example.org"]
    assert [
        message.recipient
        for message in list_messages(postgres_session, MessageFilter(("failed",)), Cursor()).rows
    ] == ["Other@example.org"]
