"""The clerk's list of readings: what stands in it, and how it is narrowed."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import event

from app.domain.period import Month
from app.extensions import db
from app.models import Contract, Department, Meter, StaffMember
from app.queries.readings import staff as submitted_readings
from app.sections.staff.readings import routes as view
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.reading_rows import boxes, meter_of, rows, submit


@pytest.fixture
def meter(make: Factory, contract: Contract) -> Meter:
    meter = meter_of(make, contract)
    make.commit()
    return meter


def department(make: Factory, name: str) -> Department:
    row = Department(external_id=name, name=name, is_active=True)
    make.session.add(row)
    make.session.flush()
    return row


def other_meter(make: Factory, number: str, serial: str, **values: Any) -> Meter:
    return meter_of(make, make.contract(number, **values), serial)


def test_a_reading_stands_beside_what_it_is_judged_by(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    submit(make, meter, "1140.50", doubts=["unusual"], is_late=True)
    make.commit()
    soup = clerk.get("staff.readings")
    (row,) = soup.select("table.desk tbody tr")
    text = " ".join(row.text.split())
    for label in (
        "№ 00123-ЭС",
        "ООО «Ромашка»",
        "12345678",
        "пр. Автозаводцев",
        "11.2026",
        "1140,50",
        "1100,00",
        "31.10.2026",
        "1 620",
        "обычно 400",
        "405 %",
        "Намного больше обычного",
        "После срока",
        "кабинет",
        "Ждет проверки",
        "21.11.2026, 06:00",
    ):
        assert label in text, label
    assert row.select_one("th a")["href"] == clerk.url("staff.customer", contract_id=1)
    box = row.select_one("input[type=checkbox]")
    assert "12345678" in box["aria-label"]
    assert soup.select_one("#status").text == "Показано: 1 показание из 1."


def test_without_readings_the_page_says_so(clerk: PageClient) -> None:
    soup = clerk.get("staff.readings")
    assert "Таких показаний нет" in soup.text
    assert not soup.select("table")


def test_only_what_waits_is_shown_at_first_and_all_on_demand(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    submit(make, meter, "1110", status="rejected", reason="Опечатка")
    submit(make, meter, "1120", status="replaced")
    submit(make, meter, "1130")
    make.commit()
    assert rows(clerk.get("staff.readings")) == ["12345678 1130,00"]
    soup = clerk.get("staff.readings", state="all")
    assert rows(soup) == ["12345678 1130,00", "12345678 1120,00", "12345678 1110,00"]
    assert len(boxes(soup)) == 1
    soup = clerk.get("staff.readings", state="rejected")
    assert "Опечатка" in soup.select_one("table.desk").text
    assert not boxes(soup)
    assert not soup.select("[name=do]")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"warned": "doubt"}, ["2", "4"]),
        ({"warned": "late"}, ["3", "4"]),
        ({"warned": "none"}, ["1"]),
        ({"month": "2026-10"}, ["4"]),
        ({"month": "2026-10", "state": "all"}, ["4", "5"]),
        ({"month": "2026-09"}, []),
        ({"q": "00777"}, ["3"]),
        ({"q": "№ 00777-эc"}, ["3"]),
        ({"q": "AB-77"}, ["2"]),
        ({"q": "ab-7"}, ["2"]),
        ({"q": "%"}, []),
        ({"q": "00777", "warned": "doubt"}, []),
    ],
)
def test_filters_narrow_the_list(
    clerk: PageClient, make: Factory, meter: Meter, query: dict[str, str], found: list[str]
) -> None:
    contract = make.session.get_one(Contract, 1)
    october = {"period": Month(2026, 10)}
    submit(make, meter, "1")
    submit(make, meter_of(make, contract, "AB-777"), "2", doubts=["zero"])
    submit(make, other_meter(make, "00777-ЭС", "55"), "3", is_late=True)
    submit(make, meter_of(make, contract, "56"), "4", doubts=["less"], is_late=True, **october)
    submit(make, meter_of(make, contract, "57"), "5", status="accepted", **october)
    make.commit()
    soup = clerk.get("staff.readings", **query)
    assert sorted(row.split()[1].removesuffix(",00") for row in rows(soup)) == found
    for name, value in query.items():
        chosen = soup.select_one(f"[name={name}] option[selected]")
        assert (chosen or soup.select_one(f"[name={name}]"))["value"] == value


def test_a_clerk_begins_with_the_readings_of_their_department(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    here, there = department(make, "Миасс"), department(make, "Чебаркуль")
    make.session.get_one(Contract, 1).department_id = here.id
    submit(make, meter, "1")
    submit(make, other_meter(make, "00777-ЭС", "55", department_id=there.id), "2")
    make.session.query(StaffMember).filter_by(login="operator").one().department_id = here.id
    make.commit()
    page.sign_in_staff("operator")
    assert rows(page.get("staff.readings")) == ["12345678 1,00"]
    assert len(rows(page.get("staff.readings", department="all"))) == 2
    assert rows(page.get("staff.readings", department=there.id)) == ["55 2,00"]


@pytest.mark.parametrize(
    "query",
    [
        {"state": "x"},
        {"month": "2026-13"},
        {"month": "' OR 1=1--"},
        {"department": "2" * 30},
        {"warned": "\x00"},
        {"q": "1" * 61},
    ],
)
def test_a_bad_filter_is_named_beside_its_field(
    clerk: PageClient, make: Factory, meter: Meter, query: dict[str, str]
) -> None:
    submit(make, meter, "1")
    make.commit()
    soup = clerk.get("staff.readings", 422, **query)
    (name,) = query
    assert soup.title.text.startswith("Ошибка · ")
    assert soup.select_one(f"[name={name}][aria-invalid]")
    assert "Поле «" in soup.select_one("#error-summary").text
    assert not rows(soup)
    assert (
        clerk.client.get(clerk.url("staff.readings_file", extension="csv", **query)).status_code
        == 422
    )


def test_long_lists_come_in_pages_that_keep_the_filter(
    clerk: PageClient, make: Factory, contract: Contract
) -> None:
    for number in range(51):
        submit(make, meter_of(make, contract, f"S{number:03d}"), "1200")
    make.commit()
    soup = clerk.get("staff.readings", month="2026-11")
    assert soup.select_one("#status").text == "Показано: 50 показаний из 51."
    link = soup.select_one("nav.pager a")["href"]
    assert "month=2026-11" in link
    assert rows(clerk.open(link)) == ["S000 1200,00"]


def test_all_of_a_page_are_ticked_by_a_link(
    clerk: PageClient, make: Factory, meter: Meter, contract: Contract
) -> None:
    submit(make, meter, "1200")
    submit(make, meter_of(make, contract, "99"), "1200")
    make.commit()
    soup = clerk.get("staff.readings")
    assert not soup.select("input[name=reading][checked]")
    link = next(a for a in soup.select("a") if a.text == "Отметить все на странице")
    soup = clerk.open(link["href"])
    assert len(soup.select("input[name=reading][checked]")) == 2
    assert soup.select_one("[autofocus]")["value"] == "accept"


def test_the_whole_list_goes_into_a_file_and_no_name_becomes_a_formula(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    evil = make.customer(external_id="EVIL", short_name="=cmd|' /C calc'!A0")
    submit(make, other_meter(make, "00777-ЭС", "+7700", customer_id=evil.id), "1150.25")
    submit(make, meter, "1110", doubts=["less", "power"], consumption_kwh=Decimal("-400"))
    make.commit()
    answer = clerk.client.get(clerk.url("staff.readings_file", extension="xlsx"))
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.data)).active
    head, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
    columns = dict(zip(head, first, strict=True))
    assert columns["Показание"] == 1110
    assert columns["Расход, кВт·ч"] == -400
    assert columns["Что необычно"] == "Меньше предыдущего, Больше максимальной мощности"
    assert columns["Дата предыдущего"].date() == date(2026, 10, 31)
    evil_row = dict(zip(head, second, strict=True))
    assert evil_row["Потребитель"] == "'=cmd|' /C calc'!A0"
    assert evil_row["Прибор"] == "'+7700"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    text = clerk.client.get(clerk.url("staff.readings_file", extension="csv")).data.decode(
        "utf-8-sig"
    )
    assert "'=cmd|" in text
    assert ";-400,000;" in text
    one = clerk.client.get(clerk.url("staff.readings_file", extension="csv", q="00777"))
    assert len(one.data.decode("utf-8-sig").splitlines()) == 2


def test_serial_numbers_are_found_whatever_their_case(
    clerk: PageClient, make: Factory, meter: Meter, contract: Contract
) -> None:
    submit(make, meter, "1200")
    submit(make, meter_of(make, contract, "Цэ6803-В 99"), "1300")
    make.commit()
    for typed in ("цэ6803-в", "ЦЭ6803"):
        assert [row.split()[0] for row in rows(clerk.get("staff.readings", q=typed))] == [
            "Цэ6803-В"
        ]


def test_a_list_that_is_too_long_is_cut_and_says_so(
    clerk: PageClient, make: Factory, meter: Meter, contract: Contract, monkeypatch
) -> None:
    for module in (submitted_readings, view, view.labels):
        monkeypatch.setattr(module, "MAX_ROWS", 1)
    submit(make, meter, "1200")
    submit(make, meter_of(make, contract, "99"), "1300")
    make.commit()
    soup = clerk.get("staff.readings")
    assert "из более чем 1." in soup.select_one("#status").text
    assert "первые 1:" in soup.text
    text = clerk.client.get(clerk.url("staff.readings_file", extension="csv")).text.splitlines()
    assert len(text) == 3
    assert "1300" in text[1]
    assert text[2].startswith("Только первые 1 показаний")


def test_markup_in_names_stays_text(clerk: PageClient, make: Factory, contract: Contract) -> None:
    submit(make, meter_of(make, contract, "<img src=x onerror=alert(1)>"), "1200")
    make.commit()
    soup = clerk.get("staff.readings")
    assert not soup.select("main img")
    assert "<img src=x" in soup.select_one("table.desk").text


def test_a_page_of_readings_takes_as_many_statements_as_a_single_one(
    app: Flask, clerk: PageClient, make: Factory, contract: Contract
) -> None:
    statements: list[str] = []
    with app.app_context():
        engine = db.engine

    def count() -> int:
        statements.clear()
        clerk.get("staff.readings")
        return len(statements)

    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    submit(make, meter_of(make, contract, "1"), "1200")
    make.commit()
    clerk.get("staff.readings")  # the first access is recorded in the audit log
    few = count()
    for number in range(20):
        submit(make, meter_of(make, contract, f"M{number}"), "1200")
    make.commit()
    assert count() == few


def test_who_has_decided_and_what_billing_has_is_said(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    row = submit(make, meter, "1110", status="accepted", decided_by_id=1, exported_at=moment)
    make.commit()
    text = clerk.get("staff.readings", state="accepted").select_one("table.desk").text
    assert "Сотрудник operator" in text
    assert "выгружено" in text
    row.acknowledged_at = moment
    make.commit()
    soup = clerk.get("staff.readings", state="accepted")
    assert "учтено биллингом" in soup.text
    assert not boxes(soup)


def test_what_is_unusual_comes_first_with_its_reasons(
    clerk: PageClient, make: Factory, contract: Contract
) -> None:
    unusual = (
        ("11", ["less", "estimated"], False),
        ("12", [], True),
        ("13", ["low"], False),
        ("14", [], False),
        ("15", ["roll_over"], False),
        ("16", [], False),
    )
    for serial, codes, is_late in unusual:
        submit(make, meter_of(make, contract, serial), "1140.50", doubts=codes, is_late=is_late)
    make.commit()
    soup = clerk.get("staff.readings")
    shown = [
        (
            row.select_one("[data-label=Прибор] bdi").text,
            [reason.text for reason in row.select(".why b")],
        )
        for row in soup.select("table.desk tbody tr")
    ]
    assert shown == [
        ("15", ["Переход через ноль"]),
        ("11", ["Меньше предыдущего", "Предыдущее рассчитано, не снято"]),
        ("13", ["Намного меньше обычного"]),
        ("12", ["После срока"]),
        ("16", []),
        ("14", []),
    ]


@pytest.mark.parametrize(
    ("reason", "serials"),
    [
        ("any", {"11", "12", "13"}),
        ("low", {"11", "13"}),
        ("estimated", {"11"}),
        ("doubt", set()),
        ("less", set()),
        ("late", {"12"}),
        ("none", {"14"}),
    ],
)
def test_the_list_is_narrowed_to_one_reason(
    clerk: PageClient, make: Factory, contract: Contract, reason: str, serials: set[str]
) -> None:
    for serial, codes, is_late in (
        ("11", ["low", "estimated"], False),
        ("12", [], True),
        ("13", ["low"], False),
        ("14", [], False),
    ):
        submit(make, meter_of(make, contract, serial), "1140.50", doubts=codes, is_late=is_late)
    make.commit()
    soup = clerk.get("staff.readings", warned=reason)
    assert {
        row.select_one("[data-label=Прибор] bdi").text for row in soup.select("table.desk tbody tr")
    } == serials
