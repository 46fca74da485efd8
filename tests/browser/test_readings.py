"""The way of an engineer: readings, as the manual tells it (§9)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.live import Site


@pytest.fixture(
    params=[(True, 1280), (True, 360), (False, 360)],
    ids=["with JavaScript", "with JavaScript on a phone", "without JavaScript on a phone"],
)
def page(request: pytest.FixtureRequest, windows: Windows, site: Site) -> Page:
    has_script, width = request.param
    assert site.demo is not None
    opened = windows.open(
        site.demo.debtor, width=width, java_script_enabled=has_script, expected=(422,)
    )
    opened.goto(site.contract(site.demo.debtor))
    return opened


def boxes(page: Page) -> tuple[list, list]:
    return page.get_by_label("Целая часть").all(), page.get_by_label("Дробная часть").all()


def previous(page: Page) -> list[str]:
    hints = page.locator("td.prev").all_inner_texts()
    return [hint.partition(",")[0] for hint in hints]


def test_a_reading_is_sent_corrected_and_withdrawn(page: Page) -> None:
    page.get_by_role("navigation", name="Разделы").get_by_role("link", name="Показания").click()
    expect(page.locator("h1")).to_have_text("Показания")
    expect(page.locator("p.lead")).to_contain_text("до конца 1 декабря")
    page.get_by_role("link", name="Передать показания: прибор").first.click()
    expect(page.locator("h1")).to_contain_text("Передать показания")
    wholes, fractions = boxes(page)
    wholes[0].fill("12-")
    page.get_by_role("button", name="Продолжить").click()
    expect(page.locator("#error-summary")).to_contain_text("только цифры")
    wholes, fractions = boxes(page)
    expect(wholes[0]).to_have_value("12-")
    for whole, fraction, before in zip(wholes, fractions, previous(page), strict=False):
        whole.fill(str(int(before) + 1))
        fraction.fill("5")
    page.get_by_role("button", name="Продолжить").click()
    expect(page.locator("h1")).to_have_text("Проверьте показания")
    expect(page.locator(".new").first).to_contain_text(",50")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Передать показания").click()
    expect(page.locator("h1")).to_contain_text("Квитанция №")
    expect(page.locator("table.receipt")).to_contain_text("Принято")
    page.get_by_role("link", name="Все приборы").click()
    expect(page.locator("table.meters tr.meter").first).to_contain_text("Принято")
    page.get_by_role("link", name="Квитанция").first.click()
    page.get_by_role("button", name="Отозвать показания").click()
    expect(page.locator("table.receipt")).to_contain_text("Отозвано")


def test_with_the_keyboard_alone_and_a_number_pasted_whole(windows: Windows, site: Site) -> None:
    assert site.demo is not None
    page = windows.open("00104-ЭС")
    page.goto(site.contract("00104-ЭС", "/readings"))
    page.get_by_role("link", name="Передать показания: прибор").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Передать показания")
    before = int(previous(page)[0])
    page.get_by_label("Целая часть").first.focus()
    page.keyboard.insert_text(f"{before + 1},5")
    expect(page.get_by_label("Целая часть").first).to_have_value(str(before + 1))
    expect(page.get_by_label("Дробная часть").first).to_have_value("5")
    expect(page.get_by_label("Дробная часть").first).to_be_focused()
    page.keyboard.press("Enter")
    for _ in page.locator(".boxes").all()[1:]:
        page.keyboard.insert_text(str(before + 1))
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Продолжить").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Проверьте показания")
    for box in page.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Передать показания").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Квитанция №")


PASTE = """text => {
    const event = new ClipboardEvent("paste", {
        bubbles: true, cancelable: true, clipboardData: new DataTransfer()
    });
    event.clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(event);
}"""


def test_twelve_readings_take_three_clicks_and_a_paste(windows: Windows, site: Site) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor)
    page.goto(site.contract(site.demo.debtor))
    clicks = 0
    for role, name in (("link", "Показания"), ("link", "Передать по всем приборам")):
        target = page.get_by_role(role, name=name, exact=True)
        (target.first if name == "Показания" else target).click()
        clicks += 1
    expect(page.locator(".boxes input").first).to_be_focused()
    column = "\r\n".join(str(int(before) + 1) for before in previous(page))
    page.evaluate(PASTE, column)
    count = page.locator(".boxes").count()
    assert count >= 12
    expect(page.locator("#entered")).to_have_text(f"{count} из {count}")
    expect(page.get_by_role("button", name="Продолжить").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Проверьте показания")
    assert not page.get_by_role("checkbox").count()
    page.get_by_role("button", name="Передать показания").click()
    clicks += 1
    expect(page.locator("h1")).to_contain_text("Квитанция №")
    assert clicks <= 3


def test_consumption_and_doubts_come_while_one_types(windows: Windows, site: Site) -> None:
    page = windows.open("00104-ЭС")
    page.goto(site.contract("00104-ЭС", "/readings/all"))
    page.locator(".boxes input").first.press_sequentially("1")
    expect(page.locator("output").first).to_contain_text("Проверьте")
    expect(page.locator("#entered")).to_contain_text("1 из")
