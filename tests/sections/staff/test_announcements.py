"""«Объявления»: what stands on every page for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Announcement, AuditEvent
from tests.conftest import NOW, ZONE
from tests.factories import Factory
from tests.pages import PageClient

TEXTS = "25 ноября с 22:00 до 23:00 кабинет не работает: плановые работы"


@pytest.fixture
def manager(page: PageClient, contract) -> PageClient:
    page.sign_in_staff("manager")
    return page


@pytest.fixture
def visitor(app, contract) -> PageClient:
    """A browser that nobody has signed in with."""
    return PageClient(app)


def announced(page: PageClient, endpoint: str, **values: object) -> str:
    found = page.get(endpoint, **values).select_one("#announcement")
    return found.text if found else ""


def rows(session: Session) -> list[Announcement]:
    session.expire_all()
    return list(session.scalars(select(Announcement).order_by(Announcement.id)))


def write(manager: PageClient, **fields: str) -> None:
    manager.submit(manager.get("staff.directory_announcement_new"), **({"text": TEXTS} | fields))


def test_an_announcement_stands_on_every_page_for_its_time(
    manager: PageClient, visitor: PageClient, session: Session, advance_clock
) -> None:
    soup = manager.get("staff.directory_announcement_new")
    begins, ends = soup.select_one("#begins_at"), soup.select_one("#ends_at")
    assert (begins["type"], begins["value"]) == ("datetime-local", "2026-11-21T12:00")
    assert ends["value"] == "2026-11-22T12:00"
    manager.submit(soup, text=TEXTS, begins_at="2026-11-21T14:00", ends_at="2026-11-21T16:00")
    assert "Ждет начала" in manager.open(manager.last.location).select_one("tbody").text
    [row] = rows(session)
    assert row.begins_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    for minutes, phrase in ((119, ""), (120, TEXTS), (239, TEXTS), (240, "")):
        advance_clock(minutes=minutes)
        clerk, owner = PageClient(manager.app), PageClient(manager.app)
        clerk.sign_in_staff("operator")
        owner.sign_in("00123")
        for page, endpoint, values in (
            (visitor, "auth.sign_in", {}),
            (visitor, "staff.sign_in", {}),
            (visitor, "registration.first_entry", {}),
            (owner, "home.index", {"contract_id": 1}),
            (clerk, "staff.dashboard", {}),
        ):
            assert announced(page, endpoint, **values) == phrase, (minutes, endpoint)
    manager = PageClient(manager.app)
    manager.sign_in_staff("manager")
    assert "Закончилось" in manager.get("staff.directory_announcements").text


def test_pages_of_errors_ask_no_database_for_it(manager: PageClient) -> None:
    write(manager)
    assert announced(manager, "staff.dashboard") == TEXTS
    soup = manager.open("/staff/nothing-here", 404)
    assert not soup.select_one("#announcement")


def test_an_announcement_is_changed_and_taken_off_at_once(
    manager: PageClient, customer: PageClient, session: Session
) -> None:
    write(manager)
    soup = manager.get("staff.directory_announcement", announcement_id=1)
    assert soup.select_one("#text").text.strip() == TEXTS
    manager.submit(soup, text="Работы перенесены", ends_at="2026-11-23T08:30")
    assert announced(customer, "home.index", contract_id=1) == "Работы перенесены"
    soup = manager.get("staff.directory_announcements")
    button = soup.select_one("td form button")
    assert button["aria-label"] == "Снять: Работы перенесены"
    manager.submit(soup, action=button.find_parent("form")["action"])
    assert announced(customer, "home.index", contract_id=1) == ""
    [row] = rows(session)
    assert row.ends_at == NOW
    lines = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.action.startswith("announcement."))
        .order_by(AuditEvent.id)
    ).all()
    assert [line.action for line in lines] == [
        "announcement.added",
        "announcement.changed",
        "announcement.ended",
    ]
    assert lines[1].changes == {
        "text": [TEXTS, "Работы перенесены"],
        "ends_at": ["2026-11-22T07:00:00+00:00", "2026-11-23T03:30:00+00:00"],
    }
    assert lines[2].changes["ends_at"][1] == NOW.astimezone(UTC).isoformat()
    assert {line.staff_id for line in lines} == {2}


def test_what_is_over_stays_as_it_was_read(
    manager: PageClient, session: Session, make: Factory
) -> None:
    write(manager)
    soup = manager.get("staff.directory_announcement", announcement_id=1)
    row = rows(session)[0]
    row.begins_at, row.ends_at = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    session.commit()
    manager.submit(soup, 422, text="Задним числом")
    assert "уже нельзя" in manager.check_last().select_one("[role=status]").text
    end = manager.url("staff.directory_announcement_end", announcement_id=1)
    token = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    assert manager.client.post(end, data=token).status_code == 303
    [row] = rows(session)
    assert (row.text, row.ends_at) == (TEXTS, NOW - timedelta(hours=1))
    page = manager.get("staff.directory_announcement", announcement_id=1)
    assert not page.select("#results form")


def test_one_that_has_not_begun_never_stands_once_it_is_taken_off(
    manager: PageClient, session: Session
) -> None:
    write(manager, begins_at="2026-11-25T22:00", ends_at="2026-11-25T23:00")
    soup = manager.get("staff.directory_announcement", announcement_id=1)
    form = next(tag for tag in soup.select("#results form") if tag["action"].endswith("/end"))
    manager.submit(soup, action=form["action"])
    [row] = rows(session)
    assert (row.begins_at, row.ends_at) == (NOW, NOW)


def test_of_several_the_newest_is_shown(manager: PageClient, visitor: PageClient) -> None:
    write(manager)
    write(manager, text="Второе <img src=x onerror=alert(1)>")
    assert announced(visitor, "auth.sign_in") == "Второе <img src=x onerror=alert(1)>"
    soup = manager.get("staff.directory_announcements")
    assert not soup.select("main img")
    states = [tag.text for tag in soup.select("td[data-label=Сейчас]")]
    assert states == ["На всех страницах", "Закрыто более новым"]


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("text", "", "напишите"),
        ("text", "я" * 501, "500"),
        ("begins_at", "завтра", "дата и время"),
        ("begins_at", "2026-02-30T10:00", "дата и время"),
        ("begins_at", "0000-00-00T00:00", "дата и время"),
        ("begins_at", "2026-11-22T25:00", "дата и время"),
        ("begins_at", "", "дата и время"),
        ("ends_at", "9999-12-31T23:59", "дата и время"),
        ("ends_at", "2026-11-21T11:59", "прошло"),
        ("ends_at", "2026-11-21T12:00", "прошло"),
        ("ends_at", "' OR 1=1--", "дата и время"),
    ],
)
def test_what_makes_no_announcement_is_refused_and_kept(
    manager: PageClient, session: Session, field: str, value: str, phrase: str
) -> None:
    soup = manager.get("staff.directory_announcement_new")
    manager.submit(soup, 422, **({"text": TEXTS} | {field: value}))
    soup = manager.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    assert phrase in soup.select_one(f"#{field}-error").text
    shown = soup.select_one(f"#{field}")
    assert (shown.text.strip() if field == "text" else shown["value"]) == value
    assert rows(session) == []


def test_an_end_before_the_beginning_is_refused(manager: PageClient, session: Session) -> None:
    soup = manager.get("staff.directory_announcement_new")
    fields = {"begins_at": "2026-11-25T10:00", "ends_at": "2026-11-25T10:00"}
    manager.submit(soup, 422, text=TEXTS, **fields)
    assert "позже начала" in manager.check_last().select_one("#ends_at-error").text
    assert rows(session) == []


def test_moments_may_be_typed_as_people_write_them(manager: PageClient, session: Session) -> None:
    write(manager, begins_at="25.11.2026 22:00", ends_at="26.11.2026, 1:30")
    [row] = rows(session)
    assert row.ends_at.astimezone(ZONE) == datetime(2026, 11, 26, 1, 30, tzinfo=ZONE)


@pytest.mark.parametrize("key", [99, 2**70])
def test_an_announcement_that_is_not_there_is_not_found(manager: PageClient, key: int) -> None:
    manager.get("staff.directory_announcement", status=404, announcement_id=key)
