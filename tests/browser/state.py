"""How a page is brought into a state: rows that it needs, and what is done on it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select

from app.domain.access import Role
from app.domain.period import Month
from app.lib.signed_links import Purpose
from app.models import (
    Charge,
    Invoice,
    Membership,
    PreparedFile,
    ReadingReceipt,
    Recovery,
    Register,
    Registration,
    SubmittedReading,
)
from tests.browser import state_rows
from tests.browser.conftest import Windows
from tests.browser.live import UNREGISTERED, Site
from tests.conftest import NOW
from tests.factories import PASSWORD

PERIOD = "?first=2026-08-01&last=2026-11-30"
REVERSED = "?first=2026-12-01&last=2026-11-30"
Act = Callable[[Page], None]


def _as_it_is(page: Page) -> None:
    """Nothing is done after opening."""


@dataclass(frozen=True)
class State:
    """Attributes:
    who: attribute of the demo summary, a contract number, or None for nobody.
    path: after the contract for somebody, after the host for nobody; or what makes it.
    act: what to do on the page to reach the state.
    """

    name: str
    who: str | None
    path: str | Callable[[Site], str]
    status: int = 200
    act: Act = _as_it_is

    @property
    def is_as_opened(self) -> bool:
        """Whether nothing is done on the page after opening."""
        return self.act is _as_it_is

    def path_on(self, site: Site) -> str:
        return self.path if isinstance(self.path, str) else self.path(site)

    def address_on(self, site: Site) -> tuple[str | None, str]:
        """Who opens the page, None for nobody, and its URL."""
        number = getattr(site.demo, self.who, self.who) if self.who else None
        path = self.path_on(site).replace("{newest}", str(site.newest(Charge)))
        path = path.replace("{meter}", str(site.meter()))
        path = path.replace("{invoice}", str(site.newest(Invoice)))
        if number is None or path.startswith("//"):
            return number, site.url + path.replace("//", "/")
        return number, site.contract(number, path)

    def open(self, windows: Windows, expected: tuple[int, ...] = (), **options: Any) -> Page:
        """Open the page in a new window and bring it into the state."""
        number, url = self.address_on(windows.site)
        page = windows.open(number, expected=(self.status, *expected), **options)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == (self.status if self.is_as_opened else 200)
        self.act(page)
        return page


def send_empty_form(page: Page) -> None:
    page.get_by_role("button", name="Войти").click()
    page.locator("#error-summary").wait_for()


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("Номер договора").fill("00404-ЭС")
    page.get_by_label("Пароль").fill("не тот пароль")
    page.get_by_role("button", name="Войти").click()
    page.locator("#error-summary").wait_for()


def swap_quarter(page: Page) -> None:
    page.get_by_role("link", name="Квартал", exact=True).click()
    page.locator("[role=status]", has_text="3\u00a0месяца").wait_for()


def swap_error(page: Page) -> None:
    page.locator("#first").fill("2026-12-01")
    page.get_by_role("button", name="Показать").click()
    page.locator("#error-summary").wait_for()


def registration(
    state: str, purpose: Purpose = Purpose.FORM, step: str = ""
) -> Callable[[Site], str]:
    """A step of a registration in a state."""

    def make(site: Site) -> str:
        with site.session() as session:
            row = Registration(
                **state_rows.customer_of(session, site.ids[UNREGISTERED]),
                contract_id=site.ids[UNREGISTERED],
                state=state,
                created_at=NOW,
                saved_at=NOW,
                confirm_until=NOW + timedelta(hours=1),
                channel="mail",
                email="kadry@example.org",
                phone="+79127770002",
                nonce="nonce",
                address="192.0.2.1",
                user_agent="",
            )
            session.add(row)
            session.commit()
            token = site.app.extensions["transports"].links.sign(purpose, row.id, "nonce")
        return f"/registration/{purpose}/{token}{step}"

    return make


def recovery(site: Site) -> str:
    """The page of a code that was asked for."""
    with site.session() as session:
        row = Recovery(channel="sms", nonce="nonce", created_at=NOW, expires_at=NOW)
        session.add(row)
        session.commit()
        token = site.app.extensions["transports"].links.sign(Purpose.CODE, row.id, "nonce")
        return f"/recovery/code/{token}"


def save_nothing(page: Page) -> None:
    page.locator("main form").get_by_role("button", name="Сохранить").last.click()
    page.locator("#error-summary").wait_for()


def ask_for_nothing(page: Page) -> None:
    page.get_by_role("button", name="Продолжить").click()
    page.locator("#error-summary").wait_for()


def prove_nothing(page: Page) -> None:
    page.get_by_role("button", name="Открыть кабинет").click()
    page.locator("#error-summary").wait_for()


def ask_for_code(page: Page) -> None:
    page.get_by_label("через СМС").check()
    page.get_by_label("Номер телефона").fill(f"+7 912 {random.randrange(10**7):07d}")
    page.get_by_label("Подтверждаю свое согласие").check()
    page.get_by_role("button", name="Отправить смс").click()
    page.locator("#status", has_text="Код отправлен").wait_for()


def mistype_code(page: Page) -> None:
    ask_for_code(page)
    page.get_by_label("Код подтверждения").fill("000")
    page.get_by_role("button", name="ОК", exact=True).click()
    page.locator("#error-summary").wait_for()


def wrong_bank_details(page: Page) -> None:
    page.get_by_label("Расчетный счет").fill("40702810300000000002")
    page.get_by_label("БИК банка").fill("047501602")
    page.get_by_role("button", name="Сохранить").click()
    page.locator("#error-summary").wait_for()


def wrong_reading(page: Page) -> None:
    page.get_by_label("Целая часть").first.fill("12-")
    page.get_by_role("button", name="Продолжить").click()
    page.locator("#error-summary").wait_for()


def wrong_column(page: Page) -> None:
    page.get_by_text("Вставить столбцом").click()
    page.get_by_label("Показания подряд").fill("123\nсто двадцать")
    page.get_by_role("button", name="Заполнить таблицу").click()
    page.locator("#error-summary").wait_for()


def doubtful_reading(page: Page) -> None:
    for box in page.get_by_label("Целая часть").all():
        box.fill("1")
    page.get_by_role("button", name="Продолжить").click()
    page.get_by_role("button", name="Передать показания").wait_for()


def send_nothing(page: Page) -> None:
    page.get_by_role("button", name="Отправить обращение").click()
    page.locator("#error-summary").wait_for()


def invite_nobody(page: Page) -> None:
    page.get_by_role("button", name="Отправить приглашение").click()
    page.locator("#error-summary").wait_for()


def ask_for_access_of_nobody(page: Page) -> None:
    page.get_by_role("button", name="Отправить запрос").click()
    page.locator("#error-summary").wait_for()


def choose_quality(page: Page) -> None:
    page.get_by_label("Вид обращения").select_option(label="Качество электроэнергии")
    page.get_by_label("Время нарушения").wait_for()


def attach_wrong_file(page: Page) -> None:
    wrong = {"name": "virus.exe", "mimeType": "application/pdf", "buffer": b"MZ"}
    page.get_by_label("Выберите файлы").set_input_files([wrong])
    attach = page.get_by_role("button", name="Приложить")
    page.wait_for_timeout(300)
    if not page.get_by_text("такие файлы не принимаются").count():
        attach.click()
    page.get_by_text("такие файлы не принимаются").first.wait_for()


def clear_days(page: Page) -> None:
    """Send preferences without a number of days."""
    page.fill("#days_due", "")
    page.click("main button[type=submit]")
    page.wait_for_selector("#error-summary")


def press_unsubscribe(page: Page) -> None:
    """Press the button that ends the emails."""
    page.click("main button[type=submit]")
    page.wait_for_selector(".note.good")


def open_start(page: Page) -> None:
    page.locator("details.start summary").click()
    page.get_by_role("link", name="Направить документы он-лайн").wait_for()


def wrong_contacts(page: Page) -> None:
    page.get_by_label("Адрес e-mail").fill("нет")
    page.get_by_role("button", name="Сохранить").click()
    page.locator("#error-summary").wait_for()


def wrong_password(page: Page) -> None:
    page.get_by_label("Новый пароль").fill("123")
    page.get_by_role("button", name="Изменить пароль").click()
    page.locator("#error-summary").wait_for()


def start_second_factor(page: Page) -> None:
    if page.locator("#secret").count() == 0:
        page.get_by_label("Действующий пароль").fill(PASSWORD)
        page.get_by_role("button", name="Подключить").click()
        page.locator("#secret").wait_for()


def require_of_myself(page: Page) -> None:
    page.get_by_label("владелец").check()
    page.get_by_role("button", name="Сохранить").click()
    page.locator("#error-summary").wait_for()


def sign_in_with_code(page: Page) -> None:
    page.get_by_label("Номер договора").fill(state_rows.CODED)
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.get_by_label("Код").wait_for()


def receipt(site: Site) -> str:
    """A receipt that holds a reading in each status."""
    assert site.demo is not None
    contract_id = site.ids[site.demo.debtor]
    with site.session() as session:
        register_id = session.scalars(
            select(Register.id).where(Register.meter_id == site.meter())
        ).first()
        found = ReadingReceipt(
            idempotency_key=str(uuid.uuid4()),
            contract_id=contract_id,
            submitted_at=NOW,
            address="127.0.0.1",
        )
        session.add(found)
        session.flush()
        for status in ("withdrawn", "rejected", "replaced"):
            session.add(
                SubmittedReading(
                    submission_id=str(uuid.uuid4()),
                    receipt_id=found.id,
                    register_id=register_id,
                    period=Month(2026, 11),
                    taken_on=NOW.date(),
                    value=Decimal("12345.6000"),
                    consumption_kwh=Decimal("1234.500"),
                    rolled_over=True,
                    is_late=False,
                    doubts=[],
                    source="portal",
                    status=status,
                    reason="Опечатка",
                    decided_at=NOW,
                )
            )
        session.commit()
        return f"/readings/receipts/{found.id}"


def file_in(status: str) -> Callable[[Site], str]:
    """A page of a file that the debtor has asked for."""

    def path(site: Site) -> str:
        assert site.demo is not None
        with site.session() as session:
            owner = select(Membership.account_id).where(
                Membership.contract_id == site.ids[site.demo.debtor],
                Membership.role == Role.OWNER,
            )
            file = PreparedFile(
                contract_id=site.ids[site.demo.debtor],
                account_id=session.scalars(owner).one(),
                document="settlements",
                extension="pdf",
                options={},
                row_count=2741,
                status=status,
                tries=1,
                created_at=NOW,
                started_at=NOW,
                expires_at=NOW + timedelta(days=2),
                name="Справка по взаиморасчетам 00101-ЭС 01.01.2016-30.11.2026",
            )
            session.add(file)
            session.commit()
            return f"/files/{file.id}"

    return path
