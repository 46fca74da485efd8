"""«Версия для слабовидящих», forced colours, paper, a portal that has no data yet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from app.web.appearance import SCHEMES
from tests.browser.axe import COLOUR_RULES, LIKE_THE_FIRST, axe
from tests.browser.conftest import Windows
from tests.browser.live import EMPTY, Site
from tests.browser.states import BY_NAME, STATES
from tests.browser.test_every_state import check_fits, choose_appearance

CHOSEN = [name for name in SCHEMES if name != "auto"]


def style(element: Locator, name: str) -> str:
    value: str = element.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    return value


@pytest.mark.parametrize(
    "name",
    [
        "sign-in, nothing typed",
        "home of a debtor",
        "home, overpaid",
        "statement",
        "settlements, unreadable date",
    ],
)
def test_every_scheme_is_readable_even_where_the_system_asks_for_dark(
    windows: Windows, name: str
) -> None:
    page = BY_NAME[name].open(windows, color_scheme="dark")
    for scheme in CHOSEN:
        choose_appearance(page, scheme=scheme)
        assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == [], scheme


def test_the_choice_is_made_by_a_form_kept_on_all_pages_and_taken_back(
    windows: Windows, site: Site
) -> None:
    page = windows.open(java_script_enabled=False)
    page.goto(site.url + "/manual")
    page.get_by_role("link", name="Версия для слабовидящих").click()
    page.get_by_label("200 %").check()
    page.get_by_label("Белым по черному").check()
    page.get_by_label("Широкие").check()
    page.get_by_role("button", name="Применить").click()
    expect(page).to_have_url(site.url + "/manual")
    body = page.locator("body")
    assert style(body, "fontSize") == "32px"
    assert style(body, "color") == "rgb(255, 255, 255)"
    assert style(page.locator("html"), "backgroundColor") == "rgb(0, 0, 0)"
    assert float(style(body, "letterSpacing").removesuffix("px")) >= 0.12 * 16
    page.goto(site.url + "/sign-in")
    assert style(body, "fontSize") == "32px"
    page.get_by_role("link", name="Версия для слабовидящих").click()
    expect(page.get_by_label("200 %")).to_be_checked()
    page.get_by_role("button", name="Обычная версия").click()
    assert style(body, "fontSize") == "16px"


def test_at_200_percent_every_rule_of_axe_holds_and_the_page_fits(windows: Windows) -> None:
    page = BY_NAME["settlements of 12 months"].open(windows, appearance="200.black.wide")
    assert axe(page, exclude=LIKE_THE_FIRST) == []
    check_fits(page, 1280, 1600, 320)


@pytest.mark.parametrize("name", ["sign-in, nothing typed", "settlements of 12 months"])
def test_forced_colours_leave_buttons_fields_focus_and_the_menu_visible(
    windows: Windows, name: str
) -> None:
    page = BY_NAME[name].open(windows, forced_colors="active")
    assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == []
    background = style(page.locator("html"), "backgroundColor")
    for control in page.locator("button, input:not([type=hidden]), .btn").all():
        assert style(control, "borderTopStyle") == "solid"
        assert style(control, "borderTopColor") != background
        control.focus()
        assert style(control, "outlineStyle") == "solid"
        assert style(control, "outlineColor") != background
    for link in page.locator("nav.nav a").all():
        is_marked = style(link, "borderBottomColor") != background
        assert is_marked == (link.get_attribute("aria-current") == "page")
    for error in page.locator("[aria-invalid]").all():
        assert style(error, "borderTopWidth") == "2px"


@pytest.mark.parametrize("scheme", ["auto", "black"])
@pytest.mark.parametrize("name", ["settlements of 12 months", "statement"])
def test_paper_shows_the_document_without_menu_filter_and_buttons(
    windows: Windows, name: str, scheme: str
) -> None:
    page = BY_NAME[name].open(windows, appearance=f"200.{scheme}.normal", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 less its margins
    for selector in ("nav.nav", ".filter", "footer", ".btn", ".skip", ".pager", "header form"):
        for element in page.locator(selector).all():
            expect(element).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".who")).to_contain_text("Договор №")
    status = page.locator("#status")
    expect(status).to_contain_text("2026")
    expect(status).to_contain_text("Данные на")
    assert style(page.locator("table").first, "display") == "table"
    assert style(page.locator("td").first, "color") == "rgb(0, 0, 0)"
    check_fits(page, 718)


@pytest.mark.parametrize(
    "name",
    ["settlements of 36 months", "charges", "document with lines", "pay", "history of readings"],
)
def test_a_printed_table_fits_the_page_with_its_totals_once_and_no_menu(
    windows: Windows, name: str
) -> None:
    page = BY_NAME[name].open(windows)
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": 718, "height": 1000})
    expect(page.locator("nav.nav")).to_be_hidden()
    for table in page.locator("main table").all():
        assert style(table, "display") == "table"
    # A foot that is no row of the body would be repeated on every sheet.
    for foot in page.locator("tfoot").all():
        assert style(foot, "display") == "table-row-group"
    check_fits(page, 718)


def test_a_portal_before_its_first_import_is_whole(windows: Windows, bare_site: Site) -> None:
    page = windows.open(EMPTY, at=bare_site)
    for path in ("/", "/settlements/statement", "/settlements"):
        answer = page.goto(bare_site.contract(EMPTY, path))
        assert answer is not None
        assert answer.status == 200, path
        assert axe(page, exclude=LIKE_THE_FIRST) == []
        expect(page.locator("main")).to_contain_text("Данные еще не загружены")


def test_titles_of_pages_differ(windows: Windows, site: Site) -> None:
    page = windows.open()
    titles = []
    links = set()
    for state in STATES:
        if state.who is None and state.status == 200 and state.is_as_opened:
            path = state.path_on(site)
            # Two links of one kind lead to one page.
            kind = re.sub(r"/[\w.~-]{30,}$", "", path)
            if kind in links:
                continue
            links |= {kind} - {path}
            page.goto(site.url + path)
            titles.append(page.title())
    assert site.demo is not None
    page = windows.open(site.demo.debtor)
    for path in ("/", "/settlements", "/settlements/statement"):
        page.goto(site.contract(site.demo.debtor, path))
        titles.append(page.title())
    assert [title for title in titles if titles.count(title) > 1] == []
