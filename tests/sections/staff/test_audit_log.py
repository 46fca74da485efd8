"""«Журнал» on a page and as a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.audit_log import ActorKind
from app.models import Account, AuditEvent, Contract, StaffMember
from app.queries.audit_log import KINDS, ActorGroup, AuditFilter, list_events
from app.queries.pagination import Cursor
from app.sections.staff.audit_log.page_labels import page_label
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient

EVIL = '<img src=x onerror=alert(1)>{{7*7}}\u202e<div hx-get="/staff">'
DAY = timedelta(days=1)
ACTORS = {
    "import_run_id": ActorKind.IMPORT,
    "staff_id": ActorKind.STAFF,
    "account_id": ActorKind.CUSTOMER,
}


def write(session: Session, action: str = "account.email_changed", **values: Any) -> None:
    """An event of the audit log, committed; without a word about it, the portal's own."""
    defaults = {
        "happened_at": NOW,
        "action": action,
        "actor_kind": next((kind for name, kind in ACTORS.items() if values.get(name)), "system"),
        "subject": "accounts",
        "subject_key": "1",
        "changes": {},
    }
    session.execute(insert(AuditEvent).values(**(defaults | values)))
    session.commit()


def rows(soup: BeautifulSoup) -> list[dict[str, str]]:
    """The cells of the table by their labels."""
    return [
        {"Когда": tr.th.text}
        | {td["data-label"]: " ".join(td.get_text(" ").split()) for td in tr.select("td")}
        for tr in soup.select("tbody tr")
    ]


def actions(soup: BeautifulSoup) -> list[str]:
    return [row["Действие"] for row in rows(soup)]


def test_a_line_says_who_what_when_before_and_after(
    manager: PageClient, session: Session, contract: Contract
) -> None:
    account = session.scalars(select(Account)).one()
    write(
        session,
        account_id=account.id,
        address="10.0.0.7",
        changes={"email": ["a@example.org", None], "rating": 5, "topic": "Счет"},
    )
    first = rows(manager.get("staff.audit_log"))[0]
    assert first["Когда"] == "21.11.2026, 12:00:00"
    assert first["Кто"] == "buh@example.org, договор № 00123-ЭС"
    assert first["Действие"] == "Изменен e-mail"
    assert first["Что"] == "учетная запись buh@example.org"
    assert first["Адрес"] == "10.0.0.7"
    changes = first["Было → стало"]
    assert "e-mail: a@example.org → пусто" in changes
    assert "оценка: 5" in changes
    assert "вид обращения: Счет" in changes


def test_a_clerk_stands_with_name_and_login_and_the_contract_leads_to_its_card(
    manager: PageClient, session: Session, contract: Contract
) -> None:
    soup = manager.get("home.index", contract_id=contract.id)
    soup = manager.get("staff.audit_log")
    first = rows(soup)[0]
    assert first["Кто"] == "Сотрудник manager (manager)"
    assert first["Действие"] == "Просмотр данных"
    assert "страница: Главная" in first["Было → стало"]
    link = soup.select_one("td[data-label=Что] a")
    assert link["href"] == manager.url("staff.customer", contract_id=contract.id)
    assert link.text == "00123-ЭС"


def test_who_is_told_apart(manager: PageClient, session: Session, make: Factory) -> None:
    run = make.import_run(batch_id="2026-11").id
    clerk = session.scalars(select(StaffMember).where(StaffMember.login == "operator")).one().id
    make.commit()
    write(
        session,
        "registration.saved",
        address="10.0.0.1",
        subject="contracts",
        actor_kind=ActorKind.VISITOR,
    )
    write(session, "account.password_set", account_id=1, address="10.0.0.2")
    write(session, "enquiry.answer", staff_id=clerk, account_id=1, address="10.0.0.3")
    write(session, "import.changed", import_run_id=run, subject="charges", subject_key="CH-1")
    write(
        session,
        "import.sent",
        address="10.0.0.4",
        subject="import_jobs",
        actor_kind=ActorKind.BILLING,
    )
    write(session, "import.loaded", subject="import_runs", actor_kind=ActorKind.BILLING)
    write(session, "alarm", address="10.0.0.5", subject="alarm", subject_key="sms")
    write(session, "registration.superseded", subject="contracts")
    write(
        session,
        "staff.access_reset",
        address="cli",
        subject="staff",
        subject_key="admin",
        actor_kind=ActorKind.COMMAND_LINE,
    )
    actors = {
        ActorGroup.PEOPLE: {
            "посетитель",
            "биллинг",
            "система",
            "командная строка",
            "Сотрудник operator (operator)",
            "buh@example.org, договор № 00123-ЭС",
        },
        ActorGroup.STAFF: {"Сотрудник operator (operator)"},
        ActorGroup.CUSTOMERS: {"посетитель", "buh@example.org, договор № 00123-ЭС"},
        ActorGroup.BILLING: {"биллинг", "биллинг: загрузка 21.11.2026, 06:00, 2026-11"},
        ActorGroup.SYSTEM: {"система", "командная строка"},
    }
    for group, expected in actors.items():
        soup = manager.get("staff.audit_log", who=str(group), first="2026-11-21")
        shown = {row["Кто"] for row in rows(soup)} - {"Сотрудник manager (manager)"}
        assert shown == expected, group
    found = list_events(session, AuditFilter(ActorGroup.PEOPLE), Cursor()).rows
    for group in set(ActorGroup) - {ActorGroup.PEOPLE}:
        shown = list_events(session, AuditFilter(group), Cursor()).rows
        assert {row.actor_kind for row in shown} <= set(KINDS[group])
        found = [row for row in found if row not in shown]
    assert not found, "every line belongs to somebody"


def test_by_default_the_last_thirty_days_without_rows_of_imports(
    manager: PageClient, session: Session, make: Factory
) -> None:
    run = make.import_run().id
    make.commit()
    write(session, "import.changed", import_run_id=run)
    write(session, "account.closed", happened_at=NOW - 29 * DAY)
    write(session, "account.unblocked", happened_at=NOW - 31 * DAY)
    shown = actions(manager.get("staff.audit_log"))
    assert "Закрыта учетная запись" in shown
    assert "Учетная запись разблокирована" not in shown
    assert "Запись изменена загрузкой" not in shown
    # A day that was emptied on purpose is no bound.
    assert "Учетная запись разблокирована" in actions(manager.get("staff.audit_log", first=""))


def test_days_begin_and_end_in_the_suppliers_zone(manager: PageClient, session: Session) -> None:
    midnight = datetime(2026, 11, 10, tzinfo=NOW.tzinfo)
    for number, moment in enumerate(
        (
            midnight - timedelta(seconds=1),
            midnight,
            midnight + DAY - timedelta(seconds=1),
            midnight + DAY,
        )
    ):
        write(session, "account.closed", happened_at=moment, changes={"reason": f"день {number}"})
    soup = manager.get("staff.audit_log", first="2026-11-10", last="10.11.2026")
    assert [row["Было → стало"] for row in rows(soup)] == ["причина: день 2", "причина: день 1"]


def test_a_certain_clerk_and_a_group_of_actions(
    manager: PageClient, session: Session, contract: Contract
) -> None:
    people = {
        staff_member.login: staff_member.id for staff_member in session.scalars(select(StaffMember))
    }
    write(session, "enquiry.answer", staff_id=people["operator"])
    write(session, "readings.accepted", staff_id=people["operator"])
    write(session, "readings.accepted", staff_id=people["admin"])
    soup = manager.get("staff.audit_log", staff=people["operator"])
    assert actions(soup) == ["Показание принято", "Отправлен ответ на обращение"]
    soup = manager.get("staff.audit_log", staff=people["operator"], action="enquiries")
    assert actions(soup) == ["Отправлен ответ на обращение"]


@pytest.mark.parametrize("typed", ["00123-ЭС", " 00123 эс", "00123", "00123-эc"])
def test_a_contract_number_finds_its_accounts_and_enquiries_however_it_is_typed(
    manager: PageClient, session: Session, make: Factory, contract: Contract, typed: str
) -> None:
    account = session.scalars(select(Account)).one()
    enquiry = make.enquiry(contract, account, number="2026-77")
    another = make.contract("00999-ЭС")
    make.commit()
    write(session, "account.blocked", account_id=account.id, subject_key=str(account.id))
    values = {"subject": "enquiries", "contract_id": contract.id}
    write(session, "enquiry.sent", subject_key=enquiry.number, **values)
    values["subject"] = "contracts"
    write(session, "readings.submitted", subject_key="00123-ЭС", **values)
    values["contract_id"] = another.id
    write(session, "readings.submitted", subject_key="00999-ЭС", **values)
    write(session, "account.blocked", subject_key=str(account.id + 1))
    soup = manager.get("staff.audit_log", key=typed, first="2026-11-21")
    assert actions(soup) == [
        "Переданы показания",
        "Отправлено обращение",
        "Учетная запись заблокирована",
    ]


def test_any_other_key_is_found_as_it_stands(
    manager: PageClient, session: Session, make: Factory
) -> None:
    run = make.import_run().id
    make.commit()
    write(session, "import.changed", import_run_id=run, subject="charges", subject_key="CH-7")
    write(session, "import.changed", import_run_id=run, subject="charges", subject_key="CH-77")
    soup = manager.get("staff.audit_log", key="CH-7", who="billing")
    assert [row["Что"] for row in rows(soup)] == ["документ CH-7"]


def test_pages_turn_by_the_keys_of_rows_and_keep_the_filter(
    manager: PageClient, session: Session
) -> None:
    for number in range(120):
        write(session, "account.closed", subject_key=f"n{number:03d}")
    keys, soup = [], manager.get("staff.audit_log", action="accounts", first="2026-11-21")
    while True:
        keys.append([row["Что"].split()[-1] for row in rows(soup)])
        links = {link.text: link["href"] for link in soup.select("nav.pager a")}
        if "Более старые →" not in links:
            break
        assert "action=accounts" in links["Более старые →"]
        soup = manager.open(links["Более старые →"].partition("#")[0])
    assert [len(page) for page in keys] == [50, 50, 20]
    assert [key for page in keys for key in page] == [
        f"n{number:03d}" for number in reversed(range(120))
    ]
    back = manager.open(links["← Более новые"].partition("#")[0])
    assert [row["Что"].split()[-1] for row in rows(back)] == keys[1]
    # What is written meanwhile does not move the pages that follow.
    newest = next(link for link in back.select("nav.pager a") if "новые" in link.text)["href"]
    assert [row["Что"].split()[-1] for row in rows(manager.open(newest.partition("#")[0]))] == (
        keys[0]
    )


BAD = [
    {"first": "2025-02-30"},
    {"first": "' OR 1=1--"},
    {"last": "0000-00-00"},
    {"last": "1999-01-01"},
    {"first": "9999-12-31"},
    {"first": "2026-11-21", "last": "2026-11-20"},
    {"who": "nobody"},
    {"staff": "x"},
    {"staff": str(2**70)},
    {"action": "everything"},
    {"key": "х" * 201},
]


@pytest.mark.parametrize("query", BAD, ids=str)
def test_a_bad_query_is_told_beside_its_field(manager: PageClient, query: dict[str, str]) -> None:
    soup = manager.get("staff.audit_log", 422, **query)
    assert soup.title.text.startswith("Ошибка · ")
    name = list(query)[-1]
    assert soup.select_one(f"#error-summary a[href='#{name}']")
    assert soup.select_one(f"#{name}-error")
    assert soup.select_one(f"#{name}[aria-invalid=true]")
    assert not soup.select("tbody tr")
    if name in ("first", "last", "key"):
        assert soup.select_one(f"#{name}")["value"] == query[name]


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "9" * 30, "１", "1.5", ""])
def test_what_is_no_place_in_the_audit_log_shows_its_newest_page(
    manager: PageClient, cursor: str
) -> None:
    for name in ("before", "after"):
        assert rows(manager.get("staff.audit_log", **{name: cursor}))


def test_nothing_found_is_said_in_words(manager: PageClient) -> None:
    soup = manager.get("staff.audit_log", key="нет такого")
    assert "записей нет" in soup.select_one(".empty").text
    assert not soup.select("form[method=post][action*=journal]")


def test_hostile_values_are_inert_and_long_ones_are_cut(
    manager: PageClient, session: Session
) -> None:
    long = "д" * 500
    write(
        session,
        "gone.action",
        subject="<b>",
        subject_key=EVIL,
        changes={EVIL: [EVIL, long], "facts": {"a": [1, None, True]}},
    )
    soup = manager.get("staff.audit_log")
    first = rows(soup)[0]
    assert first["Действие"] == "gone.action"
    assert "{{7*7}}" in first["Что"]
    assert not soup.select("tbody img, tbody div, tbody b")
    assert "д" * 200 + "…" in first["Было → стало"]
    assert "д" * 201 not in first["Было → стало"]
    assert soup.select_one("td[data-label='Что'] bdi")


def test_customers_and_visitors_act_from_an_address(
    app: Flask, session: Session, customer: PageClient, contract: Contract
) -> None:
    account = session.scalars(select(Account)).one()
    soup = customer.get("profile.contacts", contract_id=contract.id)
    customer.submit(
        soup,
        person_name="Новая А. А.",
        position="бухгалтер",
        email=account.email,
        phone="",
        current=PASSWORD,
    )
    line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (line.action, line.account_id) == ("account.person_saved", account.id)
    assert (line.address, line.staff_id) == ("127.0.0.1", None)
    manager = PageClient(app)
    manager.sign_in_staff("manager")
    found = rows(manager.get("staff.audit_log", who="customers"))[0]
    assert found["Адрес"] == "127.0.0.1"
    assert "контактное лицо: пусто → Новая А. А." in found["Было → стало"]


def test_a_view_of_a_list_and_at_an_object_is_told_in_words(
    manager: PageClient, session: Session
) -> None:
    query = "q=%D0%A0%D0%BE%D0%B3%D0%B0+%26%0A+co"
    write(
        session,
        "staff.looked",
        subject="lists",
        subject_key="staff.readings_file",
        changes={"page": "staff.readings_file", "query": query},
    )
    write(
        session,
        "staff.looked",
        subject="contracts",
        subject_key="00123-ЭС",
        changes={"page": "invoices.invoice", "of": 7},
    )
    one, many = rows(manager.get("staff.audit_log", first="2026-11-21"))[:2]
    assert one["Было → стало"] == "страница: Счета номер записи: 7"
    assert many["Что"] == "список Показания на проверку: файл"
    assert many["Было → стало"].endswith("запрос: q=Рога & co")


def test_every_page_with_data_of_customers_has_words(app: Flask) -> None:
    exempt = (
        "staff.directory",
        "staff.directories",
        "staff.sign_in",
        "staff.second_factor",
        "staff.password",
        "staff.extend_session",
        "staff.member_new",
    )
    missing = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and ("contract_id" in rule.arguments or rule.endpoint.startswith("staff."))
        and not rule.endpoint.startswith(exempt)
        and page_label(rule.endpoint) == rule.endpoint
    ]
    assert not missing, missing
