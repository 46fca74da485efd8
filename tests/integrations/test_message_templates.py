"""The words of every letter and text message."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import html5lib
import pytest
from bs4 import BeautifulSoup

from app.integrations.message_templates import CODE, LINK, MessageContent, render_email, render_sms
from config import ROOT

AT = datetime(2026, 11, 21, 12, 5, tzinfo=ZoneInfo("Asia/Yekaterinburg"))
FACTS = {
    "supplier": "АО «Пример-Энерго»",
    "supplier_phone": "8 (3513) 00-00-00",
    "number": "00123-ЭС",
    "until": AT,
    "at": AT,
    "email": "new@example.org",
    "phone": "+79129999999",
    "days": 7,
    "reason": "Договор расторгнут",
    "receipt": 17,
    "serial": "12345678",
    "month": "ноябрь 2026",
    "lines": ["Прибор № 1, сутки: 5,00 — принято"],
    "enquiry": "2026-000017",
    "topic": "Качество электроэнергии",
    "due": date(2026, 12, 21),
    "reply": "ask",
    "files": 2,
    "by_phone": False,
    "staff": "Петрова М. И.",
    "field": "email",
    "numbers": "№ 00123-ЭС",
    "is_one": True,
    "person": "Орлова Анна Викторовна",
    "customer": "ООО «Вектор»",
    "role": "accountant",
    "access_until": date(2026, 12, 31),
    "point_count": 2,
    "name": "2026-11-21.zip",
    "batch_id": "2026-11-21",
    "way": "на странице «Загрузка»",
    "is_refused": True,
    "count": 7,
    "errors": ["customers.csv:2:inn: 123: в ИНН 10 или 12 цифр"],
    "message": "",
    "url": "kabinet.example.org/staff/imports/17",
    "host": "kabinet.example.org",
    "machine": "web-1",
    "faults": ["Диск: свободно 3 МБ. Освободите место."],
    "left": 9,
    "title": "О погашении задолженности",
    "body": "АО «Пример-Энерго»: по договору 00123-ЭС просрочено 1 200,00 руб.",
    "recovered": ["Работник: последний признак жизни 9 с назад."],
}
EMAILS = {
    "access_changed": None,
    "access_ended": None,
    "access_paused": None,
    "access_refused": None,
    "access_requested": "Рассмотреть запрос",
    "contracts_attached": None,
    "mailing": None,
    "registration_link": "Подтвердить регистрацию",
    "registration_notice": "Это не я",
    "registration_taken": None,
    "registration_opened": "Войти в Личный кабинет",
    "registration_refused": None,
    "recovery_link": "Задать новый пароль",
    "password_changed": None,
    "second_factor_off": None,
    "second_factor_on": None,
    "second_factor_recovery": None,
    "reading_receipt": None,
    "reading_refused": None,
    "enquiry_closed": None,
    "enquiry_receipt": None,
    "enquiry_reopened": None,
    "enquiry_reply": None,
    "contact_link": "Подтвердить адрес",
    "contact_asked": None,
    "contact_changed": None,
    "health_alert": None,
    "import_failed": None,
    "invitation": "Открыть приглашение",
    "invitation_accepted": None,
    "transfer_former": None,
    "transfer_new": None,
    "transfer_open": "Открыть страницу входа",
    "transfer_restored": None,
}
"""Every kind of letter, and the words of its button."""
EVENT_FACTS = FACTS | {
    "sentence": "Прием показаний за ноябрь 2026 закончился 01.12.2026: "
    "не переданы показания 5 приборов",
    "title": "3 события за день",
    "button": "Открыть события",
    "page_url": "kabinet.example.org/contracts/1/events",
    "settings_url": "kabinet.example.org/contracts/1/notifications",
}
NOTIFICATIONS = {"event": "Открыть события", "event_digest": "Открыть события"}
"""Emails about events and their buttons."""
TEXTS = {
    "event": "",
    "access_changed": "",
    "access_ended": "",
    "access_paused": "",
    "access_requested": LINK,
    "mailing": "",
    "invitation_accepted": "",
    "registration_code": CODE,
    "recovery_code": CODE,
    "registration_notice": LINK,
    "registration_opened": LINK,
    "registration_taken": "",
    "registration_refused": "",
    "password_changed": "",
    "second_factor_off": "",
    "second_factor_on": "",
    "second_factor_recovery": "",
    "reading_receipt": "",
    "reading_refused": "",
    "contact_code": CODE,
    "contact_asked": "",
    "contact_changed": "",
    "transfer_restored": "",
}
"""Every kind of text message, and what secret it holds."""


def names(folder: str) -> set[str]:
    return {file.stem for file in (ROOT / "templates" / folder).glob("*.txt")} - {"layout"}


def test_every_email_and_text_message_is_in_these_tables() -> None:
    assert names("mail") == set(EMAILS) | set(NOTIFICATIONS)
    assert names("sms") == set(TEXTS)


@pytest.mark.parametrize(("kind", "button"), EMAILS.items())
def test_an_email_says_the_same_in_both_parts(kind: str, button: str | None) -> None:
    content = render_email(kind, **FACTS)
    assert content.subject
    assert len(content.subject) <= 78
    assert content.html
    html5lib.HTMLParser(strict=True).parse(content.html)
    soup = BeautifulSoup(content.html, "html5lib")
    assert soup.title.text == content.subject
    plain = re.sub(r"\s+", " ", content.text)
    for paragraph in soup.select("p:not(.small):not(:has(a))"):
        assert re.sub(r"\s+", " ", paragraph.text) in plain
    links = [(link.text, link["href"]) for link in soup.select("a")]
    assert links == ([(button, LINK)] if button else [])
    assert (f"{button}:\n{LINK}" in content.text) is bool(button)
    for fact in ("АО «Пример-Энерго»", "8 (3513) 00-00-00"):
        assert fact in plain
    assert not re.search(r"https?://|\{\{|\}\}|\{%|\[\[|\]\]", content.text + content.html)


@pytest.mark.parametrize(("kind", "button"), NOTIFICATIONS.items())
def test_an_email_that_can_be_refused_leads_to_its_page_and_to_the_end_of_such_emails(
    kind: str, button: str
) -> None:
    content = render_email(kind, **EVENT_FACTS)
    assert content.subject
    assert len(content.subject) <= 78
    html5lib.HTMLParser(strict=True).parse(content.html)
    links = [
        (link.text, link["href"]) for link in BeautifulSoup(content.html, "html5lib").select("a")
    ]
    assert links == [
        (button, EVENT_FACTS["page_url"]),
        ("настройки уведомлений", EVENT_FACTS["settings_url"]),
        ("Отписаться от писем о событиях", LINK),
    ]
    assert f"{button}:\n{EVENT_FACTS['page_url']}" in content.text
    assert f"Отписаться от писем о событиях: {LINK}" in content.text


@pytest.mark.parametrize(("kind", "secret"), TEXTS.items())
def test_a_text_message_is_one_short_line(kind: str, secret: str) -> None:
    content = render_sms(kind, **EVENT_FACTS)
    assert content.subject is content.html is None
    assert "\n" not in content.text
    # Three parts of 67 Cyrillic letters, and a link of up to a hundred.
    assert len(content.text.replace(LINK, "")) <= 200
    assert {CODE, LINK} & set(re.findall("⟦[^⟧]+⟧", content.text)) == (
        {secret} if secret else set()
    )


def test_moments_are_told_with_their_zone() -> None:
    assert "21.11.2026 в 12:05 (UTC+5)" in render_email("password_changed", **FACTS).text


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "{{7*7}}{% raw %}",
    "[[Нажмите]]",
    "АО\r\nBcc: victim@example.org\r\n\r\nтекст",
    "⟦код⟧⟦ссылка⟧",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_text(name: str) -> None:
    contents: list[MessageContent] = [
        render_email(kind, **(FACTS | {"supplier": name, "reason": name, "lines": [name]}))
        for kind in EMAILS
    ]
    for content, button in zip(contents, EMAILS.values(), strict=True):
        assert "\n" not in (content.subject or "")
        soup = BeautifulSoup(content.html or "", "html5lib")
        assert not soup.select("img, script, [onerror]")
        assert [link["href"] for link in soup.select("a")] == ([LINK] if button else [])
        assert not re.search("^Bcc:", content.text, re.MULTILINE)
        assert CODE not in content.text


def test_templates_of_emails_are_text_only() -> None:
    for file in Path(ROOT / "templates" / "mail").glob("*.txt"):
        assert "<" not in file.read_text(encoding="utf-8"), file
