"""Every staff page in every state that looks different."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import mailing_rows, staff_rows, state_rows
from tests.browser.live import HOSTILE_NUMBER, Site
from tests.browser.state import REVERSED, State

ADMIN = "staff:admin"


def staff_page(path: str) -> str:
    """A staff page, whose address names no contract."""
    return f"//staff{path}"


def after(make: Callable[[Site], object], path: str) -> Callable[[Site], str]:
    """The page, once something has been made that it shows; «{}» is the made thing's id."""
    return lambda site: staff_page(path.format(make(site)))


def of_contract(path: str, number: str = "") -> Callable[[Site], str]:
    """A page about a contract: the debtor's, unless another is named."""
    return lambda site: staff_page(path.format(site.ids[number or state_rows.debtor(site)]))


def with_template(path: Callable[[Site], str]) -> Callable[[Site], str]:
    """The page, where there is a ready answer to choose."""

    def make(site: Site) -> str:
        staff_rows.template(site)
        return path(site)

    return make


def enquiry(status: str, *, hostile: bool = False) -> Callable[[Site], str]:
    """A thread on its staff page."""
    return lambda site: staff_page(state_rows.enquiry(status, hostile=hostile)(site))


def send(label: str) -> Callable[[Page], None]:
    """Press a button and wait for what is wrong."""

    def act(page: Page) -> None:
        page.get_by_role("button", name=label, exact=True).click()
        page.locator("#error-summary").wait_for()

    return act


def search(page: Page) -> None:
    page.get_by_role("searchbox").fill("демо")
    page.locator("#results tbody tr").first.wait_for()


def second_step(page: Page) -> None:
    """All rows ticked and accepted: the page names those in doubt."""
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Принять отмеченные", exact=True).click()
    page.get_by_role("heading", name="Принять показания с сомнением?").wait_for()


def closing(page: Page) -> None:
    page.locator("#close > summary").click()
    page.locator("#close form button").wait_for()


def fill_in(page: Page) -> None:
    """Choose a ready answer and put it into the box; what was typed stays before it."""
    page.get_by_label("Текст потребителю").fill("Добрый день.")
    page.locator("#reply details summary").click()
    page.get_by_label("Шаблон ответа").select_option(index=1)
    page.get_by_role("button", name="Вставить", exact=True).click()
    expect(page.get_by_label("Текст потребителю")).to_have_value(re.compile("перерасчет"))


STAFF_STATES = (
    State("staff: sign-in page", None, "/staff/sign-in"),
    State("staff: sign-in page, nothing typed", None, "/staff/sign-in", 422, send("Продолжить")),
    State("staff: my password", ADMIN, staff_page("/password")),
    State("staff: dashboard", ADMIN, after(staff_rows.submitted, "/")),
    State("staff: health", ADMIN, staff_page("/health")),
    State("staff: search", ADMIN, staff_page("/customers"), act=search),
    State("staff: card", ADMIN, of_contract("/customers/{}")),
    State("staff: card of a hostile customer", ADMIN, of_contract("/customers/{}", HOSTILE_NUMBER)),
    State("staff: notes and calls", ADMIN, after(staff_rows.note, "/customers/{}/notes")),
    State(
        "staff: notes and calls, nothing typed",
        ADMIN,
        of_contract("/customers/{}/notes"),
        422,
        send("Записать"),
    ),
    State("staff: enquiry being entered", ADMIN, of_contract("/customers/{}/enquiries/new")),
    State(
        "staff: enquiry being entered, nothing typed",
        ADMIN,
        of_contract("/customers/{}/enquiries/new"),
        422,
        send("Зарегистрировать обращение"),
    ),
    State(
        "staff: home as the customer sees it",
        ADMIN,
        lambda site: f"//contracts/{site.ids[state_rows.debtor(site)]}/",
    ),
    State("staff: readings", ADMIN, after(staff_rows.submitted, "/readings?department=all")),
    State(
        "staff: readings, nothing ticked",
        ADMIN,
        after(staff_rows.submitted, "/readings?department=all"),
        422,
        send("Принять отмеченные"),
    ),
    State(
        "staff: readings, doubtful ones by name",
        ADMIN,
        after(staff_rows.submitted, "/readings?department=all"),
        act=second_step,
    ),
    State("staff: reading by telephone", ADMIN, of_contract("/contracts/{}/readings")),
    State("staff: exchange of readings", ADMIN, staff_page("/readings/exchange")),
    State(
        "staff: enquiries",
        ADMIN,
        after(enquiry("registered", hostile=True), "/enquiries?department="),
    ),
    State("staff: enquiry being closed", ADMIN, enquiry("in_work", hostile=True), act=closing),
    State("staff: closed enquiry", ADMIN, enquiry("closed")),
    State("staff: summary of enquiries", ADMIN, staff_page("/enquiries/summary")),
    State("staff: enquiry", ADMIN, enquiry("registered")),
    State(
        "staff: enquiry with a template",
        ADMIN,
        with_template(enquiry("in_work", hostile=True)),
        act=fill_in,
    ),
    State("staff: enquiry of a hostile person", ADMIN, enquiry("in_work", hostile=True)),
    State("staff: transfers", ADMIN, after(staff_rows.transfer, "/transfers")),
    State("staff: transfer", ADMIN, after(staff_rows.transfer, "/transfers/{}")),
    State(
        "staff: transfer, nothing chosen",
        ADMIN,
        after(staff_rows.transfer, "/transfers/{}"),
        422,
        send("Решить"),
    ),
    State(
        "staff: transfers of the same organisations",
        ADMIN,
        after(staff_rows.transfer, "/transfers/same-inn"),
    ),
    State(
        "staff: transfers of the same organisations, not checked",
        ADMIN,
        after(staff_rows.transfer, "/transfers/same-inn"),
        422,
        send("Это те же организации: восстановить доступ (1)"),
    ),
    State(
        "staff: card of a contract that changed hands",
        ADMIN,
        after(staff_rows.transfer, "/customers/{}"),
    ),
    State("staff: registrations", ADMIN, after(staff_rows.registration, "/registrations")),
    State("staff: registration", ADMIN, after(staff_rows.registration, "/registrations/{}")),
    State(
        "staff: registration, no reason",
        ADMIN,
        after(staff_rows.registration, "/registrations/{}"),
        422,
        send("Отказать"),
    ),
    State("staff: billing", ADMIN, after(staff_rows.refused_job, "/billing")),
    State("staff: refused batch", ADMIN, after(staff_rows.refused_job, "/billing/jobs/{}")),
    State("staff: balance checks", ADMIN, staff_page("/billing/reconciliation")),
    State("staff: directories", ADMIN, staff_page("/directories")),
    State("staff: answers", ADMIN, after(staff_rows.template, "/directories/answers")),
    State("staff: answer", ADMIN, after(staff_rows.template, "/directories/answers/{}")),
    State("staff: audit log", ADMIN, staff_page("/journal")),
    State("staff: audit log of imports", ADMIN, staff_page("/journal?who=billing")),
    State("staff: messages", ADMIN, staff_page("/messages?status=all")),
    State("staff: figures", ADMIN, after(enquiry("closed"), "/figures?first=2026-01&last=2026-12")),
    State("staff: figures, reversed dates", ADMIN, staff_page("/figures" + REVERSED), 422),
    State("staff: mailings", ADMIN, after(mailing_rows.mailing, "/mailings")),
    State("staff: mailing that was sent", ADMIN, after(mailing_rows.mailing, "/mailings/{}")),
    State("staff: mailing, draft", ADMIN, after(mailing_rows.draft, "/mailings/{}")),
    State(
        "staff: mailing, no address for a test",
        ADMIN,
        after(mailing_rows.draft, "/mailings/{}"),
        422,
        send("Отправить пробное"),
    ),
    State("staff: mailing, text", ADMIN, after(mailing_rows.draft, "/mailings/{}/text")),
    State("staff: mailing, new", ADMIN, staff_page("/mailings/new")),
    State(
        "staff: mailing, nothing typed",
        ADMIN,
        staff_page("/mailings/new"),
        422,
        send("Подобрать договоры и показать"),
    ),
    State("staff: staff", ADMIN, staff_page("/team")),
    State(
        "staff: new member, nothing typed",
        ADMIN,
        staff_page("/team/new"),
        422,
        send("Сохранить"),
    ),
)
