"""Readings handed over to billing."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actions.billing_export import CONTACTS, ENQUIRIES, READINGS, export_for_billing
from app.extensions import db
from app.logs import event
from app.queries.readings import list_unacknowledged
from app.web.session import clock

WORDS = {READINGS: "показаний", ENQUIRIES: "обращений", CONTACTS: "изменений контактов"}


@click.command("billing-export")
@with_appcontext
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="ПАПКА")
def billing_export(folder: Path) -> None:
    """Выгрузить неподтвержденные показания, новые обращения и измененные контакты."""
    exported = export_for_billing(db.session(), folder, clock().local(clock().now()))
    if exported.path is None:
        click.echo("Выгружать нечего: биллинг знает обо всем.")
        return
    db.session.commit()
    event("exported for billing", file=exported.path.name, **exported.counts)
    rows = ", ".join(f"{WORDS[name]} {count}" for name, count in exported.counts.items())
    click.echo(f"{exported.path}: {rows}")


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
