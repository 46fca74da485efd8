"""Every page of the desk in every state that looks different."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser import desk_making, making
from tests.browser.live import HOSTILE_NUMBER, Site
from tests.browser.states import State

ADMIN = "staff:admin"


def desk(path: str) -> str:
    """A page of the desk, which stands outside of any contract."""
    return f"//staff{path}"


def after(make: Callable[[Site], object], path: str) -> Callable[[Site], str]:
    """The page, once something has been made that it shows; «{}» is the made thing's id."""
    return lambda site: desk(path.format(make(site)))


def of_contract(path: str, number: str = "") -> Callable[[Site], str]:
    """A page about a contract: the debtor's, unless another is named."""
    return lambda site: desk(path.format(site.ids[number or making.debtor(site)]))


def enquiry(status: str, *, hostile: bool = False) -> Callable[[Site], str]:
    """A thread at the desk."""
    return lambda site: desk(making.enquiry(status, hostile=hostile)(site))


def send(words: str) -> Callable[[Page], None]:
    """Press a button and wait for what is wrong."""

    def act(page: Page) -> None:
        page.get_by_role("button", name=words, exact=True).click()
        page.locator("#error-summary").wait_for()

    return act


def search(page: Page) -> None:
    page.get_by_role("searchbox").fill("демо")
    page.locator("#results tbody tr").first.wait_for()


def second_step(page: Page) -> None:
    """All rows ticked and taken: the page names those in doubt."""
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Принять отмеченные", exact=True).click()
    page.get_by_role("heading", name="Принять показания с сомнением?").wait_for()


def closing(page: Page) -> None:
    page.locator("#close > summary").click()
    page.locator("#close form button").wait_for()


STAFF_STATES = (
    State("desk: the door", None, "/staff/sign-in"),
    State("desk: the door, nothing typed", None, "/staff/sign-in", 422, send("Продолжить")),
    State("desk: own password", ADMIN, desk("/password")),
    State("desk: today", ADMIN, after(desk_making.submitted, "/")),
    State("desk: search", ADMIN, desk("/customers"), act=search),
    State("desk: card", ADMIN, of_contract("/customers/{}")),
    State("desk: card of a hostile customer", ADMIN, of_contract("/customers/{}", HOSTILE_NUMBER)),
    State(
        "desk: home through a clerk's eyes",
        ADMIN,
        lambda site: f"//contracts/{site.ids[making.debtor(site)]}/",
    ),
    State("desk: readings", ADMIN, after(desk_making.submitted, "/readings?department=all")),
    State(
        "desk: readings, nothing ticked",
        ADMIN,
        after(desk_making.submitted, "/readings?department=all"),
        422,
        send("Принять отмеченные"),
    ),
    State(
        "desk: readings, doubtful ones by name",
        ADMIN,
        after(desk_making.submitted, "/readings?department=all"),
        act=second_step,
    ),
    State("desk: reading by telephone", ADMIN, of_contract("/contracts/{}/readings")),
    State("desk: exchange of readings", ADMIN, desk("/readings/exchange")),
    State(
        "desk: enquiries",
        ADMIN,
        after(enquiry("registered", hostile=True), "/enquiries?department="),
    ),
    State("desk: enquiry being closed", ADMIN, enquiry("in_work", hostile=True), act=closing),
    State("desk: closed enquiry", ADMIN, enquiry("closed")),
    State("desk: summary of enquiries", ADMIN, desk("/enquiries/summary")),
    State("desk: enquiry", ADMIN, enquiry("registered")),
    State("desk: enquiry of a hostile person", ADMIN, enquiry("in_work", hostile=True)),
    State("desk: transfers", ADMIN, after(desk_making.transfer, "/transfers")),
    State("desk: transfer", ADMIN, after(desk_making.transfer, "/transfers/{}")),
    State(
        "desk: transfer, nothing chosen",
        ADMIN,
        after(desk_making.transfer, "/transfers/{}"),
        422,
        send("Решить"),
    ),
    State(
        "desk: transfers of the same organisations",
        ADMIN,
        after(desk_making.transfer, "/transfers/same-inn"),
    ),
    State(
        "desk: transfers of the same organisations, not checked",
        ADMIN,
        after(desk_making.transfer, "/transfers/same-inn"),
        422,
        send("Это те же организации: восстановить доступ (1)"),
    ),
    State(
        "desk: card of a contract that changed hands",
        ADMIN,
        after(desk_making.transfer, "/customers/{}"),
    ),
    State("desk: registrations", ADMIN, after(desk_making.registration, "/registrations")),
    State("desk: registration", ADMIN, after(desk_making.registration, "/registrations/{}")),
    State(
        "desk: registration, no reason",
        ADMIN,
        after(desk_making.registration, "/registrations/{}"),
        422,
        send("Отказать"),
    ),
    State("desk: billing", ADMIN, after(desk_making.refused_job, "/billing")),
    State("desk: refused batch", ADMIN, after(desk_making.refused_job, "/billing/jobs/{}")),
    State("desk: reconciliation", ADMIN, desk("/billing/reconciliation")),
    State("desk: directories", ADMIN, desk("/directories")),
    State("desk: journal", ADMIN, desk("/journal")),
    State("desk: journal of imports", ADMIN, desk("/journal?who=billing")),
    State("desk: messages", ADMIN, desk("/messages?status=all")),
    State("desk: staff", ADMIN, desk("/team")),
    State("desk: new clerk, nothing typed", ADMIN, desk("/team/new"), 422, send("Сохранить")),
)
