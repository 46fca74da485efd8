"""Command ``flask incident``: whose data could be read, for the notice within 24 hours."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.domain.staff import normalise_login
from app.extensions import db
from app.integrations.spreadsheets import Column, Kind, Table, write_csv, write_xlsx
from app.queries import incidents
from app.queries.accounts import find_account_ids
from app.queries.incidents import Affected, ListAccess, Reach, Window
from app.queries.staff import find_by_login
from app.web.context import clock

COLUMNS = (
    Column("Договор", Kind.TEXT, 16),
    Column("Потребитель", Kind.TEXT, 40),
    Column("ИНН", Kind.TEXT, 14),
    Column("Email", Kind.TEXT, 30),
    Column("Телефон", Kind.TEXT, 16),
    Column("Кто мог прочесть", Kind.TEXT, 36),
    Column("С", Kind.TEXT, 17),
    Column("По", Kind.TEXT, 17),
    Column("Открывали, раз", Kind.WHOLE, 10),
)
SHOWN = "%d.%m.%Y %H:%M"


@click.command("incident")
@with_appcontext
@click.option("--account", metavar="EMAIL", help="Учетная запись потребителя, адрес или номер.")
@click.option("--session", "session_id", type=int, help="Один сеанс потребителя, его номер.")
@click.option("--staff", metavar="ЛОГИН", help="Сотрудник.")
@click.option("--since", metavar="МОМЕНТ", help="С какого момента: 2026-11-28T09:00.")
@click.option("--until", metavar="МОМЕНТ", help="По какой момент.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Записать в .xlsx или .csv.")
def incident(
    account: str | None,
    session_id: int | None,
    staff: str | None,
    since: str | None,
    until: str | None,
    path: Path | None,
) -> None:
    """Чьи данные мог прочесть посторонний: по учетной записи, сеансу, сотруднику или за время.

    Список — для уведомления Роскомнадзора в течение 24 часов; порядок: docs/ru/incident.md.
    """
    if sum(value is not None for value in (account, session_id, staff)) > 1:
        raise click.UsageError("нужно одно из: --account, --session, --staff")
    if (account, session_id, staff, since) == (None, None, None, None):
        raise click.UsageError("нужно одно из: --account, --session, --staff, --since")
    window = Window(_moment(since), _moment(until))
    reaches, lists = _find(account, session_id, staff, window)
    affected = incidents.find_affected(db.session(), reaches)
    contracts = len({one.number for one in affected})
    click.echo(f"Договоров, данные которых были доступны: {contracts}")
    for one in affected if path is None else ():
        click.echo("  ".join(str(cell) for cell in _row(one) if cell is not None))
    for access in lists:
        click.echo(_list_line(access))
    if lists:
        click.echo("Списки и выгрузки содержат данные многих: считайте доступными всех, кто в них.")
    if path is not None:
        _write(path, affected)


def _find(
    account: str | None, session_id: int | None, staff: str | None, window: Window
) -> tuple[list[Reach], list[ListAccess]]:
    session = db.session()
    if account is not None:
        ids = find_account_ids(session, account)
        if not ids:
            raise click.ClickException(f"учетной записи «{account}» нет")
        reaches = [
            reach for key in ids for reach in incidents.reach_of_account(session, key, window)
        ]
        return reaches, []
    if session_id is not None:
        return incidents.reach_of_session(session, session_id), []
    staff_id = None
    if staff is not None:
        member = find_by_login(session, normalise_login(staff))
        if member is None:
            raise click.ClickException(f"сотрудника «{staff}» нет")
        staff_id = member.id
        sessions = incidents.count_staff_sessions(session, staff_id, window)
        click.echo(f"Сеансов сотрудника за это время: {sessions}")
        reaches = incidents.reach_of_staff(session, staff_id, window)
    else:
        reaches = incidents.reach_in(session, window)
    return reaches, incidents.list_access_to_lists(session, staff_id, window)


def _moment(text: str | None) -> datetime | None:
    """A moment as typed; without an offset it is of the supplier's zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"нужен момент вида 2026-11-28T09:00, а не «{text}»") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock().local(clock().now()).tzinfo)


def _row(one: Affected) -> tuple[str | int | None, ...]:
    reach = one.reach
    last = clock().local(reach.last).strftime(SHOWN) if reach.last else "сейчас"
    first = clock().local(reach.first).strftime(SHOWN)
    who = (one.number, one.customer, one.inn, one.email, one.phone)
    return (*who, reach.how, first, last, reach.count or None)


def _list_line(access: ListAccess) -> str:
    when = clock().local(access.happened_at).strftime(SHOWN)
    query = f"?{access.query}" if access.query else ""
    return f"{when}  сотрудник {access.staff_id}  {access.address}  список {access.page}{query}"


def _write(path: Path, affected: list[Affected]) -> None:
    table = Table("Доступные данные", COLUMNS, [_row(one) for one in affected])
    writers = {".xlsx": write_xlsx, ".csv": write_csv}
    if path.suffix not in writers:
        raise click.ClickException(f"нужен файл .xlsx или .csv, а не «{path}»")
    try:
        path.write_bytes(writers[path.suffix](table))
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    path.chmod(0o600)
    click.echo(f"Записано: {path}")
