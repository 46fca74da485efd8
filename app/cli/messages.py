"""Outgoing messages and the job runner."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from app.actions.messages import retry_all, retry_message
from app.domain.errors import RetryError
from app.extensions import db
from app.jobs import delivery, retention
from app.jobs import tasks as jobs
from app.lib.database import MAX_ID
from app.queries.messages import find_message, list_unsent
from app.web.context import clock

NO_RETRY = {
    "sent": "неотправленного сообщения с таким номером нет",
    "interactive": "это письмо или код ждал человек; он запросит новое сам",
    "outdated": "сообщение устарело: ссылка или код в нем больше не действует",
}
STATUSES = {"waiting": "ждет", "sending": "отправляется", "failed": "не отправлено"}


@click.command("messages")
@with_appcontext
def messages() -> None:
    """Показать сообщения, которые ждут или не отправлены."""
    unsent = list_unsent(db.session())
    for message in unsent:
        when = clock().local(message.created_at)
        click.echo(
            f"{message.id:>6}  {when:%d.%m.%Y %H:%M}  {STATUSES[message.status]:<13} "
            f"{message.kind:<22} {message.recipient}  попыток {message.tries}"
            + (f"  {message.last_error}" if message.last_error else "")
        )
    click.echo(f"Не отправлено: {len(unsent)}")


@click.command("message-retry")
@with_appcontext
@click.argument("number", type=click.IntRange(max=MAX_ID), metavar="НОМЕР", required=False)
@click.option("--all", "is_all", is_flag=True, help="Все неотправленные, которые еще нужны.")
def message_retry(number: int | None, is_all: bool) -> None:
    """Отправить сообщение еще раз, или все неотправленные."""
    if is_all == (number is not None):
        raise click.UsageError("нужно одно из двух: НОМЕР или --all")
    if number is None:
        count = retry_all(db.session(), clock().now())
        db.session.commit()
        click.echo(f"Поставлено на отправку: {count}, отправлено: {delivery.sweep()}")
        return
    _retry_one(number)
    click.echo("Отправлено.")


def _retry_one(number: int) -> None:
    message = find_message(db.session(), number)
    if message is None:
        raise click.ClickException(NO_RETRY["sent"])
    try:
        retry_message(db.session(), message, clock().now())
    except RetryError as error:
        raise click.ClickException(NO_RETRY[error.code]) from None
    db.session.commit()
    if not delivery.deliver(number):
        raise click.ClickException("снова не отправлено; подробности: flask messages")


@click.command("messages-sweep")
@with_appcontext
def messages_sweep() -> None:
    """Отправить все, чей срок настал; для установок без «flask worker»."""
    click.echo(f"Отправлено: {delivery.sweep()}")


@click.command("cleanup")
@with_appcontext
def cleanup() -> None:
    """Удалить отслужившее: попытки, коды, брошенные регистрации, старые сеансы."""
    retention.delete_expired()
    click.echo("Готово.")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Выполнять задания очереди: отправку сообщений, ночную уборку."""
    if "huey" not in current_app.extensions:
        raise click.ClickException("очередь выключена (JOBS=inline): работник не нужен")
    jobs.run(current_app)
