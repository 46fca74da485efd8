"""What every page of a signed-in customer begins with, read at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.access import Permission, Role, Viewer, access_window
from app.models import Account, AccountSession, Contract, Membership
from app.queries.accounts import hash_token
from app.queries.contracts import get_site_context, get_visible
from app.queries.visits import Visit, find_visit
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
WINDOW = access_window(NOW.date(), months=36)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)


@pytest.fixture(params=["session", "postgres_session"])
def either_session(request: pytest.FixtureRequest) -> Session:
    session: Session = request.getfixturevalue(request.param)
    return session


@pytest.fixture
def make(either_session: Session) -> Factory:
    return Factory(either_session)


@pytest.fixture
def contract(make: Factory) -> Contract:
    return make.contract()


@pytest.fixture
def account(make: Factory, contract: Contract) -> Account:
    return make.account(contract)


@pytest.fixture
def row(make: Factory, account: Account) -> AccountSession:
    row = AccountSession(
        account_id=account.id,
        token_hash=hash_token("token"),
        created_at=NOW - timedelta(hours=1),
        last_seen_at=NOW - timedelta(minutes=5),
        address="",
        user_agent="",
    )
    make.session.add(row)
    make.session.flush()
    return row


def find(session: Session, contract_id: int | None, **changes: Any) -> Visit | None:
    arguments: dict[str, Any] = {"now": NOW, "idle": IDLE, "longest": LONGEST, "window": WINDOW}
    return find_visit(session, "token", contract_id, **arguments | changes)


def test_session_contract_and_site_are_those_that_each_query_finds_alone(
    either_session: Session, make: Factory, contract: Contract, row: AccountSession
) -> None:
    make.supplier()
    make.import_run()
    visit = find(either_session, contract.id)
    assert visit is not None
    assert (visit.session_id, visit.account_id) == (row.id, row.account_id)
    assert (visit.created_at, visit.last_seen_at) == (row.created_at, row.last_seen_at)
    assert visit.contract_count == 1
    assert visit.site == get_site_context(either_session, NOW)
    assert visit.contract == get_visible(
        either_session, Viewer(row.account_id), contract.id, Permission.SEE_CONTRACT, WINDOW
    )


def test_without_a_supplier_the_site_context_is_empty(
    either_session: Session, row: AccountSession
) -> None:
    visit = find(either_session, None)
    assert visit is not None
    assert visit.contract is None
    assert visit.site == get_site_context(either_session, NOW)
    assert visit.site.supplier is None


def test_a_contract_that_is_not_the_accounts_is_as_absent_as_one_that_never_was(
    either_session: Session, make: Factory, row: AccountSession
) -> None:
    foreign = make.contract("00124-ЭС")
    make.account(foreign, email="other@example.org")
    for contract_id in (foreign.id, foreign.id + 1000):
        visit = find(either_session, contract_id)
        assert visit is not None
        assert visit.contract is None


@pytest.mark.parametrize(
    ("change", "is_visible"),
    [
        ({"status": "terminated", "valid_to": date(2026, 6, 30)}, True),
        ({"status": "terminated", "valid_to": date(2020, 1, 31)}, False),
        ({"withdrawn_at": NOW}, False),
    ],
)
def test_a_contract_is_read_as_long_as_its_people_may(
    either_session: Session,
    make: Factory,
    account: Account,
    row: AccountSession,
    change: dict[str, Any],
    is_visible: bool,
) -> None:
    other = make.contract("00124-ЭС", **change)
    make.membership(account, other, Role.ACCOUNTANT)
    visit = find(either_session, other.id)
    assert visit is not None
    assert (visit.contract is not None) is is_visible
    assert visit.contract_count == 1 + is_visible


def test_a_session_ends_with_the_last_contract_of_its_account(
    either_session: Session, contract: Contract, row: AccountSession
) -> None:
    membership = either_session.query(Membership).filter_by(contract_id=contract.id).one()
    membership.revoked_at = NOW
    either_session.flush()
    assert find(either_session, contract.id) is None


@pytest.mark.parametrize(
    "change",
    [{"idle": timedelta(minutes=4)}, {"longest": timedelta(minutes=59)}],
    ids=["unused for too long", "open for too long"],
)
def test_a_session_that_has_run_out_is_not_found(
    either_session: Session, contract: Contract, row: AccountSession, change: dict[str, Any]
) -> None:
    assert find(either_session, contract.id) is not None
    assert find(either_session, contract.id, **change) is None


def test_an_ended_session_and_a_disabled_account_are_not_found(
    either_session: Session, contract: Contract, account: Account, row: AccountSession
) -> None:
    account.disabled_at = NOW
    either_session.flush()
    assert find(either_session, contract.id) is None
    account.disabled_at, row.ended_at = None, NOW
    either_session.flush()
    assert find(either_session, contract.id) is None
