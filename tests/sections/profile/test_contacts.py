"""Contacts and the password: changed by who knows it, told to who was there before."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from app.actions.billing_export import export_for_billing
from app.extensions import db
from app.integrations.file_store import FolderFileStore
from app.models import Account, AuditEvent, ContactChange, SmsCode
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient

URL = "/contracts/1/profile/contacts"
NEW = "finance@example.org"
PHONE = "+7 912 345-67-89"
GOOD = {
    "person_name": "Иванова А. А.",
    "position": "бухгалтер",
    "email": "buh@example.org",
    "phone": "",
    "current": PASSWORD,
}


def save(page: PageClient, status: int = 303, **fields: str) -> BeautifulSoup | None:
    page.submit(page.open(URL), status, **(GOOD | fields))
    return page.check_last() if status != 303 else None


def link(outbox: Outbox, address: str = NEW) -> str:
    message = outbox.emails(address)[-1]
    found = re.search(r"http://localhost(/contacts/confirm/\S+)", part(message, "plain"))
    assert found
    return found[1]


def fresh(make: Factory, account: Account) -> Account:
    make.session.expire_all()
    return make.session.get_one(Account, account.id)


def subjects(outbox: Outbox, address: str) -> list[str]:
    return [message["Subject"] for message in outbox.emails(address)]


def confirm(page: PageClient, url: str, status: int = 200) -> None:
    page.submit(page.open(url), status, action=url)


def test_name_and_position_are_kept_at_once(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page)
    row = fresh(make, account)
    assert (row.person_name, row.position, row.email) == (
        "Иванова А. А.",
        "бухгалтер",
        "buh@example.org",
    )
    assert "сохранены" in page.get("profile.index", contract_id=1, saved="contacts").text
    assert outbox.emails() == []


def test_a_new_address_counts_after_its_own_link_and_the_old_one_is_told_each_time(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page, email=NEW)
    assert fresh(make, account).email == "buh@example.org"
    assert "ждет подтверждения" in page.get("profile.index", contract_id=1).text
    assert subjects(outbox, "buh@example.org") == ["Смена адреса в Личном кабинете"]
    url = link(outbox)
    stranger = PageClient(page.app)
    for _ in range(5):
        soup = stranger.open(url)
        assert "f•••@example.org" in soup.text
        assert stranger.last.headers["Referrer-Policy"] == "no-referrer"
    assert fresh(make, account).email == "buh@example.org", "opening a link changes nothing"
    confirm(stranger, url)
    row = fresh(make, account)
    assert (row.email, row.email_confirmed_at is not None) == (NEW, True)
    assert subjects(outbox, "buh@example.org")[-1] == "Адрес изменен в Личном кабинете"
    stranger.open(url, 410)
    assert "уже использована" in stranger.check_last().text


@pytest.mark.parametrize("minutes", [59, 61])
def test_a_link_lives_an_hour(
    page: PageClient, outbox: Outbox, advance_clock: Callable[..., datetime], minutes: int
) -> None:
    save(page, email=NEW)
    advance_clock(minutes=minutes)
    page.open(link(outbox), 200 if minutes < 60 else 410)


def test_a_newer_address_kills_the_link_of_the_one_before(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page, email=NEW)
    old = link(outbox)
    save(page, email="third@example.org")
    page.open(old, 410)
    confirm(page, link(outbox, "third@example.org"))
    assert fresh(make, account).email == "third@example.org"


def test_a_new_password_kills_every_change_that_is_on_its_way(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page, email=NEW)
    change_password(page)
    page.open(link(outbox), 410)
    assert fresh(make, account).email == "buh@example.org"


@pytest.mark.parametrize("token", ["x", "", "a.b", "я" * 100, "x" * 5000])
def test_an_altered_link_is_a_page_that_says_so(page: PageClient, token: str) -> None:
    assert page.client.get(f"/contacts/confirm/{token}").status_code == 404


def test_an_unconfirmed_address_can_be_confirmed_without_a_change(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    account.email_confirmed_at = None
    make.commit()
    assert "Не подтвержден" in page.get("profile.index", contract_id=1).text
    save(page)
    assert outbox.emails() == [], "what stays as it is need not answer unless asked to"
    anchor = page.get("profile.index", contract_id=1).select_one("a[href$='confirm=email']")
    page.submit(page.open(anchor["href"]), 303, action=anchor["href"], **GOOD)
    confirm(page, link(outbox, "buh@example.org"))
    assert fresh(make, account).email_confirmed_at is not None


def test_an_unconfirmed_number_can_be_confirmed_without_a_change(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    account.phone = "+79123456789"
    make.commit()
    save(page, phone=PHONE)
    assert outbox.texts() == []
    url = f"{URL}?confirm=phone"
    page.submit(page.open(url), 303, action=url, **(GOOD | {"phone": PHONE}))
    page.submit(page.open("/contracts/1/profile/phone"), 303, code=code_in(outbox))
    assert fresh(make, account).phone_confirmed_at is not None


def code_in(outbox: Outbox) -> str:
    return outbox.code("+79123456789")


def test_a_new_number_counts_after_its_code(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page, phone="8 (912) 345 67 89", email=NEW)
    soup = page.open(page.last.headers["Location"])
    assert "Код отправлен на +7 912 345-67-89" in soup.text
    assert NEW in soup.text
    assert fresh(make, account).phone is None
    page.submit(soup, 422, code="000000")
    assert "не подходит" in page.check_last().text
    code = code_in(outbox)
    page.submit(page.open("/contracts/1/profile/phone"), 303, code=f"{code[:3]} {code[3:]}")
    row = fresh(make, account)
    assert (row.phone, row.phone_confirmed_at is not None) == ("+79123456789", True)
    assert subjects(outbox, "buh@example.org")[-1] == "Телефон изменен в Личном кабинете"
    page.open("/contracts/1/profile/phone", 404)


def test_an_old_number_is_told_too(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    account.phone, account.phone_confirmed_at = "+79990000001", NOW
    make.commit()
    save(page, phone=PHONE)
    page.submit(page.open("/contracts/1/profile/phone"), 303, code=code_in(outbox))
    assert len(outbox.texts("+79990000001")) == 2


def test_five_wrong_codes_and_the_right_one_is_refused(
    page: PageClient, make: Factory, account: Account, outbox: Outbox
) -> None:
    save(page, phone=PHONE)
    code = code_in(outbox)
    for _ in range(5):
        page.submit(page.open("/contracts/1/profile/phone"), 422, code="111111")
    page.submit(page.open("/contracts/1/profile/phone"), 422, code=code)
    assert fresh(make, account).phone is None
    hashes = make.session.scalars(select(SmsCode.code_hash)).all()
    assert code not in str(hashes)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("email", "buh@", "не похоже на адрес"),
        ("email", "", "введите адрес"),
        ("email", "a@example.org\r\nBcc: b@example.org", "нужен один адрес"),
        ("phone", "12", "не похоже на номер"),
        ("phone", "+44 70 1234 5678", "мобильные номера"),
        ("phone", "8 351 355-55-55", "мобильные номера"),
        ("current", "", "введите пароль"),
        ("current", "не тот пароль", "пароль не подходит"),
        ("person_name", "И" * 201, "до 200 знаков"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    page: PageClient,
    make: Factory,
    account: Account,
    outbox: Outbox,
    field: str,
    value: str,
    text: str,
) -> None:
    soup = save(page, 422, **({"email": NEW} | {field: value}))
    assert soup is not None
    fault = soup.select_one("#error-summary a")
    assert text in fault.text
    assert soup.select_one(fault["href"])["aria-invalid"] == "true"
    assert soup.select_one("[name=current]").get("value") is None
    if field != "person_name":
        assert soup.select_one("[name=person_name]")["value"] == "Иванова А. А."
    row = fresh(make, account)
    assert (row.person_name, row.email, row.phone) == (None, "buh@example.org", None)
    assert outbox.emails() == []
    assert make.session.scalars(select(ContactChange)).all() == []


def test_a_number_is_replaced_and_not_removed(
    page: PageClient, make: Factory, account: Account
) -> None:
    account.phone = "+79990000001"
    make.commit()
    assert "но не удалить" in save(page, 422).text
    assert fresh(make, account).phone == "+79990000001"


def test_wrong_passwords_here_count_as_wrong_sign_ins(page: PageClient, app: Flask) -> None:
    for _ in range(10):
        save(page, 422, current="не тот пароль")
    assert "Слишком много попыток" in save(page, 429).text
    stranger = PageClient(app)
    stranger.sign_in("00123", status=429)


def test_so_many_changes_an_hour(page: PageClient, outbox: Outbox) -> None:
    for number in range(5):
        save(page, email=f"a{number}@example.org")
    assert "Слишком много" in save(page, 429, email="a9@example.org").text
    assert outbox.emails("a9@example.org") == []


def test_a_taken_over_form_cannot_touch_other_columns(
    page: PageClient, make: Factory, account: Account
) -> None:
    soup = page.open(URL)
    data = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]} | GOOD
    extra = {
        "id": "99",
        "contract_id": "99",
        "password_hash": "x",
        "disabled_at": "2026-01-01",
        "email_confirmed_at": "",
        "inn": "0",
    }
    assert page.client.post(URL, data=data | extra).status_code == 303
    row = fresh(make, account)
    assert row.id == account.id
    assert row.disabled_at is None
    assert row.password_hash.startswith("$argon2id$")


def change_password(
    page: PageClient,
    status: int = 303,
    new: str = "свежий пароль 22",
    again: str | None = None,
    current: str = PASSWORD,
) -> None:
    soup = page.open("/contracts/1/profile/password")
    page.submit(soup, status, current=current, password=new, password_again=again or new)


def test_a_new_password_ends_every_other_session_and_renews_this_one(
    app: Flask, page: PageClient, outbox: Outbox
) -> None:
    other = PageClient(app)
    other.sign_in("00123")
    before = page.client.get_cookie("kabinet").value
    change_password(page)
    page.open(page.last.headers["Location"])
    assert "Пароль изменен" in page.check_last().text
    assert page.client.get_cookie("kabinet").value != before
    assert other.client.get("/contracts/1/").status_code == 302
    assert "пароль" in subjects(outbox, "buh@example.org")[-1].lower()
    old = PageClient(app)
    old.sign_in("00123", status=422)
    old.sign_in("00123", "свежий пароль 22")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"current": "не тот пароль"}, "пароль не подходит"),
        ({"new": "1234567"}, "короче 8"),
        ({"new": "password1"}, "слишком известен"),
        ({"new": "00123-ЭС"}, "знают другие"),
        ({"again": "другой пароль 1"}, "не совпадают"),
    ],
)
def test_a_password_that_may_not_be_set_is_refused_with_its_reason(
    app: Flask, page: PageClient, fields: dict[str, str], text: str
) -> None:
    change_password(page, 422, **fields)
    assert text in page.check_last().select_one("#error-summary").text
    PageClient(app).sign_in("00123")


def test_billing_hears_of_every_change_once(
    app: Flask, page: PageClient, make: Factory, outbox: Outbox, tmp_path: Path
) -> None:
    save(page, email=NEW, phone=PHONE)
    page.submit(page.open("/contracts/1/profile/phone"), 303, code=code_in(outbox))
    confirm(page, link(outbox))
    with app.app_context():
        exported = export_for_billing(db.session(), FolderFileStore(tmp_path / "out"), NOW)
        db.session.commit()
        again = export_for_billing(db.session(), FolderFileStore(tmp_path / "out"), NOW)
    assert again.name is None
    assert exported.name is not None
    with zipfile.ZipFile(tmp_path / "out" / exported.name) as package:
        text = package.read("contacts_out.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [(row["contract_no"], row["field"], row["old"], row["new"]) for row in rows] == [
        ("00123-ЭС", "person_name", "", "Иванова А. А."),
        ("00123-ЭС", "position", "", "бухгалтер"),
        ("00123-ЭС", "phone", "", "+79123456789"),
        ("00123-ЭС", "email", "buh@example.org", NEW),
    ]
    assert rows[0]["changed_at"] == "2026-11-21T12:00:00+05:00"
    actions = set(make.session.scalars(select(AuditEvent.action)))
    assert {"account.person_saved", "account.phone_changed", "account.email_changed"} <= actions
