"""Record in the audit log which personal data a clerk has opened, and what customers download.

A record is committed in a transaction of its own before the page is sent; where that fails, so does
the page. Only on SQLite, which has one writer, a record may find the database locked: it then waits
in a file beside the database and follows within a minute, for a page that only reads must open
meanwhile, and no record may be lost. Such an installation has one machine by its nature.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import request
from sqlalchemy.exc import OperationalError

from app.actions.audit_log import EventValues, find_new_access, insert_event, insert_events
from app.domain.audit_log import DOWNLOAD
from app.extensions import db
from app.lib.database import try_write
from app.logging import event
from app.queries.contracts import VisibleContract
from app.web.context import clock, config

CONTRACTS, LISTS = "contracts", "lists"
MAX_QUERY = 300
BATCH = "access-"
FORMER_SPOOL = "looks.jsonl"
"""What an older version has left behind at an upgrade."""


def record_access(
    contract_id: int, number: str, account_id: int | None = None, of: int | None = None
) -> None:
    """Record that a clerk has opened a page about one customer.

    Args:
        of: what of the contract's was shown, where it has several: an enquiry, a message.
    """
    shown = {"page": request.endpoint or ""} | ({"of": of} if of is not None else {})
    _record(account_id, CONTRACTS, number, shown, contract_id)


def record_list_access(*, with_query: bool = False) -> None:
    """Record that a clerk has opened a list or an export with data of many customers.

    Args:
        with_query: what was asked for belongs to it; not where somebody searches while typing.
    """
    page = request.endpoint or ""
    query = request.query_string.decode(errors="replace")[:MAX_QUERY] if with_query else ""
    _record(None, LISTS, page, {"page": page} | ({"query": query} if query else {}))


def record_download(contract: VisibleContract, of: int | None) -> None:
    """Record that one of a contract's people has downloaded a file of it.

    Args:
        of: what of the contract's the file was about, where it has several.
    """
    query = request.query_string.decode(errors="replace")[:MAX_QUERY]
    shown: dict[str, Any] = {"page": request.endpoint or ""}
    shown |= {"of": of} if of is not None else {}
    shown |= {"file": (request.view_args or {})["extension"]} if _has_extension() else {}
    shown |= {"query": query} if query else {}
    line = find_new_access(
        db.session(),
        contract.account_id,
        CONTRACTS,
        contract.number,
        shown,
        clock().now(),
        contract_id=contract.id,
        action=DOWNLOAD,
    )
    if line is not None:
        _write(line)


def _has_extension() -> bool:
    return "extension" in (request.view_args or {})


def write_waiting() -> int:
    """Write the records that wait into the audit log; how many. What fails goes on waiting."""
    with _locked():
        for spool in (_spool(), _folder() / FORMER_SPOOL):
            if spool.exists():
                spool.rename(_folder() / f"{BATCH}{uuid.uuid4()}.jsonl")
    count = 0
    for path in sorted([*_folder().glob("looks-*.jsonl"), *_folder().glob(f"{BATCH}*.jsonl")]):
        lines = [_read(text) for text in path.read_text(encoding="utf-8").splitlines() if text]
        with db.engine.begin() as connection:
            insert_events(connection, lines)
        path.unlink(missing_ok=True)
        count += len(lines)
    return count


def _record(
    account_id: int | None,
    subject: str,
    key: str,
    shown: dict[str, Any],
    contract_id: int | None = None,
) -> None:
    line = find_new_access(
        db.session(), account_id, subject, key, shown, clock().now(), contract_id=contract_id
    )
    if line is None:
        return
    event("staff data access", subject=subject, key=key, **shown)
    _write(line)


def _write(line: EventValues) -> None:
    """Write an event in a transaction of its own, or have it wait where the database is locked."""
    if db.engine.dialect.name != "sqlite":
        with db.engine.begin() as connection:
            connection.execute(insert_event(line))
    elif not try_write(db.engine, insert_event(line)):
        _spool_record(line)
    elif _spool().exists():
        # Without a worker nobody else comes by.
        with suppress(OperationalError):
            write_waiting()


def _spool_record(line: EventValues) -> None:
    text = json.dumps(line | {"happened_at": line["happened_at"].isoformat()}, ensure_ascii=False)
    with _locked():
        handle = os.open(_spool(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(text: str) -> EventValues:
    line: EventValues = json.loads(text)
    return line | {"happened_at": datetime.fromisoformat(line["happened_at"])}


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock under which a line is added or the file is put aside."""
    with (_folder() / "access.lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    return config().instance_dir


def _spool() -> Path:
    return _folder() / "access.jsonl"
