"""Command: find the events of the day, for installations without a worker."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.jobs.events import find_events
from app.jobs.notifications import notify


@click.command("events-find")
@with_appcontext
def events_find() -> None:
    """Найти события дня (сроки оплаты и показаний, поверки, объявления) и сообщить о новых.

    Повторный запуск не создает вторых событий. Установке без обработчика заданий команда нужна в
    cron раз в день, после загрузки из биллинга.
    """
    found = find_events(is_forced=True)
    click.echo(f"Найдено событий: {found}, сообщено о новых: {notify()}")
