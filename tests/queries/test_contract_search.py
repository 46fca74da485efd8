"""The index of the search finds what reading every text finds, in the same order."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app.actions import search_index
from app.actions.search_index import rebuild_search
from app.domain.search import parse_query
from app.extensions import db
from app.models import (
    Account,
    Contract,
    ContractSearch,
    ContractSearchGram,
    ContractSearchSegment,
    Customer,
    Membership,
)
from app.queries import contract_search_index
from app.queries.contract_search import find_contracts
from app.queries.contract_search_index import find_by_index
from app.queries.contract_search_scan import scan_contracts, select_by_phone
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

NAMES = ("Березка", "Берёза", "Рассвет", "Иванова", "Иванов", "Дом", "О’Кей", "АБ-12", "100%_")
STREETS = ("ул. Ленина, д. 12", "пр.Мира 2а", "ул. Лесная, 1-я", "Ленинский р-н, ул. Мира, 22")
MAILS = ("buh{}@mail.ru", "Energo.{}@zavod74.ru", "info@fon-{}.рф", "")
PHONES = ("8 (3513) 57-{:02d}-00", "+7 912 000 {:02d} 22 доб. 5", "")
CONTRACTS = 45
QUERIES = 150


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def session(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    portal: Flask = request.getfixturevalue(request.param)
    # Many segments of few contracts.
    monkeypatch.setattr(search_index, "SEGMENT_SIZE", 7)
    with portal.app_context():
        yield db.session()
        db.session.remove()


def describe(chance: random.Random) -> dict[str, str | None]:
    """What a customer is found by, of few different parts, so that much is found by each."""
    number = chance.randrange(100)
    name = f"{chance.choice(NAMES)} {chance.choice(NAMES)}-{number % 12}"
    return {
        "full_name": f"Общество «{name}»",
        "short_name": f"ООО «{name}»" if number % 3 else None,
        "inn": f"74{chance.choice(('00000', '15000'))}{number:03d}",
        "legal_address": chance.choice(STREETS),
        "email_from_billing": chance.choice(MAILS).format(number),
        "phone_from_billing": chance.choice(PHONES).format(number),
    }


def add_contract(make: Factory, chance: random.Random, number: str) -> Contract:
    contract = make.contract(number, customer_id=make.customer(**describe(chance)).id)
    if chance.random() < 0.5:
        make.meter(
            contract, f"{chance.choice(('000011', '7001', 'АВ'))}{chance.randrange(999):04d}"
        )
    if chance.random() < 0.4:
        account = make.account(contract)
        account.email = (chance.choice(MAILS) or "a_b@mail.ru").format(chance.randrange(9))
        account.phone = f"+7912000{chance.randrange(100):02d}22"
    return contract


def fill(session: Session, chance: random.Random) -> Factory:
    make = Factory(session)
    numbers = chance.sample(range(1, 400), CONTRACTS)
    for number in numbers:
        add_contract(make, chance, f"{number:05d}-{'ЭС' if number % 5 else 'ТМ'}")
    session.flush()
    rebuild_search(session)
    session.commit()
    return make


def ask(session: Session, chance: random.Random) -> str:
    """Something to search for: parts of texts on record, contacts, numbers; now and then noise."""
    if chance.random() < 0.1:
        number = chance.choice(session.scalars(select(Contract.number)).all())
        return chance.choice((number, number.lower(), f"Договор № {number}", number[:5]))
    texts = session.scalars(select(ContractSearch.search_text)).all()
    mails = session.scalars(select(Account.email)).all()
    parts = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        string = chance.choice(chance.choice(texts).split() + list(mails))
        start = chance.randrange(len(string))
        parts.append(string[start : start + chance.choice((1, 2, 3, 4, 5, 7, 99))])
    typed = chance.choice((" ", " ", "  -")).join(parts)
    odd = (
        "912000",
        "8 912 000-11-22",
        "351357",
        "№ 00012",
        "12эс",
        "нет",
        "%",
        "_",
        "ЁЖ",
        typed * 9,
    )
    return chance.choice(odd) if chance.random() < 0.15 else typed.upper()


def assert_same(session: Session, typed: str, chance: random.Random) -> None:
    query = parse_query(typed)
    if not query.tokens:
        return
    for offset, limit in ((0, 25), (0, 1), (chance.randrange(1, 40), chance.randrange(1, 9))):
        by_index = find_by_index(session, query, offset, limit)
        by_scan = scan_contracts(session, query, offset, limit)
        assert by_index is not None
        assert list(by_index.contract_ids) == list(by_scan.contract_ids), (typed, offset, limit)
        # A page beyond the last one has no row that could tell a scan the total.
        assert by_index.total == by_scan.total or not by_scan.contract_ids, typed


@pytest.mark.parametrize("seed", range(3))
def test_the_index_finds_what_a_scan_finds_in_its_order(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    fill(session, chance)
    for _ in range(QUERIES):
        assert_same(session, ask(session, chance), chance)


@pytest.mark.parametrize("seed", range(2))
def test_the_index_follows_every_change(session: Session, seed: int) -> None:
    chance = random.Random(100 + seed)
    make = fill(session, chance)
    for step in range(12):
        contract_ids = session.scalars(select(Contract.id)).all()
        match chance.randrange(4):
            case 0:
                add_contract(make, chance, f"{chance.randrange(400, 999):05d}-{step}")
            case 1:
                contract = session.get_one(Contract, chance.choice(contract_ids))
                contract.number = contract.number_key = f"{chance.randrange(400, 999):05d}-Н{step}"
            case 2:
                customer = session.scalars(select(Customer)).all()[step]
                for name, value in describe(chance).items():
                    setattr(customer, name, value)
            case 3:
                # Somebody's access ends; no index has to be told.
                session.execute(update(Membership).values(revoked_at=NOW))
        session.flush()
        rebuild_search(session)
        session.commit()
        assert rebuild_search(session) == 0
        for _ in range(15):
            assert_same(session, ask(session, chance), chance)


def generations(session: Session) -> list[int]:
    rows = select(ContractSearchSegment.generation).order_by(ContractSearchSegment.id)
    return list(session.scalars(rows))


def test_only_segments_with_a_change_are_written_anew(session: Session) -> None:
    make = fill(session, random.Random(1))
    before = generations(session)
    assert len(before) == 7
    middle = session.scalars(
        select(ContractSearch.contract_id).order_by(ContractSearch.search_text).offset(24).limit(1)
    ).one()
    make.meter(session.get_one(Contract, middle), "99009900")
    session.flush()
    assert rebuild_search(session) == 1
    after = generations(session)
    assert [place for place in range(7) if after[place] != before[place]] == [3]
    assert [found.id for found in find_contracts(session, "9900990").contracts] == [middle]


def test_without_an_index_contracts_are_found_until_it_is_made(session: Session) -> None:
    fill(session, random.Random(2))
    found = find_contracts(session, "берез")
    assert found.total > 1
    for table in (ContractSearchGram, ContractSearchSegment):
        session.execute(delete(table))
    assert find_by_index(session, parse_query("берез"), 0, 25) is None
    assert find_contracts(session, "берез") == found
    assert rebuild_search(session) == 0
    assert find_by_index(session, parse_query("берез"), 0, 25) is not None


def test_an_index_of_another_version_is_not_read_and_made_anew(session: Session) -> None:
    fill(session, random.Random(3))
    found = find_contracts(session, "берез")
    session.execute(update(ContractSearchSegment).values(version=0))
    session.execute(update(ContractSearchGram).values(contracts=b""))
    assert find_contracts(session, "берез") == found
    rebuild_search(session)
    assert find_by_index(session, parse_query("берез"), 0, 25) is not None
    assert find_contracts(session, "берез") == found


@pytest.mark.parametrize(("changes", "is_by_index"), [(1, True), (99, False)])
def test_an_index_that_changes_while_it_is_read_is_read_again(
    session: Session, monkeypatch: pytest.MonkeyPatch, changes: int, is_by_index: bool
) -> None:
    fill(session, random.Random(4))
    found = find_contracts(session, "берез")
    read = contract_search_index._Search._read_sets
    left = [changes]

    def read_sets(search):
        sets = read(search)
        if left[0]:
            left[0] -= 1
            # As if an import were committed now.
            generation = ContractSearchSegment.generation + 1
            session.execute(update(ContractSearchSegment).values(generation=generation))
            return {key: {} for key in sets}
        return sets

    monkeypatch.setattr(contract_search_index._Search, "_read_sets", read_sets)
    assert find_contracts(session, "берез") == found
    left[0] = changes
    by_index = find_by_index(session, parse_query("берез"), 0, 25)
    assert (by_index is not None) is is_by_index


def test_a_telephone_is_found_by_its_end_through_its_index(session: Session) -> None:
    make = Factory(session)
    for number, phone in enumerate(("+79120004422", "+79121114422", "+79124422000", None), 1):
        make.account(make.contract(f"0000{number}-ЭС")).phone = phone
    session.flush()
    found = {
        digits: sorted(session.scalars(select_by_phone(digits)))
        for digits in ("9120004422", "004422", "114422", "4422000", "912000", "7000044422")
    }
    ids = session.scalars(select(Contract.id).order_by(Contract.id)).all()
    assert found == {
        "9120004422": [ids[0]],
        "004422": [ids[0]],
        "114422": [ids[1]],
        "4422000": [ids[2]],
        "912000": [],
        "7000044422": [],
    }
    statement = str(
        select_by_phone("9120004422").compile(
            session.connection(), compile_kwargs={"literal_binds": True}
        )
    ).replace("%%", "%")
    if session.connection().dialect.name == "sqlite":
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    else:
        # A table of four rows is read from end to end, unless that is made dear.
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = session.connection().execute(text(f"EXPLAIN {statement}")).all()
    assert "ix_accounts_phone_end" in str(plan)
