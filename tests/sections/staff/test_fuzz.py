"""No query and no form whatever makes a staff page fail."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pages import PageClient
from tests.routes import Route, guarded_staff_routes
from tests.sections.test_security_fuzz import HOSTILE, QUERIES, safe_urlencode

QUERY_FIELDS = (
    "q",
    "page",
    "state",
    "status",
    "department",
    "who",
    "term",
    "topic",
    "month",
    "first",
    "last",
    "key",
    "before",
    "after",
    "period",
    "staff",
    "action",
    "all",
    "done",
    "next",
    "warned",
    "channel",
)
FIELDS = (
    "reading",
    "reason",
    "do",
    "text",
    "step",
    "key",
    "seen",
    "note",
    "note_key",
    "assignee",
    "was",
    "topic",
    "department",
    "role",
    "name",
    "login",
    "body",
    "begins_on",
    "ends_on",
    "begins_at",
    "ends_at",
    "answer_days",
    "position",
    "bic",
    "account",
    "current",
    "password",
    "is_active",
    "code",
    "encoding",
)
RELAXED = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# Ends the session, or sets a password anew that nobody knows.
FINAL = ("staff.sign_out", "staff.member_reset")
READS = [route for route in guarded_staff_routes() if not route.is_write]
WRITES = [
    route for route in guarded_staff_routes() if route.is_write and route.endpoint not in FINAL
]


@pytest.fixture
def token(admin: PageClient) -> str:
    """A form's token in this browser."""
    return admin.get("appearance.index").select_one("[name=csrf_token]")["value"]


@pytest.mark.parametrize("route", READS, ids=lambda route: route.endpoint)
@RELAXED
@given(
    query=QUERIES,
    more=st.lists(st.tuples(st.sampled_from(QUERY_FIELDS), HOSTILE), max_size=4),
)
def test_no_query_makes_a_staff_page_fail(admin: PageClient, route: Route, query, more) -> None:
    url = admin.url(route.endpoint, **route.values())
    answer = admin.client.get(f"{url}?{safe_urlencode([*query, *more])}")
    assert answer.status_code < 500, (url, query, more)


@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.endpoint)
@RELAXED
@given(data=st.dictionaries(st.sampled_from(FIELDS), HOSTILE, max_size=6))
def test_no_form_makes_a_staff_page_fail(admin: PageClient, token: str, route: Route, data) -> None:
    url = admin.url(route.endpoint, **route.values())
    clean = {
        name: value.encode("utf-8", "surrogatepass").decode("latin-1")
        if not _is_utf8(value)
        else value
        for name, value in data.items()
    }
    answer = admin.client.post(url, data={"csrf_token": token} | clean)
    assert answer.status_code < 500, (url, data)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
