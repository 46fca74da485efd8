"""Readings handed over to billing."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actions.billing_export import export_readings
from app.extensions import db
from app.logs import event
from app.queries.readings import list_unacknowledged
from app.web.session import clock


@click.command("billing-export")
@with_appcontext
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="ПАПКА")
def billing_export(folder: Path) -> None:
    """Выгрузить показания, которых биллинг еще не подтвердил."""
    path, rows = export_readings(db.session(), folder, clock().local(clock().now()))
    if path is None:
        click.echo("Выгружать нечего: биллинг подтвердил все показания.")
        return
    db.session.commit()
    event("readings exported", file=path.name, rows=rows)
    click.echo(f"{path}: показаний {rows}")


@click.command("readings-unacknowledged")
@with_appcontext
def readings_unacknowledged() -> None:
    """Показания, которые выгружены, а подтверждения нет."""
    rows = list_unacknowledged(db.session())
    for number, serial, zone, row in rows:
        when = clock().local(row.exported_at or clock().now())
        click.echo(
            f"{row.submission_id}  {number}  № {serial} {zone}  {row.period}  "
            f"выгружено {when:%d.%m.%Y %H:%M}"
        )
    click.echo(f"Без подтверждения: {len(rows)}")
