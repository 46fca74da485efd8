"""What a second batch does to the first: changes, withdrawals, sets of lines, full and delta."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions
from app.models import (
    Charge,
    ChargeLine,
    Contract,
    Customer,
    Payment,
    Service,
    Supplier,
)
from tests.actions.import_steps import (
    LINE,
    PAID,
    SAMPLE,
    assert_same_figures,
    change_field,
    count,
    declare_full,
    dump,
    get_only,
    import_package,
    list_events,
    portal,
    refused,
    remove_records,
    sample,
    write_batch,
)
from tests.other_supplier import write_package
from tests.other_supplier.surgery import Sheet, edit_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]


def test_a_changed_row_is_updated_and_leaves_old_and_new_values(
    portal: Session, sample: Path
) -> None:
    import_package(portal, SAMPLE)
    rows = count(portal, Payment)
    change_field(sample, "payments.csv", 2, "amount", "77.01")
    key = Sheet(sample, "payments.csv").get(2, "payment_id")
    before = str(get_only(portal, Payment, external_id=key).amount)
    report = import_package(portal, sample).report
    assert [c.changed for name, c in report.counts.items() if c.changed] == [1]
    assert report.counts["payments.csv"].changed == 1
    assert get_only(portal, Payment, external_id=key).amount == Decimal("77.01")
    assert count(portal, Payment) == rows
    [event] = list_events(portal, "import.changed")
    assert (event.subject, event.subject_key) == ("payments", key)
    assert event.changes == {"amount": [before, "77.01"]}
    assert event.import_run_id is not None
    assert (event.actor_kind, event.contract_id) == (
        "import",
        get_only(portal, Payment, external_id=key).contract_id,
    )


def test_a_record_saved_anew_without_any_change_is_neither_counted_nor_audited(
    portal: Session, sample: Path
) -> None:
    import_package(portal, SAMPLE)
    before = get_only(portal, Contract, number="00001-ЭС").billing_updated_at
    change_field(sample, "contracts.csv", 2, "updated_at", "2026-11-20T08:00:00+05:00")
    counts = import_package(portal, sample).report.counts["contracts.csv"]
    assert (counts.changed, counts.unchanged) == (0, 3)
    assert not list_events(portal, "import.changed")
    assert get_only(portal, Contract, number="00001-ЭС").billing_updated_at == before


def test_a_real_change_carries_the_moment_billing_saved_it(portal: Session, sample: Path) -> None:
    import_package(portal, SAMPLE)
    change_field(sample, "contracts.csv", 2, "updated_at", "2026-11-20T08:00:00+05:00")
    change_field(sample, "contracts.csv", 2, "manager", "Новый И. И.")
    assert import_package(portal, sample).report.counts["contracts.csv"].changed == 1
    contract = get_only(portal, Contract, number="00001-ЭС")
    saved_at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert (contract.manager, contract.billing_updated_at) == ("Новый И. И.", saved_at)
    [event] = list_events(portal, "import.changed")
    assert event.changes["manager"][1] == "Новый И. И."
    assert event.contract_id == contract.id


def test_a_change_to_and_from_nothing_is_a_change(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    service = get_only(portal, Service, code="EE")
    name, unit = service.name, service.unit
    head = "service_code;name;unit"
    import_package(portal, write_batch(tmp_path / "1", services=[head, f"EE;{name};"]))
    assert get_only(portal, Service, code="EE").unit is None
    import_package(
        portal, write_batch(tmp_path / "2", services=["service_code;name", f"EE;{name}"])
    )
    import_package(portal, write_batch(tmp_path / "3", services=[head, f"EE;{name};{unit}"]))
    assert [event.changes for event in list_events(portal, "import.changed")] == [
        {"unit": [unit, None]},
        {"unit": [None, unit]},
    ]


def test_a_tombstone_hides_a_record_and_the_record_comes_back(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    row = "ПЛ-000014;00003-ЭС;payment;2026-09-17;3500.00"
    gone = [f"{PAID};deleted", f"{row};1"]
    report = import_package(portal, write_batch(tmp_path / "1", payments=gone)).report
    assert report.counts["payments.csv"].withdrawn == 1
    assert get_only(portal, Payment, external_id="ПЛ-000014").withdrawn_at is not None
    [event] = list_events(portal, "import.withdrawn")
    assert (event.subject_key, list(event.changes)) == ("ПЛ-000014", ["withdrawn_at"])

    again = import_package(portal, write_batch(tmp_path / "2", payments=[*gone, ""])).report
    assert again.counts["payments.csv"].withdrawn == 0

    import_package(portal, write_batch(tmp_path / "3", payments=[f"{PAID};deleted", f"{row};0"]))
    assert get_only(portal, Payment, external_id="ПЛ-000014").withdrawn_at is None
    [event] = list_events(portal, "import.changed")
    was, now = event.changes["withdrawn_at"]
    assert was
    assert now is None


def test_a_tombstone_needs_only_its_key_and_may_name_what_never_was(
    session: Session, tmp_path: Path
) -> None:
    import_package(session, SAMPLE)
    before = dump(session)["payments"]
    gone = [f"{PAID};deleted", "ПЛ-999999;;;;;1"]
    assert import_package(session, write_batch(tmp_path / "1", payments=gone)).report.warnings
    assert dump(session)["payments"] == before


def test_a_key_both_alive_and_deleted_is_a_duplicate(portal: Session, tmp_path: Path) -> None:
    row = "ПЛ-1;;payment;2026-09-17;3500.00"
    folder = write_batch(tmp_path / "1", payments=[f"{PAID};deleted", f"{row};", f"{row};1"])
    [fault] = refused(portal, folder)
    assert (fault.file, fault.line, fault.column) == ("payments.csv", 3, "payment_id")
    assert "строке 2" in fault.message


def test_a_tombstone_withdraws_records_of_a_compound_key(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    head = "meter_id;zone;direction;digits;decimals;deleted"
    folder = write_batch(tmp_path / "1", registers=[head, "ПУ-10003;T2;A+;6;2;1"])
    assert import_package(portal, folder).report.counts["registers.csv"].withdrawn == 1


def test_lines_of_a_document_are_replaced_as_a_set(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    charge = get_only(portal, Charge, external_id="НЧ-2026-10-00001")
    lines = dump(portal)["charge_lines"]
    old = portal.scalars(select(ChargeLine).filter_by(charge_id=charge.id)).all()
    others = len(lines) - len(old)
    assert len(old) > 1
    line = f"НЧ-2026-10-00001;1;EE;1.000;{charge.net_amount}"
    line += f";{charge.net_amount};22;{charge.vat_amount};{charge.gross_amount}"
    report = import_package(portal, write_batch(tmp_path / "1", charge_lines=[LINE, line])).report
    counts = report.counts["charge_lines.csv"]
    assert (counts.changed, counts.withdrawn) == (1, len(old) - 1)
    assert len(report.warnings) == 1
    portal.expire_all()
    [left] = portal.scalars(select(ChargeLine).filter_by(charge_id=charge.id))
    assert (left.quantity, left.gross_amount) == (Decimal("1.000"), charge.gross_amount)
    assert count(portal, ChargeLine) == others + 1
    removed = list_events(portal, "import.withdrawn")
    assert len(removed) == len(old) - 1
    assert removed[0].changes["gross_amount"][1] is None


def test_the_last_line_of_a_document_can_be_deleted(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    charge = get_only(portal, Charge, external_id="НЧ-2026-10-00001")
    lines = portal.scalars(select(ChargeLine.line_number).filter_by(charge_id=charge.id)).all()
    rows = [f"НЧ-2026-10-00001;{number};;;;;;;;1" for number in lines]
    import_package(portal, write_batch(tmp_path / "1", charge_lines=[f"{LINE};deleted", *rows]))
    assert portal.scalars(select(ChargeLine).filter_by(charge_id=charge.id)).all() == []


def test_what_a_package_leaves_out_stays(portal: Session, sample: Path, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    before = dump(portal)
    shutil.copytree(sample, tmp_path / "part", ignore=shutil.ignore_patterns("c*.csv", "*.json"))
    remove_records(tmp_path / "part", "services.csv", "PEN", "CORR")
    import_package(portal, tmp_path / "part", ImportOptions(deactivate_absent=True))
    after = dump(portal)
    assert {name for name in after if after[name] != before[name]} == {"import_runs"}


def test_a_full_package_only_counts_absent_records_until_that_is_confirmed(
    portal: Session, sample: Path
) -> None:
    import_package(portal, SAMPLE)
    remove_records(sample, "services.csv", "PEN", "CORR")
    declare_full(sample)
    report = import_package(portal, sample, dry_run=True).report
    assert [str(fault) for fault in report.warnings] == [
        "services.csv — в полной выгрузке нет 2 записей портала; они оставлены, "
        "отключить: --deactivate-absent"
    ]
    report = import_package(portal, sample, ImportOptions(deactivate_absent=True)).report
    assert report.counts["services.csv"].withdrawn == 2
    assert sum(counts.withdrawn for counts in report.counts.values()) == 2
    hidden = select(Service.code).where(Service.withdrawn_at.is_not(None))
    assert set(portal.scalars(hidden)) == {"PEN", "CORR"}
    assert {event.subject_key for event in list_events(portal, "import.withdrawn")} == {
        "PEN",
        "CORR",
    }


def test_full_mode_never_withdraws_operations(session: Session, sample: Path) -> None:
    import_package(session, SAMPLE)
    remove_records(sample, "payments.csv", "ПЛ-000014")
    declare_full(sample)
    import_package(session, sample, ImportOptions(deactivate_absent=True))
    assert get_only(session, Payment, external_id="ПЛ-000014").withdrawn_at is None


def test_a_delta_of_one_month_continues_the_full_package(portal: Session, tmp_path: Path) -> None:
    """Billing's own bookkeeping of the first batch; then its thirteenth month alone."""
    old, delta, whole = tmp_path / "old", tmp_path / "delta", tmp_path / "whole"
    write_package(old, contracts=15, months=12, last_month="2026-09")
    write_package(delta, contracts=15, months=13, mode="delta", tail=1)
    write_package(whole, contracts=15, months=13)
    import_package(portal, old)
    report = import_package(portal, delta).report
    assert report.counts["balances.csv"].added == len(portal.scalars(select(Contract)).all())
    assert_same_figures(portal, whole)


def other_supplier(folder: Path, *, key: str, inn: str) -> None:
    for name, column, value in (("supplier.csv", "supplier_id", key), ("supplier.csv", "inn", inn)):
        change_field(folder, name, 2, column, value)
    edit_manifest(lambda manifest: manifest.update(supplier_inn=inn))(folder)


@pytest.mark.parametrize("key", ["obrazets-energo", "drugoy-energo"])
@pytest.mark.parametrize("options", [ImportOptions(), ImportOptions(deactivate_absent=True)])
def test_a_package_of_another_supplier_is_refused(
    portal: Session, sample: Path, key: str, options: ImportOptions
) -> None:
    import_package(portal, SAMPLE)
    before = dump(portal)
    other_supplier(sample, key=key, inn="7415000007")
    faults = refused(portal, sample, options)
    assert ("supplier.csv", "inn") in [(fault.file, fault.column) for fault in faults]
    assert dump(portal) == before


def test_a_package_whose_manifest_names_another_supplier_is_refused(
    session: Session, sample: Path
) -> None:
    import_package(session, SAMPLE)
    claims = {"batch_id": "b", "supplier_inn": "7415000007"}
    edit_manifest(lambda manifest: manifest.update(claims))(sample)
    [fault] = refused(session, sample)
    assert (fault.file, fault.column) == ("manifest.json", "supplier_inn")


def test_billing_may_give_its_supplier_another_key(session: Session, sample: Path) -> None:
    import_package(session, SAMPLE)
    change_field(sample, "supplier.csv", 2, "supplier_id", "new-key")
    [fault] = refused(session, sample)
    assert "один" in fault.message
    import_package(session, sample, ImportOptions(deactivate_absent=True))
    live = select(Supplier.external_id).where(Supplier.withdrawn_at.is_(None))
    assert session.scalars(live).all() == ["new-key"]


def test_a_payment_without_a_contract_is_kept_apart(portal: Session, tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "1", payments=[PAID, "ПЛ-1;;payment;2026-09-17;3500.00"])
    import_package(portal, folder)
    paid = get_only(portal, Payment, external_id="ПЛ-1")
    assert (paid.contract_id, paid.posted_on) == (None, date(2026, 9, 17))


def test_what_customers_gave_the_portal_is_not_touched(session: Session, sample: Path) -> None:
    import_package(session, SAMPLE)
    before = dump(session)
    change_field(sample, "customers.csv", 2, "email", "drugoy@example.org")
    key = Sheet(sample, "customers.csv").get(2, "customer_id")
    import_package(session, sample)
    customer = get_only(session, Customer, external_id=key)
    assert customer.email_from_billing == "drugoy@example.org"
    after = dump(session)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_events",
        "contract_search",
        "contract_search_segments",
        "contract_search_grams",
        "customers",
        "import_runs",
    }
