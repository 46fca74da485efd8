"""«Где выполнен вход» and «Согласия»."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.integrations.bundled_texts import (
    ENQUIRY_ANSWER,
    ENQUIRY_DATA,
    PERSONAL_DATA,
    POLICY,
    list_files,
)
from app.models import Account, AccountSession, Consent
from app.web.user_agents import describe_user_agent
from tests.factories import CREATED, PASSWORD, Factory
from tests.pages import PageClient


def consent(make: Factory, account: Account, purpose: str) -> Consent:
    row = Consent(
        purpose=purpose,
        version="2026-11-22",
        text_sha256="0" * 64,
        form="registration",
        given_at=CREATED,
        address="192.0.2.7",
        user_agent="Firefox/140 Windows",
        account_id=account.id,
    )
    make.session.add(row)
    make.commit()
    return row


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 YaBrowser/25", "Яндекс Браузер, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko Firefox/140.0", "Mozilla Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Microsoft Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Safari/537 OPR/90", "Opera, Android"),
        ("Mozilla/5.0 (iPhone) Version/18 Safari/605", "Safari, iPhone"),
        ("curl/8", "Другой браузер"),
        ("", "Другой браузер"),
    ],
)
def test_a_browser_is_named_so_that_its_person_knows_it(agent: str, text: str) -> None:
    assert describe_user_agent(agent) == text


def test_one_session_or_all_others_can_be_ended(app: Flask, page: PageClient) -> None:
    others = [PageClient(app, f"192.0.2.{number}") for number in range(3)]
    for other in others:
        other.sign_in("00123")
    soup = page.get("profile.sessions", contract_id=1)
    rows = soup.select("tbody tr")
    assert len(rows) == 4
    assert sum("этот сеанс" in row.text for row in rows) == 1
    row = next(row for row in rows if "192.0.2.0" in row.text)
    page.submit(soup, action=row.select_one("form")["action"])
    assert [browser.client.get("/contracts/1/").status_code for browser in others] == [
        302,
        200,
        200,
    ]
    page.submit(
        page.get("profile.sessions", contract_id=1), action="/contracts/1/profile/sessions/end"
    )
    assert [browser.client.get("/contracts/1/").status_code for browser in others] == [
        302,
        302,
        302,
    ]
    assert len(page.get("profile.sessions", contract_id=1).select("tbody tr")) == 1


def test_a_session_of_somebody_else_cannot_be_ended(
    app: Flask, page: PageClient, make: Factory
) -> None:
    make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.commit()
    other = PageClient(app)
    other.sign_in("00777")
    theirs = make.session.scalars(
        select(AccountSession.id).order_by(AccountSession.id.desc())
    ).first()
    soup = page.get("profile.sessions", contract_id=1)
    for key in (theirs, 999, 2**70):
        page.submit(soup, 404, action=f"/contracts/1/profile/sessions/{key}/end")
    assert other.client.get("/contracts/2/").status_code == 200


def test_consents_are_listed_with_text_time_and_place_and_may_be_withdrawn(
    page: PageClient, make: Factory, account: Account
) -> None:
    row = consent(make, account, "enquiry-data")
    soup = page.get("profile.consents", contract_id=1)
    text = soup.select_one("tbody tr").text
    assert "при рассмотрении обращения" in text
    assert "редакция от 22.11.2026" in text
    assert "Mozilla Firefox, Windows, 192.0.2.7" in text
    assert soup.select_one("tbody a[href='/consents/enquiry-data/2026-11-22']")
    url = f"/contracts/1/profile/consents/{row.id}/withdraw"
    page.submit(page.open(url), 303, action=url)
    assert "отозвано" in page.get("profile.consents", contract_id=1).text
    make.session.refresh(row)
    assert (row.given_at, row.withdrawn_at is not None) == (CREATED, True)
    page.open("/contracts/1/")


def test_without_consent_to_personal_data_the_account_closes(
    app: Flask, page: PageClient, make: Factory, account: Account
) -> None:
    row = consent(make, account, "personal-data")
    url = f"/contracts/1/profile/consents/{row.id}/withdraw"
    assert "учетная запись закроется" in page.open(url).text
    page.submit(page.open(url), 422, current="не тот пароль")
    page.submit(page.open(url), 422, current="")
    page.submit(page.open(url), 303, current=PASSWORD)
    assert "учетная запись закрыта" in page.open(page.last.headers["Location"]).text
    page.sign_in("00123", status=422)
    assert page.client.get("/contracts/1/").status_code == 302


def test_consents_of_others_are_not_found(page: PageClient, make: Factory) -> None:
    other = make.account(make.contract("00777-ЭС"), email="other@example.org")
    row = consent(make, other, "enquiry-data")
    for key in (row.id, 99, 2**70):
        page.open(f"/contracts/1/profile/consents/{key}/withdraw", 404)


def test_personal_data_says_what_is_kept_and_shows_every_text(page: PageClient) -> None:
    soup = page.get("consents.personal_data")
    for text in ("Что хранится и зачем", "отозвать", "Политика в отношении обработки"):
        assert text in soup.text
    links = {a["href"] for a in soup.select("main a[href^='/consents/']")}
    assert links == {
        f"/consents/{path}"
        for purpose in (POLICY, PERSONAL_DATA, ENQUIRY_DATA, ENQUIRY_ANSWER)
        for path in (purpose, *(f"{purpose}/{file.version}" for file in list_files(purpose)))
    }
    for href in links:
        page.open(href)
