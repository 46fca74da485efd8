"""Records of directories that people have taken over, and what later imports do to them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.directories import add_row, change_row, change_supplier, give_back
from app.actions.imports import ImportOptions
from app.models import AuditEvent, Department, EnquiryTopic, Supplier
from tests.actions.import_steps import (
    SAMPLE,
    declare_full,
    import_package,
    portal,
    refused,
    remove_records,
    sample,
    write_batch,
)
from tests.conftest import NOW

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]

DEPARTMENTS = "department_id;name;address;phone;email;work_hours;active"
OURS = "001;Центральный участок;;;;;1"
TOPICS = "topic_id;name;department_id;active"
LEAVE = "1 запись изменена в кабинете и не обновлена из биллинга"
SUPPLIER = "supplier_id;name;short_name;inn;bank_name;bic;account;corr_account"
BANK = "Другой банк;049600777;40702810000000000001;30101810900000000777"


def department(session: Session, key: str = "001") -> Department:
    session.expire_all()
    return session.scalars(select(Department).filter_by(external_id=key)).one()


def edit(session: Session, row: Department | EnquiryTopic, **values: object) -> None:
    change_row(session, row, values, NOW)
    session.commit()


def warnings(session: Session, folder: Path, options: ImportOptions | None = None) -> list[str]:
    found = import_package(session, folder, options).report.warnings
    return [fault.message for fault in found if "кабинете" in fault.message]


def test_an_import_leaves_an_edited_record_and_says_so_once(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    edit(portal, department(portal), name="Наше отделение")
    folder = write_batch(tmp_path / "1", departments=[DEPARTMENTS, OURS])
    report = import_package(portal, folder).report
    assert [str(fault) for fault in report.warnings if "кабинете" in fault.message] == [
        f"departments.csv — {LEAVE}"
    ]
    assert (report.of("departments.csv").changed, report.of("departments.csv").unchanged) == (0, 1)
    assert department(portal).name == "Наше отделение"


def test_a_record_given_back_is_restored_by_the_next_import(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    edit(portal, department(portal), name="Наше отделение")
    give_back(portal, department(portal), NOW)
    portal.commit()
    assert department(portal).name == "Наше отделение"
    assert warnings(portal, write_batch(tmp_path / "1", departments=[DEPARTMENTS, OURS])) == []
    assert department(portal).name == "Центральный участок"
    assert department(portal).edited_at is None


def test_what_billing_says_alike_needs_no_warning(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    edit(
        portal,
        department(portal),
        name="Центральный участок",
        address=None,
        phone=None,
        email=None,
        work_hours=None,
    )
    assert warnings(portal, write_batch(tmp_path / "1", departments=[DEPARTMENTS, OURS])) == []
    assert department(portal).edited_at is not None


def test_a_deletion_mark_does_not_withdraw_an_edited_record(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    edit(portal, department(portal), name="Наше отделение")
    rows = [f"{DEPARTMENTS};deleted", "001;;;;;;;1", "002;;;;;;;1"]
    assert warnings(portal, write_batch(tmp_path / "1", departments=rows)) == [LEAVE]
    assert department(portal).withdrawn_at is None
    assert department(portal, "002").withdrawn_at is not None


def test_only_the_term_of_answers_takes_no_topic_over(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    topic = portal.scalars(select(EnquiryTopic).filter_by(external_id="inoe")).one()
    edit(portal, topic, answer_days=10, name=topic.name)
    assert topic.edited_at is None
    folder = write_batch(tmp_path / "1", enquiry_topics=[TOPICS, "inoe;Прочее;;1"])
    assert warnings(portal, folder) == []
    portal.expire_all()
    assert (topic.name, topic.answer_days) == ("Прочее", 10)


def test_a_full_batch_leaves_records_of_the_portal_and_edited_ones(
    portal: Session, sample: Path
) -> None:
    import_package(portal, SAMPLE)
    values = {"name": "Свой вид", "department_id": None, "answer_days": None, "is_active": True}
    added = add_row(portal, EnquiryTopic, values, NOW)
    edit(portal, department(portal, "002"), name="Наше отделение")
    gone = portal.scalars(select(EnquiryTopic).filter_by(external_id="inoe")).one()
    remove_records(sample, "enquiry_topics.csv", "inoe", "pokazaniya")
    edit(
        portal,
        portal.scalars(select(EnquiryTopic).filter_by(external_id="pokazaniya")).one(),
        name="Показания и приборы",
    )
    declare_full(sample)
    import_package(portal, sample, ImportOptions(deactivate_absent=True))
    portal.expire_all()
    assert added.external_id.startswith("portal:")
    assert len(added.external_id) == len("portal:") + 8
    assert added.withdrawn_at is None
    assert gone.withdrawn_at is not None
    edited = portal.scalars(select(EnquiryTopic).filter_by(external_id="pokazaniya")).one()
    assert (edited.name, edited.withdrawn_at) == ("Показания и приборы", None)


def test_requisites_that_were_edited_stay_and_the_supplier_must_be_the_same(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    supplier = portal.scalars(select(Supplier)).one()
    change_supplier(portal, supplier, {"work_hours": "пн–пт 8:00–17:00"}, NOW)
    assert supplier.edited_at is None, "hours are the portal's own"
    change_supplier(portal, supplier, {"bank_name": "Наш банк"}, NOW)
    portal.commit()
    row = f"obrazets-energo;АО;АО;9600000016;{BANK}"
    folder = write_batch(tmp_path / "1", supplier=[SUPPLIER, row])
    assert warnings(portal, folder) == [LEAVE]
    portal.expire_all()
    assert (supplier.bank_name, supplier.work_hours) == ("Наш банк", "пн–пт 8:00–17:00")
    other = f"obrazets-energo;АО;АО;7415000007;{BANK}"
    faults = refused(portal, write_batch(tmp_path / "2", supplier=[SUPPLIER, other]))
    assert "другого поставщика" in faults[0].message

    give_back(portal, supplier, NOW)
    portal.commit()
    changed = write_batch(tmp_path / "3", supplier=[SUPPLIER, row.replace("АО;АО", "АО;АО «О»")])
    assert warnings(portal, changed) == []
    portal.expire_all()
    assert supplier.bank_name == "Другой банк"


def test_every_change_is_in_the_audit_log(session: Session) -> None:
    import_package(session, SAMPLE)
    edit(session, department(session), name="Наше отделение")
    give_back(session, department(session), NOW)
    session.commit()
    lines = session.scalars(
        select(AuditEvent).where(AuditEvent.action.startswith("department")).order_by(AuditEvent.id)
    ).all()
    assert [(event.action, event.subject, event.subject_key) for event in lines] == [
        ("department.changed", "departments", "001"),
        ("department.given_back", "departments", "001"),
    ]
    assert lines[0].changes == {"name": ["Центральное отделение", "Наше отделение"]}
