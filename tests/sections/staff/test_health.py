"""«Состояние системы» of the administrator, and its faults on everybody's «Сегодня»."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.health import HealthCheck, HealthState
from app.jobs import health
from app.models import Backup, DeliveryOutage, HealthAlert
from tests.conftest import NOW
from tests.pages import PageClient


@pytest.fixture
def stored(session: Session) -> None:
    """What the last round has found over the network, and an old backup."""
    for key, machine, state, text in (
        ("site", "web-1", "ok", "https://lk.example.ru: отвечает"),
        ("certificate", "", "fault", "Сертификат: действует еще 3 сут."),
        ("disk", "web-2", "fault", "Диск: <b>полон</b>"),
        ("worker", "", "fault", "Работник: устаревший итог"),
    ):
        session.add(
            HealthAlert(
                key=key, machine=machine, state=state, text=text, advice="Так-то", checked_at=NOW
            )
        )
    old = NOW - timedelta(hours=60)
    session.add(
        Backup(started_at=old, finished_at=old, place="/x", size_bytes=1, row_count=1, file_count=1)
    )
    session.commit()


def rows(page: PageClient) -> list[list[str]]:
    soup = page.get("staff.health")
    return [
        [" ".join(cell.text.split()) for cell in row.select("th, td")]
        for row in soup.select("tbody tr")
    ]


def test_the_administrator_sees_checks_of_now_and_stored_ones(
    admin: PageClient, stored: None
) -> None:
    found = rows(admin)
    texts = {row[0]: row[1:] for row in found}
    assert texts["Резервная копия: последняя 2 сут. назад"][0] == "Неисправно"
    assert texts["Резервная копия: последняя 2 сут. назад"][2] == "сейчас"
    assert texts["Диск: <b>полон</b>"] == ["Неисправно", "Так-то", "21.11.2026, 12:00, web-2"]
    assert texts["https://lk.example.ru: отвечает"][:2] == ["В порядке", "ничего"]
    # What can be asked now is not told as it was.
    assert "Работник: устаревший итог" not in texts
    assert [row[1] for row in found] == sorted((row[1] for row in found), key=order)


def order(label: str) -> int:
    return ["Неисправно", "Внимание", "В порядке"].index(label)


def test_before_the_first_round_the_page_says_how_to_check(admin: PageClient) -> None:
    assert "deploy/kabinet check" in admin.get("staff.health").text
    assert all(row[3] == "сейчас" for row in rows(admin))


def test_only_the_administrator_sees_the_page(clerk: PageClient) -> None:
    assert clerk.client.get("/staff/health").status_code == 403


def test_faults_are_a_red_line_for_all_staff(
    clerk: PageClient, admin: PageClient, session: Session, stored: None
) -> None:
    since = NOW - timedelta(minutes=20)
    session.add(
        DeliveryOutage(channel="sms", since=since, failed_at=NOW, failures=3, reason="HTTP 500")
    )
    session.commit()
    soup = clerk.get("staff.dashboard")
    lines = [" ".join(line.text.split()) for line in soup.select("#health-faults .due")]
    told = "\n".join(lines)
    for part in (
        "Резервная копия: последняя 2 сут. назад",
        "Сертификат: действует еще 3 сут.",
        "Смс: не уходят 20 мин, неудач подряд 3 (HTTP 500)",
    ):
        assert part in told
    assert soup.select_one("#results a[href='/staff/health']") is None
    link = admin.get("staff.dashboard").select_one("#results a[href='/staff/health']")
    assert link is not None


def test_without_a_fault_there_is_no_red_line(
    app: Flask, clerk: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = HealthCheck("backup", HealthState.WARNING, "x", "y")
    monkeypatch.setattr(health, "check_data", lambda names=None: [warning])
    assert clerk.get("staff.dashboard").select_one("#health-faults") is None
