"""Pages of what goes wrong: in Russian, with a number, without details, whatever has failed."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, abort
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.test import create_environ
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from app.extensions import db
from app.integrations.errors import StoreError
from app.lib.clock import Clock
from app.lib.database import BUSY_MS
from app.web.busy_page import SECRET_FIELDS
from tests.conftest import NOW, ZONE
from tests.factories import PASSWORD, Factory
from tests.pages import PARTIAL, PageClient, check_page

NUMBER = "00123-ЭС"
TITLES = {
    400: "Запрос не понят",
    403: "Нет доступа",
    404: "Страница не найдена",
    405: "Так эту страницу не открыть",
    413: "Слишком большой запрос",
    418: "Запрос не понят",
    429: "Слишком много попыток",
    500: "Ошибка на нашей стороне",
    502: "Ошибка на нашей стороне",
    503: "Сервис занят",
}


@pytest.fixture
def contract_id(make: Factory) -> int:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return int(contract.id)


def db_error() -> None:
    raise OperationalError("SELECT secret_column", {"password": "тайна"}, Exception("locked"))


@pytest.fixture
def failing(app: Flask) -> Flask:
    """The portal with pages that fail in every way."""
    app.add_url_rule("/fail/<int:status>", "fail", lambda status: abort(int(status)))
    app.add_url_rule("/crash", "crash", lambda: {}["тайна"])
    app.add_url_rule("/busy", "busy", db_error)
    app.add_url_rule("/sql", "sql", lambda: db.session.execute(text("SELECT * FROM no_such")))
    return app


def test_every_error_has_a_valid_page_with_its_number(failing: Flask) -> None:
    for status, title in TITLES.items():
        answer = failing.test_client().get(f"/fail/{status}")
        assert answer.status_code == status
        soup = check_page(answer.text)
        assert soup.h1.text == title
        assert soup.select_one("#results .num").text == answer.headers["X-Request-Id"]
        assert (answer.headers.get("Retry-After") is not None) == (status in (429, 503))


def test_fragment_gets_the_error_in_place_of_its_rows(failing: Flask) -> None:
    for status in TITLES:
        answer = failing.test_client().get(f"/fail/{status}", headers=PARTIAL)
        assert answer.status_code == status
        assert answer.text.strip().startswith('<div id="results">')
        assert "<html" not in answer.text
        assert answer.headers["X-Request-Id"] in answer.text


def test_crash_tells_nothing_of_the_inside(failing: Flask) -> None:
    pages = [("/crash", 500), ("/busy", 503), ("/sql", 503)]
    for (path, status), headers in product(pages, ({}, PARTIAL)):
        answer = failing.test_client().get(path, headers=headers)
        assert answer.status_code == status
        assert answer.headers["X-Request-Id"] in answer.text
        for leaked in ("тайна", "Traceback", "KeyError", "SELECT", "no_such", "sqlite", "File"):
            assert leaked not in answer.text


def test_portal_works_on_after_a_crash(failing: Flask, contract_id: int) -> None:
    page = PageClient(failing)
    page.sign_in(NUMBER)
    for path in ("/crash", "/sql", "/busy"):
        page.client.get(path)
    page.get("home.index", contract_id=contract_id)


def test_405_names_what_is_allowed(app: Flask) -> None:
    answer = app.test_client().get("/sign-out")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


def test_head_of_an_error_has_no_body(app: Flask) -> None:
    answer = app.test_client().head("/nowhere")
    assert (answer.status_code, answer.data) == (404, b"")


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="field"\r\n\r\n%s\r\n'
BODIES = {
    "all of it": (FORM, b"login=" + b"x" * 1_000_000),
    "one field of many parts": (MULTIPART, PART % (b"x" * 600_000) + b"--b--\r\n"),
    "1,001 parts": (MULTIPART, PART % b"1" * 1001 + b"--b--\r\n"),
}


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_endless_body_is_refused_in_russian(app: Flask, chunked: bool) -> None:
    paths = ["/sign-in", "/appearance", "/sign-out"]
    for (name, (kind, body)), path in product(BODIES.items(), paths):
        environ = create_environ(path, method="POST", input_stream=BytesIO(body), content_type=kind)
        if chunked:
            environ["wsgi.input_terminated"] = True
        else:
            environ["CONTENT_LENGTH"] = str(len(body))
        answer = app.test_client().open(environ, buffered=True)
        assert answer.status_code == 413, (name, path)
        assert check_page(answer.text).h1.text == TITLES[413]
        assert answer.headers["X-Request-Id"] in answer.text


def test_form_of_an_old_page_is_explained(app: Flask) -> None:
    answer = app.test_client().post("/sign-in", data={"login": NUMBER})
    assert answer.status_code == 400
    assert check_page(answer.text).h1.text == "Страница устарела"


def test_without_a_database_every_page_says_so_and_it_comes_back_by_itself(
    app: Flask, page: PageClient, contract_id: int, tmp_path: Path
) -> None:
    page.sign_in(NUMBER)
    soup = PageClient(app).get("auth.sign_in")
    with app.app_context():
        db.engine.dispose()
    database, away = tmp_path / "kabinet.sqlite3", tmp_path / "away"
    database.rename(away)
    database.mkdir()
    for path in ("/", "/manual", "/health", "/contracts/", f"/contracts/{contract_id}/"):
        for headers in ({}, PARTIAL):
            answer = page.client.get(path, headers=headers)
            assert answer.status_code == 503, path
            assert TITLES[503] in answer.text
            assert answer.headers["Retry-After"] == "60"
    assert page.client.get("/nowhere").status_code == 404
    assert page.client.get("/nowhere", headers={"Host": "evil.example"}).status_code == 400
    token = soup.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "login": NUMBER, "password": PASSWORD}
    assert page.client.post("/sign-in", data=data).status_code in (400, 503)
    database.rmdir()
    away.rename(database)
    page.get("home.index", contract_id=contract_id)


@contextmanager
def write_lock(tmp_path: Path, seconds: float | None = None) -> Iterator[None]:
    """Another writer holds the database: for a while, or until the block ends."""
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(tmp_path / "kabinet.sqlite3", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE accounts SET email = email")
        locked.set()
        done.wait(seconds)
        connection.execute("ROLLBACK")
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(5)
    try:
        yield
    finally:
        done.set()
        holder.join()


def test_pages_are_read_while_another_writer_holds_the_database(
    app: Flask, page: PageClient, contract_id: int, tmp_path: Path
) -> None:
    page.sign_in(NUMBER)
    app.extensions["clock"] = Clock(ZONE, NOW + timedelta(minutes=5))  # the last use is due
    paths = ["/", "/manual", "/health", "/contracts/", f"/contracts/{contract_id}/settlements"]
    with write_lock(tmp_path):
        for path in paths:
            began = time.monotonic()
            assert page.client.get(path).status_code in (200, 302), path
            assert time.monotonic() - began < BUSY_MS / 1000 / 2, path
    with sqlite3.connect(tmp_path / "kabinet.sqlite3") as database:
        (seen,) = database.execute("SELECT last_seen_at FROM account_sessions").fetchone()
    assert seen == "2026-11-21 07:00:00.000000"  # not worth waiting for


def test_sign_in_waits_for_another_writer(
    page: PageClient, contract_id: int, tmp_path: Path
) -> None:
    soup = page.get("auth.sign_in")
    with write_lock(tmp_path, seconds=1):
        answer = page.submit(soup, login=NUMBER, password=PASSWORD)
    assert answer.location == f"/contracts/{contract_id}/"


def test_sign_in_that_cannot_wait_longer_gives_back_what_was_typed(
    short_busy_timeout: None, page: PageClient, contract_id: int, tmp_path: Path
) -> None:
    soup = page.get("auth.sign_in", next="/contracts/")
    with write_lock(tmp_path):
        answer = page.submit(soup, 503, login=NUMBER, password=PASSWORD)
    busy = check_page(answer.text)
    assert busy.h1.text == TITLES[503]
    assert "Сервис сейчас занят" in busy.select_one("#error-summary").text
    assert busy.select_one("[name=login]")["value"] == NUMBER
    assert busy.select_one("[name=next]")["value"] == "/contracts/"
    assert PASSWORD not in answer.text
    assert answer.headers["Retry-After"] == "60"
    assert busy.select_one("label[for=secret-1]").text == "Пароль"
    assert page.submit(busy, password=PASSWORD).location == "/contracts/"


@pytest.fixture
def locked(app: Flask) -> Flask:
    """The portal with a form whose write always finds the database locked."""
    app.add_url_rule("/write", "write", db_error, methods=["POST"])
    return app


def test_busy_page_sends_the_same_form_to_the_same_address(locked: Flask, contract_id: int) -> None:
    page = PageClient(locked)
    token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    typed = {"csrf_token": token, "text": "Строка\n«вторая» <b>", "tick": ["1", "2"]}
    answer = page.client.post("/write?page=2", data=typed)
    assert answer.status_code == 503
    form = check_page(answer.text).select_one("form")
    assert (form["method"], form["action"]) == ("post", "/write?page=2")
    hidden = [(field["name"], field["value"]) for field in form.select("input[type=hidden]")]
    assert [name for name, _ in hidden] == ["csrf_token", "text", "tick", "tick"]
    assert hidden[1:] == [("text", "Строка\n«вторая» <b>"), ("tick", "1"), ("tick", "2")]
    assert not form.has_attr("enctype")
    # A form that may carry files keeps its encoding, and with it its limit of size, without one.
    answer = page.client.post("/write", data=typed, content_type="multipart/form-data")
    assert check_page(answer.text).select_one("form")["enctype"] == "multipart/form-data"


def test_a_file_store_that_does_not_answer_is_a_page_that_says_so(app: Flask) -> None:
    def fail() -> None:
        raise StoreError("ConnectionError")

    app.add_url_rule("/store", "store", fail)
    answer = app.test_client().get("/store")
    assert answer.status_code == 503
    assert check_page(answer.text).select_one("h1").text == "Файлы сейчас недоступны"


def test_busy_page_as_a_fragment_replaces_the_form(locked: Flask, contract_id: int) -> None:
    page = PageClient(locked)
    token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    answer = page.client.post("/write", data={"csrf_token": token, "a": "1"}, headers=PARTIAL)
    assert answer.status_code == 503
    assert answer.text.strip().startswith('<div id="results">')
    assert "<html" not in answer.text


def test_busy_page_asks_for_new_passwords_and_files_again(locked: Flask, contract_id: int) -> None:
    page = PageClient(locked)
    token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "current": "старый", "password": "новый", "password_again": ""}
    answer = page.client.post("/write", data=data | {"files": (BytesIO(b"1"), "a.pdf")})
    form = check_page(answer.text).select_one("form")
    labels = {label["for"]: label.text for label in form.select("label")}
    assert labels == {
        "secret-1": "Действующий пароль",
        "secret-2": "Новый пароль",
        "files-1": "Файлы не сохранены: выберите их снова",
    }
    assert form["enctype"] == "multipart/form-data"
    assert "старый" not in answer.text
    assert "новый" not in answer.text


def test_form_without_its_token_gets_no_page_that_sends_it_again(locked: Flask) -> None:
    answer = locked.test_client().post("/write", data={"text": "чужое"})
    assert answer.status_code == 400
    assert "чужое" not in answer.text


def test_every_password_field_is_known_to_the_busy_page(app: Flask) -> None:
    names = {
        name
        for form in all_forms(FlaskForm)
        for name, field in vars(form).items()
        if isinstance(field, UnboundField) and issubclass(field.field_class, PasswordField)
    }
    assert names
    assert names <= set(SECRET_FIELDS)


def all_forms(base: type) -> Iterator[type]:
    """Every form class of the portal."""
    for form in base.__subclasses__():
        yield form
        yield from all_forms(form)


def test_staff_whose_session_ended_on_a_customers_page_go_to_their_sign_in_page(
    app: Flask, page: PageClient, contract_id: int, make: Factory
) -> None:
    make.staff()
    make.commit()
    page.sign_in_staff()
    page.get("payments.index", contract_id=contract_id)
    app.extensions["clock"] = Clock(ZONE, NOW + timedelta(hours=9))
    path = f"/contracts/{contract_id}/payments?page=1"
    answer = page.client.get(path)
    assert answer.status_code == 302
    assert urlsplit(answer.location).path == "/staff/sign-in"
    assert parse_qs(urlsplit(answer.location).query) == {"next": [path]}
    answer = page.client.get(path, headers=PARTIAL)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/staff/sign-in?")
    # Whoever else uses that browser gets the sign-in page of customers.
    for client, where in ((page.client, "/contracts/"), (app.test_client(), path)):
        assert client.get(where).location.startswith("/sign-in?")


def test_an_error_page_has_the_menu_of_who_is_signed_in_and_the_telephone(
    failing: Flask, contract_id: int
) -> None:
    failing.add_url_rule(
        "/contracts/<id:contract_id>/crash",
        "crash_inside",
        lambda contract_id: {}[current_user.get_id()],
    )
    page = PageClient(failing)
    page.sign_in(NUMBER)
    inside = f"/contracts/{contract_id}"
    pages = {f"{inside}/nowhere": 404, "/fail/403": 403, "/fail/429": 429, f"{inside}/crash": 500}
    for path, status in pages.items():
        answer = page.client.get(path)
        assert answer.status_code == status
        soup = check_page(answer.text)
        assert soup.select_one(f'nav.nav a[href="{inside}/settlements"]'), path
        assert "Телефон" in soup.footer.text, path


def test_whoever_is_not_known_sees_the_telephone_without_a_menu(
    failing: Flask, contract_id: int
) -> None:
    failing.test_client().get("/sign-in")
    for path in ("/busy", "/nowhere"):
        soup = check_page(failing.test_client().get(path).text)
        assert not soup.select("nav.nav")
        assert "Телефон" in soup.footer.text, path


def test_a_page_that_is_read_without_scripts_does_not_say_that_the_session_has_ended(
    failing: Flask, contract_id: int
) -> None:
    page = PageClient(failing)
    page.sign_in(NUMBER)
    soup = check_page(page.client.get(f"/contracts/{contract_id}/").text)
    assert "Сеанс" not in soup.get_text()
    assert not soup.select("template")
