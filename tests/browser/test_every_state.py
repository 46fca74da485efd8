"""What holds on every page, in every state: axe, widths, spacing, colours, a silent console.

The tests look at one window per state and leave it as they found it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Windows
from tests.browser.states import STATES

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """([exclude, rules]) => axe.run({exclude}, {
    resultTypes: ["violations"], preload: false, ...(rules ? {runOnly: rules} : {}),
}).then(result => result.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`)))"""
LIKE_THE_FIRST = ["tbody tr:nth-child(n+4)"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
WIDE, NARROW, HEIGHT = 1280, 320, 800

# WCAG 1.4.12, as a person's own style sheet sets it.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
# Text outside the page or outside the box that clips it; what is parked off screen is meant to be.
CUT = """() => {
    const faults = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        for (const box of range.getClientRects())
            if (box.width > 0 && box.right > 0 && (box.left < -1 || box.right > innerWidth + 1))
                faults.push("outside the page: " + texts.currentNode.data.trim());
    }
    for (const element of document.querySelectorAll("body *")) {
        const isClipping = getComputedStyle(element).overflow !== "visible"
            || element.matches("button, .btn");
        if (isClipping && !element.matches("input, svg, svg *")
            && (element.scrollWidth > element.clientWidth + 1
                || element.scrollHeight > element.clientHeight + 1))
            faults.push("cut: " + element.outerHTML.slice(0, 120));
    }
    return faults;
}"""
FIGURES = """() => [...document.querySelectorAll("td.r")].filter(cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return cell.offsetParent && new Set([...range.getClientRects()].map(box => box.top)).size > 1;
}).map(cell => cell.textContent)"""


@pytest.fixture(scope="module", params=STATES, ids=lambda state: state.name)
def page(request: pytest.FixtureRequest, lasting_windows: Windows) -> Iterator[Page]:
    """A window in one state."""
    opened = request.param.open(lasting_windows)
    yield opened
    opened.context.close()


@pytest.fixture(autouse=True)
def _as_before(page: Page) -> Iterator[None]:
    yield
    page.evaluate("""() => {
        document.adoptedStyleSheets = [];
        const chosen = document.documentElement.dataset;
        for (const name of Object.keys(chosen)) delete chosen[name];
    }""")
    page.emulate_media(color_scheme="light", forced_colors="none", media="screen")
    size(page, WIDE)


def size(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})


def look(page: Page, **choices: str) -> None:
    """What the cookie of «Версия для слабовидящих» does to the page."""
    page.evaluate("choices => Object.assign(document.documentElement.dataset, choices)", choices)


def axe(page: Page, rules: list[str] | None = None, exclude: list[str] | None = None) -> list[str]:
    """Faults that axe sees; the debugger's ``evaluate`` leaves the page's own CSP in force."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    faults: list[str] = page.evaluate(RUN, [exclude or [], rules])
    return faults


def test_axe_finds_nothing_wide_and_light(page: Page) -> None:
    assert axe(page) == []


def test_axe_finds_nothing_narrow_and_dark(page: Page) -> None:
    size(page, NARROW)
    page.emulate_media(color_scheme="dark")
    assert axe(page) == []


def test_colours_are_readable_wide_and_dark_and_narrow_and_light(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == []
    page.emulate_media(color_scheme="light")
    size(page, NARROW)
    assert axe(page, COLOUR_RULES, LIKE_THE_FIRST) == []


def check_fits(page: Page, *widths: int) -> None:
    for width in widths:
        size(page, width)
        assert page.evaluate(OVERFLOW) <= 0, width
        assert page.evaluate(CUT) == [], width


def test_nothing_scrolls_sideways_at_any_width(page: Page) -> None:
    for width in (NARROW, 360, 640, 736, 768, 1024, WIDE):
        check_fits(page, width)
        assert page.evaluate(FIGURES) == [], f"a sum is broken over two lines at {width}"


def test_large_text_with_wide_spacing_fits(page: Page) -> None:
    for text in ("150", "200"):
        look(page, text=text, spacing="wide")
        check_fits(page, WIDE, NARROW)


def test_a_persons_own_text_spacing_cuts_nothing(page: Page) -> None:
    page.evaluate(SPACING)
    check_fits(page, WIDE, NARROW)


def test_nothing_went_wrong_in_the_console_or_left_this_host(
    page: Page, lasting_windows: Windows
) -> None:
    assert lasting_windows.faults == []
