"""Pages that the staff work at for hours: what is in sight, and what they cost to carry."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.models import Enquiry
from tests.browser import staff_rows, state_rows
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.staff_states import ADMIN, STAFF_STATES
from tests.browser.state import State
from tests.factories import Factory

IN_SIGHT = """element => {
    const box = element.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
}"""
LONG_TEXT = "Поясните, пожалуйста, начисление за прошлый месяц. " * 90


def long_thread(site: Site) -> str:
    """An enquiry with a thread of several screens, where ready answers can be inserted."""
    staff_rows.template(site)
    path = state_rows.enquiry("registered")(site)
    with site.session() as session:
        make = Factory(session)
        enquiry = session.get_one(Enquiry, int(path.rsplit("/", 1)[1]))
        for _ in range(6):
            make.entry(enquiry, LONG_TEXT)
        make.commit()
    return f"//staff{path}"


@pytest.fixture
def thread(windows: Windows) -> Page:
    return State("a long thread", ADMIN, long_thread).open(windows)


def test_the_answer_box_is_on_the_first_screen_however_long_the_thread_is(thread: Page) -> None:
    for control in (
        thread.get_by_label("Текст потребителю"),
        thread.get_by_label("Запросить уточнения"),
        thread.get_by_role("button", name="Отправить", exact=True),
        thread.get_by_role("link", name="Заметка"),
    ):
        assert control.evaluate(IN_SIGHT), control
    newest = thread.locator(".thread > li").last
    scrolled = thread.locator(".scroll").evaluate("box => box.getBoundingClientRect().bottom")
    assert newest.evaluate("item => item.getBoundingClientRect().bottom") <= scrolled + 1


def test_what_can_be_done_stays_in_sight_but_not_on_a_phone(thread: Page) -> None:
    thread.set_viewport_size({"width": 1280, "height": 500})
    thread.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    assert thread.get_by_role("link", name="Заметка").evaluate(IN_SIGHT)
    thread.set_viewport_size({"width": 360, "height": 640})
    thread.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    assert not thread.get_by_role("link", name="Заметка").evaluate(IN_SIGHT)


def test_the_note_is_opened_by_its_link(thread: Page) -> None:
    thread.get_by_role("link", name="Заметка").click()
    expect(thread.get_by_label("Внутренняя заметка")).to_be_visible()


@pytest.mark.parametrize(
    "state",
    [state for state in STAFF_STATES if state.who and state.is_as_opened],
    ids=lambda state: state.name,
)
def test_a_cold_visit_to_a_page_takes_four_requests(
    windows: Windows, site: Site, state: State
) -> None:
    number, url = state.address_on(site)
    page = windows.open(number, expected=(state.status,))
    site.hits.clear()
    page.goto(url, wait_until="networkidle")
    page_script = "/static/readings.js"  # of the one page that types readings
    assert len([hit for hit in site.hits if hit != page_script]) <= 4, site.hits


def test_the_foot_is_that_of_staff_and_the_customers_pages_keep_their_own(
    windows: Windows, site: Site
) -> None:
    page = windows.open(ADMIN)
    page.goto(site.url + "/staff/")
    foot = page.locator("footer")
    expect(foot).to_contain_text(re.compile("Данные на"))
    expect(foot.get_by_role("link", name="Состояние системы")).to_be_visible()
    expect(foot.get_by_role("link", name="ЭДО")).to_have_count(0)
    page.goto(site.contract(state_rows.debtor(site)))
    expect(foot.get_by_role("link", name="ЭДО")).to_be_visible()
