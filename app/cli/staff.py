"""Commands that manage staff: create the first administrator, reset who is locked out."""

from __future__ import annotations

import sys
from datetime import timedelta

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app.actions.staff.members import NewStaff, create_staff, reset_access
from app.actions.staff.setup_link import LIFE, create_with_link, reset_with_link
from app.domain.errors import PasswordError, StaffError
from app.domain.second_factor import totp_secret
from app.domain.staff import StaffRole, normalise_login
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.lib.totp import code_at
from app.models import Department, StaffMember
from app.queries.staff import find_by_login, list_staff
from app.web.context import clock, config
from app.web.forms import PASSWORD_ERRORS

PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Пароль на один вход из стандартного ввода."
)
LINK = click.option("--link", is_flag=True, help="Напечатать ссылку, по которой задают пароль.")
FAULTS = {"login": "логин не годится: латинские буквы, цифры, от 3 знаков", "taken": "логин занят"}


@click.command("staff-create")
@with_appcontext
@click.argument("login", metavar="ЛОГИН")
@click.option("--name", required=True, help="Фамилия, имя, отчество.")
@click.option("--role", type=click.Choice([role.value for role in StaffRole]), required=True)
@click.option("--department", help="Код отделения в биллинге; без него — все отделения.")
@PASSWORD_STDIN
@LINK
def staff_create(
    login: str, name: str, role: str, department: str | None, password_stdin: bool, link: bool
) -> None:
    """Создать сотрудника; второй фактор он настроит сам при первом входе.

    Пароль он задает сам по ссылке (--link), или ему выдают пароль на один вход (--password-stdin).
    """
    _choose_one(password_stdin, link)
    command = NewStaff(login, name, StaffRole(role), _department(department))
    now, nonce = clock().now(), ""
    try:
        if link:
            member, nonce = create_with_link(db.session(), command, now)
        else:
            member = create_staff(db.session(), command, _typed_password(), now)
    except StaffError as error:
        raise click.ClickException(FAULTS[error.code]) from None
    except PasswordError as error:
        raise click.ClickException(PASSWORD_ERRORS[error.code]) from None
    db.session.commit()
    click.echo(f"Сотрудник создан: {login}. Вход: {config().base_url}/staff/sign-in")
    if link:
        _print_link(member, nonce)


@click.command("staff-list")
@with_appcontext
def staff_list() -> None:
    """Показать сотрудников."""
    for member in list_staff(db.session()):
        state = "закрыт" if member.disabled_at else "открыт"
        click.echo(f"{member.login}  {member.role}  {member.name}  {state}")


@click.command("staff-reset")
@with_appcontext
@click.argument("login", metavar="ЛОГИН")
@PASSWORD_STDIN
@LINK
def staff_reset(login: str, password_stdin: bool, link: bool) -> None:
    """Сбросить пароль и второй фактор: потерян телефон, забыт пароль."""
    _choose_one(password_stdin, link)
    member, now, nonce = _member(login), clock().now(), ""
    try:
        if link:
            nonce = reset_with_link(db.session(), member, now)
        else:
            reset_access(db.session(), member, _typed_password(), now)
    except PasswordError as error:
        raise click.ClickException(PASSWORD_ERRORS[error.code]) from None
    db.session.commit()
    given = "ссылка" if link else "пароль на один вход"
    click.echo(f"{login}: выдан доступ ({given}), второй фактор настраивается заново.")
    if link:
        _print_link(member, nonce)


@click.command("staff-code")
@with_appcontext
@click.argument("login", metavar="ЛОГИН")
def staff_code(login: str) -> None:
    """Показать нынешний код второго фактора; только в местной установке."""
    if config().production:
        raise click.ClickException("в рабочей установке код показывает только телефон")
    secret = totp_secret(config().secret_key, _member(login).totp_seed)
    click.echo(code_at(secret, clock().now()))


def _choose_one(password_stdin: bool, link: bool) -> None:
    if password_stdin == link:
        raise click.UsageError("нужно одно из двух: --link или --password-stdin")


def _typed_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _print_link(member: StaffMember, nonce: str) -> None:
    hours = LIFE // timedelta(hours=1)
    click.echo(f"Ссылка для пароля, действует {hours} ч и только один раз:")
    click.echo(delivery.transports().links.url(Purpose.STAFF_SETUP, member.id, nonce))


def _member(login: str) -> StaffMember:
    found = find_by_login(db.session(), normalise_login(login))
    if found is None:
        raise click.ClickException(f"сотрудника «{login}» нет")
    return found


def _department(external_id: str | None) -> int | None:
    if external_id is None:
        return None
    found = db.session.scalar(select(Department.id).where(Department.external_id == external_id))
    if found is None:
        raise click.ClickException(f"отделения «{external_id}» нет")
    return found
