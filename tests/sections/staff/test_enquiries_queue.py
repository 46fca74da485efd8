"""Queue of enquiries for staff: order, filters, pages, files; counts by topic and deadline."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from app.domain.period import Period
from app.models import Account, Contract, Department, Enquiry, EnquiryTopic, StaffMember
from app.queries.enquiries.staff import count_by_topic
from tests.factories import AS_OF, Factory
from tests.pages import PageClient

TODAY = date(2026, 11, 21)


@pytest.fixture
def account(make: Factory, contract: Contract) -> Account:
    return make.session.scalars(select(Account)).one()


@pytest.fixture
def topics(make: Factory, contract: Contract) -> list[EnquiryTopic]:
    return list(make.session.scalars(select(EnquiryTopic).order_by(EnquiryTopic.id)))


def department(make: Factory, name: str) -> Department:
    found = Department(external_id=name, name=name, is_active=True)
    make.session.add(found)
    make.session.flush()
    return found


def staff(make: Factory, login: str) -> StaffMember:
    return make.session.scalars(select(StaffMember).filter_by(login=login)).one()


def numbers(soup: BeautifulSoup) -> list[str]:
    return [link.text.removeprefix("№ ") for link in soup.select("table.enquiries tbody th a")]


def listed(page: PageClient, **query: Any) -> list[str]:
    return numbers(page.get("staff.enquiries", **query))


def test_what_waits_comes_by_its_term_and_what_is_overdue_says_so(
    clerk: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    make.enquiry(contract, account, number="B", answer_due_on=date(2026, 11, 21))
    make.enquiry(contract, account, number="C", answer_due_on=date(2026, 12, 1))
    make.enquiry(contract, account, number="D", answer_due_on=date(2026, 11, 21))
    make.enquiry(contract, account, number="A", answer_due_on=date(2026, 11, 18))
    make.enquiry(contract, account, number="X", status="answered", answered_at=AS_OF)
    make.enquiry(contract, account, number="Y", status="needs_details")
    make.commit()
    soup = clerk.get("staff.enquiries")
    assert numbers(soup) == ["A", "B", "D", "C"]
    first, second = soup.select("table.enquiries tbody tr")[:2]
    assert "Просрочено на 3 дня" in first.select_one(".overdue").text
    assert first.select_one(".overdue .status")
    assert not second.select(".overdue")
    assert "сегодня" in second.text
    assert "№ 00123-ЭС" in first.text
    assert "от 21.11.2026" in first.th.text
    assert "ООО «Ромашка»" in first.text
    assert "Показано: 4 обращения из 4." in soup.select_one("#status").text
    assert soup.select_one("nav [aria-current=page]").text == "Обращения"


def test_an_answer_that_is_given_is_not_overdue(
    clerk: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    past = date(2026, 11, 1)
    for status in ("answered", "closed", "rejected"):
        make.enquiry(contract, account, status=status, answer_due_on=past, answered_at=AS_OF)
    make.enquiry(contract, account, number="Q", status="needs_details", answer_due_on=past)
    make.commit()
    soup = clerk.get("staff.enquiries", state="all")
    assert [row.th.a.text for row in soup.select("tr:has(.overdue)")] == ["№ Q"]
    assert numbers(soup)[0] == "Q"
    assert "дан 21.11.2026, 06:00" in soup.text


def test_every_filter_narrows_the_queue_and_stays_in_the_form_and_the_links(
    clerk: PageClient,
    make: Factory,
    contract: Contract,
    account: Account,
    topics: list[EnquiryTopic],
) -> None:
    north = department(make, "Северное")
    other = make.contract("00777-ЭС")
    me, boss = staff(make, "operator"), staff(make, "manager")
    make.enquiry(contract, account, number="2026-000001", department_id=north.id)
    make.enquiry(other, account, number="2026-000002", topic_id=topics[1].id, assignee_id=me.id)
    make.enquiry(contract, account, number="2026-000003", status="needs_details")
    make.enquiry(contract, account, number="2026-000004", status="answered")
    make.enquiry(contract, account, number="2026-000005", status="closed", assignee_id=boss.id)
    make.enquiry(contract, account, number="2026-000006", status="rejected")
    make.enquiry(contract, account, number="2026-000007", answer_due_on=TODAY - timedelta(1))
    make.enquiry(contract, account, number="2026-000008", answer_due_on=TODAY)
    make.enquiry(contract, account, number="2026-000009", answer_due_on=TODAY + timedelta(3))
    make.enquiry(contract, account, number="2026-000010", answer_due_on=TODAY + timedelta(4))
    make.commit()
    expected: list[tuple[dict[str, Any], set[int]]] = [
        ({}, {1, 2, 7, 8, 9, 10}),
        ({"state": "customer"}, {3}),
        ({"state": "answered"}, {4}),
        ({"state": "closed"}, {5, 6}),
        ({"state": "all"}, set(range(1, 11))),
        ({"state": "nonsense", "term": "?", "topic": 2**70, "who": "-1"}, {1, 2, 7, 8, 9, 10}),
        ({"department": north.id}, {1}),
        ({"department": "0"}, {2, 7, 8, 9, 10}),
        ({"topic": topics[1].id}, {2}),
        ({"who": "me"}, {2}),
        ({"who": "0"}, {1, 7, 8, 9, 10}),
        ({"who": boss.id, "state": "all"}, {5}),
        ({"term": "overdue"}, {7}),
        ({"term": "today"}, {8}),
        ({"term": "soon"}, {8, 9}),
        ({"q": "777"}, {2}),
        ({"q": " № 2026-000008 "}, {8}),
        ({"q": "00123", "state": "closed"}, {5, 6}),
        ({"q": "777-ec"}, set()),
        ({"q": "00777-ec"}, {2}),
        ({"q": "%"}, set()),
        ({"q": "' or 1=1 --"}, set()),
    ]
    for query, tails in expected:
        soup = clerk.get("staff.enquiries", **query)
        assert {int(number[-6:]) for number in numbers(soup)} == tails, query
    soup = clerk.get("staff.enquiries", who="me", term="any", q="0077")
    assert soup.select_one("#who option[selected]")["value"] == "me"
    assert soup.select_one("#q")["value"] == "0077"
    assert "who=me" in soup.select_one("a[href*='.xlsx']")["href"]
    empty = clerk.get("staff.enquiries", q="2026-000006")
    link = empty.select_one(".empty a")["href"]
    assert numbers(clerk.open(link)) == ["2026-000006"]


def test_a_clerk_of_a_department_begins_with_its_enquiries_and_is_told_of_those_without_one(
    app: Flask, make: Factory, contract: Contract, account: Account
) -> None:
    north, south = department(make, "Северное"), department(make, "Южное")
    make.staff(login="north", department_id=north.id)
    make.enquiry(contract, account, number="N", department_id=north.id)
    make.enquiry(contract, account, number="S", department_id=south.id)
    make.enquiry(contract, account, number="-", department_id=None)
    make.commit()
    page = PageClient(app)
    page.sign_in_staff("north")
    soup = page.get("staff.enquiries")
    assert numbers(soup) == ["N"]
    note = soup.select_one(".note")
    assert "без отделения: 1 обращение" in note.text
    assert numbers(page.open(note.a["href"])) == ["-"]
    assert listed(page, department="") == ["N", "S", "-"]
    assert not page.get("staff.enquiries", department="").select(".note")


def test_the_queue_is_paged_by_fifty(
    clerk: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    for number in range(51):
        due = TODAY + timedelta(days=51 - number)
        make.enquiry(contract, account, number=f"N{number:02d}", answer_due_on=due)
    make.commit()
    soup = clerk.get("staff.enquiries", who="0")
    assert numbers(soup) == [f"N{number:02d}" for number in range(50, 0, -1)]
    assert "50 обращений из 51, с 1 по 50" in soup.select_one("#status").text
    onward = soup.select_one(".pager a")["href"]
    assert "who=0" in onward
    assert numbers(clerk.open(onward)) == ["N00"]
    assert clerk.fragment("staff.enquiries", page=2).select_one("#status")
    for wrong in ("0", "-1", "99", "٣", "9" * 30):
        assert len(numbers(clerk.open(f"/staff/enquiries?page={wrong}"))) == 50


def test_the_filtered_queue_leaves_as_a_spreadsheet_without_formulas(
    clerk: PageClient,
    make: Factory,
    account: Account,
    contract: Contract,
    topics: list[EnquiryTopic],
) -> None:
    topics[0].name = "=cmd|' /C calc'!A1"
    make.enquiry(
        contract,
        account,
        number="2026-000001",
        organisation="+HYPERLINK(1)",
        answer_due_on=date(2026, 11, 19),
    )
    make.enquiry(contract, account, number="2026-000002", status="closed")
    make.commit()
    clerk.last = clerk.client.get("/staff/enquiries/enquiries.xlsx?q=000001")
    assert clerk.last.status_code == 200
    assert "attachment" in clerk.last.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(clerk.last.data)).active
    head, row, *rest = list(sheet.iter_rows())
    assert not rest
    found = {title.value: cell for title, cell in zip(head, row, strict=True)}
    assert found["№"].value == "2026-000001"
    assert found["Вид обращения"].value == "'=cmd|' /C calc'!A1"
    assert found["Организация в обращении"].value == "'+HYPERLINK(1)"
    assert {cell.data_type for cell in row} <= {"s", "n", "d"}
    assert found["Ответ до"].value.date() == date(2026, 11, 19)
    assert found["Просрочено, дней"].value == 2
    text = clerk.client.get("/staff/enquiries/enquiries.csv?state=all").text.removeprefix("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [line["№"] for line in lines] == ["2026-000001", "2026-000002"]
    assert lines[0]["Вид обращения"].startswith("'=")


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    """A moment of 2026 in UTC; the supplier lives five hours ahead."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def counted(
    make: Factory, contract: Contract, account: Account, topics: list[EnquiryTopic]
) -> list[Enquiry]:
    """Two topics; what is expected of each stands in the test."""
    first, second = topics[0], topics[1]
    late, soon = date(2026, 11, 10), date(2026, 12, 1)
    rows: list[dict[str, Any]] = [
        {"status": "registered", "answer_due_on": soon},
        {"status": "in_work", "answer_due_on": TODAY},
        {"status": "in_work", "answer_due_on": late},
        {"status": "needs_details", "answer_due_on": late},
        {"status": "in_work", "answer_due_on": late, "answered_at": at(9)},
        # The last minute before the deadline is 23:59 where the supplier lives, 18:59 UTC.
        {"status": "answered", "answer_due_on": late, "answered_at": at(10, 18)},
        {"status": "answered", "answer_due_on": late, "answered_at": at(10, 19)},
        {"status": "closed", "answer_due_on": late, "answered_at": at(5), "closed_at": at(15)},
        {"status": "closed", "answer_due_on": late, "closed_at": at(15)},
        {"status": "rejected", "answer_due_on": late, "closed_at": at(15)},
        {"status": "rejected", "answer_due_on": late, "closed_at": at(9)},
        {"topic_id": second.id, "status": "registered", "answer_due_on": soon},
        # Not of the period: a day before its first one, and the day after its last.
        {"status": "registered", "registered_at": at(22, 18, month=10)},
        {"topic_id": second.id, "status": "registered", "registered_at": at(21, 19)},
        # Of its very first hour.
        {"topic_id": second.id, "status": "closed", "registered_at": at(22, 19, month=10)},
    ]
    made = [
        make.enquiry(contract, account, **({"topic_id": first.id, "registered_at": at(3)} | row))
        for row in rows
    ]
    make.commit()
    return made


EXPECTED = [[2, 3, 3, 2, 1, 11], [1, 0, 0, 0, 1, 2], [3, 3, 3, 2, 2, 13]]


def figures(soup: BeautifulSoup) -> list[list[int]]:
    return [
        [int(cell.text) for cell in row.select("td")] for row in soup.select("tbody tr, tfoot tr")
    ]


def test_counts_by_topic_and_term_equal_those_counted_by_hand(
    clerk: PageClient, counted: list[Enquiry]
) -> None:
    soup = clerk.get("staff.enquiries_summary")
    assert soup.select_one("#first")["value"] == "2026-10-23"
    assert soup.select_one("#last")["value"] == "2026-11-21"
    assert figures(soup) == EXPECTED
    assert "13 обращений, видов: 2" in soup.select_one("#status").text
    one = clerk.get("staff.enquiries_summary", first="2026-10-23", last="2026-10-23")
    assert figures(one) == [[0, 0, 0, 0, 1, 1]] * 2
    none = clerk.get("staff.enquiries_summary", first="2025-01-01", last="2025-01-31")
    assert "За эти дни обращений не было" in none.text
    decade = clerk.get("staff.enquiries_summary", first="2020-01-01", last="2029-12-31")
    assert figures(decade)[-1][-1] == len(counted)


def test_counts_leave_as_a_spreadsheet_without_formulas(
    clerk: PageClient, make: Factory, counted: list[Enquiry], topics: list[EnquiryTopic]
) -> None:
    topics[0].name = "@SUM(1+1)*cmd"
    make.commit()
    answer = clerk.client.get("/staff/enquiries/summary.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[0][0] == "Вид обращения"
    assert rows[1][0] == "'@SUM(1+1)*cmd"
    assert [list(row[1:]) for row in rows[1:]] == EXPECTED
    text = clerk.client.get("/staff/enquiries/summary.csv?first=2026-10-23&last=2026-10-23").text
    assert text.splitlines()[-1] == "Итого;0;0;0;0;1;1"


@pytest.mark.parametrize("extension", ["", ".xlsx"])
def test_a_period_that_is_none_is_told(clerk: PageClient, extension: str) -> None:
    for first, last in (("2025-02-30", "2026-01-01"), ("2026-02-01", "2026-01-01"), ("\0", "x")):
        url = f"/staff/enquiries/summary{extension}"
        clerk.last = clerk.client.get(url, query_string={"first": first, "last": last})
        assert clerk.last.status_code == 422
        soup = clerk.check_last()
        assert soup.title.text.startswith("Ошибка · ")
        assert soup.select_one("#error-summary a")


def test_a_term_ends_at_midnight_where_the_clocks_are_changed_too(
    make: Factory, contract: Contract, account: Account
) -> None:
    for due, hour in ((24, 21), (24, 22), (25, 22), (25, 23)):
        make.enquiry(
            contract,
            account,
            status="answered",
            registered_at=at(1, month=10),
            answer_due_on=date(2026, 10, due),
            answered_at=at(due, hour, month=10),
        )
    berlin = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    (row,) = count_by_topic(make.session, october, berlin)
    assert (row.in_time, row.late, row.total) == (2, 2, 4)
