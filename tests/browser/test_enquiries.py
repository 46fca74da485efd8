"""Enquiries in a browser: typed text is stored while it is typed, files leave at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, func, select, update

from app.models import AccountSession, Attachment, EnquiryDraft
from tests.browser.conftest import Windows
from tests.browser.live import EMPTY, Site
from tests.browser.test_manual import PDF
from tests.conftest import NOW

DOCUMENT = {"name": "письмо.pdf", "mimeType": "application/pdf", "buffer": PDF}


pytestmark = pytest.mark.usefixtures("daily_limits")


@pytest.fixture
def page(windows: Windows, site: Site) -> Page:
    with site.session() as session:
        session.execute(delete(Attachment).where(Attachment.entry_id.is_(None)))
        session.execute(delete(EnquiryDraft))
        session.commit()
    page = windows.open(expected=(401, 422))
    client = site.fresh_cookie(EMPTY)
    page.context.add_cookies([{"name": "kabinet", "value": client, "url": site.url}])
    page.goto(site.contract(EMPTY, "/enquiries/new"))
    return page


def text(page: Page) -> str:
    return page.get_by_label("Текст обращения").input_value()


def test_what_is_typed_is_there_again_after_the_page_is_lost(page: Page, site: Site) -> None:
    page.get_by_label("Текст обращения").fill("Недописанное письмо")
    expect(page.locator("#draft-status")).to_have_text("Черновик сохранен.", timeout=8000)
    page.goto(site.contract(EMPTY, "/enquiries/new"))
    assert text(page) == "Недописанное письмо"


def test_files_are_shown_removed_and_refused_in_place(page: Page) -> None:
    page.get_by_label("Текст обращения").fill("С файлами")
    page.get_by_label("Выберите файлы").set_input_files([DOCUMENT])
    expect(page.locator("ul.files")).to_contain_text("письмо.pdf")
    expect(page.locator("#files-status")).to_have_text("Приложено: 1\u00a0файл.")
    assert page.evaluate("document.activeElement.id") == "file-input"
    wrong = {"name": "макрос.exe", "mimeType": "application/pdf", "buffer": b"MZ"}
    page.get_by_label("Выберите файлы").set_input_files([wrong])
    expect(page.locator("#files-error")).to_contain_text("такие файлы не принимаются")
    expect(page.locator("ul.files")).to_contain_text("письмо.pdf")
    page.get_by_role("button", name="Убрать письмо.pdf").click()
    expect(page.locator("ul.files")).to_have_count(0)
    assert text(page) == "С файлами"


def test_a_session_that_ends_while_a_file_leaves_keeps_both(page: Page, site: Site) -> None:
    page.get_by_label("Текст обращения").fill("Перед концом сеанса")
    with site.session() as session:
        newest = select(func.max(AccountSession.id)).scalar_subquery()
        mine = update(AccountSession).where(AccountSession.id == newest)
        session.execute(mine.values(created_at=NOW - timedelta(hours=13)))
        session.commit()
    page.get_by_label("Выберите файлы").set_input_files([DOCUMENT])
    expect(page.locator("h1")).to_have_text("Вход в Личный кабинет")
    expect(page.locator(".note").first).to_contain_text("сохранено в черновике")
    page.get_by_label("Номер договора").fill(EMPTY)
    page.get_by_label("Пароль", exact=True).fill(site.passwords[EMPTY])
    page.get_by_role("button", name="Войти").click()
    expect(page.locator("h1")).to_have_text("Направить документы он-лайн")
    assert text(page) == "Перед концом сеанса"
    expect(page.locator("ul.files")).to_contain_text("письмо.pdf")
