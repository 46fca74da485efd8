"""Route × role: nobody, a customer, and each of the supplier's people."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.staff import StaffRole
from app.models import Contract
from app.sections.staff import bp
from tests.pages import PARTIAL, PageClient
from tests.staff_access import MAY, PUBLIC, STAFF_ACCESS, STAFF_FRAGMENTS, STAFF_NEEDED, TOKEN
from tests.tables import rows_of

GUARDED = sorted(name for name in STAFF_ACCESS if STAFF_ACCESS[name] not in (PUBLIC, TOKEN))


def rules_of() -> dict[str, set[str]]:
    """Methods by endpoint, of the blueprint itself: tests are named before there is a portal."""
    app = Flask(__name__)
    app.register_blueprint(bp)
    return {rule.endpoint: set(rule.methods or ()) for rule in app.url_map.iter_rules()}


WRITES = sorted(
    name for name, methods in rules_of().items() if name in GUARDED and "GET" not in methods
)
READS = sorted(set(GUARDED) - set(WRITES))


def is_write(app: Flask, endpoint: str) -> bool:
    return not any("GET" in (rule.methods or ()) for rule in app.url_map.iter_rules(endpoint))


def ask(page: PageClient, endpoint: str) -> int:
    """The status that a route answers with; a form brings its token and nothing else."""
    url = page.url(endpoint, **STAFF_NEEDED.get(endpoint, {}))
    if not is_write(page.app, endpoint):
        return page.client.get(url).status_code
    soup = page.get("appearance.index")
    token = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    return page.client.post(url, data=token).status_code


@pytest.mark.parametrize("endpoint", GUARDED)
def test_nobody_is_sent_to_the_staff_door(page: PageClient, contract: Contract, endpoint) -> None:
    url = page.url(endpoint, **STAFF_NEEDED.get(endpoint, {}))
    if is_write(page.app, endpoint):
        assert ask(page, endpoint) == 302
        assert page.client.post(url).status_code == 400
        return
    answer = page.client.get(url)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/staff/sign-in")
    part = page.client.get(url, headers=PARTIAL)
    assert (part.status_code, part.text) == (401, "")


@pytest.mark.parametrize("endpoint", GUARDED)
def test_a_customer_learns_nothing_of_the_desk(customer: PageClient, endpoint) -> None:
    assert ask(customer, endpoint) == 404


@pytest.mark.parametrize("endpoint", GUARDED)
@pytest.mark.parametrize("role", list(StaffRole))
def test_a_role_opens_what_its_table_says(
    page: PageClient, contract: Contract, role: StaffRole, endpoint
) -> None:
    page.sign_in_staff(str(role))
    status = ask(page, endpoint)
    if role in MAY[STAFF_ACCESS[endpoint]]:
        assert status not in (403, 302)
        assert status < 500
    else:
        assert status == 403


@pytest.mark.parametrize("endpoint", STAFF_FRAGMENTS)
def test_every_page_of_the_desk_renders_whole_and_as_a_fragment(
    admin: PageClient, endpoint
) -> None:
    values = STAFF_NEEDED.get(endpoint, {})
    whole = admin.get(endpoint, **values)
    part = admin.fragment(endpoint, **values)
    assert part.select_one("#results")
    assert whole.select_one("nav.nav")
    assert not part.select("nav.nav, footer")


@pytest.mark.parametrize("endpoint", WRITES)
def test_no_form_of_the_desk_is_taken_without_its_token_or_from_another_site(
    admin: PageClient, session: Session, endpoint
) -> None:
    before = rows_of(session)
    url = admin.url(endpoint, **STAFF_NEEDED.get(endpoint, {}))
    assert admin.client.post(url).status_code == 400
    assert admin.client.post(url, data={"csrf_token": "x"}).status_code == 400
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert admin.client.post(url, headers=headers).status_code == 403
    assert rows_of(session) == before


def test_looking_round_the_desk_changes_nothing_but_the_journal(
    admin: PageClient, session: Session
) -> None:
    before = rows_of(session)
    for _ in range(2):
        for endpoint in READS:
            admin.client.get(admin.url(endpoint, **STAFF_NEEDED.get(endpoint, {})))
    after = rows_of(session)
    assert {name for name in before if before[name] != after[name]} <= {"audit_events"}
