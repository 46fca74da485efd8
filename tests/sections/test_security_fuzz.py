"""Hostile queries: never a failure, never slow, never anything but a stated answer."""

from __future__ import annotations

import time
from datetime import date
from itertools import product
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.factories import Factory
from tests.pages import PARTIAL, PageClient, check_page
from tests.routes import inventory

NUMBER = "00123-ЭС"
FORMS = ["", "/statement", "/statement.pdf", "/statement.xlsx", "/statement.csv", "/turnover.csv"]
REFUSED = {
    "no such day": "2025-02-30",
    "zeros": "0000-00-00",
    "month 13": "2025-13-01",
    "month 00": "2025-00",
    "last day there is": "9999-12-31",
    "last month there is": "9999-12",
    "before the portal's years": "1999-12-31",
    "SQL": "' OR 1=1--",
    "SQL after a date": "2025-01-01' OR '1'='1",
    "NUL": "\x00",
    "NUL in a date": "2025-01\x00-01",
    "10 kB": "9" * 10_000,
    "10 kB of a date": "2025-01-" + "0" * 10_000 + "1",
    "Arabic digits": "٢٠٢٥-٠١-٠١",
    "full-width digits": "２０２５-01-01",
    "moment": "2025-01-01T00:00:00",
    "phrase": "вчера",
    "list": "['2025-01-01']",
    "template": "{{7*7}}",
    "script": "<script>alert(1)</script>",
    "controls": "\x01\x1b\x7f\x85\ufffe",
    "bidi override": "\u202e2025-01-01",
    "infinite": "NaN",
    "negative": "-2025-01-01",
}


@pytest.fixture
def settlements(page: PageClient, make: Factory) -> str:
    """Path of the settlements of a contract, in a browser that is signed in."""
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    for day in range(1, 31):
        make.charge(contract, date(2026, 9, day), "100.00")
        make.payment(contract, date(2026, 10, day), "90.00")
    make.commit()
    page.sign_in(NUMBER)
    path = f"/contracts/{contract.id}/settlements"
    page.client.get(path)
    return path


def ask(page: PageClient, url: str, **options: object) -> TestResponse:
    """An answer that is no failure; a page takes at most 300 ms of CPU, the better of two."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        answer = page.client.get(url, **options)  # type: ignore[arg-type]
        spent.append(time.process_time() - began)
        assert answer.status_code < 500, (url[:200], answer.status_code)
        if spent[-1] < 0.3 or answer.mimetype == "application/pdf":
            return answer
    raise AssertionError((url[:200], spent))


@pytest.mark.parametrize("field", ["first", "last"])
def test_unreadable_date_is_named_at_its_field(
    page: PageClient, settlements: str, field: str
) -> None:
    for name, value in REFUSED.items():
        query = urlencode({field: value})
        soup = check_page(ask(page, f"{settlements}?{query}").text)
        assert soup.select("p.error[id$=-error]"), name
        assert soup.title.text.startswith("Ошибка"), name
        assert not soup.select("table, script:not([src])"), name
        assert len(soup.select_one(f"#{field}")["value"]) <= 30, name
        for path in FORMS:
            answer = ask(page, f"{settlements}{path}?{query}")
            assert (answer.status_code, answer.mimetype) == (422, "text/html"), (name, path)
            assert "error-summary" in answer.text
        fragment = ask(page, f"{settlements}?{query}", headers=PARTIAL)
        assert fragment.status_code == 422, name


NO_PERIODS = [
    ("first=2026-03-01&last=2026-01-31", "раньше"),
    ("first=2026-03&last=2026-02", "раньше"),
    ("first=2016-01-01&last=2026-01-01", "длиннее 10 лет"),
    ("first=2000-01-01&last=2099-12-31", "длиннее 10 лет"),
    ("first=2099-12-31&last=2100-01-01", "Годы с 2000 по 2099"),
]


def test_dates_that_make_no_period_are_explained(page: PageClient, settlements: str) -> None:
    for query, phrase in NO_PERIODS:
        for path in FORMS:
            answer = ask(page, f"{settlements}{path}?{query}")
            assert answer.status_code == 422, (path, query)
            assert phrase in answer.text, (path, query)
        assert phrase in check_page(answer.text).select_one("#error-summary").text


DEFAULTS = [
    ("", "2025-12-01", "2026-11-30"),  # 12 months by default
    ("first=&last=", "2025-12-01", "2026-11-30"),
    ("first=+&last=%09", "2025-12-01", "2026-11-30"),
    ("from=2020-01-01&to=2020-12-31", "2025-12-01", "2026-11-30"),
    ("first[]=2020-01-01", "2025-12-01", "2026-11-30"),
    ("first=2026-01-01", "2026-01-01", "2026-11-30"),
    ("first=2026-01-01&first=2025-02-30", "2026-01-01", "2026-11-30"),  # the first one counts
    ("first=2026-02&last=2026-02", "2026-02-01", "2026-02-28"),
    ("first=01.02.2026&last=28.02.2026", "2026-02-01", "2026-02-28"),
    ("first=2016-12-01&last=2026-11-30", "2016-12-01", "2026-11-30"),  # 10 years to the day
    ("first=2090-01-01&last=2099-12-31", "2090-01-01", "2099-12-31"),
    ("first=2026-01-01;last=2026-01-31", None, None),
    ("&&&===&first", "2025-12-01", "2026-11-30"),
]


def test_what_is_not_said_has_the_stated_default(page: PageClient, settlements: str) -> None:
    for query, first, last in DEFAULTS:
        answer = ask(page, f"{settlements}?{query}")
        assert answer.status_code == (200 if first else 422), query
        soup = check_page(answer.text)
        shown = soup.select_one("#first")["value"], soup.select_one("#last")["value"]
        assert first is None or shown == (first, last), query


RAW = [
    "first=%ED%A0%80",  # a lone surrogate
    "first=%ED%BF%BF&last=%ED%A0%BD",
    "first=%FF%FE%00",
    "first=%C0%AE%C0%AE",
    "first=%",
    "first=%zz&last=%u0041",
    "%00=%00",
    "first=%0d%0aSet-Cookie:x=1",
    "x" * 8000,
    "&".join(f"a{n}=1" for n in range(1200)),
    "page=1&" * 500,
]


def test_percent_encoded_garbage_is_no_failure(page: PageClient, settlements: str) -> None:
    here = ["", "/statement", "/statement.csv", "/turnover.csv", "/../settlements"]
    others = ["/", "/sign-in", "/manual", "/appearance", "/contracts/", "/nowhere"]
    for query in RAW:
        for path in [settlements + path for path in here] + others:
            answer = ask(page, f"{path}?{query}")
            assert answer.status_code in (200, 302, 404, 422), (path, query[:200])
            assert "x=1" not in str(answer.headers)


def test_query_of_raw_bytes_is_a_bad_request(
    app: Flask, page: PageClient, settlements: str
) -> None:
    paths = ["/", "/manual", "/sign-in", "/appearance", settlements, "/nowhere"]
    for raw, path in product(["x=\xff", "\xd0", "first=2026\xe9", "\xed\xa0\x80"], paths):
        for client in (page.client, app.test_client()):
            answer = client.get(path, environ_overrides={"QUERY_STRING": raw})
            assert answer.status_code == 400, path
            assert answer.headers["X-Request-Id"] in answer.text


NO_PAGES = ["0", "-1", "1.5", "4", "999999", "9" * 5000, "1e9", "", "x", "٣", "²", "\0", "2\n", "'"]


def test_page_that_is_not_there_is_the_first_page(page: PageClient, settlements: str) -> None:
    for number in NO_PAGES:
        answer = ask(page, f"{settlements}?page={quote(number)}")
        assert answer.status_code == 200, number
        assert "Страница 1 из 3" in answer.text, number
    soup = check_page(answer.text)
    assert len(soup.select("table.operations tbody tr")) == 25


@pytest.mark.parametrize("query", ["open=statement", "open=x", "open=statement&first=2025-02-30"])
def test_button_of_the_filter_leads_to_the_statement_only(
    page: PageClient, settlements: str, query: str
) -> None:
    answer = ask(page, f"{settlements}?{query}")
    if answer.status_code == 303:
        assert answer.location.startswith(f"{settlements}/statement?first=")
    else:
        assert answer.status_code in (200, 422)


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [*REFUSED.values(), "//[", "//evil.example", "statement", "2026-01-01", "2026-01"]
    ),
    st.integers().map(str),
    st.dates().map(str),
    st.binary(max_size=30).map(lambda raw: raw.decode("latin1")),
)
NAMES = st.one_of(
    st.sampled_from(["first", "last", "page", "open", "next", "contract_id", "extension"]),
    st.text(max_size=10),
)
QUERIES = st.lists(st.tuples(NAMES, HOSTILE), max_size=5)


def safe_urlencode(query: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{quote(name, errors='surrogatepass')}={quote(value, errors='surrogatepass')}"
        for name, value in query
    )


@pytest.fixture
def every_get(page: PageClient, settlements: str) -> dict[str, bool]:
    """Every address that a customer may open, and whether there is nothing behind it."""
    contract_id = int(settlements.split("/")[2])
    paths = [
        page.url(route.endpoint, **values)
        for route in inventory()
        if not route.is_write and not route.rule.startswith(("/staff/", "/api/"))
        for values in route.every_values(contract_id=contract_id)
    ]
    # A good query makes a PDF, which takes its time and reads the same form as the others.
    chosen = [path for path in paths if not path.endswith(".pdf")]
    return {path: ask(page, path).status_code == 404 for path in chosen}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=QUERIES)
def test_no_query_whatever_makes_any_page_fail(
    page: PageClient, every_get: dict[str, bool], query: list[tuple[str, str]]
) -> None:
    text = safe_urlencode(query)
    for path, is_absent in every_get.items():
        answer = ask(page, f"{path}?{text}")
        expected = (404,) if is_absent else (200, 302, 303, 422)
        if path == "/metrics":
            expected = (401,)
        assert answer.status_code in expected, (path, text)
        if answer.location:
            assert answer.location.startswith("/")
            assert not answer.location.startswith("//")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from(["contracts", "1", "settlements", "static", "..", "%00", "9" * 30]),
        ),
        max_size=4,
    ),
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE", "OPTIONS"]),
)
def test_no_path_whatever_makes_the_portal_fail(app: Flask, path: list[str], method: str) -> None:
    url = "/" + "/".join(quote(part, safe="", errors="surrogatepass") for part in path)
    raw = unquote_to_bytes(url).decode("latin1")
    answer = app.test_client().open(
        "/", method=method, environ_overrides={"PATH_INFO": raw}, buffered=True
    )
    assert answer.status_code < 500, url


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=st.dictionaries(st.sampled_from(["login", "next", "text", "usual"]), HOSTILE))
def test_no_form_whatever_makes_the_portal_fail(page: PageClient, fields: dict[str, str]) -> None:
    token = page.client.get("/appearance").text.split('name="csrf_token" value="')[1].split('"')[0]
    data = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
    for path in ("/sign-in", "/appearance", "/sign-out"):
        answer = page.client.post(path, data={"csrf_token": token, **data})
        assert answer.status_code in (302, 303, 422), path
        if answer.location:
            assert not answer.location.startswith(("//", "http", "/\\"))
        else:
            check_page(answer.text)


def test_odd_cookies_and_headers_are_no_failure(
    page: PageClient, settlements: str, tmp_path: Path
) -> None:
    for value in ("", "x" * 5000, "\xff\xfe", "..", "200.black", "200.black.wide.x", '"', "=;=;"):
        for name in (
            "Cookie",
            "User-Agent",
            "Accept",
            "Accept-Language",
            "HX-Request-Type",
            "Range",
        ):
            header = f"kabinet=x; appearance={value}" if name == "Cookie" else value
            answer = page.client.get("/manual", headers={name: header}, buffered=True)
            assert answer.status_code == 200, (name, value[:20])
    for length in ("", "x", "-1", "9" * 30):
        answer = page.client.post("/sign-in", environ_overrides={"CONTENT_LENGTH": length})
        assert answer.status_code in (400, 413)
    for kind in ("", "multipart/form-data", "multipart/form-data; boundary=", "x/y", "\xff"):
        answer = page.client.post("/sign-in", data=b"--x\r\n\x00", headers={"Content-Type": kind})
        assert answer.status_code == 400
