"""The sign-in page: who gets in, what is said to those who do not, and where they land."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Contract
from tests.domain.test_contract_number import WRITINGS
from tests.factories import CREATED, PASSWORD, Factory
from tests.pages import PageClient, check_page

NUMBER = "00123-ЭС"
WRONG = "не тот пароль"


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return contract


def scrubbed(html: str) -> str:
    """A page without what differs on every request: the form's token."""
    return re.sub(r'(name="csrf_token"[^>]* value=)"[^"]*"', r"\1", html)


class SignInClient:
    """Signs in again and again from one page that was opened before, each time as a new browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        page = PageClient(app)
        self.token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
        self.cookie = page.client.get_cookie("kabinet").value

    def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        client = self.app.test_client()
        client.set_cookie("kabinet", self.cookie)
        data = {"csrf_token": self.token, "login": login, "password": password, **fields}
        return client.post("/sign-in", data=data)


def test_every_writing_of_the_number_gets_in(app: Flask, contract: Contract) -> None:
    form = SignInClient(app)
    for name, writing in WRITINGS.items():
        assert form.sign_in(writing).location == f"/contracts/{contract.id}/", name


def test_signed_in_person_who_opens_sign_in_goes_to_the_portal(
    page: PageClient, contract: Contract
) -> None:
    page.sign_in(NUMBER)
    assert page.client.get("/sign-in").location == "/"


def test_wrong_password_and_unknown_contract_get_one_answer(
    page: PageClient, contract: Contract
) -> None:
    answers = [
        page.sign_in(number, WRONG, 422) for number in (NUMBER, "00999-ЭС", "00998-ЭС", NUMBER)
    ]
    texts = {scrubbed(re.sub(r"00\d{3}-ЭС", "", answer.text)) for answer in answers}
    assert len(texts) == 1
    assert len({len(answer.data) for answer in answers}) == 1
    assert "не подходят" in texts.pop()
    heads = [sorted(name for name, _ in answer.headers) for answer in answers]
    assert all(head == heads[1] for head in heads[1:])


@pytest.mark.usefixtures("production_hashing")
def test_wrong_password_and_unknown_contract_take_equal_time(
    page: PageClient, contract: Contract, app: Flask
) -> None:
    """Tolerant of a busy machine: without the second hash the difference is its whole cost."""
    times: dict[str, list[float]] = {NUMBER: [], "00999-ЭС": []}
    soup = page.get("auth.sign_in")
    for attempt in range(18):
        number = NUMBER if attempt % 2 else "00999-ЭС"
        page.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{attempt}"
        began = time.process_time()
        page.submit(soup, 422, login=number, password=WRONG)
        times[number].append(time.process_time() - began)
    known, unknown = (statistics.median(values) for values in times.values())
    assert abs(known - unknown) < 0.4 * max(known, unknown), (known, unknown)


@pytest.mark.parametrize(
    ("set_password", "typed", "status"),
    [
        ("x" * 20, "x" * 20, 303),
        ("x" * 20, "x" * 21, 422),  # nothing is cut off
        ("🔑" * 20, "🔑" * 20, 303),
        ("🔑" * 20, "🔑" * 19 + "🔓", 422),
        (" пробелы ", "пробелы", 422),  # they count
        (" пробелы ", " пробелы ", 303),
        ("Регистр1", "регистр1", 422),
    ],
)
def test_every_character_of_a_password_counts(
    page: PageClient, make: Factory, set_password: str, typed: str, status: int
) -> None:
    make.account(make.contract(NUMBER), password=set_password)
    make.commit()
    page.sign_in(NUMBER, typed, status)


@pytest.mark.parametrize("login", ["admin", "staff", "root", "00000-ЭС", "' OR 1=1--"])
def test_fresh_installation_lets_nobody_in(page: PageClient, login: str) -> None:
    page.sign_in(login, login, 422)


@pytest.mark.parametrize(
    ("login", "password", "field", "text"),
    [
        ("", PASSWORD, "login", "введите номер"),
        ("   ", PASSWORD, "login", "введите номер"),
        (NUMBER, "", "password", "введите пароль"),
        ("9" * 255, PASSWORD, "login", "слишком длинный номер"),
        (NUMBER, "x" * 201, "password", "слишком длинный пароль"),
    ],
)
def test_empty_or_endless_field_is_named_and_the_page_begins_with_error(
    page: PageClient, contract: Contract, login: str, password: str, field: str, text: str
) -> None:
    page.sign_in(login, password, 422)
    soup = check_page(page.last.text)
    assert soup.title.text.startswith("Ошибка")
    assert text in soup.select_one(f"#{field}-error").text
    assert soup.select_one(f"#error-summary a[href='#{field}']")
    control = soup.select_one(f"#{field}")
    assert control["aria-invalid"] == "true"
    assert f"{field}-error" in control["aria-describedby"]


def test_missing_fields_are_a_message_not_a_failure(page: PageClient) -> None:
    token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    answer = page.client.post("/sign-in", data={"csrf_token": token})
    assert answer.status_code == 422


def test_refused_person_keeps_the_number_and_never_sees_the_password(
    page: PageClient, contract: Contract
) -> None:
    page.sign_in(NUMBER, WRONG, 422)
    soup = check_page(page.last.text)
    assert soup.select_one("#login")["value"] == NUMBER
    assert not soup.select_one("#password").get("value")
    assert WRONG not in page.last.text
    assert soup.select_one("#error-summary")


@pytest.mark.parametrize(
    "login", ["x\nINFO login ok", "\x00\x01\x7f\x9f", "<img src=x onerror=alert(1)>", "{{7*7}}"]
)
def test_hostile_login_is_inert_text_on_a_valid_page(page: PageClient, login: str) -> None:
    page.sign_in(login, WRONG, 422)
    soup = check_page(page.last.text)
    shown = soup.select_one("#login").get("value", "")
    printable = "".join(
        character for character in login if character.isprintable() or character.isspace()
    )
    assert shown == " ".join(printable.split())
    assert not soup.select("img, [onerror]")


def test_fields_help_password_managers_and_allow_pasting(page: PageClient) -> None:
    soup = page.get("auth.sign_in")
    login, password = soup.select_one("#login"), soup.select_one("#password")
    assert login["autocomplete"] == "username"
    assert (password["type"], password["autocomplete"]) == ("password", "current-password")
    assert soup.select_one("h1").text == "Вход в Личный кабинет"


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "/%09/evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\u0085/evil.example",
    "javascript:alert(1)",
    "http://localhost@evil",
    "http://localhost/",
    "//[",
    "//ex\u2100mple",
    "data:text/html,x",
    "evil.example",
    "?next=//evil.example",
    "\x00//evil.example",
]


def test_next_never_leaves_this_host(app: Flask, contract: Contract) -> None:
    form = SignInClient(app)
    for target in ELSEWHERE:
        page = app.test_client().get("/sign-in", query_string={"next": target})
        field = BeautifulSoup(page.text, "html5lib").select_one("[name=next]")
        assert field["value"] == "", target
        answer = form.sign_in(NUMBER, next=target)
        assert answer.location == f"/contracts/{contract.id}/", target


def test_signed_out_person_comes_back_to_the_page_that_was_asked_for(
    page: PageClient, contract: Contract
) -> None:
    wanted = f"/contracts/{contract.id}/settlements?first=2026-01-01&last=2026-03-31"
    answer = page.client.get(wanted)
    assert answer.status_code == 302
    soup = page.open(answer.location)
    assert page.submit(soup, login=NUMBER, password=PASSWORD).location == wanted
    page.open(wanted)


def test_address_is_kept_over_a_wrong_password(page: PageClient, contract: Contract) -> None:
    soup = page.get("auth.sign_in", next="/contracts/")
    page.submit(soup, 422, login=NUMBER, password=WRONG)
    answer = page.submit(check_page(page.last.text), login=NUMBER, password=PASSWORD)
    assert answer.location == "/contracts/"


def test_withdrawn_contract_opens_no_page(
    page: PageClient, contract: Contract, session: Session
) -> None:
    contract.withdrawn_at = CREATED
    session.commit()
    page.sign_in(NUMBER, status=422)
