"""The command by which an operator, or monitoring, asks whether the installation is in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from app.domain.contacts import normalise_phone
from app.domain.errors import ContactError
from app.domain.health import HealthCheck, HealthState, find_worst
from app.jobs import health, health_alerts

STATE_LABELS = {
    HealthState.OK: "в порядке",
    HealthState.WARNING: "внимание",
    HealthState.FAULT: "неисправно",
}
EXIT_CODES = {HealthState.OK: 0, HealthState.WARNING: 1, HealthState.FAULT: 2}


@click.command("check")
@with_appcontext
@click.option("--json", "as_json", is_flag=True, help="Вывести JSON.")
@click.option("--alert", "is_alert", is_flag=True, help="Написать STAFF_ALERT_EMAILS о переменах.")
@click.option("--send-mail", metavar="АДРЕС", help="Отправить пробное письмо.")
@click.option("--send-sms", metavar="НОМЕР", help="Отправить пробное смс.")
def check(as_json: bool, is_alert: bool, send_mail: str | None, send_sms: str | None) -> None:
    """Проверить установку: настройки, прокси, почту, диск, базу, работника, копии.

    Код выхода: 0 все в порядке, 1 есть предупреждения, 2 есть неисправности
    или настройки не приняты.
    """
    if is_alert:
        # For a timer: an alert that was sent is no failure of its unit.
        click.echo(f"Сообщено перемен: {health_alerts.alert()}")
        return
    checks = health.check_all()
    health.store(checks)
    if send_mail:
        checks.append(health.send_test_mail(send_mail))
    if send_sms:
        checks.append(health.send_test_sms(_phone(send_sms)))
    _show_json(checks) if as_json else _show(checks)
    sys.exit(EXIT_CODES[find_worst(checks)])


def _phone(text: str) -> str:
    try:
        return normalise_phone(text)
    except ContactError:
        raise click.BadParameter("нужен номер вида +7 900 000-00-00") from None


def _show(checks: Sequence[HealthCheck]) -> None:
    for item in checks:
        click.echo(f"{STATE_LABELS[item.state]:<10}  {item.text}")
        if item.state is not HealthState.OK and item.advice:
            click.echo(f"{'':<10}  → {item.advice}")


def _show_json(checks: Sequence[HealthCheck]) -> None:
    answer = {"state": find_worst(checks), "checks": [asdict(item) for item in checks]}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
