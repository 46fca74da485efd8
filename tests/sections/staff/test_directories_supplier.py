"""The supplier's requisites: where they stand, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Contract, Supplier
from tests.factories import Factory
from tests.pages import PageClient

BANK = {
    "bic": "044525225",
    "account": "40702810500000000002",
    "corr_account": "30101810400000000225",
    "bank_name": "ПАО Сбербанк",
}


def supplier(session: Session) -> Supplier:
    session.expire_all()
    return session.scalars(select(Supplier)).one()


def test_new_requisites_stand_in_payment_orders_and_in_the_footer(
    admin: PageClient, customer: PageClient, session: Session, make: Factory, contract: Contract
) -> None:
    invoice = make.invoice(contract, date(2026, 12, 18), "1200.50")
    make.commit()
    soup = admin.get("staff.directory_supplier")
    assert "QR-код" in soup.select_one(".note.warn").text
    assert not soup.select_one("[name=inn]")
    hours = "пн–пт 8:00–17:00"
    admin.submit(
        soup,
        **BANK,
        work_hours=hours,
        phone="8 800 000-00-00",
        ogrn="1 027400-132165",
        short_name="АО «Новое»",
    )
    found = supplier(session)
    assert found.edited_at is not None
    assert {name: getattr(found, name) for name in BANK} == BANK
    assert found.ogrn == "1027400132165"
    page = customer.get("home.index", contract_id=1)
    assert f"Телефон: 8 800 000-00-00, {hours}" in page.select_one("footer").text
    assert "АО «Новое»" in page.select_one(".brand").text
    page = customer.get("invoices.invoice", contract_id=1, invoice_id=invoice.id)
    assert "40702810500000000002" in page.text.replace(" ", "")
    line = session.scalars(select(AuditEvent).filter_by(action="supplier.changed")).one()
    assert line.changes["bic"] == ["047501001", "044525225"]
    assert line.changes["work_hours"] == [None, hours]
    assert "inn" not in line.changes
    assert (line.subject, line.subject_key) == ("suppliers", found.external_id)


def test_hours_are_the_portals_own(admin: PageClient, session: Session) -> None:
    admin.submit(admin.get("staff.directory_supplier"), work_hours="пн–пт")
    assert supplier(session).edited_at is None
    assert "Сохранено" in admin.open(admin.last.location).text


def test_the_inn_cannot_be_changed(admin: PageClient, session: Session) -> None:
    soup = admin.get("staff.directory_supplier")
    data = {tag["name"]: tag.get("value", "") for tag in soup.select("form.narrow [name]")}
    answer = admin.client.post(
        "/staff/directories/supplier",
        data=data | {"inn": "7415000018", "id": "7", "external_id": "x", "edited_at": "1"},
    )
    assert answer.status_code == 303
    found = supplier(session)
    assert (found.inn, found.edited_at) == ("7415000007", None)
    assert found.external_id.startswith("S-")


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("bic", "04452522", "9 цифр"),
        ("bic", "٠٤٤٥٢٥٢٢٥", "9 цифр"),
        ("account", "40702810500000000003", "контрольный ключ"),
        ("account", "4070281050000000000", "20 цифр"),
        ("corr_account", "30101810400000000226", "не подходит"),
        ("corr_account", "", "20 цифр"),
        ("bank_name", "", "введите"),
        ("name", "  ", "введите"),
        ("kpp", "74150100", "9 знаков"),
        ("ogrn", "1027400132166", "контрольная"),
        ("email", "почта", "name@example.ru"),
        ("phone", "8" * 101, "100"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    admin: PageClient, session: Session, field: str, value: str, phrase: str
) -> None:
    fields = BANK | {"address": "г. Миасс"} | {field: value}
    admin.submit(admin.get("staff.directory_supplier"), 422, **fields)
    soup = admin.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    assert phrase in soup.select_one(f"#{field}-error").text
    assert [tag["href"] for tag in soup.select("#error-summary a")] == [f"#{field}"]
    for name, typed in fields.items():
        assert soup.select_one(f"#{name}")["value"] == typed.strip()
    found = supplier(session)
    assert (found.bic, found.address, found.edited_at) == ("047501001", None, None)


def test_a_bank_that_billing_sent_does_not_stand_in_the_way(
    admin: PageClient, session: Session
) -> None:
    """Its account's key is wrong; whoever changes the telephone need not know."""
    admin.submit(admin.get("staff.directory_supplier"), phone="8 800 000-00-00")
    found = supplier(session)
    assert (found.phone, found.account) == ("8 800 000-00-00", "40702810000000000001")


def test_requisites_are_given_back(admin: PageClient, session: Session) -> None:
    admin.submit(admin.get("staff.directory_supplier"), name="Другое имя")
    soup = admin.get("staff.directory_supplier")
    form = soup.select_one("form[action$=give-back]")
    admin.submit(soup, action=form["action"])
    assert "со следующей загрузкой" in admin.open(admin.last.location).text
    assert supplier(session).edited_at is None
    assert session.scalars(select(AuditEvent).filter_by(action="supplier.given_back")).one()


def test_before_the_first_import_there_is_an_explanation(
    admin: PageClient, session: Session
) -> None:
    session.execute(delete(Supplier))
    session.commit()
    soup = admin.get("staff.directory_supplier")
    assert "с первой загрузкой" in soup.select_one(".empty").text
    assert not soup.select("#results form")
    token = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    for url in ("/staff/directories/supplier", "/staff/directories/supplier/give-back"):
        assert admin.client.post(url, data=token).status_code == 404
