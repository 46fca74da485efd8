"""Commands that back an installation up and restore it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.integrations.backup.errors import BackupError
from app.jobs import backups
from app.jobs.backups import Encryption
from app.lib.database import MAX_ID

FOLDER = click.Path(file_okay=False, path_type=Path)
KEY_DIFFERS = (
    "SECRET_KEY не тот, что при копировании: сотрудники заново настроят второй фактор "
    "(staff-reset), ссылки в старых письмах не откроются."
)


@click.command("backup")
@with_appcontext
@click.argument("folder", type=FOLDER, metavar="ПАПКА")
@click.option(
    "--keep", "retained", type=click.IntRange(0, MAX_ID), default=0, help="Сколько копий оставлять."
)
@click.option("--age", metavar="ПОЛУЧАТЕЛЬ", help="Зашифровать программой age.")
@click.option("--gpg", metavar="ПОЛУЧАТЕЛЬ", help="Зашифровать программой gpg.")
def backup(folder: Path, retained: int, age: str | None, gpg: str | None) -> None:
    """Скопировать работающую установку: база, файлы, пакеты в очереди, настройки без секретов.

    Копия проверяется: она открывается и читается. Последняя строка вывода — ее имя.
    """
    if age and gpg:
        raise click.UsageError("нужно одно из двух: --age или --gpg")
    encryption = None
    if recipient := age or gpg:
        encryption = Encryption("age" if age else "gpg", recipient)
    try:
        result = backups.back_up(folder.resolve(), retained, encryption)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from None
    manifest = result.manifest
    click.echo(
        f"База {manifest.database}, версия схемы {manifest.revision}: строк {manifest.row_count}; "
        f"файлов {manifest.files}. SECRET_KEY в копии нет: храните его отдельно."
    )
    for name in result.deleted:
        click.echo(f"Удалена старая копия {name}")
    click.echo(result.place)


@click.command("restore")
@with_appcontext
@click.argument("copy", type=click.Path(path_type=Path), metavar="КОПИЯ")
@click.option("--force", is_flag=True, help="Заменить то, что уже есть.")
@click.option("--identity", type=click.Path(path_type=Path), help="Файл ключа age.")
def restore(copy: Path, force: bool, identity: Path | None) -> None:
    """Вернуть установку из копии; кабинет при этом остановлен."""
    try:
        manifest, same_key = backups.restore(copy.resolve(), identity, force=force)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"Восстановлено: копия от {manifest.created_at}, строк {manifest.row_count}, "
        f"файлов {manifest.files}."
    )
    if not same_key:
        click.echo(KEY_DIFFERS)
    click.echo("Теперь: db upgrade, затем запустите службы.")
