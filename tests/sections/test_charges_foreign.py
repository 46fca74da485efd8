"""Charges of a foreign export: every line and every month agrees with its files to the kopeck."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from app.actions.accounts import create_account
from app.actions.billing_import import ImportOptions, apply_import
from app.extensions import db
from app.integrations.billing_files import Package
from tests.conftest import NOW
from tests.factories import PASSWORD
from tests.foreign import write_package
from tests.pages import PageClient

ALL = {"first": "2023-01-01", "last": "2026-12-31"}
CONTRACTS = 3


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign-charges")
    write_package(folder, contracts=12, months=18, seed=5)
    return folder


@pytest.fixture
def foreign_app(make_app: Callable[..., Flask], package: Path) -> Flask:
    app = make_app()
    with app.app_context():
        with Package(package) as files:
            apply_import(db.session(), files, ImportOptions(), NOW, lambda name, done: None)
        for number in numbers(package):
            create_account(db.session(), number, "buh@example.org", PASSWORD, NOW)
        db.session.commit()
    return app


def read(package: Path, name: str) -> list[dict[str, str]]:
    text = (package / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def numbers(package: Path) -> list[str]:
    return sorted({row["contract_no"] for row in read(package, "charges")})[:CONTRACTS]


def money(text: str) -> Decimal:
    return Decimal(
        text.replace("\u00a0", "").replace(" ", "").replace(",", ".").replace("\u2212", "-")
    )


def test_every_document_line_and_month_agrees_with_the_export(
    foreign_app: Flask, package: Path
) -> None:
    charges = [row for row in read(package, "charges") if row.get("deleted") != "1"]
    lines = defaultdict(list)
    for row in read(package, "charge_lines"):
        lines[row["charge_id"]].append(row)
    for number in numbers(package):
        mine = [row for row in charges if row["contract_no"] == number]
        page = PageClient(foreign_app)
        home = page.sign_in(number).location
        shown = statement(page, home)
        expected = [line for row in mine for line in lines[row["charge_id"]] or [row]]
        assert len(shown) == len(expected) > 20
        for ours, theirs in (("Без НДС", "amount"), ("НДС", "vat_amount"), ("С НДС", "total")):
            assert sorted(money(row[ours]) for row in shown) == sorted(
                Decimal(row[theirs]) for row in expected
            )
        months = defaultdict(Decimal)
        for row in mine:
            if row["kind"] != "penalty":
                months[row["period"]] += Decimal(row["total"])
        soup = page.open(f"{home}charges?{urlencode(ALL)}")
        gross = [money(cell.text) for cell in soup.select("table.charges tbody td.gross")]
        assert gross == [months[period] for period in sorted(months, reverse=True)]
        penalties = sum(Decimal(row["total"]) for row in mine if row["kind"] == "penalty")
        interest = soup.select_one("table.interest tfoot td.gross")
        assert (money(interest.text) if interest else Decimal(0)) == penalties


def statement(page: PageClient, home: str) -> list[dict[str, str]]:
    """The rows of the statement with lines, as its CSV file holds them."""
    answer = page.client.get(f"{home}charges/statement.csv?{urlencode(ALL)}&lines=1")
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
