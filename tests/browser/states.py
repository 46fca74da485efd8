"""Every page of the portal in every state that looks different."""

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
from tests.browser import making
from tests.browser.conftest import Windows
from tests.browser.live import EMPTY, HOSTILE_NUMBER, UNREGISTERED, Site
from tests.conftest import NOW

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
    def is_first_look(self) -> bool:
        """Whether nothing is done on the page after opening."""
        return self.act is _as_it_is

    def path_on(self, site: Site) -> str:
        return self.path if isinstance(self.path, str) else self.path(site)

    def open(self, windows: Windows, expected: tuple[int, ...] = (), **options: Any) -> Page:
        """Open the page in a new window and bring it into the state."""
        site = windows.site
        number = getattr(site.demo, self.who, self.who) if self.who else None
        path = self.path_on(site).replace("{newest}", str(site.newest(Charge)))
        path = path.replace("{meter}", str(site.meter()))
        path = path.replace("{invoice}", str(site.newest(Invoice)))
        page = windows.open(number, expected=(self.status, *expected), **options)
        is_global = number is None or path.startswith("//")
        url = site.url + path.replace("//", "/") if is_global else ""
        answer = page.goto(url or site.contract(str(number), path))
        assert answer is not None
        assert answer.status == (self.status if self.is_first_look else 200)
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
    """A step of a registration that stands in a state."""

    def make(site: Site) -> str:
        with site.session() as session:
            row = Registration(
                **making.customer_of(session, site.ids[UNREGISTERED]),
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


def doubtful_reading(page: Page) -> None:
    for box in page.get_by_label("Целая часть").all():
        box.fill("1")
    page.get_by_role("button", name="Продолжить").click()
    page.get_by_role("button", name="Передать показания").wait_for()


def send_nothing(page: Page) -> None:
    page.get_by_role("button", name="Отправить обращение").click()
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
                    consumption=Decimal("1234.500"),
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
                Membership.contract_id == site.ids[site.demo.debtor]
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


STATES = (
    State("sign-in", None, "/sign-in"),
    State("sign-in, nothing typed", None, "/sign-in", 422, send_empty_form),
    State("sign-in refused", None, "/sign-in", 422, sign_in_wrongly),
    State("home of a debtor", "debtor", "/"),
    State("home, overpaid", "overpaid", "/"),
    State("home, closed", "closed", "/"),
    State("home without data", EMPTY, "/"),
    State("home with hostile names", HOSTILE_NUMBER, "/"),
    State("settlements of 12 months", "debtor", "/settlements"),
    State("settlements of 36 months", "debtor", "/settlements?first=2023-12&last=2026-11"),
    State("settlements, empty", EMPTY, "/settlements"),
    State("settlements, unreadable date", "debtor", "/settlements?first=cat", 422),
    State("settlements after a swap", "debtor", "/settlements", 200, swap_quarter),
    State("settlements after a swap with errors", "debtor", "/settlements", 422, swap_error),
    State("settlements with hostile names", HOSTILE_NUMBER, "/settlements"),
    State("statement", "debtor", "/settlements/statement" + PERIOD),
    State("statement, overpaid", "overpaid", "/settlements/statement" + PERIOD),
    State("statement, empty", EMPTY, "/settlements/statement" + PERIOD),
    State("statement, reversed dates", "debtor", "/settlements/statement" + REVERSED, 422),
    State("statement with hostile names", HOSTILE_NUMBER, "/settlements/statement" + PERIOD),
    State("charges", "debtor", "/charges"),
    State("charges, empty", EMPTY, "/charges"),
    State("charges with hostile names", HOSTILE_NUMBER, "/charges"),
    State("document with lines", "debtor", "/charges/{newest}"),
    State("charge statement", "debtor", "/charges/statement" + PERIOD),
    State("charge statement with lines", "debtor", "/charges/statement" + PERIOD + "&lines=1"),
    State("charge statement, empty", EMPTY, "/charges/statement" + PERIOD),
    State("invoices", "debtor", "/invoices"),
    State("invoices, empty", EMPTY, "/invoices"),
    State("invoice to pay", "debtor", "/invoices/{invoice}"),
    State("pay", "debtor", "/pay"),
    State("pay, nothing due", EMPTY, "/pay"),
    State("pay, nothing ticked", "debtor", "/pay/orders/1c_to_kl.txt", 422),
    State("pay late interest", "debtor", "/pay/interest"),
    State("bank details", "debtor", "/pay/bank-details"),
    State("bank details, wrong", "debtor", "/pay/bank-details", 422, wrong_bank_details),
    State("file in the queue", "debtor", file_in("waiting")),
    State("file ready", "debtor", file_in("ready")),
    State("file not made", "debtor", file_in("failed")),
    State("readings", "debtor", "/readings"),
    State("readings, no meters", EMPTY, "/readings"),
    State("readings with hostile names", HOSTILE_NUMBER, "/readings"),
    State("reading of a meter", "debtor", "/readings/meters/{meter}"),
    State("reading, wrong", "debtor", "/readings/meters/{meter}", 422, wrong_reading),
    State("reading to be confirmed", "debtor", "/readings/meters/{meter}", act=doubtful_reading),
    State("readings of all meters", "debtor", "/readings/all"),
    State("history of readings", "debtor", "/readings/meters/{meter}/history"),
    State("receipt of readings", "debtor", receipt),
    State("enquiries, none yet", EMPTY, "/enquiries"),
    State("enquiry of a hostile person", HOSTILE_NUMBER, making.enquiry("in_work", hostile=True)),
    State("enquiries of a hostile person", HOSTILE_NUMBER, "/enquiries"),
    State("new enquiry", "debtor", "/enquiries/new?about=month-2026-10"),
    State("new enquiry with hostile names", HOSTILE_NUMBER, "/enquiries/new"),
    State("new enquiry, nothing typed", EMPTY, "/enquiries/new", 422, send_nothing),
    State("new enquiry about quality", "debtor", "/enquiries/new", act=choose_quality),
    State("new enquiry, a file refused", EMPTY, "/enquiries/new", 422, attach_wrong_file),
    State("enquiry, registered", "debtor", making.enquiry("registered")),
    State("enquiry, a question", "debtor", making.enquiry("needs_details")),
    State("enquiry, answered", "debtor", making.enquiry("answered")),
    State("enquiry, closed", "debtor", making.enquiry("closed")),
    State("enquiries", "debtor", "/enquiries"),
    State("home, enquiry form offered", "debtor", "/", act=open_start),
    State("requisites", "debtor", "/profile"),
    State("requisites with hostile names", HOSTILE_NUMBER, "/profile"),
    State("own contacts", "debtor", "/profile/contacts"),
    State("own contacts, wrong", "debtor", "/profile/contacts", 422, wrong_contacts),
    State("code of a new number", "debtor", making.phone_code),
    State("link to a new address", None, making.email_link),
    State("link to a new address, altered", None, "/contacts/confirm/x", 404),
    State("new password", "debtor", "/profile/password"),
    State("new password, wrong", "debtor", "/profile/password", 422, wrong_password),
    State("sessions", "debtor", "/profile/sessions"),
    State("withdrawal of a consent", "debtor", making.consent("enquiry-data")),
    State("withdrawal of the last consent", "debtor", making.consent("personal-data")),
    State("consents", "debtor", "/profile/consents"),
    State("personal data", None, "/personal-data"),
    State("edo", None, "/edo"),
    State("edo of a contract", "debtor", "/edo"),
    State("payments", "debtor", "/payments"),
    State("payments, empty", EMPTY, "/payments"),
    State("payments with hostile names", HOSTILE_NUMBER, "/payments"),
    State("contract choice", "overpaid", "//contracts/"),
    State("appearance", None, "/appearance"),
    State("first entry", None, "/first-entry"),
    State("first entry, nothing typed", None, "/first-entry", 422, ask_for_nothing),
    State("registration", None, registration("draft")),
    State("registration, nothing typed", None, registration("draft"), 422, save_nothing),
    State("registration, code sent", None, registration("draft"), 200, ask_for_code),
    State("registration, wrong code", None, registration("draft"), 422, mistype_code),
    State("registration, letter sent", None, registration("link_sent", step="/letter")),
    State("registration, link opened", None, registration("link_sent", Purpose.CONFIRM)),
    State("registration, link altered", None, "/registration/confirm/x", 404),
    State("registration, proof", None, registration("unproved", step="/proof")),
    State(
        "registration, wrong proof",
        None,
        registration("unproved", step="/proof"),
        422,
        prove_nothing,
    ),
    State("registration, it is not me", None, registration("link_sent", Purpose.STOP)),
    State("consent", None, "/consents/personal-data"),
    State("recovery", None, "/recovery"),
    State("recovery, nothing typed", None, "/recovery", 422, ask_for_nothing),
    State("recovery, letter sent", None, "/recovery/sent"),
    State("recovery, code", None, recovery),
    State("recovery, link altered", None, "/recovery/password/x", 404),
    State("manual", None, "/manual"),
    State("not found", None, "/nowhere", 404),
    State("not found in a contract", "debtor", "/nowhere", 404),
)
BY_NAME = {state.name: state for state in STATES}
