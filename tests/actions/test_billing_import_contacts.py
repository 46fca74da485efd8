"""Contacts that cannot be read: a warning of the import, a list for staff."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.actions.imports.report import LISTED_OF_A_KIND
from app.domain.staff import StaffRole
from app.queries.contact_gaps import list_contact_gaps
from tests.actions.import_steps import import_package, portal, sample, write_batch
from tests.factories import Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]

HEADER = "customer_id;kind;full_name;inn;email;phone"
INN = "9600000930"


def customers(*contacts: tuple[str, str]) -> list[str]:
    rows = [f"C{n};ul;ООО;{INN};{email};{phone}" for n, (email, phone) in enumerate(contacts)]
    return [HEADER, *rows]


def test_what_cannot_be_read_warns_with_line_and_column(portal: Session, tmp_path: Path) -> None:
    rows = customers(
        ("buh@proba.example", "8 900 000-01-08"),
        ("Иванова", "57-00-00"),
        ("", ""),
        ("нет", "8 900 000-01-08/8 900 000-01-09 доб. 5"),
        ("a@mаil.ru b@proba.example", "8 900 000-01-08, 57-00-00"),
    )
    report = import_package(portal, write_batch(tmp_path / "1", customers=rows)).report
    found = [(w.line, w.column, w.message) for w in report.warnings if w.file == "customers.csv"]
    assert [(line, column) for line, column, _ in found] == [
        (3, "email"),
        (3, "phone"),
        (6, "email"),
        (6, "phone"),
    ]
    assert found[0][2] == "не читается адрес: «Иванова»; уведомления туда не придут"
    assert "«a@mаil.ru»" in found[2][2]
    assert "b@proba.example" not in found[2][2]


def test_many_such_lines_are_counted_not_listed(session: Session, tmp_path: Path) -> None:
    rows = customers(*[(f"Иванова {n}", "") for n in range(LISTED_OF_A_KIND + 7)])
    report = import_package(session, write_batch(tmp_path / "1", customers=rows)).report
    warnings = [str(warning) for warning in report.warnings if warning.file == "customers.csv"]
    assert len(warnings) == LISTED_OF_A_KIND + 1
    assert any("не читается адрес" in message and "7" in message for message in warnings)
    assert report.warning_count >= LISTED_OF_A_KIND + 7


@pytest.fixture
def gaps(make: Factory) -> None:
    """Contracts with and without a contact that can be read."""
    make.supplier()
    for number, email, phone, values in (
        ("00001-ЭС", "buh@proba.example", None, {}),
        ("00002-ЭС", None, None, {}),
        ("00003-ЭС", "Иванова", "57-00-00", {}),
        ("00004-ЭС", "нет", "т. 8 900 000-01-08", {}),
        ("00005-ЭС", None, None, {"status": "terminated"}),
    ):
        customer = make.customer(email_from_billing=email, phone_from_billing=phone)
        make.contract(number, customer_id=customer.id, **values)
    make.staff(StaffRole.MANAGER, login="manager")
    make.commit()


def test_contracts_that_nobody_can_be_told_of_are_counted_and_listed(
    page: PageClient, gaps: None, session: Session
) -> None:
    assert [gap.number for gap in list_contact_gaps(session)] == ["00002-ЭС", "00003-ЭС"]
    page.sign_in_staff("manager")
    soup = page.get("staff.balance_checks")
    table = next(t for t in soup.select("table") if "читаемого контакта" in t.caption.text)
    assert [cell.text for cell in table.select("tbody th")] == ["00002-ЭС", "00003-ЭС"]
    assert "2 действующих договора" in soup.text
    answer = page.client.get(page.url("staff.contact_gaps_file", extension="csv"))
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[1:] == [
        ["00002-ЭС", "ООО «Ромашка»", "", ""],
        ["00003-ЭС", "ООО «Ромашка»", "Иванова", "57-00-00"],
    ]


def test_a_customers_card_says_what_of_its_contacts_can_be_read(
    page: PageClient, gaps: None, session: Session
) -> None:
    unreadable = next(gap for gap in list_contact_gaps(session) if gap.number == "00003-ЭС")
    page.sign_in_staff("manager")
    card = page.get("staff.customer", contract_id=unreadable.contract_id)
    assert "Иванова, 57-00-00 нет читаемого контакта" in " ".join(card.text.split())
