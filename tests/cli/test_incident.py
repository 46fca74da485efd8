"""``flask incident`` names everybody whose data could be read, and nobody else."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.models import Account, AccountSession, Contract
from tests.conftest import NOW
from tests.factories import Factory


@pytest.fixture
def contracts(make: Factory) -> list[Contract]:
    """Three contracts of three customers; the first two belong to one account."""
    made = [make.contract(f"0010{number}-ЭС") for number in range(3)]
    account = make.account(made[0], email="buh@example.org")
    make.membership(account, made[1], Role.OWNER)
    make.account(made[2], email="other@example.org")
    make.commit()
    return made


def run(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["incident", *map(str, arguments)])


def named(result: Result) -> set[str]:
    """Contract numbers in what a command has printed."""
    assert result.exit_code == 0, result.output
    return {part for part in result.output.split() if part.endswith("-ЭС")}


def test_every_contract_of_an_account_was_reachable(app, contracts: list[Contract]) -> None:
    told = run(app, "--account", "BUH@example.org")
    assert named(told) == {"00100-ЭС", "00101-ЭС"}
    assert "доступны: 2" in told.output
    assert "buh@example.org" in told.output


def test_only_memberships_of_the_time_count(
    app, contracts: list[Contract], session: Session
) -> None:
    until = (NOW - timedelta(days=400)).isoformat()
    assert named(run(app, "--account", "buh@example.org", "--until", until)) == set()


def test_one_session_reaches_what_its_account_could_open_then(
    app, contracts: list[Contract], session: Session
) -> None:
    account = session.query(Account).filter_by(email="buh@example.org").one()
    row = AccountSession(
        account_id=account.id,
        token_hash="0" * 64,
        created_at=NOW,
        last_seen_at=NOW + timedelta(hours=1),
        ended_at=None,
        address="203.0.113.7",
        user_agent="",
    )
    session.add(row)
    session.commit()
    told = run(app, "--session", str(row.id))
    assert named(told) == {"00100-ЭС", "00101-ЭС"}
    assert "203.0.113.7" in told.output
    since = (NOW - timedelta(hours=1)).isoformat()
    assert named(run(app, "--since", since)) == {"00100-ЭС", "00101-ЭС"}
    after_it = (NOW + timedelta(hours=2)).isoformat()
    assert named(run(app, "--since", after_it)) == set()


def test_staff_reached_what_they_opened_and_lists_are_named(
    app, page, make: Factory, contracts: list[Contract]
) -> None:
    make.staff(login="operator")
    make.commit()
    page.sign_in_staff()
    page.get("staff.customer", contract_id=contracts[1].id)
    page.get("staff.readings")
    told = run(app, "--staff", "operator")
    assert named(told) == {"00101-ЭС"}
    assert "Сеансов сотрудника за это время: 1" in told.output
    assert "staff.readings" in told.output
    assert named(run(app, "--since", (NOW - timedelta(minutes=1)).isoformat())) == {"00101-ЭС"}


def test_the_list_is_a_file_for_the_notice(app, contracts: list[Contract], tmp_path: Path) -> None:
    path = tmp_path / "incident.xlsx"
    assert "Записано" in run(app, "--account", "other@example.org", "--file", path).output
    assert path.stat().st_mode & 0o077 == 0
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Договор", "00102-ЭС"]
    assert run(app, "--account", "other@example.org", "--file", tmp_path / "x.txt").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "нужно одно из"),
        (("--account", "a@example.org", "--staff", "b"), "нужно одно из"),
        (("--account", "nobody@example.org"), "нет"),
        (("--staff", "nobody"), "нет"),
        (("--since", "вчера"), "нужен момент"),
    ],
)
def test_a_wrong_call_is_explained(app, arguments: tuple[str, ...], told: str) -> None:
    result = run(app, *arguments)
    assert result.exit_code in (1, 2)
    assert told in result.output
