"""Loading of billing data."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actions.billing_import import ImportOptions, ImportRefusedError, Report, apply_import
from app.extensions import db
from app.integrations.billing_files import Package, PackageError
from app.integrations.database import open_for_bulk_write
from app.logs import event
from app.web.session import clock, config


@click.command("billing-import")
@with_appcontext
@click.argument("path", type=click.Path(path_type=Path), metavar="ПАПКА_ИЛИ_ZIP")
@click.option("--dry-run", is_flag=True, help="Проверить и посчитать, ничего не меняя.")
@click.option("--delimiter", type=click.Choice([";", ",", "tab"]), help="Разделитель полей.")
@click.option("--encoding", type=click.Choice(["utf-8", "cp1251"]), help="Кодировка файлов.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Десятичный знак.")
@click.option("--date-format", type=click.Choice(["YYYY-MM-DD", "DD.MM.YYYY"]), help="Запись дат.")
@click.option(
    "--max-errors",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Сколько ошибок перечислить; посчитаны будут все.",
)
@click.option(
    "--deactivate-absent",
    is_flag=True,
    help="При полной выгрузке отключить записи справочников, которых в ней нет.",
)
def billing_import(
    path: Path,
    dry_run: bool,
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    date_format: str | None,
    max_errors: int,
    deactivate_absent: bool,
) -> None:
    """Загрузить пакет биллинга: целиком или никак."""
    options = ImportOptions(
        delimiter="\t" if delimiter == "tab" else delimiter,
        encoding=encoding,
        decimal=decimal,
        russian_dates=date_format == "DD.MM.YYYY",
        max_errors=max_errors,
        deactivate_absent=deactivate_absent,
        may_cover_demo=not config().production,
    )
    open_for_bulk_write(db.session())
    try:
        with Package(path) as package, _progress_bar(sum(package.sizes.values())) as progress:
            result = apply_import(db.session(), package, options, clock().now(), progress)
    except (ImportRefusedError, PackageError) as error:
        db.session.rollback()
        _print_refusal(error)
        sys.exit(1)
    _print_report(result.report)
    if result.run is None:
        click.echo("Этот пакет уже загружен: изменений нет.")
    elif dry_run:
        db.session.rollback()
        click.echo("Проверка без записи: ничего не изменено.")
    else:
        result.run.finished_at = clock().now()
        event("billing import", run=result.run.id, **result.report.totals())
        db.session.commit()
        click.echo("Загружено.")


def _print_refusal(error: ImportRefusedError | PackageError) -> None:
    if isinstance(error, PackageError):
        click.echo(f"Пакет не загружен: {error}", err=True)
        return
    report = error.report
    for fault in report.errors:
        click.echo(f"ошибка: {fault}", err=True)
    hidden = report.error_count - len(report.errors)
    if hidden > 0:
        click.echo(f"… и еще ошибок: {hidden}", err=True)
    click.echo(f"Пакет не загружен, ничего не изменено. Ошибок: {report.error_count}", err=True)


def _print_report(report: Report) -> None:
    for fault in report.warnings:
        click.echo(f"предупреждение: {fault}", err=True)
    hidden = report.warning_count - len(report.warnings)
    if hidden > 0:
        click.echo(f"… и еще предупреждений: {hidden}", err=True)
    heads = ("строк", "новых", "изменено", "без изм.", "снято", "отказ")
    click.echo(f"{'файл':<20}" + "".join(f"{head:>10}" for head in heads))
    for file, counts in report.as_dict().items():
        click.echo(f"{file:<20}" + "".join(f"{count:>10}" for count in counts.values()))


class _progress_bar:  # noqa: N801 - reads as a verb in a with statement
    """A bar over the bytes of all files; silent where nobody watches."""

    def __init__(self, total: int) -> None:
        self._bar = click.progressbar(
            length=total, label="Чтение", file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        self._done: dict[str, int] = {}

    def __enter__(self) -> Callable[[str, int], None]:
        self._bar.__enter__()
        return self._advance

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(None, None, None)

    def _advance(self, name: str, done: int) -> None:
        self._bar.update(done - self._done.get(name, 0))
        self._done[name] = done
