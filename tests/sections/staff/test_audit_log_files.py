"""The audit log as a file, its speed, and the same on PostgreSQL."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from app.actions.audit_log import Origin, record, set_origin
from app.domain.audit_log import ActorKind
from app.extensions import db
from app.models import AuditEvent, Contract
from app.queries.audit_log import (
    ActorGroup,
    AuditFilter,
    count_up_to,
    find_names,
    list_events,
    stream_events,
)
from app.queries.pagination import Cursor
from app.sections.staff.audit_log import routes as section
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.test_audit_log import rows, write

pytest_plugins = ["tests.postgres"]
DAY = timedelta(days=1)
LONG = "=cmd|' /C calc'!A1 " + "д" * 500


def download(manager: PageClient, extension: str = "csv", status: int = 303, **query: str) -> bytes:
    """Press the button under the table that a query shows."""
    soup = manager.get("staff.audit_log", **query)
    action = manager.url("staff.audit_log_file", extension=extension)
    form = next(f for f in soup.select("form[method=post]") if "journal" in f["action"])
    data = {tag["name"]: tag.get("value", "") for tag in form.select("input[name]")}
    manager.last = manager.client.post(action, data=data)
    assert manager.last.status_code == status, manager.last.text[:500]
    return manager.last.data


def test_a_file_has_the_chosen_rows_whole_and_defused(
    manager: PageClient, session: Session
) -> None:
    write(session, "account.closed", subject_key=LONG, changes={"reason": ["a", LONG]})
    write(session, "account.person_saved")
    content = download(manager, status=200, action="accounts", first="2026-11-21")
    head, *lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert head == ["Когда", "Кто", "Действие", "Что", "Номер", "Было → стало", "Адрес"]
    assert len(lines) == 1
    assert lines[0][0] == "21.11.2026, 12:00:00"
    assert lines[0][4] == "'" + LONG
    assert lines[0][5] == f"причина: a → {LONG}"
    assert "filename*=UTF-8''%D0%96" in manager.last.headers["Content-Disposition"]


def test_a_workbook_opens(manager: PageClient, session: Session) -> None:
    write(session, "account.closed", subject_key="n1")
    content = download(manager, "xlsx", 200)
    book = zipfile.ZipFile(io.BytesIO(content))
    assert "n1" in book.read("xl/sharedStrings.xml").decode()


def test_taking_a_file_is_a_line_of_the_audit_log(manager: PageClient, session: Session) -> None:
    download(manager, status=200, who="staff", first="2026-11-21", key="manager")
    line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert line is not None
    assert (line.action, line.address) == ("journal.exported", "127.0.0.1")
    assert line.changes["filter"]["key"] == "manager"
    shown = rows(manager.get("staff.audit_log"))[0]["Было → стало"]
    assert "кто: Сотрудники" in shown


def test_reading_the_audit_log_writes_nothing(manager: PageClient, session: Session) -> None:
    before = len(session.scalars(select(AuditEvent.id)).all())
    manager.get("staff.audit_log")
    manager.fragment("staff.audit_log", who="billing")
    assert len(session.scalars(select(AuditEvent.id)).all()) == before
    url = manager.url("staff.audit_log_file", extension="csv")
    assert manager.client.get(url).status_code == 405
    assert manager.client.post(url).status_code == 400


def test_too_many_rows_for_a_file_are_told_in_words(
    manager: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section, "MAX_FILE_ROWS", 2)
    for number in range(3):
        write(session, "account.closed", subject_key=f"n{number}")
    before = len(session.scalars(select(AuditEvent.id)).all())
    download(manager, status=422)
    assert "Выберите период покороче" in manager.last.text
    session.rollback()
    assert len(session.scalars(select(AuditEvent.id)).all()) == before


def test_a_bad_filter_makes_no_file(manager: PageClient, session: Session) -> None:
    soup = manager.get("staff.audit_log")
    token = soup.select_one("[name=csrf_token]")["value"]
    url = manager.url("staff.audit_log_file", extension="csv")
    answer = manager.client.post(url, data={"csrf_token": token, "first": "2026-13-01"})
    assert answer.status_code == 422
    assert "нужна дата" in answer.text


def fill(session: Session) -> None:
    """400 days of people, and an import each 40 days, larger than all of them."""
    contract_id = session.scalar(select(Contract.id).where(Contract.number == "00123-ЭС"))
    lines = []
    for day in range(400):
        at = {"happened_at": NOW - (400 - day) * DAY, "changes": {}}
        access = {"action": "staff.looked", "import_run_id": None, "address": "10.0.0.1"}
        access["actor_kind"] = ActorKind.STAFF
        access["contract_id"] = contract_id if day == 123 else None
        lines += [at | access | {"subject": "contracts", "subject_key": f"{day:05d}-ЭС"}] * 3
        change = {"action": "import.changed", "import_run_id": 1, "address": None}
        change |= {"actor_kind": ActorKind.IMPORT, "contract_id": None}
        count = 300 if day % 40 == 0 else 0
        lines += [
            at | change | {"subject": "charges", "subject_key": f"CH-{number}"}
            for number in range(count)
        ]
    session.execute(insert(AuditEvent), lines)
    session.commit()


FILTERS: dict[str, dict[str, Any]] = {
    "default": {"since": NOW - 30 * DAY},
    "long ago": {"since": NOW - 300 * DAY, "until": NOW - 299 * DAY},
    "billing": {"group": ActorGroup.BILLING, "since": NOW - 300 * DAY, "until": NOW - 250 * DAY},
    "clerk": {"staff_id": 7},
    "contract": {"key": "00123"},
    "key": {"key": "CH-7", "group": ActorGroup.BILLING},
}


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_reads_the_audit_log_from_end_to_end(
    app: Flask, session: Session, contract: Contract, name: str
) -> None:
    fill(session)
    plans: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "audit_events" in statement:
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        found = list_events(session, AuditFilter(**FILTERS[name]), Cursor())
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert plans
    assert not [
        plan for plan in plans if plan.startswith("SCAN audit_events") and "USING" not in plan
    ]
    # Bounds in time are bounds of keys, too, else a day of long ago is sought from today on.
    if "since" in FILTERS[name]:
        assert [plan for plan in plans if "rowid>" in plan or "id>" in plan], plans
    assert len(found.rows) == {"clerk": 0, "long ago": 3, "contract": 4, "key": 10}.get(name, 50)


def work_through(session: Session) -> None:
    """What the pages ask, on whatever database."""
    fill(session)
    for name, values in FILTERS.items():
        first = list_events(session, AuditFilter(**values), Cursor())
        ids = [row.id for row in first.rows]
        assert ids == sorted(ids, reverse=True)
        if not first.older:
            continue
        second = list_events(session, AuditFilter(**values), Cursor(before=first.older))
        assert second.rows[0].id < first.rows[-1].id, name
        back = list_events(session, AuditFilter(**values), Cursor(after=second.newer))
        assert [row.id for row in back.rows] == ids
    wanted = AuditFilter(since=NOW - 100 * DAY, until=NOW - 30 * DAY)
    assert count_up_to(session, wanted, 50) == 50
    assert count_up_to(session, wanted, 1000) == 210
    streamed = [row for rows in stream_events(session, wanted, 1000) for row in rows]
    assert len(streamed) == 210
    assert find_names(session, streamed).runs == {}


def test_the_audit_log_on_sqlite(session: Session, contract: Contract) -> None:
    work_through(session)


def test_the_audit_log_on_postgresql(postgres_app: Flask, postgres_session: Session) -> None:
    make = Factory(postgres_session)
    make.import_run(id=1)
    contract = make.contract("00123-ЭС")
    make.account(contract)
    make.commit()
    work_through(postgres_session)
    set_origin(postgres_session, Origin("10.0.0.1"))
    record(
        postgres_session,
        "readings.submitted",
        None,
        "contracts",
        contract.number,
        NOW,
        contract_id=contract.id,
    )
    found = list_events(postgres_session, AuditFilter(key="00123"), Cursor())
    assert found.rows[0].contract_id == contract.id
    with postgres_app.app_context():
        db.session.remove()
