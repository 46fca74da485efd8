"""With JavaScript on: the filter swaps in place, and everything a browser promises still works."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update

from app.models import AccountSession
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.state import swap_error, swap_quarter
from tests.browser.states import BY_NAME

FOCUSED = "() => document.activeElement.outerHTML.slice(0, 80)"


@pytest.fixture
def page(windows: Windows) -> Page:
    """Settlements of a debtor; ``window.mark`` lives as long as the page is not loaded anew."""
    opened = BY_NAME["settlements of 12 months"].open(windows, expected=(401, 422))
    opened.evaluate("() => { window.mark = 1 }")
    return opened


def is_same_page(page: Page) -> bool:
    return bool(page.evaluate("() => window.mark === 1"))


def months(page: Page) -> int:
    return page.locator("table.sheet tbody tr").count()


def test_a_preset_swaps_in_place_pushes_its_address_and_keeps_the_focus(page: Page) -> None:
    status = page.locator("[role=status]")
    quarter = page.get_by_role("link", name="Квартал", exact=True)
    expect(status).to_contain_text("12\u00a0месяцев")
    quarter.focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("3\u00a0месяца")
    assert is_same_page(page)
    assert page.url.endswith("?first=2026-10-01&last=2026-12-31")
    assert months(page) == 3
    expect(quarter).to_be_focused()
    expect(quarter).to_have_attribute("aria-current", "true")
    expect(page.locator("#first")).to_have_value("2026-10-01")


def test_typed_dates_swap_in_place_and_keep_the_focus_on_the_button(page: Page) -> None:
    page.locator("#first").fill("2026-06-01")
    page.locator("#last").fill("2026-07-15")
    page.get_by_role("button", name="Показать").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("01.06.2026 — 15.07.2026")
    assert is_same_page(page)
    assert "first=2026-06-01&last=2026-07-15" in page.url
    expect(page.get_by_role("button", name="Показать")).to_be_focused()


def test_pages_of_operations_swap_and_their_focus_is_not_lost(page: Page) -> None:
    page.get_by_role("link", name="Дальше").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pager")).to_contain_text("Страница 2")
    assert is_same_page(page)
    assert page.evaluate(FOCUSED) != page.evaluate("() => document.body.outerHTML.slice(0, 80)")


def test_back_and_forward_give_whole_pages(page: Page) -> None:
    swap_quarter(page)
    page.go_back()
    expect(page.locator("[role=status]")).to_contain_text("12\u00a0месяцев")
    assert months(page) == 12
    page.go_forward()
    expect(page.locator("[role=status]")).to_contain_text("3\u00a0месяца")
    assert months(page) == 3
    for selector in ("header.top", "nav.nav", "h1", "footer"):
        assert page.locator(selector).count() == 1
    # A page of its own, opened from its address, is the same page.
    page.goto(page.url)
    assert months(page) == 3


def test_an_error_puts_the_focus_on_the_summary_and_says_so_in_the_title(page: Page) -> None:
    swap_error(page)
    assert is_same_page(page)
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Ошибка · Взаиморасчеты")
    field = page.locator("[aria-invalid=true]")
    expect(field).to_have_attribute("aria-describedby", "last-error")
    expect(page.locator("#first")).to_have_value("2026-12-01")
    summary.get_by_role("link").click()
    expect(field).to_be_focused()
    swap_quarter(page)
    assert is_same_page(page)
    assert page.title().startswith("Взаиморасчеты")
    expect(summary).to_have_count(0)


def test_a_page_that_loads_with_errors_puts_the_focus_on_the_summary(windows: Windows) -> None:
    for name in ("sign-in, nothing typed", "statement, reversed dates"):
        page = BY_NAME[name].open(windows)
        summary = page.locator("#error-summary")
        expect(summary).to_be_focused()
        summary.get_by_role("link").first.click()
        expect(page.locator("[aria-invalid=true]").first).to_be_focused()
        assert page.title().startswith("Ошибка")


def test_the_statement_button_opens_the_statement_as_a_page(page: Page) -> None:
    page.get_by_role("button", name="Сформировать справку").click()
    expect(page).to_have_url(re.compile("/settlements/statement"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Справка по взаиморасчетам")
    assert not is_same_page(page)


def test_an_ended_session_leads_to_the_sign_in_page_never_into_the_table(
    windows: Windows, site: Site
) -> None:
    assert site.demo is not None
    page = windows.open(expected=(401,))
    number = site.demo.mkd_owner
    cookie = site.fresh_cookie(number)
    page.context.add_cookies([{"name": "kabinet", "value": cookie, "url": site.url}])
    page.goto(site.settlements(number))
    with site.session() as session:
        newest = select(func.max(AccountSession.id)).scalar_subquery()
        end = update(AccountSession).where(AccountSession.id == newest)
        session.execute(end.values(ended_at=datetime.now(UTC)))
        session.commit()
    page.get_by_role("link", name="Квартал", exact=True).click()
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Вход в Личный кабинет")
    assert page.locator("table, nav.nav").count() == 0
    assert page.locator("header.top").count() == 1


def test_nothing_of_the_pages_stays_in_storage(page: Page) -> None:
    swap_quarter(page)
    page.get_by_role("link", name="36 месяцев").click()
    expect(page.locator("[role=status]")).to_contain_text("36\u00a0месяцев")
    page.go_back()
    page.get_by_role("link", name="Главная").click()
    stored = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "<" not in stored
    assert len(stored) < 300, stored


def test_a_lost_connection_is_said_and_the_page_stays(page: Page, windows: Windows) -> None:
    page.context.set_offline(True)
    page.locator("#first").fill("2026-06-01")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("[role=status]")).to_contain_text("нет связи")
    assert is_same_page(page)
    assert months(page) == 12
    expect(page.locator("#first")).to_have_value("2026-06-01")
    page.context.set_offline(False)
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("[role=status]")).to_contain_text("6\u00a0месяцев")
    # Chromium tells the console of the lost connection; nothing else may stand there.
    windows.watches[-1].faults = [
        fault for fault in windows.watches[-1].faults if "Failed to fetch" not in fault
    ]


def test_a_session_that_is_about_to_end_says_so_and_goes_on(windows: Windows, site: Site) -> None:
    assert site.demo is not None
    page = windows.open()
    page.clock.install()
    page.goto(site.url + "/sign-in")
    page.get_by_label("Номер договора").fill(site.demo.debtor)
    page.get_by_label("Пароль", exact=True).fill(site.passwords[site.demo.debtor])
    page.get_by_role("button", name="Войти").click()
    warning = page.locator("#ending")
    page.clock.run_for(28 * 60_000)
    expect(warning).to_be_empty()
    page.clock.run_for(65_000)
    expect(warning).to_contain_text("Сеанс закончится через минуту")
    warning.get_by_role("button", name="Продолжить").click()
    expect(warning).to_be_empty()
    page.clock.run_for(31 * 60_000)
    expect(warning).to_contain_text("Сеанс закончен")
