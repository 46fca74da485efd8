"""Every page of the portal in every state that looks different."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Windows
from tests.browser.live import EMPTY, HOSTILE_NUMBER

PERIOD = "?first=2026-08-01&last=2026-11-30"
REVERSED = "?first=2026-12-01&last=2026-11-30"
Act = Callable[[Page], None]


def _as_it_is(page: Page) -> None:
    """Nothing is done after opening."""


@dataclass(frozen=True)
class State:
    """Attributes:
    who: attribute of the demo summary, a contract number, or None for nobody.
    path: after the contract for somebody, after the host for nobody.
    act: what to do on the page to reach the state.
    """

    name: str
    who: str | None
    path: str
    status: int = 200
    act: Act = _as_it_is

    def open(self, windows: Windows, expected: tuple[int, ...] = (), **options: Any) -> Page:
        """Open the page in a new window and bring it into the state."""
        site = windows.site
        number = getattr(site.demo, self.who, self.who) if self.who else None
        page = windows.open(number, expected=(self.status, *expected), **options)
        is_global = number is None or self.path.startswith("//")
        url = site.url + self.path.replace("//", "/") if is_global else ""
        answer = page.goto(url or site.contract(str(number), self.path))
        assert answer is not None
        assert answer.status == (self.status if self.act is _as_it_is else 200)
        self.act(page)
        return page


def send_empty_form(page: Page) -> None:
    page.get_by_role("button", name="Войти").click()
    page.locator("#error-summary").wait_for()


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("Номер договора").fill("00404-ЭС")
    page.get_by_label("Пароль").fill("не тот пароль")
    page.get_by_role("button", name="Войти").click()
    page.locator("#error-summary").wait_for()


def swap_quarter(page: Page) -> None:
    page.get_by_role("link", name="Квартал").click()
    page.locator("[role=status]", has_text="3\u00a0месяца").wait_for()


def swap_error(page: Page) -> None:
    page.locator("#first").fill("2026-12-01")
    page.get_by_role("button", name="Показать").click()
    page.locator("#error-summary").wait_for()


STATES = (
    State("sign-in", None, "/sign-in"),
    State("sign-in, nothing typed", None, "/sign-in", 422, send_empty_form),
    State("sign-in refused", None, "/sign-in", 422, sign_in_wrongly),
    State("home of a debtor", "debtor", "/"),
    State("home, overpaid", "overpaid", "/"),
    State("home, closed", "closed", "/"),
    State("home without data", EMPTY, "/"),
    State("home with hostile names", HOSTILE_NUMBER, "/"),
    State("settlements of 12 months", "debtor", "/settlements"),
    State("settlements of 36 months", "debtor", "/settlements?first=2023-12&last=2026-11"),
    State("settlements, empty", EMPTY, "/settlements"),
    State("settlements, unreadable date", "debtor", "/settlements?first=cat", 422),
    State("settlements after a swap", "debtor", "/settlements", 200, swap_quarter),
    State("settlements after a swap with errors", "debtor", "/settlements", 422, swap_error),
    State("settlements with hostile names", HOSTILE_NUMBER, "/settlements"),
    State("statement", "debtor", "/settlements/statement" + PERIOD),
    State("statement, overpaid", "overpaid", "/settlements/statement" + PERIOD),
    State("statement, empty", EMPTY, "/settlements/statement" + PERIOD),
    State("statement, reversed dates", "debtor", "/settlements/statement" + REVERSED, 422),
    State("statement with hostile names", HOSTILE_NUMBER, "/settlements/statement" + PERIOD),
    State("contract choice", "overpaid", "//contracts/"),
    State("appearance", None, "/appearance"),
    State("manual", None, "/manual"),
    State("not found", None, "/nowhere", 404),
    State("not found in a contract", "debtor", "/nowhere", 404),
)
BY_NAME = {state.name: state for state in STATES}
