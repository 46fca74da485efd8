"""What holds on every page, in every state: axe, widths, text sizes, spacing (X1, X2, H2).

Every check of a state is made on one page, and one tab shows all states of a person one after
another: a fresh tab has to start a process and to fetch scripts and style sheets anew. The fixture
``windows`` sees to the console, and that nothing is asked of another host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import COLOUR_RULES, LIKE_THE_FIRST, axe
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.staff_states import STAFF_STATES
from tests.browser.state import State
from tests.browser.states import STATES

WIDE, NARROW, HEIGHT = 1280, 320, 800

# WCAG 1.4.12, as a person's own style sheet sets it.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
# The page is no wider than the window. No text is outside the page or outside the box that clips
# it; what is parked off screen is meant to be. Where asked, no sum and no word is broken over two
# lines: a cell of fields is no sum; longer than any word, or an address or a file name, is no word.
LAYOUT = """isStrict => {
    const faults = [], range = document.createRange();
    const boxes = node => (range.selectNodeContents(node), [...range.getClientRects()]);
    const scrolls = node => { const strip = node.closest(".strip");
        return strip && getComputedStyle(strip).overflowX === "auto"; };
    const wider = document.documentElement.scrollWidth - innerWidth;
    if (wider > 0) faults.push(`wider than the window by ${wider}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        if (!scrolls(texts.currentNode.parentElement)) for (const box of boxes(texts.currentNode))
            if (box.width > 0 && box.right > 0 && (box.left < -1 || box.right > innerWidth + 1))
                faults.push("outside the page: " + texts.currentNode.data.trim());
    for (const element of document.querySelectorAll("body *")) {
        const isClipping = getComputedStyle(element).overflow !== "visible"
            || element.matches("button, .btn");
        if (isClipping && !scrolls(element)
            && !element.matches("input, textarea, svg, svg *, .sr, .scroll")
            && (element.scrollWidth > element.clientWidth + 1
                || element.scrollHeight > element.clientHeight + 1))
            faults.push("cut: " + element.outerHTML.slice(0, 120));
    }
    const sums = isStrict ? "td.r:not(:has(input, .doubt))" : "none";
    for (const cell of document.querySelectorAll(sums))
        if (cell.offsetParent && new Set(boxes(cell).map(box => box.top)).size > 1)
            faults.push("on two lines: " + cell.textContent);
    const lines = () => new Set([...range.getClientRects()].filter(
        box => box.width > 0 && box.right > 0).map(box => Math.round(box.top))).size;
    texts.currentNode = document.body;
    while (isStrict && texts.nextNode()) {
        const node = texts.currentNode;
        range.selectNodeContents(node);
        if (lines() < 2) continue;
        for (const {0: word, index} of node.data.matchAll(/[^\\s\\u2010-\\u2014-]+/g)) {
            if (word.length > 24 || /[^\\s][.@_:\\/=<>&][^\\s]/.test(word)) continue;
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (lines() > 1) faults.push("broken: " + word);
        }
    }
    return faults;
}"""


class OneTab(Windows):
    """One tab for everybody, which comes back as if it had just been opened."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        super().__init__(chromium, site)
        self.tab = super().open()

    def open(self, number: str | None = None, **options: Any) -> Page:
        self.watches[0].expected = options["expected"]
        self.tab.context.clear_cookies()
        if number:
            self.tab.context.add_cookies([self.site.session_cookie(number)])
        self.tab.emulate_media(color_scheme="light")
        size(self.tab, WIDE)
        return self.tab

    def leave(self) -> None:
        """What the page still does after its test concerns nobody.

        The tab goes to a text of the same site: Chromium would start a new process for another.
        """
        self.tab.goto(self.site.url + "/health")
        self.watches[0].faults.clear()


@pytest.fixture(scope="module")
def tab(site: Site, chromium: Browser) -> Iterator[OneTab]:
    opened = OneTab(chromium, site)
    yield opened
    opened.close()


@pytest.fixture
def windows(tab: OneTab) -> Iterator[OneTab]:
    """Instead of windows that only one test sees."""
    yield tab
    faults = tab.faults
    tab.leave()
    assert not faults


def size(page: Page, width: int) -> None:
    """Make the window so wide; Chromium lays the page out anew even if it is so wide already."""
    if page.viewport_size != {"width": width, "height": HEIGHT}:
        page.set_viewport_size({"width": width, "height": HEIGHT})


def choose_appearance(page: Page, **choices: str) -> None:
    """What the cookie of «Версия для слабовидящих» does to the page."""
    page.evaluate("choices => Object.assign(document.documentElement.dataset, choices)", choices)


def check_fits(page: Page, *widths: int, is_strict: bool = False) -> None:
    for width in widths:
        size(page, width)
        assert page.evaluate(LAYOUT, is_strict) == [], width


def check_axe(page: Page) -> None:
    """Structure and colours, wide and narrow, light and dark; rows of a table are all alike."""
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == [], "wide and dark"
    size(page, NARROW)
    assert axe(page, exclude=LIKE_THE_FIRST) == [], "narrow and dark"
    page.emulate_media(color_scheme="light")
    assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == [], "narrow and light"


def check_widths(page: Page) -> None:
    """No sideways scroll, nothing cut, no sum or word on two lines: telephone, tablet, computer."""
    check_fits(page, NARROW, 360, 640, 736, 768, 1024, WIDE, is_strict=True)


def check_large_text(page: Page) -> None:
    """The largest choices of «Версия для слабовидящих»."""
    for width in (WIDE, NARROW):
        for text in ("150", "200"):
            choose_appearance(page, text=text, spacing="wide")
            check_fits(page, width)
    choose_appearance(page, text="100", spacing="normal")


def check_own_spacing(page: Page) -> None:
    """WCAG 1.4.12."""
    page.evaluate(SPACING)
    check_fits(page, NARROW, WIDE)


@pytest.mark.parametrize("state", STATES + STAFF_STATES, ids=lambda state: state.name)
def test_axe_and_every_width_and_text_size_and_the_console_find_no_fault(
    windows: Windows, state: State
) -> None:
    page = state.open(windows)
    check_axe(page)
    check_widths(page)
    check_large_text(page)
    check_own_spacing(page)
