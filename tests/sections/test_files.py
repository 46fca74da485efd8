"""Statements that are too long to be waited for, and limits on those that are not."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app.domain.access import Role
from app.jobs import prepared_files
from app.jobs.retention import delete_expired
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.models import Contract, Membership, PreparedFile
from app.web import pdf_responses
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

ROWS = 7


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(statement_max_rows=4, pdf_max_rows=2, file_max_rows=ROWS)


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    for number in range(ROWS):
        make.charge(contract, date(2026, 1 + number, 20), "100.00")
    make.commit()
    page.sign_in(contract.number)
    return contract


def statement(page: PageClient, contract: Contract, months: int, **values: str) -> BeautifulSoup:
    status = 200 if months <= 4 else 422
    return page.get(
        "settlements.statement",
        status,
        contract_id=contract.id,
        first="2026-01-01",
        last=date(2026, months, 28).isoformat(),
        **values,
    )


def order(page: PageClient, soup: BeautifulSoup, phrase: str, status: int = 303) -> str:
    form = soup.select_one(f"button:-soup-contains('{phrase}')").find_parent("form")
    data = {field["name"]: field.get("value", "") for field in form.select("input")}
    answer = page.client.post(form["action"], data=data)
    assert answer.status_code == status, answer.text
    return answer.headers.get("Location", "")


def test_a_long_statement_is_prepared_and_fetched(page: PageClient, contract: Contract) -> None:
    soup = statement(page, contract, ROWS)
    assert "За этот период 7 строк" in soup.select_one("#too-long").text
    where = order(page, soup, "Подготовить PDF")
    soup = page.open(where)
    assert "Готов" in soup.select_one("#status").text
    answer = page.client.get(soup.select_one("a.btn:-soup-contains('Скачать')")["href"])
    assert answer.mimetype == "application/pdf"
    text = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.data)).pages)
    assert "700,00" in text
    assert (
        "Спр" in answer.headers["Content-Disposition"]
        or "%D0%A1%D0%BF" in (answer.headers["Content-Disposition"])
    )


@pytest.mark.parametrize("phrase", ["Подготовить XLSX", "Подготовить CSV"])
def test_a_long_table_too(page: PageClient, contract: Contract, phrase: str) -> None:
    where = order(page, statement(page, contract, ROWS), phrase)
    answer = page.client.get(where + "/download")
    assert answer.status_code == 200
    if "CSV" in phrase:
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert len([line for line in lines if line.startswith("Операция")]) == ROWS


def test_a_pdf_that_takes_long_is_prepared_although_the_page_shows_it(
    page: PageClient, contract: Contract
) -> None:
    soup = statement(page, contract, 3)
    assert len(soup.select("tbody tr")) == 4
    assert soup.select("button:-soup-contains('Подготовить PDF')")
    assert not soup.select("a:-soup-contains('PDF')")
    page.get(
        "settlements.statement_file",
        422,
        contract_id=contract.id,
        extension="pdf",
        first="2026-01-01",
        last="2026-03-31",
    )


def test_more_than_any_file_holds_has_to_be_narrowed(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.charge(contract, date(2026, 1, 21), "1.00")
    make.commit()
    soup = statement(page, contract, ROWS)
    assert "Выберите период короче" in soup.select_one("#too-long").text
    assert not soup.select("#too-long button")


def without_worker(app: Flask) -> list[int]:
    asked: list[int] = []
    app.extensions["enqueue_files"] = lambda: asked.append(1)
    return asked


def work(app: Flask) -> None:
    with app.app_context():
        prepared_files.make_waiting()


def test_the_page_tells_how_far_it_is_and_asks_again(
    app: Flask, page: PageClient, contract: Contract
) -> None:
    left = without_worker(app)
    soup = statement(page, contract, ROWS)
    where = order(page, soup, "Подготовить XLSX")
    assert order(page, soup, "Подготовить XLSX") == where
    assert len(left) == 1
    soup = page.open(where)
    assert "В очереди" in soup.select_one("#status").text
    assert soup.select_one("#results")["data-hx-get"] == where + "?seen=waiting"
    assert page.client.get(where + "?seen=waiting").status_code == 204
    assert page.client.get(where + "/download").headers["Location"] == where
    work(app)
    assert not page.open(where).select("[data-hx-get]")


def test_a_worker_that_died_leaves_its_file_to_the_next(
    app: Flask, page: PageClient, make: Factory, contract: Contract
) -> None:
    without_worker(app)
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    file = make.session.scalars(select(PreparedFile)).one()
    file.status, file.started_at, file.tries = "running", NOW, 1
    make.commit()
    assert "Готовится" in page.open(where).select_one("#status").text
    work(app)
    assert "Готов" in page.open(where).select_one("#status").text


def test_a_file_that_killed_two_workers_is_given_up(
    app: Flask, page: PageClient, make: Factory, contract: Contract
) -> None:
    without_worker(app)
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    file = make.session.scalars(select(PreparedFile)).one()
    file.status, file.started_at, file.tries = "running", NOW, 2
    make.commit()
    work(app)
    assert "Не получилось" in page.open(where).select_one("#status").text
    assert order(page, statement(page, contract, ROWS), "Подготовить CSV") != where


def test_while_one_worker_makes_files_the_others_leave_them_to_it(
    app: Flask, page: PageClient, contract: Contract, tmp_path: Path
) -> None:
    without_worker(app)
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    with hold_one_of(tmp_path / "locks", ("files",), 0):
        work(app)
    assert "В очереди" in page.open(where).select_one("#status").text
    work(app)
    assert "Готов" in page.open(where).select_one("#status").text


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    app: Flask, page: PageClient, contract: Contract, advance_clock: Callable[..., object]
) -> None:
    without_worker(app)
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    for minutes in (10, 20, 29):
        advance_clock(minutes=minutes)
        answer = page.client.get(where + "?seen=waiting", headers={"X-Poll": "1"})
        assert answer.status_code == 204
    advance_clock(minutes=31)
    assert page.client.get(where + "?seen=waiting", headers={"X-Poll": "1"}).status_code == 302


def test_orders_count_as_documents_of_the_minute(page: PageClient, contract: Contract) -> None:
    form = statement(page, contract, ROWS).select_one("#too-long form")
    data = {field["name"]: field.get("value", "") for field in form.select("input")}
    codes = [page.client.post(form["action"], data=data).status_code for _ in range(11)]
    assert codes == [303] * 10 + [429]


def test_what_a_crash_left_without_a_row_is_deleted_after_a_day(
    app: Flask, page: PageClient, contract: Contract, tmp_path: Path
) -> None:
    order(page, statement(page, contract, ROWS), "Подготовить CSV")
    orphans = [tmp_path / "prepared" / name for name in ("old", "new")]
    for orphan in orphans:
        orphan.write_text("сведения")
    old = (NOW - timedelta(hours=25)).timestamp()
    os.utime(orphans[0], (old, old))
    with app.app_context():
        delete_expired()
    assert [orphan.exists() for orphan in orphans] == [False, True]
    assert len(list((tmp_path / "prepared").iterdir())) == 2


def test_what_cannot_be_made_is_said(
    app: Flask, page: PageClient, make: Factory, contract: Contract
) -> None:
    without_worker(app)
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    # The right to see the money is gone before the worker comes to it.
    membership = make.session.scalars(select(Membership)).one()
    membership.role = Role.ENGINEER
    make.commit()
    work(app)
    membership.role = Role.OWNER
    make.commit()
    assert "Не получилось" in page.open(where).select_one("#status").text


def test_nobody_else_sees_or_fetches_the_file(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    where = order(page, statement(page, contract, ROWS), "Подготовить CSV")
    colleague = make.account(make.contract("00888-ЭС"), email="colleague@example.org")
    make.membership(colleague, contract, Role.ACCOUNTANT)
    make.commit()
    other = PageClient(page.app)
    other.sign_in("00888")
    for path in (where, where + "/download"):
        assert other.client.get(path).status_code == 404


def test_files_are_deleted_in_time(
    app: Flask,
    page: PageClient,
    contract: Contract,
    tmp_path: Path,
    advance_clock: Callable[..., object],
) -> None:
    order(page, statement(page, contract, ROWS), "Подготовить CSV")
    assert len(list((tmp_path / "prepared").iterdir())) == 1
    advance_clock(days=3)
    with app.app_context():
        delete_expired()
    assert list((tmp_path / "prepared").iterdir()) == []


def test_an_order_that_makes_no_sense_is_refused(page: PageClient, contract: Contract) -> None:
    form = statement(page, contract, ROWS).select_one("#too-long form")
    data = {field["name"]: field.get("value", "") for field in form.select("input")}
    for change in ({"document": "нет"}, {"extension": "exe"}, {"first": "вчера"}):
        assert page.client.post(form["action"], data=data | change).status_code == 400


def test_the_eleventh_pdf_in_a_minute_has_to_wait(
    app: Flask, page: PageClient, contract: Contract
) -> None:
    url = page.url(
        "settlements.statement_file",
        contract_id=contract.id,
        extension="pdf",
        first="2026-01-01",
        last="2026-02-28",
    )
    assert [page.client.get(url).status_code for _ in range(11)] == [200] * 10 + [429]
    answer = page.client.get(url)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "Подождите" in answer.text
    assert page.client.get(url.replace(".pdf", ".csv")).status_code == 200


def test_while_both_places_are_taken_a_pdf_waits_and_then_says_so(
    app: Flask,
    page: PageClient,
    contract: Contract,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_responses, "WAIT", 0)
    url = page.url(
        "settlements.statement_file",
        contract_id=contract.id,
        extension="pdf",
        first="2026-01-01",
        last="2026-02-28",
    )
    folder = tmp_path / "locks"
    with hold_one_of(folder, pdf_responses.LOCKS, 0), hold_one_of(folder, pdf_responses.LOCKS, 0):
        answer = page.client.get(url)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert page.client.get(url).status_code == 200


def test_never_more_work_at_once_than_there_are_places(tmp_path: Path) -> None:
    busy, most, refused = 0, 0, 0
    lock = threading.Lock()
    start = threading.Barrier(8)

    def work() -> None:
        nonlocal busy, most, refused
        start.wait()
        try:
            with hold_one_of(tmp_path, ("a", "b"), 5):
                with lock:
                    busy += 1
                    most = max(most, busy)
                with lock:
                    busy -= 1
        except AllLocksHeldError:
            refused += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= 2
    assert refused == 0


def test_a_long_page_of_a_statement_is_cut_and_its_totals_are_those_of_the_period(
    make_app: Callable[..., Flask], make: Factory, contract: Contract
) -> None:
    for day in range(205):
        make.charge(contract, date(2025, 1, 1) + timedelta(days=day), "1.00")
    make.commit()
    page = PageClient(make_app())
    page.sign_in(contract.number)
    values = {"contract_id": contract.id, "first": "2025-01-01", "last": "2025-12-31"}
    first = page.get("settlements.statement", **values)
    second = page.get("settlements.statement", page=2, **values)
    assert len(first.select("tbody tr")) == 1 + 200
    assert len(second.select("tbody tr")) == 5
    assert first.select_one(".debit").text == second.select_one(".debit").text == "205,00"
    charges = page.get("charges.statement", page=2, **values)
    assert len(charges.select("table.statement tbody tr")) == 5
    assert charges.select_one("table.statement .gross").text == "205,00"
