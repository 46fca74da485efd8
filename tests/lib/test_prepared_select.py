"""A prepared SELECT reads what SQLAlchemy reads, on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    event,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from app.domain.period import Month
from app.lib.database import reading_engine
from app.lib.prepared_select import PreparedSelect
from app.models import Charge, Contract, MonthlyBalance, TextVersion
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
IS_OF_CONTRACT = Charge.contract_id == bindparam("contract_id")
FIRST, LAST = bindparam("first"), bindparam("last")


@pytest.fixture(params=["session", "postgres_session"])
def either_session(request: pytest.FixtureRequest) -> Session:
    session: Session = request.getfixturevalue(request.param)
    return session


@pytest.fixture
def contract(either_session: Session) -> Contract:
    make = Factory(either_session)
    contract = make.contract(transferred_at=NOW)
    for month in (8, 9, 10):
        make.charge(contract, date(2026, month, 28), f"{month}.05", withdrawn_at=None)
        make.balance(contract, f"2026-{month:02}", "-1.50", "0.00")
    make.charge(contract, date(2026, 11, 1), "-3.10", withdrawn_at=NOW)
    return contract


CHARGES: Select[Any] = select(
    Charge.id,
    Charge.doc_date,
    Charge.period,
    Charge.gross_amount,
    Charge.withdrawn_at,
    Charge.withdrawn_at.is_(None),
    Charge.corrects_external_id,
    null(),
    literal("100 %"),
).where(IS_OF_CONTRACT)
STATEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "every type": (CHARGES.order_by(Charge.id), {}),
    "dates bound, a constant limit": (
        CHARGES.where(Charge.doc_date.between(FIRST, LAST)).order_by(Charge.id).limit(2),
        {"first": date(2026, 9, 1), "last": date(2026, 12, 31)},
    ),
    "a moment and an amount bound": (
        CHARGES.where(
            Charge.withdrawn_at <= bindparam("until"), Charge.gross_amount < bindparam("most")
        ),
        {"until": NOW, "most": Decimal(0)},
    ),
    "one name in two places": (
        union_all(
            select(Charge.doc_date, Charge.period).where(IS_OF_CONTRACT, Charge.period == FIRST),
            select(Charge.doc_date, Charge.period).where(IS_OF_CONTRACT, Charge.period > FIRST),
        ).order_by("doc_date"),
        {"first": Month(2026, 9)},
    ),
    "sums": (
        select(func.sum(Charge.gross_amount), func.count(), func.max(Charge.withdrawn_at))
        .where(IS_OF_CONTRACT)
        .group_by(Charge.contract_id),
        {},
    ),
    "no value": (CHARGES.where(Charge.corrects_external_id == bindparam("key")), {"key": None}),
    "a list of values": (
        CHARGES.where(Charge.period.in_(bindparam("months", expanding=True))).order_by(Charge.id),
        {"months": [Month(2026, 8), Month(2026, 10)]},
    ),
    "a list of constants": (CHARGES.where(Charge.kind.in_(["upd", "other"])), {}),
    "page by page": (
        CHARGES.order_by(Charge.id).offset(bindparam("skipped")).limit(bindparam("size")),
        {"skipped": 1, "size": 2},
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_rows_are_those_of_sqlalchemy_each_time(
    either_session: Session, contract: Contract, case: str
) -> None:
    statement, values = STATEMENTS[case]
    values = values | {"contract_id": contract.id}
    expected = [tuple(row) for row in either_session.connection().execute(statement, values)]
    prepared = PreparedSelect(statement)
    for _ in range(2):
        assert prepared.all(either_session, **values) == expected
        assert prepared.first(either_session, **values) == (expected[0] if expected else None)
    assert bool(expected) is (case != "no value")
    assert prepared.all(either_session, **values | {"contract_id": contract.id + 1}) == []


def test_other_values_give_other_rows(either_session: Session, contract: Contract) -> None:
    prepared = PreparedSelect(
        select(MonthlyBalance.opening_amount, MonthlyBalance.period).where(
            MonthlyBalance.contract_id == bindparam("contract_id"), MonthlyBalance.period == FIRST
        )
    )
    for month in (8, 9):
        rows = prepared.all(either_session, contract_id=contract.id, first=Month(2026, month))
        assert [str(amount) for amount, _ in rows] == ["-1.50"]
        assert [period for _, period in rows] == [Month(2026, month)]


def test_one_statement_serves_both_databases(session: Session, postgres_session: Session) -> None:
    prepared = PreparedSelect(
        select(Contract.number).where(Contract.number_key == bindparam("key")).limit(1)
    )
    for either in (session, postgres_session, session):
        make = Factory(either)
        if prepared.first(either, key="00123-ЭС") is None:
            make.contract("00123-ЭС")
        assert prepared.all(either, key="00123-ЭС") == [("00123-ЭС",)]


def test_who_listens_to_the_engine_is_told(either_session: Session, contract: Contract) -> None:
    prepared, statements = PreparedSelect(CHARGES), []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    expected = prepared.all(either_session, contract_id=contract.id)
    engine = either_session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert prepared.all(either_session, contract_id=contract.id) == expected
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 1, "each execution once"


def test_without_a_listener_the_driver_alone_is_asked(
    either_session: Session, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, contract_id = PreparedSelect(CHARGES), contract.id
    expected = prepared.all(either_session, contract_id=contract_id)
    either_session.commit()
    engine = reading_engine(either_session.get_bind().engine)
    with Session(engine) as reading:
        reading.connection()
        monkeypatch.setattr(Connection, "execute", None)
        assert prepared.all(reading, contract_id=contract_id) == expected


def test_what_the_session_has_written_is_seen_before_it_is_committed(
    either_session: Session, contract: Contract
) -> None:
    prepared = PreparedSelect(select(Contract.number).where(Contract.id == bindparam("id")))
    contract.number = "changed"
    either_session.flush()
    assert prepared.all(either_session, id=contract.id) == [("changed",)]
    either_session.rollback()
    assert prepared.all(either_session, id=contract.id) == []


def test_an_error_of_the_driver_is_one_of_sqlalchemy_without_the_values(
    either_session: Session,
) -> None:
    prepared = PreparedSelect(select(TextVersion.body).where(TextVersion.purpose == FIRST))
    prepared.all(either_session, first="secret")
    either_session.execute(text("ALTER TABLE text_versions RENAME TO renamed"))
    with pytest.raises(DBAPIError) as error:
        prepared.all(either_session, first="secret")
    assert "text_versions" in str(error.value)
    assert "secret" not in str(error.value)
    either_session.rollback()


def test_a_connection_that_is_lost_is_not_used_again(postgres_session: Session) -> None:
    prepared = PreparedSelect(select(Contract.number).where(Contract.id == bindparam("id")))
    prepared.all(postgres_session, id=1)
    driver_connection = postgres_session.connection().connection.driver_connection
    driver_connection.close()
    with pytest.raises(OperationalError) as error:
        prepared.all(postgres_session, id=1)
    assert error.value.connection_invalidated
    with pytest.raises(PendingRollbackError):
        prepared.all(postgres_session, id=1)
    postgres_session.rollback()
    assert prepared.all(postgres_session, id=1) == []
