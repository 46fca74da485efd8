"""Figures that are well-formed and hardly meant are loaded with a warning that names the row."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.actions.imports.report import LISTED_OF_A_KIND
from tests.actions.import_steps import (
    LINE,
    PAID,
    SAMPLE,
    import_package,
    portal,
    sample,
    write_batch,
)
from tests.other_supplier.surgery import edit_manifest, read_manifest, write_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]

READ = "reading_id;meter_id;zone;taken_on;period;value;kind"
OWED = "contract_no;period;opening;charged;corrected;penalty;paid;closing"
CHARGE = "charge_id;contract_no;kind;doc_no;doc_date;period;amount;vat_amount;total"
CONTRACT = "contract_no;customer_id;signed_on;valid_from;valid_to;status"
POINT = "point_id;contract_no;address;valid_from;valid_to"
METER = "meter_id;point_id;serial_no;transformer_ratio;installed_on;removed_on"
INVOICE = "invoice_id;contract_no;kind;invoice_no;invoice_date;due_date;period;total"

STRANGE = {
    "contracts": [CONTRACT, "00003-ЭС;000000103;2026-07-20;2027-07-24;2026-07-25;active"],
    "supply_points": [POINT, "ТП-00003-1;00003-ЭС;ул. Жилая;2026-07-25;2025-07-25"],
    "meters": [METER, "ПУ-10004;ТП-00003-1;007120455;1;2026-07-25;2025-07-25"],
    "readings": [
        READ,
        "П-1;ПУ-10002;T0;2026-11-30;2026-11;9000.00;regular",
        "П-2;ПУ-10004;T0;2026-11-24;2026-11;123456.0;regular",
        "П-3;ПУ-10003;T1;2026-11-30;2026-11;45000.00;regular",
        "П-4;ПУ-10003;T2;2026-10-31;2026-10;5471.30;regular",
        "П-5;ПУ-10001;T0;2026-11-30;2026-11;1290.0000;regular",
    ],
    "charges": [CHARGE, "Н-1;00001-ЭС;upd;1;2026-11-30;2026-11;193.00;0.00;193.00"],
    "charge_lines": [
        f"{LINE};method",
        "Н-1;1;EE;10.000;6.40000;65.00;;0.00;65.00;meter",
        "Н-1;2;EE;10.000;6.40000;64.00;;0.00;64.00;meter",
        "Н-1;3;EE;10.000;6.40000;64.00;;0.00;64.00;recalc",
    ],
    "invoices": [INVOICE, "С-1;00001-ЭС;other;1;2026-11-30;2026-11-01;2026-11;5.00"],
    "payments": [
        f"{PAID};doc_no;payer_inn",
        "О-1;00001-ЭС;refund;2026-11-02;5.00;1;",
        "О-2;00001-ЭС;payment;2026-11-02;-5.00;2;",
        "О-3;00001-ЭС;payment;2026-08-10;117000.00;311;9600000023",
        "О-4;00001-ЭС;payment;2026-11-03;7.00;3;9600000023",
        "О-5;00001-ЭС;payment;2026-11-03;7.00;3;9600000023",
        "О-6;00001-ЭС;payment;2026-11-03;7.00;4;9600000023",
        "О-7;;payment;2026-11-03;7.00;3;9600000023",
        "О-8;;payment;2026-11-03;7.00;3;9600000023",
    ],
    "balances": [OWED, "00001-ЭС;2026-12;161073.59;0.00;0.00;0.00;0.00;161073.59"],
}
EXPECTED = {
    ("contracts.csv", 2, "valid_to", "перевернуты"),
    ("supply_points.csv", 2, "valid_to", "перевернуты"),
    ("meters.csv", 2, "removed_on", "перевернуты"),
    ("invoices.csv", 2, "due_date", "перевернуты"),
    ("readings.csv", 2, "value", "меньше предыдущего"),
    ("readings.csv", 3, "value", "не помещается"),
    ("readings.csv", 4, "value", "больше чем в 10 раз"),
    ("readings.csv", 5, "reading_id", "повторяется"),
    ("charge_lines.csv", 2, "amount", "количество × цена"),
    ("payments.csv", 2, "amount", "возврат с плюсом"),
    ("payments.csv", 3, "amount", "оплата с минусом"),
    ("payments.csv", 4, "payment_id", "«ПЛ-000001»"),
    ("payments.csv", 6, "payment_id", "«О-4»"),
    ("balances.csv", 2, "period", "2026-11"),
}


def test_each_figure_that_is_hardly_meant_is_a_warning_with_its_place(
    portal: Session, tmp_path: Path
) -> None:
    """And only those: sound rows stand beside them."""
    import_package(portal, SAMPLE)
    report = import_package(portal, write_batch(tmp_path / "1", **STRANGE)).report
    found = {(w.file, w.line, w.column): w.message for w in report.warnings if w.line}
    assert set(found) == {place for *place, _ in map(list, EXPECTED) for place in [tuple(place)]}
    for file, line, column, expected in EXPECTED:
        assert expected in found[file, line, column]


def test_a_reading_that_passed_zero_has_not_fallen(session: Session, tmp_path: Path) -> None:
    import_package(session, SAMPLE)
    readings = [READ, "П-1;ПУ-10004;T0;2026-11-24;2026-11;99990.0;regular"]
    readings += ["П-2;ПУ-10004;T0;2026-12-24;2026-12;15.0;regular"]
    report = import_package(session, write_batch(tmp_path / "1", readings=readings)).report
    assert [w.line for w in report.warnings if w.column == "value"] == [2]


def test_the_rounding_of_price_and_quantity_is_no_difference(
    session: Session, tmp_path: Path
) -> None:
    """44 688,8 kWh at a price rounded to five places may be 22 kopecks off; not a rouble."""
    import_package(session, SAMPLE)
    lines = [
        f"{LINE};method",
        "НЧ-2026-10-00001;1;EE;44688.800;6.45512;288471.79;;0.00;288471.79;meter",
        "НЧ-2026-10-00001;2;EE;44688.800;6.45512;288472.57;;0.00;288472.57;meter",
    ]
    report = import_package(session, write_batch(tmp_path / "1", charge_lines=lines)).report
    assert [w.line for w in report.warnings if w.column == "amount"] == [3]


def test_warnings_of_a_kind_are_listed_up_to_a_number_and_all_are_counted(
    session: Session, tmp_path: Path
) -> None:
    """One flood does not hide the other kinds."""
    import_package(session, SAMPLE)
    wrong = [f"О-{n};00001-ЭС;refund;2026-11-02;{n}.00" for n in range(1, 501)]
    payments = [PAID, *wrong, "О-501;00001-ЭС;payment;2026-11-02;-5.00"]
    report = import_package(session, write_batch(tmp_path / "1", payments=payments)).report
    refunds = [w for w in report.warnings if "возврат с плюсом" in w.message]
    assert len(refunds) == LISTED_OF_A_KIND + 1
    assert refunds[-1].message.endswith(f"таких еще {500 - LISTED_OF_A_KIND}")
    assert ("payments.csv", 502) in [(w.file, w.line) for w in report.warnings]
    assert report.warning_count == 502, "500 refunds, a payment, the missing manifest"


@pytest.mark.parametrize(
    ("claims", "column", "expected"),
    [
        ({"batch_id": ""}, "batch_id", "не указан"),
        ({"period_from": "2026-11", "period_to": "2026-10"}, "period_from", "перевернут"),
        ({"created_at": "2026-11-04T06:00:00+05:00"}, "created_at", "04.11.2026 01:00 UTC"),
    ],
)
def test_a_manifest_that_cannot_be_right_is_a_warning(
    session: Session, sample: Path, claims: dict[str, str], column: str, expected: str
) -> None:
    import_package(session, sample)
    manifest = read_manifest(sample)
    assert manifest is not None
    newer = {"batch_id": "sample-2", "created_at": "2026-11-06T06:00:00+05:00"}
    (sample / "services.csv").write_text("service_code;name\nEE;Энергия\n", encoding="utf-8")
    files = [{"name": item["name"]} for item in manifest["files"]]
    write_manifest(sample, manifest | {"mode": "delta", "files": files} | newer | claims)
    [warning] = import_package(session, sample).report.warnings
    assert (warning.file, warning.column) == ("manifest.json", column)
    assert expected in warning.message


def test_an_older_package_without_balances_is_a_warning_too(session: Session, sample: Path) -> None:
    manifest = read_manifest(sample)
    assert manifest is not None
    found = []
    for name, moment in (("a", "2026-11-10"), ("b", "2026-11-09")):
        (sample / "services.csv").write_text(f"service_code;name\nEE;{name}\n", encoding="utf-8")
        claims = {"batch_id": name, "created_at": f"{moment}T06:00:00+05:00", "mode": "delta"}
        write_manifest(sample, manifest | {"files": [{"name": "services.csv"}]} | claims)
        package = sample.parent / name
        package.mkdir()
        for file in ("services.csv", "manifest.json"):
            (package / file).write_bytes((sample / file).read_bytes())
        found.append(import_package(session, package).report.warnings)
    assert found[0] == []
    [warning] = found[1]
    assert (warning.file, warning.column) == ("manifest.json", "created_at")
    assert "10.11.2026 01:00 UTC" in warning.message


def test_a_package_with_balances_that_does_not_say_its_moment_is_a_warning(
    session: Session, sample: Path
) -> None:
    edit_manifest(lambda manifest: manifest.pop("created_at"))(sample)
    [warning] = import_package(session, sample).report.warnings
    assert (warning.file, warning.column) == ("manifest.json", "created_at")
    assert "«Данные на» не меняется" in warning.message
