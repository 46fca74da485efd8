"""Benchmark staff search over 20 000 and 100 000 contracts, on SQLite and PostgreSQL if there is
one, half of the contracts with an account."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, delete, insert, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.actions.search_index import rebuild_search
from app.lib.database import prepare_engine
from app.models import (
    Account,
    Base,
    Contract,
    ContractSearchGram,
    ContractSearchSegment,
    Membership,
)
from app.queries.contract_search import find_contracts
from tests.browser.crowd import add_contracts
from tests.postgres_server import answers, scratch_database

TARGETS = {20_000: 5, 100_000: 15}
"""Milliseconds at most for this many contracts."""
TYPED = (
    "51234",
    "березка",
    "ооо ленина 12",
    "7400015678",
    "00156",
    "70012345",
    "нет такого",
    "о",
    "12",
    "миасс",
    "общество",
    "березка-12",
    "+7 912 001-23-45",
    "buh12345@mail.ru",
)
TRIES = 5


def report(folder: Path) -> None:
    """Milliseconds of the slowest of five tries for each query, and what the index costs.

    Statements are compiled before: a process does that once.
    """
    for contracts, target in TARGETS.items():
        path = folder / f"search{contracts}.sqlite3"
        _report("SQLite", create_engine(f"sqlite:///{path}"), contracts, target)
        if answers():
            with scratch_database() as url:
                _report("PostgreSQL", create_engine(url), contracts, target)


def _report(name: str, engine: Engine, contracts: int, target: int) -> None:
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        add_contracts(session, contracts)
        _add_accounts(session)
        if engine.dialect.name == "postgresql":
            # As it does by itself within a minute.
            session.execute(text("ANALYZE"))
        _time_search(session)
        slowest = [
            max(tries) for tries in zip(*(_time_search(session) for _ in range(TRIES)), strict=True)
        ]
        texts = _time_rebuild(session)
        session.execute(delete(ContractSearchGram))
        session.execute(delete(ContractSearchSegment))
        whole = _time_rebuild(session)
    engine.dispose()
    print(f"search of {contracts} contracts, {name}, ms of the slowest of {TRIES} (CPU of ours):")
    for typed, (wall, cpu) in zip(TYPED, slowest, strict=True):
        print(f"  {wall:6.1f} ({cpu:.1f})  «{typed}» (at most {target})")
    print(f"  CPU of making the texts anew {texts:.1f} s, of the index {whole - texts:.1f} s")


def _add_accounts(session: Session) -> None:
    """An account of its own for every second contract."""
    now = datetime.now(UTC)
    ids = session.scalars(select(Contract.id).where(Contract.id % 2 == 0)).all()
    session.execute(
        insert(Account),
        [
            {
                "id": key,
                "email": f"buh{key}@{'mail' if key % 3 else 'zavod'}.ru",
                "phone": f"+7912{key % 10_000_000:07d}",
                "password_hash": "",
                "created_at": now,
            }
            for key in ids
        ],
    )
    session.execute(
        insert(Membership),
        [
            {"account_id": key, "contract_id": key, "role": "owner", "created_at": now}
            for key in ids
        ],
    )
    session.commit()


def _time_search(session: Session) -> list[tuple[float, float]]:
    """Milliseconds of each query, and of this process for it."""
    times = []
    for typed in TYPED:
        begun, cpu = time.perf_counter(), time.process_time()
        find_contracts(session, typed)
        wall = time.perf_counter() - begun
        times.append((wall * 1000, (time.process_time() - cpu) * 1000))
    return times


def _time_rebuild(session: Session) -> float:
    begun = time.process_time()
    rebuild_search(session)
    return time.process_time() - begun
