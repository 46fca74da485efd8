"""What a phone shows: the answer on the first screen, pages that end (360 px wide)."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.state_rows import enquiry

LONGEST = {"": 2_600, "settlements": 4_000}
"""Height of a page of the demo contract with the longest history, pixels."""
ANSWERS = {"": ".balance", "settlements": ".answer b"}


@pytest.mark.parametrize("path", LONGEST)
def test_a_page_of_the_demo_contract_ends_soon_on_a_phone(
    windows: Windows, site: Site, path: str
) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, width=360)
    page.goto(site.contract(site.demo.debtor, f"/{path}"))
    assert page.evaluate("document.documentElement.scrollHeight") <= LONGEST[path]


@pytest.mark.parametrize("path", ANSWERS)
def test_the_answer_is_within_the_first_400_pixels_of_a_phone(
    windows: Windows, site: Site, path: str
) -> None:
    assert site.demo is not None
    for status in ("needs_details", "answered"):
        enquiry(status)(site)  # the home page says so, but below the answer
    page = windows.open(site.demo.debtor, width=360)
    page.goto(site.contract(site.demo.debtor, f"/{path}"))
    box = page.locator(ANSWERS[path]).first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 400


def test_the_menu_of_a_phone_is_one_line_that_begins_near_the_page_shown(
    windows: Windows, site: Site
) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, width=360, java_script_enabled=False)
    page.goto(site.contract(site.demo.debtor, "/profile"))
    tops = page.locator("nav.nav a").evaluate_all("links => links.map(link => link.offsetTop)")
    assert len(set(tops)) == 1
    box = page.locator("nav.nav [aria-current]").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
