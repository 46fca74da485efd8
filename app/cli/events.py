"""Command: find the events of the day, for installations without a worker."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.jobs.events import find_events


@click.command("events-find")
@with_appcontext
def events_find() -> None:
    """Найти события дня: сроки оплаты и показаний, поверки, объявления.

    Повторный запуск не создает вторых событий. Установке без обработчика заданий команда нужна в
    cron раз в день, после загрузки из биллинга.
    """
    click.echo(f"Найдено событий: {find_events(is_forced=True)}")
