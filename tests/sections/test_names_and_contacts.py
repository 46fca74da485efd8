"""Contacts and names as they are found in real billing data, from the import to the last page."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.actions.search_index import rebuild_search
from app.domain.staff import StaffRole
from app.integrations.pdf import render_pdf
from app.models import Contract, ContractSearch
from app.queries.contract_search import find_contracts
from tests.actions.import_steps import SAMPLE, import_package
from tests.conftest import NOW, need
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox, part, path_in
from tests.pages import PageClient
from tests.sections.registering import STRANGER, Person, charged_contract, confirm

CASES = Path(__file__).parents[1] / "cases"
TWO_CONTACTS, ALPHABETS = "00903-ЭС", "00904-ЭС"
PERIOD = {"first": "2026-10", "last": "2026-10"}
BLOCKS = [range(0x400, 0x530), range(0x1C80, 0x1C89), range(0x2DE0, 0x2E00), range(0xA640, 0xA6A0)]
"""Cyrillic, Supplement, Extended C, A and B; Noto Sans has every letter of them."""


@pytest.fixture
def loaded(session: Session, make: Factory) -> Session:
    """The sample of the documentation, and on top of it the cases."""
    for folder in (SAMPLE, CASES / "two-contacts-in-a-field", CASES / "alphabets-in-pdf"):
        report = import_package(session, folder).report
        assert not [warning for warning in report.warnings if warning.file == "customers.csv"]
    return session


def pdf_text(content: bytes, *options: str) -> str:
    need(shutil.which("pdftotext"), "pdftotext")
    return subprocess.run(
        ["pdftotext", *options, "-", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()


def laid_out(body: str) -> bytes:
    """A document in the style of a statement."""
    style = Path("templates/pdf/statement.html").read_text(encoding="utf-8")
    style = style[style.index("html {") : style.index("</style>")]
    return render_pdf(f"<html><head><style>{style}</style></head><body>{body}</body></html>", "Х")


def test_a_strangers_registration_is_told_to_every_address_on_record(
    loaded: Session, page: PageClient, outbox: Outbox
) -> None:
    person = Person(page, {"email": STRANGER, "phone": "+7 912 999-99-99"})
    person.save(page.open(person.enter(TWO_CONTACTS, "9600000930").location))
    told = {message["To"] for message in outbox.emails() if "Это не я" in part(message, "plain")}
    assert told == {"glavbuh@proba.example", "buh@proba.example"}


def test_a_contact_that_is_second_in_its_field_is_on_record(
    loaded: Session, page: PageClient, outbox: Outbox
) -> None:
    person = Person(page, {"email": "buh@proba.example", "phone": "8 900 000-01-09"})
    person.save(page.open(person.enter(TWO_CONTACTS, "9600000930").location))
    [message] = [message for message in outbox.emails() if message["To"] == "buh@proba.example"]
    confirmed = page.submit(page.open(path_in(part(message, "plain"))))
    assert "/proof" not in confirmed.location


def test_a_statement_in_pdf_has_every_character_and_nothing_invisible(
    app: Flask, loaded: Session, page: PageClient
) -> None:
    create_account(loaded, ALPHABETS, "buh@proba.example", PASSWORD, NOW)
    loaded.commit()
    contract_id = loaded.scalars(select(Contract.id).where(Contract.number == ALPHABETS)).one()
    page.sign_in(ALPHABETS, PASSWORD)
    url = page.url("settlements.statement_file", contract_id=contract_id, extension="pdf", **PERIOD)
    text = pdf_text(page.client.get(url).data)
    for expected in ("СПК «Яңы тормош һәм Көнсығыш»", "с. Аҡъяр, ул. Салауат"):
        assert expected in text
    assert not set("\u200b\u2007■�") & set(text)


def test_every_cyrillic_character_comes_back_out_of_a_pdf() -> None:
    characters = [chr(code) for block in BLOCKS for code in block]
    rows = "".join(f"<p>a{character}b <b>c{character}d</b></p>" for character in characters)
    text = pdf_text(laid_out(rows))
    lost = [
        character
        for character in characters
        if f"a{character}b" not in text.replace(" ", "")
        or f"c{character}d" not in text.replace(" ", "")
    ]
    assert lost == []
    assert "�" not in text


def test_what_is_not_seen_leaves_no_trace_in_a_pdf() -> None:
    invisible = "\u00ad\u200b\u200c\u200d\u200e\u202e\u2060\u2066\ufeff\ufe0f"
    spaces = "\u2000\u2003\u2007\u2009\u200a\u202f\u205f\u3000"
    text = f"но{invisible}вый" + "".join(f"|{space}" for space in spaces) + "| е\u0308 1\u00a0000"
    text = pdf_text(laid_out(f"<p>{text}</p>"))
    assert f"новый{'| ' * len(spaces)}| ё" in text
    assert re.search("1[ \u00a0]000", text)


def test_what_the_font_lacks_is_seen_to_be_missing_and_never_makes_markup() -> None:
    text = "a🏭b ﬁ Ａ ≯ <b>\u0338c</b> ＜i＞d"
    text = pdf_text(laid_out(f"<p>{text}</p>"))
    assert "a�b fi A" in text
    assert "■" not in text
    assert "c" in text
    assert "�i�d" in text


@pytest.mark.parametrize("name", ["Ж" * 90, "buh." * 30 + "@example.ru"])
def test_a_word_without_a_space_breaks_inside_its_cell(name: str) -> None:
    row = f'<tr><td width="30%">{name}</td><td width="70%">рядом</td></tr>'
    text = pdf_text(laid_out(f"<table>{row}</table>"), "-bbox")
    boxes = [
        (match[3], float(match[1]), float(match[2]))
        for match in re.finditer(r'xMin="([\d.]+)".*? xMax="([\d.]+)".*?>(.+?)</word>', text)
    ]
    [beside] = [left for fragment, left, _ in boxes if fragment == "рядом"]
    parts = [(fragment, right) for fragment, _, right in boxes if fragment != "рядом"]
    assert len(parts) > 1
    assert "".join(fragment for fragment, _ in parts) == name
    assert all(right <= beside for _, right in parts)


def test_a_registration_page_says_which_character_is_foreign(
    page: PageClient, make: Factory
) -> None:
    charged_contract(make)
    person = Person(page)
    soup = person.form()
    person.save(soup, 422, email="buh@mаil.ru", phone="8 912 345-67-8")
    text = page.check_last().text
    assert "6-й знак в «buh@mаil.ru» — русская буква «а», нужна латинская" in text
    assert "в номере не хватает цифр. Нужно 10 цифр после +7 или 8" in text
    # As a browser would send it from a field of type «email», and would show what is kept.
    field = page.check_last().select_one("#email")
    assert (field["type"], field["value"]) == ("text", "buh@mаil.ru")
    person.save(soup, 422, phone="8 3513 57-00-00 доб. 105")
    assert "на номер с добавочным смс не придет" in page.check_last().text


@pytest.mark.parametrize(
    "number",
    ["№ 00123-ЭС", "договор 00123-ЭС", "00123-ЭС от 01.02.2020", "00123-'C", '00123-"c'],
)
def test_the_first_entry_takes_a_number_as_it_is_copied_or_typed(
    page: PageClient, make: Factory, number: str
) -> None:
    charged_contract(make)
    assert Person(page).enter(number).status_code == 303


@pytest.mark.parametrize("amount", ["12345-67", "12 345 руб. 67 коп.", "12 345,67 ₽", "12345.67"])
def test_the_proof_takes_a_sum_as_bills_write_it(
    page: PageClient, make: Factory, outbox: Outbox, amount: str
) -> None:
    charged_contract(make)
    person = Person(page, {"email": STRANGER, "phone": "+7 912 999-99-99"})
    proof = page.open(confirm(person, outbox))
    page.submit(proof, 422, amount="12.345")
    assert "Осталось попыток: 3" in page.check_last().text
    assert page.submit(proof, 303, amount=amount).location.startswith("/contracts/")


def test_a_period_is_typed_as_people_write_dates(page: PageClient, make: Factory) -> None:
    contract = charged_contract(make)
    make.account(contract)
    make.commit()
    page.sign_in(contract.number)
    for first, last in (("01.10.26", "31.10.26"), ("1/10/2026", "31/10/2026"), ("10.26", "10.26")):
        soup = page.get("settlements.index", contract_id=contract.id, first=first, last=last)
        assert soup.select_one("#first")["value"] == "2026-10-01"
        assert soup.select_one("#last")["value"] == "2026-10-31"
    soup = page.get("settlements.index", 422, contract_id=contract.id, first="32.10.26")
    assert soup.select_one("#first")["value"] == "32.10.26"


def test_the_month_of_the_balance_check_is_typed_as_people_write_it(
    page: PageClient, make: Factory
) -> None:
    make.supplier()
    make.staff(StaffRole.MANAGER, login="manager")
    make.commit()
    page.sign_in_staff("manager")
    for month in ("10.2026", "10.26", "октябрь 2026", "2026-10"):
        soup = page.get("staff.balance_checks", month=month)
        assert soup.select_one("#month")["value"] == "2026-10"


@pytest.mark.parametrize(
    "typed",
    [
        "радуга",
        "РА\u00adДУГА",
        "сухой-лог",
        "Сухой\u2011Лог",
        "Сухой–Лог",
        "о’кей",
        "О'Кей",
        "окей",
        "договор № 00123-ЭС",
        "00123-ЭС от 01.02.2020",
        "00123-'c",
    ],
)
def test_clerks_find_names_with_soft_hyphens_dashes_and_apostrophes(
    make: Factory, session: Session, typed: str
) -> None:
    name = "ООО «Ра\u00adдуга Сухой−Лог О'Кей»"
    customer = make.customer(full_name=name, short_name=name)
    make.contract("00123-ЭС", customer_id=customer.id)
    rebuild_search(session)
    found = find_contracts(session, typed)
    assert [contract.number for contract in found.contracts] == ["00123-ЭС"]


def test_search_words_of_an_import_have_no_invisible_characters(loaded: Session) -> None:
    texts = loaded.scalars(select(ContractSearch.search_text)).all()
    assert any("спк яңы тормош һәм көнсығыш" in text for text in texts)
    assert not any(set("\u200b\u2011") & set(text) for text in texts)
