"""A live portal and one Chromium; every tab is watched, and a fault in it fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from sqlalchemy import delete, update

from app.models import Enquiry, RateLimitHit
from tests.browser.live import Site, serve
from tests.conftest import NOW, need

ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking"
    " --disable-component-update --disable-sync"
)
TIMEOUT_MS = 10_000


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Site]:
    """A portal with demonstration data, a contract without data and one with hostile names."""
    with serve(tmp_path_factory.mktemp("site"), empty_database, with_data=True) as running:
        yield running


@pytest.fixture(scope="session")
def bare_site(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Site]:
    """A portal that has never loaded anything from billing."""
    with serve(tmp_path_factory.mktemp("bare"), empty_database, with_data=False) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # The shell has the same engine and no windows: opening one costs a quarter.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    need(path is not None, "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()


class Watch:
    """Writes down what must not happen in a tab."""

    def __init__(self, page: Page, site: Site, expected: tuple[int, ...]) -> None:
        self.faults: list[str] = []
        self.host = urlsplit(site.url).netloc
        self.expected = expected
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("request", self.request)
        page.on("response", self.response)

    def console(self, message: ConsoleMessage) -> None:
        # Chromium says so of every answer that is not 2xx; ``response`` judges those.
        is_fault = message.type in ("error", "warning", "assert")
        if is_fault and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console {message.type}: {message.text}")

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc != self.host:
            self.faults.append(f"request to {request.url}")

    def response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status} {response.url}")


class Windows:
    """Opens browser windows, and closes them all at once."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self.chromium = chromium
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.watches: list[Watch] = []

    def open(
        self,
        number: str | None = None,
        *,
        at: Site | None = None,
        width: int = 1280,
        appearance: str = "",
        expected: tuple[int, ...] = (),
        **options: Any,
    ) -> Page:
        """A fresh window, signed in as the owner of contract ``number`` if one is given.

        Args:
            appearance: what is chosen in «Версия для слабовидящих».
            expected: error statuses that the test provokes.
            options: for Playwright's ``new_context``.
        """
        site = at or self.site
        viewport = {"width": width, "height": 800}
        context = self.chromium.new_context(viewport=viewport, locale="ru-RU", **options)
        self.contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        if number:
            context.add_cookies([site.session_cookie(number)])
        if appearance:
            context.add_cookies([{"name": "appearance", "value": appearance, "url": site.url}])
        page = context.new_page()
        self.watches.append(Watch(page, site, expected))
        return page

    @property
    def faults(self) -> list[str]:
        return [fault for watch in self.watches for fault in watch.faults]

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def daily_limits(site: Site) -> None:
    """What other tests of this portal have sent does not count any more."""
    with site.session() as session:
        days_ago = NOW - timedelta(days=2)
        session.execute(
            update(Enquiry).where(Enquiry.registered_at > days_ago).values(registered_at=days_ago)
        )
        session.execute(delete(RateLimitHit))
        session.commit()


@pytest.fixture
def windows(site: Site, chromium: Browser) -> Iterator[Windows]:
    """Windows of one test."""
    opened = Windows(chromium, site)
    yield opened
    opened.close()
    assert not opened.faults
