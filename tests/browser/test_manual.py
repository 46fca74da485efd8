"""The manual is walked, section by section, by somebody who has never been here (§§1–11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models import Contract, Customer, Membership, Meter, SupplyPoint
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.test_readings import previous
from tests.browser.test_registration import PASSWORD, enter, fill, link, press
from tests.outbox import Outbox

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
NEW_PASSWORD = "другой пароль 8"


@contextmanager
def section(label: str) -> Iterator[None]:
    """A fault below is a fault of this section of the manual."""
    try:
        yield
    except (AssertionError, Exception) as fault:
        fault.add_note(f"Руководство, раздел {label}")
        raise


@pytest.fixture(
    params=[(True, 1280), (False, 360)], ids=["with JavaScript", "without JavaScript on a phone"]
)
def page(request: pytest.FixtureRequest, windows: Windows) -> Page:
    has_script, width = request.param
    return windows.open(java_script_enabled=has_script, width=width, expected=(422,))


def newcomer(site: Site) -> tuple[str, str, str, str]:
    """(contract, ИНН, address, telephone) of somebody with meters to read and no account."""
    owned = select(Membership.contract_id).where(Membership.revoked_at.is_(None))
    with site.session() as session:
        row = session.execute(
            select(
                Contract.number,
                Customer.inn,
                Customer.email_from_billing,
                Customer.phone_from_billing,
            )
            .join(Customer, Customer.id == Contract.customer_id)
            .join(SupplyPoint, SupplyPoint.contract_id == Contract.id)
            .join(Meter, Meter.supply_point_id == SupplyPoint.id)
            .where(
                Contract.id.not_in(owned),
                Contract.status == "active",
                SupplyPoint.is_automatic.is_(False),
                Meter.removed_on.is_(None),
                Customer.email_from_billing.is_not(None),
                Customer.phone_from_billing.is_not(None),
            )
            .order_by(Contract.number.desc())
            .limit(1)
        ).one()
    return tuple(row)


def menu(page: Page, label: str) -> None:
    page.get_by_role("navigation", name="Разделы").get_by_role(
        "link", name=label, exact=True
    ).click()
    expect(page.locator("h1")).to_have_text(label)


def test_every_sentence_of_the_manual_comes_true_in_its_order(page: Page, site: Site) -> None:
    number, inn, email, phone = newcomer(site)
    outbox = Outbox(site.app.extensions["config"].mail.outbox)
    with section("3. Вход в Личный кабинет: первый вход и регистрация"):
        enter(page, site, number, inn)
        expect(page.get_by_label("Номер договора")).to_have_value(number)
        fill(page, email, phone, "через электронную почту")
        press(page, "Сохранить")
        page.goto(link(page, outbox, email))
        press(page, "Подтвердить и войти")
        expect(page.locator("h1")).to_have_text("Главная")
        page.get_by_role("button", name="Выход").click()
    with section("3. Вход: номер договора и новый пароль, «Забыли пароль?»"):
        expect(page.get_by_role("link", name="Забыли пароль?")).to_be_visible()
        sign_in(page, number, PASSWORD)
    with section("4. «Главная»"):
        expect(page.locator("main")).to_contain_text(f"№ {number}")
        expect(page.locator(".balance")).to_be_visible()
    with section("5. Оформить обращение"):
        send_enquiry(page)
    view_money(page)
    with section("9. Передача показаний приборов учета"):
        submit_reading(page)
    with section("10. Реквизиты и контакты"):
        check_requisites(page, number, inn)
        change_contacts(page)
        change_password(page)
    with section("1. Условия электронного документооборота"):
        page.get_by_role("link", name="Электронный документооборот").click()
        expect(page.locator("main")).to_contain_text("63-ФЗ")
    with section("11. Выход"):
        sign_out(page)
        sign_in(page, number, NEW_PASSWORD)


def view_money(page: Page) -> None:
    with section("6. «Взаиморасчеты»"):
        menu(page, "Взаиморасчеты")
        expect(page.locator("table.sheet")).to_contain_text("Итого")
        page.get_by_label("С", exact=True).fill("2026-08-01")
        page.get_by_label("По", exact=True).fill("2026-10-31")
        page.get_by_role("button", name="Сформировать справку").click()
        expect(page.locator("h1")).to_contain_text("Справка по взаиморасчетам")
        expect(page.get_by_role("link", name="PDF")).to_be_visible()
    with section("7. «Начисления»"):
        menu(page, "Начисления")
        page.locator("main table a").first.click()
        expect(page.locator("main table").first).to_contain_text("Цена")
        menu(page, "Начисления")
        page.get_by_role("button", name="Сформировать справку").click()
        expect(page.locator("h1")).to_contain_text("Справка по начислениям")
    with section("8. «Оплаты»"):
        menu(page, "Оплаты")
        bank = page.get_by_role("link", name="Сбербанк Онлайн")
        assert str(bank.get_attribute("href")).startswith("https://")


def sign_out(page: Page) -> None:
    button = page.get_by_role("button", name="Выход")
    box, window = button.bounding_box(), page.viewport_size
    assert box is not None
    assert window is not None
    assert box["y"] < 120
    assert box["x"] > window["width"] / 2
    button.click()
    expect(page.locator("h1")).to_have_text("Вход в Личный кабинет")


def sign_in(page: Page, number: str, password: str) -> None:
    page.get_by_label("Номер договора").fill(number)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.get_by_role("button", name="Войти").click()
    expect(page.locator("h1")).to_have_text("Главная")


def send_enquiry(page: Page) -> None:
    page.locator("summary", has_text="Оформить обращение").click()
    page.get_by_role("link", name="Направить документы он-лайн").click()
    expect(page.locator("h1")).to_have_text("Направить документы он-лайн")
    page.get_by_label("Вид помещения").select_option(label="Иное")
    page.get_by_label("Наименование организации").fill("ООО «Новичок»")
    page.get_by_label("Вид обращения").select_option(label="Дубликаты документов")
    page.get_by_label("Отделение").select_option(index=1)
    page.get_by_label("Контактный телефон").fill("8 912 345 67 89")
    page.get_by_label("Адрес электронной почты").fill("novichok@example.org")
    page.get_by_label("Адрес помещения").fill("г. Примерск, ул. Образцовая, д. 5")
    page.get_by_label("Текст обращения").fill("Пришлите УПД за октябрь.")
    document = {"name": "запрос.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.get_by_label("Выберите файлы").set_input_files([document])
    if page.evaluate("() => !!document.documentElement.classList.contains('uploads')"):
        expect(page.locator("ul.files")).to_contain_text("запрос.pdf")
    page.get_by_label("Даю согласие на обработку персональных данных").check()
    page.get_by_label("Согласен получить ответ в электронном виде").check()
    page.get_by_role("button", name="Отправить обращение").click()
    expect(page.locator("h1")).to_contain_text("Обращение №")
    expect(page.locator(".note.good")).to_contain_text("зарегистрировано")
    expect(page.locator(".thread")).to_contain_text("запрос.pdf")
    page.get_by_label("Сообщение").fill("И за сентябрь.")
    page.get_by_role("button", name="Дополнить").click()
    expect(page.locator(".thread")).to_contain_text("И за сентябрь.")


def submit_reading(page: Page) -> None:
    menu(page, "Показания")
    page.get_by_role("link", name="Передать показания: прибор").first.click()
    wholes = page.get_by_label("Целая часть").all()
    for place, before in enumerate(previous(page)):
        wholes[place].fill(str(int(before) + 1))
    for fraction in page.get_by_label("Дробная часть").all():
        fraction.fill("5")
    page.get_by_role("button", name="Продолжить").click()
    expect(page.locator("h1")).to_have_text("Проверьте показания")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Передать показания").click()
    page.get_by_role("link", name="Все приборы").click()
    expect(page.locator("table.meters")).to_contain_text("Статус ввода")
    expect(page.locator("table.meters .status").first).to_contain_text("Принято")


def check_requisites(page: Page, number: str, inn: str) -> None:
    menu(page, "Реквизиты и контакты")
    for label in ("Фирменное название", "Юридический адрес", "Почтовый адрес", inn, number):
        expect(page.locator("main")).to_contain_text(label)


def change_contacts(page: Page) -> None:
    page.get_by_role("link", name="Изменить контактные данные").click()
    page.get_by_label("Контактное лицо").fill("Новикова Н. Н.")
    page.get_by_label("Должность").fill("бухгалтер")
    page.get_by_label("Действующий пароль").fill(PASSWORD)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("main")).to_contain_text("Новикова Н. Н.")


def change_password(page: Page) -> None:
    page.get_by_role("link", name="Изменить пароль").click()
    page.get_by_label("Действующий пароль").fill(PASSWORD)
    page.get_by_label("Новый пароль").fill(NEW_PASSWORD)
    page.get_by_label("Подтверждение пароля").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Изменить пароль").click()
    expect(page.locator(".note.good")).to_contain_text("Пароль изменен")


def test_the_page_of_the_manual_has_every_section_and_its_pictures(
    windows: Windows, site: Site
) -> None:
    page = windows.open()
    page.goto(site.url + "/manual")
    headings = page.locator("main h2").all_inner_texts()
    assert [heading.partition(".")[0] for heading in headings] == [str(n) for n in range(1, 12)]
    pictures = page.locator("main img")
    assert pictures.count() == 15
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.get_attribute("alt")
        expect(picture).to_have_js_property("complete", True)
        size = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        given = [int(picture.get_attribute(name) or 0) for name in ("width", "height")]
        assert size == given
