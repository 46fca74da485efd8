"""Open items of contracts as pages read them: make them anew, compare them with the ledger."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app.actions.open_items import delete_snapshots
from app.extensions import db
from app.jobs import open_items
from app.queries.open_item_checks import check_snapshots
from app.queries.open_item_snapshots import count_contracts_without
from app.web.context import clock

LISTED = 20


@click.command("open-items-refresh")
@with_appcontext
@click.option("--all", "is_complete", is_flag=True, help="Посчитать заново и то, что уже есть.")
def open_items_refresh(is_complete: bool) -> None:
    """Посчитать задолженность договоров, которой для страниц на сегодня нет."""
    if is_complete:
        delete_snapshots(db.session())
        db.session.commit()
    click.echo(f"Посчитано договоров: {open_items.store_missing(limit=None)}")
    left = count_contracts_without(db.session(), clock().today())
    if left:
        raise click.ClickException(
            f"осталось договоров: {left}; идет загрузка из биллинга, повторите позже"
        )


@click.command("open-items-check")
@with_appcontext
def open_items_check() -> None:
    """Сверить сохраненную задолженность договоров с посчитанной заново; при расхождении код 1."""
    found = check_snapshots(db.session(), clock().today())
    for number in found.differing[:LISTED]:
        click.echo(f"расходится: договор {number}", err=True)
    click.echo(
        f"Сверено договоров: {found.compared}, расходится: {len(found.differing)}, "
        f"не посчитано на сегодня: {found.missing}"
    )
    if found.differing:
        sys.exit(1)
