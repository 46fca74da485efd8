"""Route × role: who opens what, asked of every route there is (quality.md A1, A2, A3, A5)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.access import LIMITABLE, Permission, Role, may
from app.domain.staff import Clerk, StaffRole
from app.models import Account, Contract
from config import ROOT
from tests.factories import Factory
from tests.listed_routes import LISTED
from tests.pages import PARTIAL, PageClient
from tests.routes import (
    PUBLIC,
    TOKEN,
    WORK,
    Route,
    contract_routes,
    guarded_staff_routes,
    inventory,
    reading_permissions,
)
from tests.tables import rows_of

READ = reading_permissions()
# Forms of those who only read: a large statement is prepared and waits as a file.
FORMS_OF_READERS = {"files.order"}
MONEY_SECTIONS = {"settlements", "charges", "payments", "invoices", "pay", "files"}
GUARDS = {"public", "signed_in", "token_access", "staff_access", "contract_access"}
SignIn = Callable[[], object]


# Says something about a view and leaves it as it is.
NO_WRAPPERS = {"csrf.exempt"}


def is_address(decorator: str) -> bool:
    return decorator.endswith((".get", ".post", ".route"))


def name_of(decorator: ast.expr) -> str:
    """``public`` of ``@public``, ``bp.get`` of ``@bp.get("/")``."""
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def views() -> Iterator[tuple[str, list[str]]]:
    """Every function of the sections that is bound to an address, and its decorators."""
    for file in (ROOT / "app" / "sections").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                names = [name_of(decorator) for decorator in node.decorator_list]
                if any(is_address(name) for name in names):
                    yield f"{file.relative_to(ROOT)}:{node.name}", names


def token_of(page: PageClient) -> dict[str, str]:
    """A form's token in this browser."""
    soup = page.get("appearance.index")
    return {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}


def ask(page: PageClient, sign_in: SignIn, routes: list[Route], **known: object) -> dict[str, int]:
    """The status that each route answers with; a form brings its token and nothing else.

    Some routes end the session: whoever is sent to sign in does so and asks once more.
    """
    sign_in()
    token = token_of(page)
    found = {}
    for route in routes:
        url = page.url(route.endpoint, **route.values(**known))
        for _ in range(2):
            answer = page.client.post(url, data=token) if route.is_write else page.client.get(url)
            if "/sign-in" not in (answer.location or ""):
                break
            PageClient.__init__(page, page.app)
            sign_in()
            token = token_of(page)
        found[route.endpoint] = answer.status_code
    return found


@pytest.fixture
def account(make: Factory) -> Account:
    """The owner of a contract with one of everything, and a member of the staff for each role."""
    make.supplier()
    make.import_run()
    contract = make.contract()
    account = make.account(contract)
    meter = make.meter(contract)
    make.reading(meter, "2026-10", "1000")
    make.line(make.charge(contract, date(2026, 10, 31), "1200.50"), "100")
    make.invoice(contract, date(2026, 11, 25), "1200.50")
    make.enquiry(contract, account)
    for role in StaffRole:
        make.staff(role)
    make.commit()
    return account


@pytest.fixture
def contract(account: Account, session: Session) -> Contract:
    return session.scalars(select(Contract)).one()


def test_every_view_has_exactly_one_access_decorator_next_to_its_address() -> None:
    wrong = {}
    for view, names in views():
        rest = [name for name in names if name not in NO_WRAPPERS and not is_address(name)]
        if rest[:1] != [name for name in names if name in GUARDS]:
            wrong[view] = names
    assert wrong == {}


def test_only_listed_routes_are_open_or_elevated() -> None:
    found: dict[str, set[str]] = {}
    for route in inventory():
        if not route.permission and route.access != WORK:
            found.setdefault(route.access, set()).add(route.endpoint)
    assert found == LISTED


def test_a_route_at_a_contract_asks_for_a_permission_there() -> None:
    for route in inventory():
        assert route.rule.startswith("/contracts/<") == bool(route.permission), route
        assert route.rule.startswith("/staff/") == (
            route.is_staff
            or (route.endpoint in LISTED[PUBLIC] and route.endpoint.startswith("staff"))
        ), route


def test_what_changes_something_asks_for_more_than_reading() -> None:
    forms = {route.endpoint for route in contract_routes() if route.is_write}
    readers = {route.endpoint for route in contract_routes() if route.permission in READ}
    assert forms & readers == FORMS_OF_READERS


def test_whatever_holds_money_asks_for_the_right_to_see_it() -> None:
    for route in contract_routes():
        if route.endpoint.split(".")[0] in MONEY_SECTIONS:
            assert route.permission in {Permission.SEE_MONEY, Permission.MANAGE_MONEY}, route


def test_nobody_opens_only_what_is_public(page: PageClient, contract: Contract) -> None:
    token = token_of(page)
    for route in inventory():
        url = page.url(route.endpoint, **route.values(contract_id=contract.id))
        if route.access == TOKEN:
            answer = page.client.open(url, method="POST" if route.is_write else "GET")
            assert answer.status_code == 401, route
        elif route.access == PUBLIC:
            answer = page.client.post(url) if route.is_write else page.client.get(url)
            assert answer.status_code in (200, 302, 400, 404), route
        elif route.is_write:
            assert page.client.post(url).status_code == 400, route
            assert page.client.post(url, data=token).status_code == 302, route
        else:
            answer = page.client.get(url)
            sign_in = "/staff/sign-in" if route.is_staff else "/sign-in"
            assert answer.status_code == 302, route
            assert answer.location.startswith(sign_in), route
            assert "Ромашка" not in answer.text
            part = page.client.get(url, headers=PARTIAL)
            assert (part.status_code, part.text) == (401, ""), route
            assert part.headers["HX-Redirect"].startswith(sign_in), route


def test_another_customer_gets_the_same_404_as_for_a_missing_contract(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.account(make.contract("00999-ЭС"))
    make.commit()
    page.sign_in("00999")
    token = token_of(page)
    for route in contract_routes():
        answers = []
        for number in (contract.id, 10**9, 2**70):
            url = page.url(route.endpoint, **route.values(contract_id=number))
            answers.append(
                page.client.post(url, data=token) if route.is_write else page.client.get(url)
            )
        assert {answer.status_code for answer in answers} == {404}, route
        bodies = {
            re.sub(r'value="[^"]+"', "", answer.text.replace(answer.headers["X-Request-Id"], ""))
            for answer in answers
        }
        assert len(bodies) == 1, route


def test_a_customer_gets_404_on_every_staff_page(page: PageClient, contract: Contract) -> None:
    routes = guarded_staff_routes()
    answers = ask(page, lambda: page.sign_in("00123"), routes, contract_id=contract.id)
    assert {endpoint: status for endpoint, status in answers.items() if status != 404} == {}


@pytest.mark.parametrize(
    ("role", "is_limited"),
    [(role, False) for role in sorted(set(Role) - {Role.READ_ONLY_STAFF})]
    + [(role, True) for role in LIMITABLE],
)
def test_a_role_at_a_contract_opens_what_its_permissions_say(
    page: PageClient, make: Factory, account: Account, role: Role, *, is_limited: bool
) -> None:
    other = make.contract("00999-ЭС")
    make.membership(account, other, role).is_limited = is_limited
    make.commit()
    answers = ask(page, lambda: page.sign_in("00123"), contract_routes(), contract_id=other.id)
    for route in contract_routes():
        assert route.permission
        status = answers[route.endpoint]
        if may(role, route.permission, is_limited=is_limited):
            assert status not in (302, 403), route
            assert status < 500, route
        else:
            assert status == 403, route


@pytest.mark.parametrize("role", StaffRole)
def test_a_role_of_the_staff_opens_what_its_permissions_say(
    page: PageClient, contract: Contract, role: StaffRole
) -> None:
    routes = guarded_staff_routes()
    answers = ask(page, lambda: page.sign_in_staff(str(role)), routes, contract_id=contract.id)
    member = Clerk(1, "", str(role), role)
    for route in routes:
        status = answers[route.endpoint]
        if member.may(route.staff_permission):
            assert status not in (302, 403), route
            assert status < 500, route
        else:
            assert status == 403, route


def test_the_staff_see_the_pages_of_a_customer_and_cannot_act_for_them(
    page: PageClient, contract: Contract, session: Session
) -> None:
    page.sign_in_staff("operator")
    before = rows_of(session)
    answers = ask(page, lambda: None, contract_routes(), contract_id=contract.id)
    for route in contract_routes():
        if route.permission in READ and not route.is_write:
            assert answers[route.endpoint] in (200, 404, 422), route
        else:
            assert answers[route.endpoint] == 403, route
    after = rows_of(session)
    changed = {name for name in before if before[name] != after[name]}
    # A PDF is counted; what was looked at is noted.
    assert changed <= {"audit_events", "rate_limit_hits"}


def test_no_form_of_the_staff_is_accepted_without_its_token_or_from_another_site(
    page: PageClient, contract: Contract, session: Session
) -> None:
    page.sign_in_staff("admin")
    before = rows_of(session)
    for route in guarded_staff_routes():
        if not route.is_write:
            continue
        url = page.url(route.endpoint, **route.values(contract_id=contract.id))
        assert page.client.post(url).status_code == 400, route
        assert page.client.post(url, data={"csrf_token": "x"}).status_code == 400, route
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert page.client.post(url, headers=headers).status_code == 403, route
    assert rows_of(session) == before
