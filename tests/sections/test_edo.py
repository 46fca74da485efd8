"""«ЭДО»: the page for everybody, the state of a contract, and the application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import Account, Contract, EnquiryTopic
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.commit()
    return contract


@pytest.fixture
def account(make: Factory, contract: Contract) -> Account:
    account = make.account(contract)
    make.commit()
    return account


def test_the_page_says_what_domain_experts_expect_of_it(
    make_app: Callable[..., Flask], contract: Contract
) -> None:
    page = PageClient(make_app(edo_operator="Диадок", edo_participant_id="2BM-7415"))
    soup = page.get("edo.index")
    for phrase in (
        "63-ФЗ",
        "статья 169",
        "5.03",
        "роуминг",
        "УКЭП",
        "МЧД",
        "Индивидуальным предпринимателям",
        "Собственникам нежилых помещений",
        "Диадок",
        "2BM-7415",
        "7415000007",
        "Вопросы и ответы",
    ):
        assert phrase in soup.text, phrase
    assert "Войти" in soup.select_one(".note").text


def test_a_text_on_the_disk_of_one_machine_is_not_read(
    make_app: Callable[..., Flask], contract: Contract, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "edo.html").write_text("<p>Свой текст {{ operator }}</p>", "utf-8")
    page = PageClient(make_app(edo_operator="СБИС"))
    assert "Свой текст" not in page.get("edo.index").text


def test_the_state_of_a_contract_is_told(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    page.sign_in("00123")
    soup = page.get("edo.contract", contract_id=1)
    assert "Не подключено" in soup.select_one(".note").text
    button = soup.select_one(".note a.btn")
    assert button.text == "Заявление на переход на ЭДО"
    form = page.open(button["href"])
    assert form.select_one("[name=topic] option[selected]").text == "Переход на ЭДО"
    topic = make.session.scalars(select(EnquiryTopic).filter_by(external_id="portal:edo")).one()
    make.enquiry(contract, account, topic_id=topic.id, number="2026-000005")
    make.commit()
    note = page.get("edo.contract", contract_id=1).select_one(".note")
    assert "Заявление отправлено" in note.text
    assert "№ 2026-000005" in note.text
    assert not note.select("a.btn")
    contract.edo_operator = "Диадок"
    make.commit()
    assert "Подключено" in page.get("edo.contract", contract_id=1).select_one(".note.good").text


def test_an_application_of_a_former_customer_is_not_told_to_the_present_one(
    page: PageClient, make: Factory, contract: Contract, account: Account
) -> None:
    topic = make.session.scalars(select(EnquiryTopic).filter_by(external_id="portal:edo")).one()
    made = make.enquiry(contract, account, topic_id=topic.id, number="2026-000005")
    contract.transferred_at = made.registered_at + timedelta(days=1)
    make.commit()
    page.sign_in("00123")
    note = page.get("edo.contract", contract_id=1).select_one(".note")
    assert "Не подключено" in note.text
    assert "2026-000005" not in note.text
