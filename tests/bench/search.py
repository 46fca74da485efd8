"""Benchmark staff search over 20 000 contracts, on SQLite and, where available, PostgreSQL."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.lib.database import prepare_engine
from app.models import Base
from app.queries.contract_search import find_contracts
from tests.browser.crowd import add_contracts
from tests.postgres import answers, scratch_database

CONTRACTS = 20_000
TYPED = ("51234", "березка", "ооо ленина 12", "7400015678", "70012345", "нет такого", "о")
TRIES = 5


def report(folder: Path) -> None:
    """Milliseconds of the slowest of five tries for each query."""
    _report("SQLite", create_engine(f"sqlite:///{folder / 'search.sqlite3'}"))
    if answers():
        with scratch_database() as url:
            _report("PostgreSQL", create_engine(url))


def _report(name: str, engine: Engine) -> None:
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        add_contracts(session, CONTRACTS)
        slowest = {}
        for typed in TYPED:
            times = []
            for _ in range(TRIES):
                begun = time.perf_counter()
                find_contracts(session, typed)
                times.append(time.perf_counter() - begun)
            slowest[typed] = max(times) * 1000
    engine.dispose()
    milliseconds = ", ".join(f"«{typed}» {ms:.0f}" for typed, ms in slowest.items())
    print(f"search of {CONTRACTS} contracts, {name}, ms: {milliseconds} (asked: at most 100)")
