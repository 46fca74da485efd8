"""The audit log is only added to, by two modules; every action of the code has its label."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions import directories
from app.actions.audit_log import (
    AuditLogError,
    Origin,
    find_new_access,
    insert_event,
    record,
    set_origin,
)
from app.actions.staff_alerts import alert_staff
from app.domain.audit_log import ActorKind
from app.domain.enquiries import Reply
from app.domain.imports import JobGoal
from app.domain.readings import ReadingStatus
from app.domain.registration import State
from app.domain.transfers import Decision
from app.models import AuditEvent
from app.sections.staff.audit_log.labels import ACTIONS, GROUPS, actions_of
from config import ROOT
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.registering import NUMBER, ON_RECORD, Person

WRITERS = {"app/actions/audit_log.py", "app/actions/imports/audit.py"}
WRAPPERS = {"_record", "record_step"}
# Actions that the code puts together: its expression, and what may come of it.
COMPOSED = {
    "ACTION": ["alarm"],
    "action": [
        f"{subject}.{what}"
        for subject in directories._SUBJECTS.values()
        for what in ("added", "changed", "given_back")
        # The supplier comes from billing; billing knows no premises and no answers.
        if f"{subject}.{what}"
        not in (
            "supplier.added",
            "premises_kind.given_back",
            "answer_template.given_back",
        )
    ],
    "f'announcement.{what}'": [f"announcement.{what}" for what in ("added", "changed", "ended")],
    "f'enquiry.{step}'": [
        f"enquiry.{action}" for action in (*Reply, "assign", "topic", "note", "reopen")
    ],
    "f'mailing.{step}'": [
        f"mailing.{step}" for step in ("drafted", "changed", "tested", "started", "discarded")
    ],
    "f'import.{goal}'": [f"import.{goal}" for goal in JobGoal],
    "f'transfer.{decision}'": [
        f"transfer.{decision}" for decision in (Decision.SAME, Decision.OTHER)
    ],
    "f'readings.{status}'": [f"readings.{status}" for status in ReadingStatus],
    "f'registration.{state}'": [
        f"registration.{state}" for state in (State.ACTIVE, State.STOPPED, State.REFUSED)
    ],
}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """(file, name of what is called, call) of the whole application."""
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
                yield file, name, node


def test_every_action_of_the_code_has_words() -> None:
    missing, found = [], 0
    for file, name, call in calls():
        if name == "record" and len(call.args) > 1:
            action = call.args[1]
            names = (
                [action.value]
                if isinstance(action, ast.Constant)
                else COMPOSED.get(ast.unparse(action), [ast.unparse(action)])
            )
            found += 1
            missing += [f"{file}:{call.lineno} {name}" for name in names if name not in ACTIONS]
        elif name in WRAPPERS:
            steps = [
                arg.value
                for arg in call.args
                if isinstance(arg, ast.Constant) and re.fullmatch(r"[a-z_]+", str(arg.value))
            ]
            known = {action.rpartition(".")[2] for action in ACTIONS}
            missing += [f"{file}:{call.lineno} {step}" for step in steps if step not in known]
    assert found > 20
    assert not missing, missing


def test_every_action_is_in_a_group_and_every_group_has_actions() -> None:
    assert {group for group, _ in ACTIONS.values()} == set(GROUPS)
    assert sum(len(actions_of(group)) for group in GROUPS) == len(ACTIONS)
    assert all(len(action) <= 40 for action in ACTIONS)


def test_only_two_modules_write_the_audit_log_and_none_changes_it() -> None:
    writes, changes = set(), []
    for file, name, call in calls():
        first = ast.unparse(call.args[0]) if call.args else ""
        if name == "AuditEvent" or (name == "insert" and first == "AuditEvent"):
            writes.add(file)
        if name in ("update", "delete", "query") and "AuditEvent" in first:
            changes.append(f"{file}:{call.lineno}")
    assert writes == WRITERS
    assert not changes, changes
    raw = [
        file
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and re.search(r"(?i)(update|delete from|insert into)\s+audit_events", str(node.value))
    ]
    assert not raw, raw


def test_no_route_changes_the_audit_log(app: Flask) -> None:
    writing = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "journal" in rule.rule and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert writing == ["staff.audit_log_file"]


def one(session: Session) -> AuditEvent:
    record(
        session, "account.closed", None, "accounts", "1", NOW, contract_id=None, email=["a", "b"]
    )
    session.commit()
    return session.scalars(select(AuditEvent)).one()


def test_a_line_cannot_be_changed_through_a_session(session: Session) -> None:
    line = one(session)
    line.changes = {}
    with pytest.raises(AuditLogError):
        session.flush()
    session.rollback()
    assert session.scalars(select(AuditEvent.changes)).one() == {"email": ["a", "b"]}


def test_a_line_cannot_be_deleted_through_a_session(session: Session) -> None:
    session.delete(one(session))
    with pytest.raises(AuditLogError):
        session.flush()
    session.rollback()
    assert session.scalars(select(AuditEvent)).one()


def test_a_line_carries_who_works_and_from_where(session: Session, make: Factory) -> None:
    clerk = make.staff()
    make.commit()
    set_origin(session, Origin("2001:db8::1" + "0" * 60, clerk.id))
    record(session, "account.closed", None, "accounts", "1", NOW, contract_id=None)
    line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert line is not None
    assert (line.staff_id, line.address) == (clerk.id, ("2001:db8::1" + "0" * 60)[:45])


def test_the_same_access_within_a_quarter_of_an_hour_is_one_event(
    session: Session, make: Factory
) -> None:
    clerk = make.staff()
    make.commit()
    set_origin(session, Origin("10.0.0.1", clerk.id))
    viewed = ((0, "home.index"), (14, "home.index"), (14, "pay.index"), (16, "home.index"))
    for minutes, page in viewed:
        now = NOW + timedelta(minutes=minutes)
        line = find_new_access(
            session, None, "contracts", NUMBER, {"page": page}, now, contract_id=None
        )
        if line is not None:
            session.execute(insert_event(line))
    views = session.scalars(select(AuditEvent).where(AuditEvent.action == "staff.looked")).all()
    assert [view.changes["page"] for view in views] == ["home.index", "pay.index", "home.index"]


@pytest.mark.parametrize(
    ("origin", "account_id", "kind"),
    [
        (Origin("10.0.0.1", 3, ActorKind.VISITOR), 1, ActorKind.STAFF),
        (Origin("", 3, ActorKind.BILLING), None, ActorKind.STAFF),
        (Origin("10.0.0.1", kind=ActorKind.VISITOR), 1, ActorKind.CUSTOMER),
        (Origin("10.0.0.1", kind=ActorKind.VISITOR), None, ActorKind.VISITOR),
        (Origin("10.0.0.1", kind=ActorKind.BILLING), None, ActorKind.BILLING),
        (Origin("cli", kind=ActorKind.COMMAND_LINE), 1, ActorKind.COMMAND_LINE),
        (Origin(), 1, ActorKind.CUSTOMER),
        (Origin(), None, ActorKind.SYSTEM),
    ],
)
def test_the_kind_of_actor_follows_the_origin_of_the_session(
    origin: Origin, account_id: int | None, kind: ActorKind
) -> None:
    assert origin.actor_kind(account_id) is kind


def test_what_the_portal_notices_while_it_serves_a_visitor_is_its_own(session: Session) -> None:
    set_origin(session, Origin("10.0.0.9", kind=ActorKind.VISITOR))
    alert_staff(session, "sms daily cap", NOW)
    assert session.scalars(select(AuditEvent.actor_kind)).one() == ActorKind.SYSTEM


def test_an_alarm_is_noted_once_a_day_with_its_address(session: Session) -> None:
    set_origin(session, Origin("10.0.0.9"))
    for hours in (0, 1, 24):
        alert_staff(session, "sms daily cap", NOW + timedelta(hours=hours))
    lines = session.scalars(select(AuditEvent)).all()
    assert [line.subject_key[-10:] for line in lines] == ["2026-11-21", "2026-11-22"]
    assert {line.address for line in lines} == {"10.0.0.9"}


def test_no_secret_is_in_the_audit_log(
    app: Flask, make: Factory, session: Session, outbox: Outbox
) -> None:
    make.supplier()
    make.contract(NUMBER)
    make.staff()
    make.commit()
    person = Person(PageClient(app), {"password": "надежный пароль 7"})
    person.save(person.form())
    links = [outbox.link(ON_RECORD)]
    person.page.submit(person.page.open(links[0]))
    page = PageClient(app)
    page.submit(page.get("recovery.index"), login=NUMBER, channel="mail")
    links.append(outbox.link(ON_RECORD))
    typed = "свежий пароль 26"
    page.submit(page.open(links[1]), password=typed, password_again=typed)
    page.sign_in(NUMBER, typed)
    changed = "еще один пароль 3"
    soup = page.open("/contracts/1/profile/password")
    page.submit(soup, current=typed, password=changed, password_again=changed)
    staff_page = PageClient(app)
    staff_page.sign_in_staff()
    soup = staff_page.get("staff.password")
    staff_page.submit(soup, current=PASSWORD, password="пароль сотрудника 8")
    lines = session.scalars(select(AuditEvent)).all()
    assert {"account.created", "account.password_set", "staff.signed_in", "staff.password_set"} <= {
        line.action for line in lines
    }
    told = " ".join(f"{line.subject_key} {line.changes} {line.address}" for line in lines)
    secrets = ["надежный пароль 7", typed, changed, PASSWORD, "пароль сотрудника 8", "argon2"]
    secrets += [part for link in links for part in link.split("/") if len(part) > 12]
    assert len(secrets) > 6
    assert not [secret for secret in secrets if secret in told]
    # All of this was done by people, each from somewhere.
    assert {line.address for line in lines if line.action != "staff.created"} == {"127.0.0.1"}


def test_what_a_command_does_was_done_on_the_server(app: Flask, session: Session) -> None:
    done = app.test_cli_runner().invoke(
        args=[
            "staff-create",
            "petrova",
            "--name",
            "Петрова",
            "--role",
            "admin",
            "--password-stdin",
        ],
        input="верный пароль 1\n",
    )
    assert done.exit_code == 0, done.output
    line = session.scalars(select(AuditEvent)).one()
    assert (line.action, line.address, line.staff_id) == ("staff.created", "cli", None)
