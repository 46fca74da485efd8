"""The whole way by keyboard, with JavaScript and without it (X3, X6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.demo.entries import DEMO_PASSWORD
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.state import State
from tests.browser.states import BY_NAME

MAX_STOPS = 90
STOP = """() => {
    const element = document.activeElement, style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    element.dataset.stop = element.dataset.stop || Math.random();
    return {
        id: element.dataset.stop,
        tag: element.tagName,
        text: (element.labels?.[0] ?? element).textContent.trim(),
        label: element.getAttribute("aria-label") ?? "",
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.left >= 0 && box.right <= innerWidth && box.bottom > 0 && box.top < innerHeight,
        large: Math.max(box.height, element.closest("label")?.offsetHeight ?? 0) >= 24
            || style.display === "inline",
    };
}"""


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, windows: Windows) -> Page:
    return windows.open(java_script_enabled=request.param, accept_downloads=True)


def stops(page: Page) -> Iterator[dict[str, object]]:
    """Press Tab through the page; the parts of a date field count as one stop."""
    seen: list[object] = []
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["tag"] == "BODY" or (seen and stop["id"] == seen[0] and len(seen) > 1):
            return
        if stop["id"] not in seen:
            seen.append(stop["id"])
            yield stop
    pytest.fail("a keyboard trap, or too many stops")


def tab_to(page: Page, text: str) -> None:
    for stop in stops(page):
        if stop["text"] == text or (len(text) > 1 and str(stop["text"]).startswith(text)):
            return
    pytest.fail(f"«{text}» cannot be reached by keyboard")


def test_sign_in_period_statement_pdf_and_sign_out_by_keyboard_alone(
    page: Page, site: Site
) -> None:
    assert site.demo is not None
    page.goto(site.url + "/")
    tab_to(page, "Номер договора")
    page.keyboard.type(site.demo.debtor.lower().removesuffix("-эс"))
    tab_to(page, "Пароль")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Главная")

    tab_to(page, "Взаиморасчеты")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("12\u00a0месяцев")
    tab_to(page, "Прошлый месяц")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("1\u00a0месяц, октябрь 2026")
    expect(page.locator("#first")).to_have_value("2026-10-01")

    page.reload()
    tab_to(page, "Сформировать справку")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/statement[?]first=2026-10-01&last=2026-10-31$"))
    tab_to(page, "Скачать PDF")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename.startswith("Справка по взаиморасчетам")

    page.reload()
    tab_to(page, "Выход")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Вход в Личный кабинет")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Вход в Личный кабинет")
    assert page.locator("table").count() == 0


STOPS_AT = [
    *(
        (BY_NAME[name], 1280)
        for name in (
            "sign-in",
            "home of a debtor",
            "settlements of 12 months",
            "statement",
            "appearance",
            "contract choice",
            "not found",
        )
    ),
    *((BY_NAME[name], 320) for name in ("settlements of 12 months", "statement")),
]


@pytest.mark.parametrize(("state", "width"), STOPS_AT)
def test_the_skip_link_is_first_and_every_stop_is_seen(
    windows: Windows, state: State, width: int
) -> None:
    page = state.open(windows, width=width)
    found = list(stops(page))
    assert found[0]["text"] == "К содержанию"
    for stop in found:
        assert stop["outlined"], stop
        assert stop["inside"], stop
        assert stop["large"], stop


def test_the_skip_link_leads_past_the_menu(windows: Windows) -> None:
    page = BY_NAME["settlements of 12 months"].open(windows)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(STOP)["text"] == "Сформировать справку"


def test_an_enquiry_is_sent_by_keyboard_alone(page: Page, site: Site) -> None:
    assert site.demo is not None
    cookie = site.cookie(site.demo.debtor)
    page.context.add_cookies([{"name": "kabinet", "value": cookie, "url": site.url}])
    page.goto(site.contract(site.demo.debtor))
    tab_to(page, "Оформить обращение")
    page.keyboard.press("Enter")
    tab_to(page, "Направить документы он-лайн")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Направить документы он-лайн")
    tab_to(page, "Вид помещения")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Вид обращения")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Контактный телефон")
    page.keyboard.press("Control+A")
    page.keyboard.type("89123456789")
    tab_to(page, "Адрес помещения")
    page.keyboard.press("Control+A")
    page.keyboard.type("ул. Образцовая, 5")
    tab_to(page, "Текст обращения")
    page.keyboard.press("Control+A")
    page.keyboard.type("Вопрос без мыши")
    for consent in ("Даю согласие", "Согласен получить"):
        tab_to(page, consent)
        page.keyboard.press("Space")
    tab_to(page, "Отправить обращение")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Обращение №")
    expect(page.locator(".thread")).to_contain_text("Вопрос без мыши")


def test_dates_typed_by_keyboard_change_the_period(page: Page, site: Site) -> None:
    assert site.demo is not None
    cookie = site.cookie(site.demo.debtor)
    page.context.add_cookies([{"name": "kabinet", "value": cookie, "url": site.url}])
    page.goto(site.settlements(site.demo.debtor))
    tab_to(page, "С")
    page.keyboard.type("06062026")  # the same day whichever of day and month comes first
    tab_to(page, "Показать")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("06.06.2026 — 30.11.2026")
