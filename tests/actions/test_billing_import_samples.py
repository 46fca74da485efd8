"""What docs/billing-exchange.md shows is true: its samples load, its recipe does what it says."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.domain.exchange.column_types import Day, Moment
from app.models import Charge, ChargeLine, Contract, Customer, MonthlyBalance
from tests.actions.import_steps import SAMPLE, get_only, import_package

DOCS = SAMPLE.parent
TEXT = (DOCS / "billing-exchange.md").read_text(encoding="utf-8")
EXTRA = ("delta", "transfer", "tariff")


@pytest.mark.parametrize("name", EXTRA)
def test_each_extra_sample_loads_on_top_of_the_first(session: Session, name: str) -> None:
    import_package(session, SAMPLE)
    result = import_package(session, DOCS / f"billing-exchange-sample-{name}")
    assert result.run is not None
    assert result.run.is_verified
    # That a contract changed hands is told with its line; else there is nothing to warn of.
    files = {warning.file for warning in result.report.warnings}
    assert files <= ({"contracts.csv"} if name == "transfer" else set())


def test_the_sample_of_a_transfer_gives_the_contract_to_another_customer(session: Session) -> None:
    import_package(session, SAMPLE)
    import_package(session, DOCS / "billing-exchange-sample-transfer")
    contract = get_only(session, Contract, number="00002-ЭС")
    assert contract.customer_id == get_only(session, Customer, external_id="000000104").id


def test_the_sample_of_a_tariff_change_has_a_line_for_each_price(session: Session) -> None:
    import_package(session, SAMPLE)
    import_package(session, DOCS / "billing-exchange-sample-tariff")
    charge = get_only(session, Charge, external_id="НЧ-2026-10-00003")
    lines = session.query(ChargeLine).filter_by(charge_id=charge.id).all()
    assert sum((line.quantity for line in lines), Decimal(0)) == Decimal("215.700")
    assert sum((line.gross_amount for line in lines), Decimal(0)) == charge.gross_amount
    assert len({line.price for line in lines}) == 2
    balances = session.query(MonthlyBalance).filter_by(contract_id=charge.contract_id).all()
    assert max(balances, key=lambda month: month.period).charged_amount == charge.gross_amount


def test_the_lines_that_the_text_shows_are_in_the_samples() -> None:
    section = TEXT.partition("#### Образцы")[2].partition("\n#### ")[0].partition("\n## ")[0]
    blocks = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == len(EXTRA)
    for name, block in zip(EXTRA, blocks, strict=True):
        folder = DOCS / f"billing-exchange-sample-{name}"
        content = "\n" + "".join(path.read_text("utf-8") for path in folder.glob("*.csv"))
        for line in block.splitlines():
            assert f"\n{line}" in content


def accepted_and_not(field: str) -> tuple[list[str], list[str]]:
    """Examples of the table of dates: what is taken and what is not."""
    row = re.search(rf"^\| {field} \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)
    assert row
    good, bad = (re.findall("`([^`]*)`", cell) for cell in row.groups())
    return [text for text in good if text[0].isdigit()], [t for t in bad if len(t) > 1]


def test_the_documented_dates_are_the_accepted_ones() -> None:
    (iso, russian), bad = accepted_and_not("дата")
    assert Day().parse(iso) == Day(russian=True).parse(russian) == iso
    for text in bad:
        with pytest.raises(ValueError, match=r"[а-я]"):
            Day().parse(text)
    good, bad = accepted_and_not("дата и время")
    assert len(good) == 3
    assert {datetime.fromisoformat(str(Moment().parse(text))).hour for text in good} == {16}
    for text in bad:
        with pytest.raises(ValueError, match=r"[а-я]"):
            Moment().parse(text)


@pytest.mark.parametrize(
    ("codes", "code", "left", "done", "refused"),
    [
        ({"1.zip": 0, "2.zip": 0}, 0, [], ["1.zip", "2.zip"], []),
        ({"1.zip": 1, "2.zip": 0}, 1, ["2.zip"], [], ["1.zip"]),
        ({"1.zip": 0, "2.zip": 75}, 0, ["2.zip"], ["1.zip"], []),
        ({"1.zip": 3, "2.zip": 0}, 3, ["1.zip", "2.zip"], [], []),
        ({"1.zip.tmp": 0}, 0, [], [], []),
    ],
)
def test_the_recipe_for_cron_follows_the_exit_codes(
    tmp_path: Path,
    codes: dict[str, int],
    code: int,
    left: list[str],
    done: list[str],
    refused: list[str],
) -> None:
    found = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    assert found
    command = tmp_path / "kabinet"
    command.write_text('#!/bin/sh\necho "$1"\nexit "$(cat "$2")"\n')
    command.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(found[1].replace("/opt/kabinet/deploy/kabinet", str(command)), "utf-8")
    folder = tmp_path / "packages"
    for part in (folder, folder / "gotovo", folder / "otkaz"):
        part.mkdir()
    for name, answer in codes.items():
        (folder / name).write_text(str(answer))
    assert subprocess.run(["sh", script, folder], check=False).returncode == code

    def packages(place: Path) -> list[str]:
        return sorted(path.name for path in place.glob("*.zip"))

    assert packages(folder) == left
    assert packages(folder / "gotovo") == done
    assert packages(folder / "otkaz") == refused
    assert all((folder / "gotovo" / f"{name}.log").read_text() for name in done)
