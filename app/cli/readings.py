"""Commands: export readings to billing, list those not acknowledged."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actions.billing_export import CONTACTS, ENQUIRIES, READINGS, export_for_billing
from app.extensions import db
from app.integrations.errors import StoreError
from app.integrations.file_store import make_file_store
from app.logging import event
from app.queries.readings.staff import list_unacknowledged
from app.web.context import clock, local_now
from app.web.file_stores import adopt_local_packages, outgoing_store

LABELS = {READINGS: "показаний", ENQUIRIES: "обращений", CONTACTS: "изменений контактов"}


@click.command("billing-export")
@with_appcontext
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), metavar="[ПАПКА]", required=False
)
def billing_export(folder: Path | None) -> None:
    """Выгрузить неподтвержденные показания, новые обращения и измененные контакты.

    Без папки пакет ложится в хранилище файлов, где его показывает рабочее место сотрудника.
    """
    store = make_file_store(str(folder.absolute())) if folder else outgoing_store()
    try:
        adopt_local_packages()
        exported = export_for_billing(db.session(), store, local_now())
    except StoreError as error:
        raise click.ClickException(f"пакет не записан: {error}") from None
    if exported.name is None:
        click.echo("Выгружать нечего: биллинг знает обо всем.")
        return
    db.session.commit()
    event("exported for billing", file=exported.name, **exported.counts)
    rows = ", ".join(f"{LABELS[name]} {count}" for name, count in exported.counts.items())
    click.echo(f"{folder / exported.name if folder else exported.name}: {rows}")


@click.command("readings-unacknowledged")
@with_appcontext
def readings_unacknowledged() -> None:
    """Показания, которые выгружены, а подтверждения нет."""
    rows = list_unacknowledged(db.session())
    for unacknowledged in rows:
        row = unacknowledged.reading
        when = clock().local(row.exported_at or clock().now())
        click.echo(
            f"{row.submission_id}  {unacknowledged.contract_number}  "
            f"№ {unacknowledged.serial_number} {unacknowledged.zone}  "
            f"{row.period}  выгружено {when:%d.%m.%Y %H:%M}"
        )
    click.echo(f"Без подтверждения: {len(rows)}")
