"""The form of an enquiry remembers the last one and offers supply points; late answers say so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.models import Account, Contract, Membership, PremisesKind, SupplyPoint
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import (
    NEW,
    PDF,
    enquiries,
    fields_of,
    files,
    filled,
    send,
    submit_form,
)


def data_of(page: PageClient, query: str = "") -> dict[str, str]:
    return fields_of(page.open(NEW + query).select_one("form.enquiry"))


@pytest.fixture
def second_point(make: Factory, contract: Contract) -> SupplyPoint:
    make.meter(contract, "2")
    make.commit()
    points = make.session.scalars(select(SupplyPoint).order_by(SupplyPoint.id)).all()
    points[1].name, points[1].address = "Склад", "г. Миасс, ул. Складская, д. 5"
    make.commit()
    return points[1]


def test_telephone_address_and_premises_come_from_the_last_enquiry(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    account.phone = "+79990000000"
    kind = make.session.scalars(select(PremisesKind).order_by(PremisesKind.id.desc())).first()
    make.enquiry(contract, account, phone="+79120000001", registered_at=NOW - timedelta(days=9))
    make.enquiry(
        contract,
        account,
        phone="+79120000002;ext=15",
        address="г. Миасс, д. 7",
        premises_kind_id=kind.id,
        registered_at=NOW - timedelta(days=1),
    )
    make.commit()
    data = data_of(page)
    assert data["phone"] == "+7 912 000-00-02, доб. 15"
    assert data["address"] == "г. Миасс, д. 7"
    assert data["premises_kind"] == str(kind.id)
    assert data["email"] == "buh@example.org"


def test_what_others_have_typed_or_a_former_customer_is_not_remembered(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    other = make.contract("00999-ЭС")
    stranger = make.account(other, email="other@example.org")
    make.enquiry(other, stranger, phone="+79120000001")
    make.enquiry(contract, stranger, phone="+79120000002")
    make.enquiry(other, account, phone="+79120000003")
    make.enquiry(contract, account, phone="+79120000004", registered_at=NOW - timedelta(days=9))
    contract.transferred_at = NOW - timedelta(days=5)
    make.session.scalars(select(Membership).filter_by(account_id=account.id)).one().created_at = NOW
    make.commit()
    assert "+7 912 000-00-0" not in page.open(NEW).decode()


def test_an_enquiry_may_name_one_supply_point_and_both_sides_read_it(
    page: PageClient, make: Factory, second_point: SupplyPoint
) -> None:
    soup = page.open(NEW)
    options = [tag.text for tag in soup.select("[name=supply_point] option")]
    assert options == [
        "Весь договор",
        "Офис, г. Миасс, пр. Автозаводцев, д. 2",
        "Склад, г. Миасс, ул. Складская, д. 5",
    ]
    shown = send(page, supply_point=str(second_point.id))
    (row,) = enquiries(make)
    assert row.supply_point_id == second_point.id
    assert "Точка поставки" in shown.text
    assert "Склад, г. Миасс, ул. Складская, д. 5" in " ".join(shown.text.split())
    make.staff()
    make.commit()
    clerk = PageClient(page.app)
    clerk.sign_in_staff()
    staff_page = clerk.get("staff.enquiry", enquiry_id=row.id)
    assert "Склад, г. Миасс, ул. Складская, д. 5" in " ".join(staff_page.text.split())


def test_links_choose_topic_and_supply_point_and_tell_nothing_of_others(
    page: PageClient, make: Factory, contract: Contract, second_point: SupplyPoint
) -> None:
    data = data_of(page, f"?topic=meters&supply_point={second_point.id}")
    assert data["supply_point"] == str(second_point.id)
    assert data["address"] == "г. Миасс, ул. Складская, д. 5"
    chosen = page.open(f"{NEW}?topic=meters").select_one("[name=topic] option[selected]")
    assert chosen.text.startswith("Приборы учета")
    other = make.meter(make.contract("00999-ЭС"), "чужой")
    make.commit()
    strange = make.session.get_one(SupplyPoint, other.supply_point_id)
    strange.address = "чужой адрес"
    make.commit()
    for query in (f"?supply_point={strange.id}", "?supply_point=²", "?supply_point=" + "9" * 99):
        soup = page.open(NEW + query)
        assert fields_of(soup.select_one("form.enquiry"))["supply_point"] == ""
        assert "чужой" not in soup.text
    assert "selected" not in str(page.open(f"{NEW}?topic=secret").select_one("[name=topic]"))
    submit_form(page, filled(page.open(NEW), supply_point=str(strange.id)), 422)
    assert not enquiries(make)


def test_a_document_needs_no_text_beside_it(page: PageClient, make: Factory) -> None:
    submit_form(page, filled(page.open(NEW), text=""), 422)
    assert "приложите файл" in page.check_last().text
    data = filled(page.open(NEW), text="")
    submit_form(page, data, files=files(("акт.pdf", PDF)))
    shown = page.open(page.last.headers["Location"])
    assert "Документы приложены." in shown.select_one(".thread").text
    assert "акт.pdf" in shown.select_one(".thread").text


def overdue(make: Factory, contract: Contract, account: Account, **values: object) -> None:
    make.enquiry(contract, account, answer_due_on=date(2026, 11, 18), **values)
    make.commit()


def test_an_overdue_answer_says_so_and_what_one_can_do(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    overdue(make, contract, account)
    row = " ".join(page.get("enquiries.index", contract_id=1).select_one("tbody tr").text.split())
    assert "18.11.2026просрочен на 3 дня" in row
    soup = page.get("enquiries.enquiry", contract_id=1, enquiry_id=1)
    note = " ".join(soup.select_one(".note.warn").text.split())
    assert note.startswith("Ответ должен был прийти до 18.11.2026. Позвоните")
    assert soup.select_one(".note.warn a[href='#add']")
    assert soup.select_one("#add")


@pytest.mark.parametrize("status", ["answered", "closed", "rejected"])
def test_an_answer_that_was_given_is_not_called_overdue(
    page: PageClient, make: Factory, contract: Contract, account: Account, status: str
) -> None:
    overdue(make, contract, account, status=status, answered_at=NOW)
    assert "росрочен" not in page.get("enquiries.index", contract_id=1).text
    assert "росрочен" not in page.get("enquiries.enquiry", contract_id=1, enquiry_id=1).text


def test_an_overdue_question_of_the_supplier_asks_for_an_answer_to_it(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    overdue(make, contract, account, status="needs_details")
    soup = page.get("enquiries.enquiry", contract_id=1, enquiry_id=1)
    assert "ответьте на его вопрос ниже" in " ".join(soup.select_one(".note.warn").text.split())


def test_a_signed_act_comes_with_its_month_and_a_wrong_month_opens_nothing(
    page: PageClient,
) -> None:
    soup = page.open(f"{NEW}?about=act-2026-10")
    assert "Подписанный акт снятия показаний за октябрь 2026" in soup.select_one(".note").text
    assert soup.select_one("[name=topic] option[selected]").text.startswith("Показания")
    for month in ("2026-13", "2026", "²026-10"):
        assert not page.open(f"{NEW}?about=act-{month}").select("main .note")
