"""Names from billing that try to be markup, template, htmx or layout stay text (V7)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.live import HOSTILE, HOSTILE_NUMBER, Site
from tests.browser.states import BY_NAME

STATES = (
    "home with hostile names",
    "settlements with hostile names",
    "statement with hostile names",
)
# Left edges of the first and the last digit of a number somewhere in a text.
EDGES = """([selector, number]) => {
    const texts = document.createTreeWalker(
        document.querySelector(selector), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const start = texts.currentNode.data.indexOf(number);
        if (start < 0) continue;
        return [start, start + number.length - 1].map(place => {
            const range = document.createRange();
            range.setStart(texts.currentNode, place);
            range.setEnd(texts.currentNode, place + 1);
            return range.getBoundingClientRect().left;
        });
    }
}"""


@pytest.mark.parametrize("name", STATES)
def test_hostile_names_are_words_on_the_page(windows: Windows, site: Site, name: str) -> None:
    page = BY_NAME[name].open(windows, width=320)
    page.wait_for_load_state("networkidle")
    text = page.locator("header.top").inner_text()
    for hostile in HOSTILE:
        assert hostile in text, hostile
    assert page.locator("img, [hx-trigger], main [hx-get*='sign-out']").count() == 0
    assert page.title().count("<") == page.evaluate("() => document.title").count("<")
    page.reload()
    expect(page.get_by_role("button", name="Выход")).to_be_visible()


def test_hostile_names_survive_a_swap_as_words(windows: Windows, site: Site) -> None:
    page = BY_NAME["settlements with hostile names"].open(windows)
    site.hits.clear()
    page.get_by_role("link", name="Этот месяц").click()
    expect(page.locator("[role=status]")).to_contain_text("1\u00a0месяц")
    page.wait_for_load_state("networkidle")
    assert len(site.hits) == 1
    expect(page.locator("table.operations")).to_contain_text(HOSTILE[0])


def left_to_right(page: Page, selector: str, number: str) -> bool:
    first, last = page.evaluate(EDGES, [selector, number])
    return bool(first < last)


def test_a_direction_override_does_not_reach_what_follows_it(windows: Windows) -> None:
    page = BY_NAME["statement with hostile names"].open(windows)
    assert left_to_right(page, "dl.kv dd:nth-of-type(2)", "7415000018")
    assert left_to_right(page, "header.top", "00666")
    page = BY_NAME["home with hostile names"].open(windows)
    assert left_to_right(page, "dl.kv", "7415000018")
    assert left_to_right(page, "ol.list", "120,00")
    page = windows.open(HOSTILE_NUMBER)
    page.goto(windows.site.settlements(HOSTILE_NUMBER))
    assert left_to_right(page, "table.operations", "120,00")
