"""Commands that move an installation to PostgreSQL, and its files to another place."""

from __future__ import annotations

import os

import click
from flask import current_app
from flask.cli import with_appcontext

from app.extensions import db
from app.integrations.errors import StoreError
from app.jobs.move_database import MoveError, application_on, check_target, move_database
from app.jobs.move_files import FileMoveError, move_files
from app.lib.setting_values import read_database_url, read_files_url
from app.web.context import config

VARIABLE = "NEW_DATABASE_URL"


@click.command("move-database")
@with_appcontext
@click.argument("url", default="")
def move_database_command(url: str) -> None:
    """Перенести все из SQLite в пустую базу PostgreSQL; кабинет при этом остановлен.

    Адрес с паролем лучше передать в переменной NEW_DATABASE_URL: аргументы видны всем на машине.
    Старая база остается как есть.
    """
    from flask_migrate import upgrade  # noqa: PLC0415 - heavy, and only this command needs it

    try:
        address = read_database_url(url or os.environ.get(VARIABLE, ""))
    except ValueError as error:
        raise click.ClickException(f"адрес новой базы: {error}") from None
    target = application_on(address)
    try:
        with target.app_context():
            check_target(db.engine)
            upgrade()
        counts = move_database(
            current_app._get_current_object(),  # type: ignore[attr-defined]
            target,
            lambda name, rows: click.echo(f"{name}: {rows}"),
        )
    except MoveError as error:
        raise click.ClickException(str(error)) from None
    finally:
        with target.app_context():
            db.engine.dispose()
    click.echo(
        f"Перенесено и сверено: таблиц {len(counts)}, строк {sum(counts.values())}.\n"
        "Теперь впишите DATABASE_URL в настройки и запустите службы; старый файл — запас."
    )


@click.command("move-files")
@with_appcontext
@click.argument("url")
@click.option("--endpoint", default="", help="Адрес сервиса, совместимого с S3.")
def move_files_command(url: str, endpoint: str) -> None:
    """Скопировать все файлы в папку или s3://бакет/папка; прежние остаются.

    Прерванный перенос продолжается повторным запуском.
    """
    try:
        moved = move_files(config(), read_files_url(url), endpoint, lambda name: None)
    except ValueError as error:
        raise click.ClickException(f"место: {error}") from None
    except FileMoveError as error:
        raise click.ClickException(f"файл пришел поврежденным: {error}") from None
    except StoreError as error:
        raise click.ClickException(f"хранилище не отвечает: {error}") from None
    click.echo(
        f"Скопировано и сверено: {moved.copied}; уже были: {moved.present}; байт {moved.size}.\n"
        "Теперь впишите FILES_URL и FILES_ENDPOINT в настройки и запустите службы."
    )
