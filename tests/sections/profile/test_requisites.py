"""«Реквизиты и контакты»: what billing has, word for word, and how to say that it is wrong."""

from __future__ import annotations

import pytest

from app.models import Account, BankDetails, Contract, Customer
from tests.factories import CREATED, Factory
from tests.pages import PageClient


def shown(page: PageClient) -> dict[str, str]:
    soup = page.get("profile.index", contract_id=1)
    return {
        label.text: label.find_next_sibling("dd").text.strip() for label in soup.select("dl.kv dt")
    }


def test_requisites_and_the_contract_are_shown_as_billing_has_them(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    customer = make.session.get_one(Customer, contract.customer_id)
    customer.ogrn, customer.postal_address = "1027400000017", "456300, г. Миасс, а/я 5"
    make.commit()
    lines = shown(page)
    for label, value in (
        ("Фирменное название", "Общество с ограниченной ответственностью «Ромашка»"),
        ("ИНН", "7415000018"),
        ("КПП", "741501001"),
        ("ОГРН", "1027400000017"),
        ("Юридический адрес", "г. Миасс, ул. Романенко, д. 1"),
        ("Почтовый адрес", "456300, г. Миасс, а/я 5"),
        ("Договор", "№ 00123-ЭС от 01.02.2020"),
        ("Потребитель", "Юридическое лицо"),
    ):
        assert lines[label].startswith(value), label
    links = page.get("profile.index", contract_id=1).find_all("a", string="Сообщить об ошибке")
    assert [link["href"] for link in links] == ["/contracts/1/enquiries/new?about=requisite-"]


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        ("ip", {"ОГРНИП"}, {"КПП", "ОГРН"}),
        ("fl", {"ИНН"}, {"КПП", "ОГРН", "ОГРНИП"}),
        ("ul", {"КПП", "ОГРН"}, {"ОГРНИП"}),
    ],
)
def test_each_kind_of_customer_has_its_own_requisites(
    page: PageClient,
    make: Factory,
    contract: Contract,
    kind: str,
    present: set[str],
    absent: set[str],
) -> None:
    customer = make.session.get_one(Customer, contract.customer_id)
    customer.kind, customer.kpp, customer.ogrn = kind, None, None
    make.commit()
    labels = set(shown(page))
    assert present <= labels
    assert not absent & labels


def test_contacts_of_billing_stand_beside_the_customer_s_own(
    page: PageClient, make: Factory, account: Account
) -> None:
    account.person_name, account.position = "Иванова А. А.", "главный бухгалтер"
    make.commit()
    lines = shown(page)
    assert lines["Контактное лицо"] == "Иванова А. А."
    assert lines["Должность"] == "главный бухгалтер"
    assert lines["Адрес e-mail"].startswith("buh@example.org")
    assert "Подтвержден" in lines["Адрес e-mail"]
    assert "dogovor@example.org, +7 912 000-00-01" in lines["В данных договора"]


def test_bank_details_for_payment_orders_are_shown(
    page: PageClient, make: Factory, account: Account
) -> None:
    make.session.add(
        BankDetails(
            contract_id=1,
            account="40702810300000000001",
            bic="047501602",
            bank_name="Банк",
            corr_account="",
            changed_at=CREATED,
            changed_by=account.id,
        )
    )
    make.commit()
    assert "40702810300000000001" in page.get("profile.index", contract_id=1).text
