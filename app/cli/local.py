"""A local installation: demonstration data and how to get in."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.demo import entries
from app.domain.errors import NotDemoError
from app.extensions import db
from app.jobs import open_items
from app.lib.schema_version import find_schema_version, newest_migration
from app.web.context import clock, config
from app.web.policies import enquiry_rules, window_rules
from config import ROOT


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Наполнить пустую базу демонстрационными данными."""
    from app.demo import loading  # noqa: PLC0415 - much, and only this command needs it
    from app.demo.staff_work import load_staff_work  # noqa: PLC0415

    if config().production:
        raise click.ClickException("демонстрационных данных в рабочей установке не бывает")
    try:
        summary = loading.load_demo(db.session(), clock().local(clock().now()))
    except NotDemoError:
        raise click.ClickException("в базе уже есть данные; демо нужна пустая") from None
    load_staff_work(db.session(), enquiry_rules(), window_rules(), clock().local(clock().now()))
    db.session.commit()
    click.echo(f"Демонстрационные данные: договоров {len(summary.contracts)}.")


@click.command("prepare")
@with_appcontext
@click.pass_context
def prepare(context: click.Context) -> None:
    """Подготовить местную установку: база, демонстрационные данные, как войти."""
    if find_schema_version(db.engine) != newest_migration(ROOT / "migrations/versions"):
        from flask_migrate import upgrade  # noqa: PLC0415 - heavy, and rarely needed

        upgrade()
    if not entries.has_data(db.session()):
        context.invoke(demo)
    # An upgrade brings no open items; of few contracts they are there at once.
    open_items.store_missing()
    sign_ins = entries.list_demo_sign_ins(db.session())
    click.echo(f"\nКабинет: {config().base_url}")
    if sign_ins:
        click.echo(f"Пароль для всех: {entries.DEMO_PASSWORD}")
    for number, customer in sign_ins:
        click.echo(f"  договор {number}  {customer}")
    if entry := entries.find_demo_entry(db.session(), clock().today()):
        click.echo(
            f"Первый вход: договор {entry.number}, ИНН {entry.inn}\n"
            f"  на учете {entry.email} и {entry.phone};\n"
            f"  с другим адресом или телефоном спросят сумму документа: {entry.document_total} ₽"
        )
    if clerks := entries.list_demo_staff(db.session()):
        logins = ", ".join(login for login, _ in clerks)
        click.echo(
            f"Сотрудники: {config().base_url}/staff/sign-in\n"
            f"  логины {logins}; пароль тот же; код второго фактора: make code LOGIN=operator"
        )
    if not config().mail.server:
        click.echo(f"Письма и смс: файлы в {config().mail.outbox}")
    click.echo("Остановить: Ctrl+C\n")
