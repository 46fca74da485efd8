"""Demonstration data: only where nothing else is, and never under real data in production."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions, ImportRefusedError, apply_import
from app.demo import entries, loading
from app.domain.errors import NotDemoError
from app.integrations.billing_files import Package
from app.models import Account, Contract, ImportRun, Supplier
from app.queries.contracts import find_supplier
from config import ROOT
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

SAMPLE = ROOT / "docs" / "billing-exchange-sample"


def load_sample(session: Session, options: ImportOptions) -> None:
    with Package(SAMPLE) as package:
        apply_import(session, package, options, NOW, lambda name, done: None)


def test_demo_data_come_through_the_importer_with_accounts_that_open(
    session: Session, page: PageClient
) -> None:
    summary = loading.load_demo(session, NOW)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Contract)) == len(summary.contracts)
    assert session.scalars(select(ImportRun)).one().warnings == []
    for number, _ in entries.list_demo_sign_ins(session):
        home = page.sign_in(number, entries.DEMO_PASSWORD).location
        for path in (home, f"{home}settlements", f"{home}settlements?first=2023-12&last=2026-11"):
            assert not page.open(path).select(".note.warn"), "operations explain every balance"
        page.submit(
            page.open(home), csrf_token=page.open(home).select_one("[name=csrf_token]")["value"]
        )


def test_demo_data_never_join_other_data(session: Session, make: Factory) -> None:
    make.contract()
    with pytest.raises(NotDemoError):
        loading.load_demo(session, NOW)
    assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_demo_data_are_refused_in_production(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(production=True, base_url="https://lk.example.org", fixed_now=None)
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert "не бывает" in result.output


def test_real_data_over_demo_data_bring_their_own_supplier(session: Session) -> None:
    loading.load_demo(session, NOW)
    load_sample(session, ImportOptions(may_cover_demo=True))
    supplier = find_supplier(session)
    assert supplier is not None
    assert "Образец" in supplier.name


def test_in_production_real_data_are_refused_over_demo_data(session: Session) -> None:
    loading.load_demo(session, NOW)
    with pytest.raises(ImportRefusedError) as refusal:
        load_sample(session, ImportOptions())
    assert "нужна пустая база" in str(refusal.value.report.errors[0])
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Supplier)) == 0


def test_prepare_prints_how_to_sign_in_and_keeps_the_data(app: Flask) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["prepare"])
    assert first.exit_code == 0, first.output
    assert "договор 00101-ЭС" in first.output
    assert entries.DEMO_PASSWORD in first.output
    again = runner.invoke(args=["prepare"])
    assert "Демонстрационные данные" not in again.output
    assert "договор 00101-ЭС" in again.output
