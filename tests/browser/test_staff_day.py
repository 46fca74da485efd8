"""A working day of the staff by keyboard among 20,000 contracts; customers see it at once."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.demo.entries import DEMO_PASSWORD
from app.domain.second_factor import totp_secret
from app.lib.totp import code_at
from app.models import Account, Contract, Membership, Registration, StaffMember, SubmittedReading
from tests.browser import staff_rows, state_rows
from tests.browser.conftest import Windows
from tests.browser.crowd import add_contracts
from tests.browser.live import UNREGISTERED, Site, serve
from tests.browser.test_keyboard import STOP
from tests.conftest import NOW
from tests.factories import Factory

pytestmark = pytest.mark.long
CONTRACTS = 20_000
MOST_STOPS = 250


@pytest.fixture(scope="module")
def large_site(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Site]:
    """The demonstration, and twenty thousand contracts beside it."""
    with serve(tmp_path_factory.mktemp("large"), empty_database, with_data=True) as running:
        with running.session() as session:
            add_contracts(session, CONTRACTS)
            numbers = session.execute(select(Contract.number, Contract.id)).all()
        running.ids |= dict(numbers)
        yield running


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def staff_page(
    request: pytest.FixtureRequest, large_site: Site, chromium: Browser
) -> Iterator[tuple[Page, Windows]]:
    """A window nobody is signed in at, and what opens more of them."""
    opened = Windows(chromium, large_site)
    yield opened.open(java_script_enabled=request.param, expected=(422,)), opened
    opened.close()
    assert not opened.faults


def tab_to(page: Page, text: str, label: str = "") -> None:
    """Press Tab until the focus is on what begins or ends with this text, or is so labelled."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        shown, name = _plain(stop["text"]), _plain(stop["label"])
        if (text and (shown.startswith(text) or shown.endswith(f", {text}"))) or (
            label and name.startswith(label)
        ):
            assert stop["outlined"], stop
            return
    pytest.fail(f"«{text or label}» cannot be reached by keyboard")


def _plain(text: object) -> str:
    """A text with ordinary spaces in place of those that do not break."""
    return str(text).replace("\u00a0", " ")


def press(page: Page, text: str, key: str = "Enter") -> None:
    tab_to(page, text)
    page.keyboard.press(key)


def fill(page: Page, label: str, text: str) -> None:
    tab_to(page, label)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def heading(page: Page, text: str) -> None:
    """The page with this heading is there, and its style sheet, which draws the focus."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(text.replace(" ", r"\s")))
    page.wait_for_load_state()


def test_a_working_day_of_the_staff_without_a_mouse(
    staff_page: tuple[Page, Windows], large_site: Site, tmp_path: Path
) -> None:
    page, windows = staff_page
    enquiry = _enquiry(large_site)
    with large_site.session() as session:
        session.query(SubmittedReading).delete()
        session.commit()
    staff_rows.submitted(large_site)
    registration = staff_rows.registration(large_site)
    sign_in(page, large_site)
    enter_a_reading_by_telephone(page, large_site)
    check_readings(page, large_site)
    answer_an_enquiry(page, large_site, windows, enquiry)
    approve_a_registration(page, large_site, registration)
    load_billing(page, large_site, tmp_path)
    read_the_audit_log(page)


def sign_in(page: Page, site: Site) -> None:
    with site.session() as session:
        member = session.scalars(select(StaffMember).filter_by(login="admin")).one()
        member.totp_step = 0
        code = code_at(totp_secret(site.app.config["SECRET_KEY"], member.totp_seed), NOW)
        session.commit()
    page.goto(site.url + "/staff/")
    fill(page, "Логин", "admin")
    fill(page, "Пароль", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    heading(page, "Код подтверждения")
    fill(page, "Код", code)
    page.keyboard.press("Enter")
    heading(page, "Сегодня")


def enter_a_reading_by_telephone(page: Page, site: Site) -> None:
    """Found by the serial number, read out, sent, and there for the customer."""
    number = "69999-ЭС" if _script(page) else "69998-ЭС"
    serial = str(70_000_000 + site.ids[number])
    press(page, "Потребители")
    heading(page, "Потребители")
    fill(page, "Номер договора", serial)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("1\u00a0договор")
    press(page, f"№ {number}")
    heading(page, f"Договор № {number}")
    press(page, "Внести показания")
    heading(page, "Показания по телефону")
    fill(page, "целая часть", "1120")
    press(page, "Продолжить")
    page.get_by_role("button", name="Записать показания").wait_for()
    press(page, "Записать показания")
    heading(page, "Показания переданы|Квитанция")
    expect(page.locator("main")).to_contain_text("1120")
    expect(page.locator("#looking")).to_contain_text("глазами потребителя")


def check_readings(page: Page, site: Site) -> None:
    """One in doubt is accepted by name, one refused with a reason the customer reads at once."""
    page.goto(site.url + "/staff/")
    press(page, "Показания на проверку")
    heading(page, "Показания")
    tab_to(page, "", label="Выбрать: прибор")
    page.keyboard.press("Space")
    press(page, "Принять отмеченные")
    heading(page, "Принять показания с сомнением")
    tab_to(page, "", label="Верно: прибор")
    page.keyboard.press("Space")
    press(page, "Принять отмеченные")
    expect(page.locator("#done")).to_contain_text("Принято")
    page.reload()
    tab_to(page, "", label="Выбрать: прибор")
    page.keyboard.press("Space")
    press(page, "Отклонить отмеченные")
    expect(page.locator("#error-summary")).to_contain_text("Причина")
    fill(page, "Причина отказа", "Пришлите фотографию прибора")
    press(page, "Отклонить отмеченные")
    expect(page.locator("#done")).to_contain_text("Отклонено")
    with site.session() as session:
        statuses = session.scalars(select(SubmittedReading.status)).all()
        refused = session.scalars(select(SubmittedReading).filter_by(status="rejected")).one()
    assert "accepted" in statuses
    assert refused.reason == "Пришлите фотографию прибора"


def answer_an_enquiry(page: Page, site: Site, windows: Windows, enquiry: str) -> None:
    """Taken and answered; the customer's open page shows the answer when it is loaded again."""
    customer = windows.open(state_rows.debtor(site))
    customer.goto(site.contract(state_rows.debtor(site), enquiry))
    page.goto(site.url + "/staff/")
    press(page, "Обращения")
    heading(page, "Обращения")
    press(page, f"№ 2026-{int(enquiry.rsplit('/', 1)[1]):06d}")
    heading(page, "Обращение №")
    press(page, "Взять")
    expect(page.locator("main")).to_contain_text("(вы)")
    fill(page, "Текст потребителю", "Сумма верна: в нее вошел перерасчет.")
    press(page, "Отправить")
    expect(page.locator("[role=status]").first).to_contain_text("отправлен", ignore_case=True)
    customer.reload()
    expect(customer.locator("main")).to_contain_text("в нее вошел перерасчет")


def approve_a_registration(page: Page, site: Site, registration: int) -> None:
    """The contacts are compared, the account is opened."""
    press(page, "Регистрации")
    heading(page, "Регистрации")
    press(page, f"№ {UNREGISTERED}")
    heading(page, "Регистрация по договору")
    fill(page, "Причина отказа", "Позвоните в отделение")
    press(page, "Отказать")
    heading(page, "Регистрации")
    with site.session() as session:
        assert session.get_one(Registration, registration).state == "refused"


def load_billing(page: Page, site: Site, folder: Path) -> None:
    """A batch with a fault is refused with its place; the mended one is checked, then loaded."""
    press(page, "Загрузка")
    heading(page, "Загрузка")
    _send(page, _batch(folder / "broken.zip", "неверно"))
    expect(page.locator("main")).to_contain_text("supply_points.csv")
    press(page, "Все загрузки")
    heading(page, "Загрузка")
    _send(page, _batch(folder / f"good-{_script(page)}.zip", f"Склад {_script(page)}"))
    press(page, "Загрузить")
    _wait_until_done(page)
    expect(page.locator("#status")).to_contain_text("Загружен")


def read_the_audit_log(page: Page) -> None:
    press(page, "Журнал")
    heading(page, "Журнал")
    expect(page.locator("main")).to_contain_text("Админова Анна Ивановна")
    press(page, "Выход")
    heading(page, "Вход для сотрудников")


def _send(page: Page, batch: Path) -> None:
    """A file dialog is the system's; all the rest is keys."""
    page.get_by_label("Файл", exact=True).set_input_files(batch)
    page.get_by_label("Файл", exact=True).focus()
    press(page, "Отправить на проверку")
    heading(page, "Пакет")
    _wait_until_done(page)


def _wait_until_done(page: Page) -> None:
    """With a script the page follows by itself, without one it is loaded again."""
    for _ in range(40):
        page.wait_for_timeout(250)
        if page.locator("#results[data-poll]").count() == 0:
            return
        if not _script(page):
            page.reload()
    pytest.fail("the batch is still at work")


def _batch(path: Path, name: str) -> Path:
    """Supply points of one contract; the broken one has a date that is none."""
    valid_from = "вчера" if name == "неверно" else "2026-01-01"
    rows = (
        "point_id;contract_no;name;address;valid_from\n"
        f"day-1;50001-ЭС;{name};г. Миасс, ул. Ленина, д. 1;{valid_from}\n"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("supply_points.csv", rows)
    return path


def _enquiry(site: Site) -> str:
    with site.session() as session:
        make = Factory(session)
        contract = session.scalars(select(Contract).filter_by(number=state_rows.debtor(site))).one()
        owner = session.scalars(
            select(Account)
            .join(Membership, Membership.account_id == Account.id)
            .where(Membership.contract_id == contract.id)
        ).first()
        assert owner is not None
        row = make.enquiry(contract, owner, number=None)
        row.number = f"2026-{row.id:06d}"
        make.commit()
        return f"/enquiries/{row.id}"


def _script(page: Page) -> bool:
    return page.evaluate("() => Boolean(window.htmx)")
