"""Command ``flask billing-import``: check or load a batch that is on the server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actions.imports import Report
from app.domain.imports import JobGoal, JobStatus
from app.integrations.batch_archive import PackageError
from app.integrations.billing_files import Package
from app.jobs.folder_import import AnotherImportError, load_from_path
from app.jobs.import_labels import describe_running
from app.jobs.imports import Outcome

REFUSED, BUSY, FAILED = 1, 75, 3
"""Exit codes; 0: loaded, or nothing to do; 2 is click's own for a wrong call."""
AGAIN = "Чтобы загрузить снова: --force"


@click.command("billing-import")
@with_appcontext
@click.argument("path", type=click.Path(path_type=Path), metavar="ПАПКА_ИЛИ_ZIP")
@click.option("--dry-run", is_flag=True, help="Проверить и посчитать, ничего не меняя.")
@click.option("--force", is_flag=True, help="Загрузить, даже если этот пакет уже загружали.")
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
def billing_import(path: Path, dry_run: bool, **options: Any) -> None:
    """Загрузить пакет биллинга: целиком или никак.

    Код завершения: 0 — загружено или загружать нечего, 1 — пакет не принят, 2 — неверный вызов,
    3 — ошибка на стороне кабинета, 75 — идет другая загрузка, повторите позже.
    """
    goal = JobGoal.CHECK if dry_run else JobGoal.LOAD
    try:
        with _progress_bar(_size_of(path)) as progress:
            outcome = load_from_path(path, options, goal, progress)
    except AnotherImportError as error:
        click.echo(describe_running(error.job), err=True)
        sys.exit(BUSY)
    if outcome is None:
        click.echo("Загрузка остановлена: ее место занял другой процесс.", err=True)
        sys.exit(FAILED)
    _print_outcome(outcome)


def _size_of(path: Path) -> int:
    try:
        with Package(path) as package:
            return sum(package.sizes.values())
    except PackageError:
        return 0


def _print_outcome(outcome: Outcome) -> None:
    if outcome.status == JobStatus.REFUSED:
        _print_refusal(outcome.report)
        sys.exit(REFUSED)
    if outcome.status == JobStatus.FAILED:
        click.echo(f"Пакет не загружен. {outcome.message}", err=True)
        sys.exit(FAILED)
    _print_report(outcome.report)
    if outcome.status == JobStatus.SAME:
        click.echo(f"{outcome.message} {AGAIN}")
    elif outcome.status == JobStatus.CHECKED:
        click.echo("Проверка без записи: ничего не изменено.")
    else:
        click.echo("Загружено.")


def _print_refusal(report: Report) -> None:
    for fault in report.errors:
        click.echo(f"ошибка: {fault}", err=True)
    hidden = report.unlisted_errors
    if hidden > 0:
        click.echo(f"… и еще ошибок: {hidden}", err=True)
    click.echo(f"Пакет не загружен, ничего не изменено. Ошибок: {report.error_count}", err=True)


def _print_report(report: Report) -> None:
    for fault in report.warnings:
        click.echo(f"предупреждение: {fault}", err=True)
    hidden = report.warning_count - sum(fault.count for fault in report.warnings)
    if hidden > 0:
        click.echo(f"… и еще предупреждений: {hidden}", err=True)
    heads = ("строк", "новых", "изменено", "без изм.", "снято", "отказ")
    click.echo(f"{'файл':<20}" + "".join(f"{head:>10}" for head in heads))
    for file, counts in report.as_dict().items():
        click.echo(f"{file:<20}" + "".join(f"{count:>10}" for count in counts.values()))


class _progress_bar:  # noqa: N801 - reads as a verb in a with statement
    """Progress over the bytes of all files; hidden where the output is no terminal."""

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
