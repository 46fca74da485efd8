"""What a phone shows: the answer on the first screen, pages that end (360 px wide)."""

from __future__ import annotations

import pytest

from app.models import Charge
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.state_rows import enquiry

LONGEST = {
    "": 2_600,
    "settlements": 4_000,
    "charges/{newest}": 5_000,
    "readings/meters/{meter}/history": 6_000,
}
"""Height of a page of the demo contract with the longest history, pixels."""
NO_BREAK = "\u00a0"
ANSWERS = {"": ".balance", "settlements": ".answer b"}


@pytest.mark.parametrize("path", LONGEST)
def test_a_page_of_the_demo_contract_ends_soon_on_a_phone(
    windows: Windows, site: Site, path: str
) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, width=360)
    shown = path.format(newest=site.newest(Charge), meter=site.meter())
    page.goto(site.contract(site.demo.debtor, f"/{shown}"))
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


def test_the_years_of_a_history_are_folded_and_open_without_a_script(
    windows: Windows, site: Site
) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, width=360, java_script_enabled=False)
    page.goto(site.contract(site.demo.debtor, f"/readings/meters/{site.meter()}/history"))
    years = page.locator("details.year")
    assert years.count() > 1
    assert [year.get_attribute("open") is None for year in years.all()][:2] == [False, True]
    years.nth(1).locator("summary").click()
    assert years.nth(1).locator("tbody tr").first.is_visible()


def test_a_line_of_a_document_says_every_figure_once_on_a_phone(
    windows: Windows, site: Site
) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, width=360)
    page.goto(site.contract(site.demo.debtor, f"/charges/{site.newest(Charge)}"))
    lines = page.locator("#lines tbody tr").all()
    assert lines
    for line in lines:
        shown = line.inner_text()
        for cell in line.locator("td.r").all():
            assert shown.count((cell.text_content() or "").split(NO_BREAK + "кВт")[0]) >= 1, shown


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
