"""The way into the account as the manual tells it (§3), with JavaScript and without it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models import Contract, Customer
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.outbox import Outbox, part

PASSWORD = "надежный пароль 7"
# Each test registers a contract of the demonstration data that nobody else needs.
NUMBERS = iter(f"{number:05d}-ЭС" for number in range(114, 138))


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, windows: Windows) -> Page:
    return windows.open(java_script_enabled=request.param, expected=(410, 422))


@pytest.fixture
def outbox(site: Site) -> Outbox:
    return Outbox(site.app.extensions["config"].mail.outbox)


@pytest.fixture
def customer(site: Site) -> Iterator[tuple[str, str, str, str]]:
    """(contract, ИНН, address on record, telephone on record) of somebody without an account."""
    with site.session() as session:
        while True:
            number = next(NUMBERS)
            row = session.execute(
                select(Customer.inn, Customer.email_from_billing, Customer.phone_from_billing)
                .join(Contract, Contract.customer_id == Customer.id)
                .where(
                    Contract.number == number,
                    Customer.email_from_billing.is_not(None),
                    Customer.phone_from_billing.is_not(None),
                )
            ).first()
            if row:
                yield (number, *row)
                return


def enter(page: Page, site: Site, number: str, inn: str) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="Первый вход", exact=True).click()
    page.get_by_label("Номер договора").fill(number)
    page.get_by_label("ИНН").fill(inn)
    page.get_by_role("button", name="Продолжить").click()
    expect(page.locator("h1")).to_have_text("Регистрация")


def fill(page: Page, email: str, phone: str, way: str) -> None:
    page.get_by_label("Новый пароль").fill(PASSWORD)
    page.get_by_label("Подтверждение пароля").fill(PASSWORD)
    page.get_by_label("Адрес e-mail").fill(email)
    page.get_by_label("Номер телефона").fill(phone)
    page.get_by_label(way).check()
    page.get_by_label("Подтверждаю свое согласие").check()


def press(page: Page, label: str) -> None:
    page.locator("main").get_by_role("button", name=label, exact=True).last.click()


def link(page: Page, outbox: Outbox, to: str, path: str = "/registration/confirm/") -> str:
    """The address in the newest email; emails leave after the page has come."""
    for _ in range(100):
        for email in reversed(outbox.emails(to)):
            if found := re.search(rf"http://\S+{path}\S+", part(email, "plain")):
                return found[0]
        page.wait_for_timeout(50)
    raise AssertionError(f"no email to {to}")


def test_registration_by_email(
    page: Page, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, phone = customer
    enter(page, site, number, inn)
    fill(page, email, phone, "через электронную почту")
    expect(page.get_by_role("button", name="Отправить смс")).to_be_hidden()
    press(page, "Сохранить")
    expect(page.locator("h1")).to_have_text("Осталось подтвердить")
    page.goto(link(page, outbox, email))
    press(page, "Подтвердить и войти")
    expect(page.locator("h1")).to_have_text("Главная")
    expect(page.locator("header")).to_contain_text(number)
    page.get_by_role("button", name="Выход").click()
    page.get_by_label("Номер договора").fill(number)
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()
    expect(page.locator("h1")).to_have_text("Главная")


def test_registration_by_text_message(
    page: Page, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, phone = customer
    mobile = "+7 912 " + re.sub(r"\D", "", phone)[-7:]
    enter(page, site, number, inn)
    fill(page, email, mobile, "через СМС")
    press(page, "Отправить смс")
    expect(page.locator("#status")).to_contain_text("Код отправлен")
    expect(page.get_by_label("Код подтверждения")).to_be_focused()
    page.get_by_label("Код подтверждения").fill("000000")
    press(page, "ОК")
    expect(page.locator("#error-summary")).to_be_visible()
    expect(page).to_have_title(re.compile("^Ошибка"))
    page.get_by_label("Код подтверждения").fill(outbox.code(re.sub(r"\D", "", mobile)))
    press(page, "ОК")
    expect(page.locator("#status")).to_contain_text("Подтверждено")
    expect(page.locator("#status")).to_be_focused()
    expect(page.get_by_label("Адрес e-mail")).to_have_value(email)
    press(page, "Сохранить")
    # Not the number on record: one more step, by the total of a document or a clerk.
    expect(page.locator("h1")).to_have_text("Подтвердите право на договор")


def test_a_link_that_is_over_leads_to_a_new_registration(
    page: Page, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, phone = customer
    for _ in range(2):
        enter(page, site, number, inn)
        fill(page, email, phone, "через электронную почту")
        press(page, "Сохранить")
        expect(page.locator("h1")).to_have_text("Осталось подтвердить")
    old = re.search(rf"{re.escape(site.url)}/\S+", part(outbox.emails(email)[-2], "plain"))
    assert old
    page.goto(old[0])
    expect(page.locator("h1")).to_have_text("Есть более новая ссылка")
    page.get_by_role("link", name="Зарегистрироваться").click()
    expect(page.locator("h1")).to_have_text("Первый вход")


def test_a_forgotten_password_by_email(
    page: Page, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, phone = customer
    enter(page, site, number, inn)
    fill(page, email, phone, "через электронную почту")
    press(page, "Сохранить")
    expect(page.locator("h1")).to_have_text("Осталось подтвердить")
    page.goto(link(page, outbox, email))
    press(page, "Подтвердить и войти")
    page.get_by_role("button", name="Выход").click()
    page.get_by_role("link", name="Забыли пароль?").click()
    page.get_by_label("Номер договора").fill(number)
    press(page, "Продолжить")
    expect(page.locator("h1")).to_have_text("Проверьте почту")
    page.goto(link(page, outbox, email, "/recovery/password/"))
    page.get_by_label("Новый пароль").fill("другой пароль 26")
    page.get_by_label("Подтверждение пароля").fill("другой пароль 26")
    press(page, "Сохранить пароль")
    expect(page.locator("[role=status]")).to_contain_text("Пароль изменен")
    page.get_by_label("Номер договора").fill(number)
    page.get_by_label("Пароль", exact=True).fill("другой пароль 26")
    page.get_by_role("button", name="Войти").click()
    expect(page.locator("h1")).to_have_text("Главная")


def test_the_wait_for_another_code_is_counted_and_the_button_waits(
    windows: Windows, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, _ = customer
    page = windows.open()
    page.clock.install()
    enter(page, site, number, inn)
    fill(page, email, "+7 912 777-00-01", "через СМС")
    press(page, "Отправить смс")
    again = page.get_by_role("button", name="Отправить смс еще раз")
    expect(again).to_be_disabled()
    page.clock.run_for(10_000)
    expect(page.locator("[data-countdown]")).to_have_text("50")
    page.clock.run_for(51_000)
    expect(again).to_be_enabled()


def test_a_password_can_be_shown_and_hidden(windows: Windows, site: Site) -> None:
    page = windows.open()
    page.goto(site.url + "/sign-in")
    field = page.get_by_label("Пароль", exact=True)
    field.fill("тайна")
    page.get_by_role("button", name="Показать пароль").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Скрыть пароль").click()
    expect(field).to_have_attribute("type", "password")


def test_enter_in_a_field_saves_and_sends_no_message(
    page: Page, site: Site, outbox: Outbox, customer: tuple[str, str, str, str]
) -> None:
    number, inn, email, phone = customer
    enter(page, site, number, inn)
    fill(page, email, phone, "через электронную почту")
    before = len(outbox.texts())
    page.get_by_label("Номер телефона").press("Enter")
    expect(page.locator("h1")).to_have_text("Осталось подтвердить")
    assert len(outbox.texts()) == before
