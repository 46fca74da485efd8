"""What a page costs to carry: requests, bytes, the first paint (B2, B3, design «Weight»)."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from app.demo.entries import DEMO_PASSWORD
from tests.browser.conftest import Windows
from tests.browser.live import EMPTY, Site
from tests.pages import PARTIAL

KB = 1024
THREE_YEARS = "?first=2023-12&last=2026-11"
FALLBACK = {"zstd": 1.1, "gzip": 1.1}
"""Static files go out as Brotli to whoever takes it; the others are somewhat larger."""
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
FIRST_PAINT = """() => new Promise(done => new PerformanceObserver(
    list => done(list.getEntriesByName("first-contentful-paint")[0]?.startTime)
).observe({type: "paint", buffered: true}))"""


@pytest.fixture
def client(site: Site) -> FlaskClient:
    assert site.demo is not None
    client = site.app.test_client()
    client.set_cookie("kabinet", site.cookie(site.demo.debtor), domain="127.0.0.1")
    return client


def carried(client: FlaskClient, url: str, encoding: str, **headers: str) -> int:
    """Bytes of an answer's body as it goes over the wire."""
    answer = client.get(url, headers={"Accept-Encoding": encoding} | headers, buffered=True)
    assert answer.status_code == 200, (url, answer.status_code)
    assert answer.headers.get("Content-Encoding") == encoding, url
    return len(answer.data)


def assets(client: FlaskClient, site: Site) -> list[str]:
    """Style sheet and scripts that a page asks for."""
    html = client.get(site.url + "/edo").text
    return [site.url + path for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', html)]


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_style_sheet_and_scripts_keep_their_budgets(
    client: FlaskClient, site: Site, encoding: str
) -> None:
    sizes = {
        url.split("/")[-1].split("?")[0]: carried(client, url, encoding)
        for url in assets(client, site)
    }
    assert set(sizes) == {"site.css", "htmx-4.0.1.min.js", "app.js"}
    assert sizes["site.css"] <= 6 * KB * FALLBACK.get(encoding, 1)
    assert sizes["app.js"] <= 1.5 * KB * FALLBACK.get(encoding, 1)
    assert sum(sizes.values()) <= 21 * KB, sizes


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_pages_and_updates_keep_their_budgets(
    client: FlaskClient, site: Site, encoding: str
) -> None:
    assert site.demo is not None
    for path in ("/", "/settlements", "/settlements" + THREE_YEARS, "/settlements/statement"):
        url = site.contract(site.demo.debtor, path)
        assert carried(client, url, encoding) <= 6 * KB, path
        assert carried(client, url, encoding, **PARTIAL) <= 4 * KB, path
    assert (
        client.get(site.contract(site.demo.debtor, "/settlements" + THREE_YEARS)).text.count("<tr>")
        >= 36
    )


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_everything_of_a_first_visit_is_light(site: Site, encoding: str) -> None:
    client = site.app.test_client()
    urls = [site.url + "/sign-in", *assets(client, site)]
    assert sum(carried(client, url, encoding) for url in urls) <= 28 * KB


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_a_page_that_refuses_something_is_as_light_as_any(site: Site, encoding: str) -> None:
    client = site.app.test_client()
    token = re.findall(r'name="csrf_token"\s+[^>]*value="([^"]+)"', client.get("/sign-in").text)[0]
    headers = {"Accept-Encoding": encoding}
    refused = client.post("/sign-in", data={"csrf_token": token}, headers=headers)
    missing = client.get("/nowhere", headers=headers)
    for answer, status in ((refused, "422 UNPROCESSABLE ENTITY"), (missing, "404 NOT FOUND")):
        assert answer.status == status
        assert answer.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(answer.data) <= 2 * KB


def test_a_cold_visit_takes_four_requests_and_the_next_page_one(
    windows: Windows, site: Site
) -> None:
    assert site.demo is not None
    page = windows.open()
    site.hits.clear()
    page.goto(site.url + "/sign-in", wait_until="networkidle")
    assert len(site.hits) <= 4, site.hits
    page.get_by_label("Номер договора").fill(site.demo.overpaid)
    page.get_by_label("Пароль").fill(DEMO_PASSWORD)
    site.hits.clear()
    page.get_by_role("button", name="Войти").click()
    page.get_by_role("heading", name="Главная").wait_for()
    home = site.contract(site.demo.overpaid).removeprefix(site.url)
    assert site.hits == ["/sign-in", home]
    site.hits.clear()
    page.get_by_role("link", name="Взаиморасчеты", exact=True).click()
    page.wait_for_load_state("networkidle")
    assert site.hits == [home + "settlements"]


def test_the_first_paint_on_a_slow_line_comes_within_a_second_and_a_half(
    windows: Windows, site: Site
) -> None:
    page = windows.open()
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.goto(site.url + "/sign-in")
    assert page.evaluate(FIRST_PAINT) <= 1500


def test_static_files_are_kept_for_a_year_whoever_is_signed_in(
    client: FlaskClient, site: Site
) -> None:
    for url in assets(client, site):
        headers = client.get(url, buffered=True).headers
        assert "immutable" in headers["Cache-Control"]
        assert "Cookie" not in headers.get("Vary", ""), "a sign-in would fetch it anew"


def test_an_empty_page_is_lighter_still(client: FlaskClient, site: Site) -> None:
    client.set_cookie("kabinet", site.cookie(EMPTY), domain="127.0.0.1")
    for encoding in ("zstd", "br"):
        assert carried(client, site.contract(EMPTY, "/settlements"), encoding) <= 3.25 * KB
