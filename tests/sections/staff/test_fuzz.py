"""No query and no form whatever makes a page of the desk fail."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pages import PageClient
from tests.sections.staff.test_access import READS, WRITES
from tests.sections.test_security_fuzz import HOSTILE, QUERIES, safe_urlencode
from tests.staff_access import STAFF_NEEDED

OWN_NAMES = (
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


@pytest.mark.parametrize("endpoint", READS)
@RELAXED
@given(
    query=QUERIES,
    more=st.lists(st.tuples(st.sampled_from(OWN_NAMES), HOSTILE), max_size=4),
)
def test_no_query_makes_a_page_of_the_desk_fail(admin: PageClient, endpoint, query, more) -> None:
    url = admin.url(endpoint, **STAFF_NEEDED.get(endpoint, {}))
    answer = admin.client.get(f"{url}?{safe_urlencode([*query, *more])}")
    assert answer.status_code < 500, (url, query, more)


HARMLESS = [name for name in WRITES if name not in ("staff.sign_out", "staff.member_reset")]


@pytest.mark.parametrize("endpoint", HARMLESS)
@RELAXED
@given(data=st.dictionaries(st.sampled_from(FIELDS), HOSTILE, max_size=6))
def test_no_form_makes_the_desk_fail(admin: PageClient, endpoint, data) -> None:
    soup = admin.get("appearance.index")
    token = soup.select_one("[name=csrf_token]")["value"]
    url = admin.url(endpoint, **STAFF_NEEDED.get(endpoint, {}))
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
