"""«Сегодня» shows a limit that is reached, and stops when its window is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.actions.mailbox_limits import hit_mailbox_limit
from app.actions.rate_limits import hash_subject
from app.domain.rate_limits import LimitedAction
from app.models import Contract, RateLimitHit
from tests.conftest import NOW
from tests.pages import PageClient

SOON = NOW - timedelta(minutes=10)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    config = make_app().extensions["config"]
    sms = type(config.sms)(config.sms.outbox, daily_cap=5)
    return make_app(sign_in_login_checks=6, proof_tries=1, sms=sms)


def attempt(
    session: Session, action: LimitedAction, subject: str, times: int, succeeded: bool = False
):
    for number in range(times):
        session.add(
            RateLimitHit(
                action=action,
                subject_hash=hash_subject(session, subject),
                address=f"198.51.100.{number}",
                hit_at=SOON + timedelta(seconds=number),
                succeeded=succeeded,
            )
        )
    session.commit()


def shown(page: PageClient) -> list[str]:
    return [
        " ".join(item.text.split())
        for item in page.get("staff.dashboard").select("#reached-limits li")
    ]


def test_without_a_reached_limit_nothing_is_said(clerk: PageClient, session: Session) -> None:
    attempt(session, LimitedAction.SIGN_IN, "00123-ЭС", 5)
    attempt(session, LimitedAction.SMS_REQUEST, "+79120000001", 4, succeeded=True)
    attempt(session, LimitedAction.SMS_REQUEST, "+79120000001", 4)
    assert shown(clerk) == []


def test_the_daily_cap_of_text_messages_is_shown_until_a_day_is_over(
    clerk: PageClient, session: Session, advance_clock: Callable[..., datetime]
) -> None:
    attempt(session, LimitedAction.SMS_REQUEST, "+79120000001", 5, succeeded=True)
    (line,) = shown(clerk)
    assert "Исчерпан суточный предел смс: 5 кодов отправлено" in line
    assert "с 21.11.2026, 11:50" in line
    assert "SMS_DAILY_CAP" in line
    advance_clock(hours=24)
    clerk.sign_in_staff()
    assert shown(clerk) == []


def test_a_login_that_is_locked_is_shown_with_its_contract(
    clerk: PageClient, session: Session, contract: Contract
) -> None:
    attempt(session, LimitedAction.SIGN_IN, "00123-ЭС", 6)
    attempt(session, LimitedAction.SIGN_IN, "unknown", 6)
    (line,) = shown(clerk)
    assert line.startswith("2Подбирают пароль: вход по договору закрыт")
    assert "12 проверок пароля" in line
    assert "№ 00123-ЭС" in line
    assert "и другие" in line
    assert "Забыли пароль" in line
    link = clerk.get("staff.dashboard").select_one("#reached-limits a")
    assert link["href"] == clerk.url("staff.customer", contract_id=contract.id)


@pytest.mark.parametrize(
    ("action", "subject", "times", "text", "name"),
    [
        (LimitedAction.STAFF_SIGN_IN, "manager", 6, "Подбирают пароль сотрудника", True),
        (LimitedAction.STAFF_CODE, "staff:1", 10, "знает пароль сотрудника и подбирает код", True),
        (LimitedAction.PROOF_CONTRACT, "contract:1", 10, "Подбирают сумму документа", True),
        (LimitedAction.EMAIL, "notice:a@example.org", 1, "Удержаны письма", False),
    ],
)
def test_every_lock_is_shown_with_what_to_do(
    clerk: PageClient,
    session: Session,
    action: LimitedAction,
    subject: str,
    times: int,
    text: str,
    name: bool,
) -> None:
    attempt(session, action, subject, times)
    line = next(line for line in shown(clerk) if text in line)
    assert "пройдет само к" in line
    has_name = bool(
        clerk.get("staff.dashboard").select("#reached-limits :is(bdi, a[href*=customers])")
    )
    assert has_name is name


def test_emails_held_back_lead_to_their_list(clerk: PageClient, session: Session) -> None:
    for _ in range(7):
        hit_mailbox_limit(session, "contact_link", "a@example.org", NOW)
    session.commit()
    (line,) = shown(clerk)
    assert "3 письма" in line
    link = clerk.get("staff.dashboard").select_one("#reached-limits a")
    assert clerk.open(link["href"]).select_one("[name=state] [selected]")["value"] == "suppressed"
