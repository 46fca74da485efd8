"""Commands that manage staff: create the first administrator, reset who is locked out."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app.actions.staff.members import NewStaff, create_staff, reset_access
from app.domain.errors import PasswordError, StaffError
from app.domain.staff import StaffRole, normalise_login, totp_secret
from app.extensions import db
from app.lib.totp import code_at
from app.models import Department, StaffMember
from app.queries.staff import find_by_login, list_staff
from app.web.context import clock, config
from app.web.forms import PASSWORD_ERRORS

FAULTS = {"login": "логин не годится: латинские буквы, цифры, от 3 знаков", "taken": "логин занят"}


@click.command("staff-create")
@with_appcontext
@click.argument("login", metavar="ЛОГИН")
@click.option("--name", required=True, help="Фамилия, имя, отчество.")
@click.option("--role", type=click.Choice([role.value for role in StaffRole]), required=True)
@click.option("--department", help="Код отделения в биллинге; без него — все отделения.")
@click.option("--password-stdin", is_flag=True, required=True, help="Пароль из стандартного ввода.")
def staff_create(
    login: str, name: str, role: str, department: str | None, password_stdin: bool
) -> None:
    """Создать сотрудника: пароль действует до первого входа, второй фактор настроит он сам."""
    password = sys.stdin.readline().rstrip("\r\n")
    command = NewStaff(login, name, StaffRole(role), _department(department))
    try:
        create_staff(db.session(), command, password, clock().now())
    except StaffError as error:
        raise click.ClickException(FAULTS[error.code]) from None
    except PasswordError as error:
        raise click.ClickException(PASSWORD_ERRORS[error.code]) from None
    db.session.commit()
    click.echo(f"Сотрудник создан: {login}. Вход: {config().base_url}/staff/sign-in")


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
@click.option("--password-stdin", is_flag=True, required=True, help="Пароль из стандартного ввода.")
def staff_reset(login: str, password_stdin: bool) -> None:
    """Выдать новый пароль и сбросить второй фактор: потерян телефон, забыт пароль."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        reset_access(db.session(), _member(login), password, clock().now())
    except PasswordError as error:
        raise click.ClickException(PASSWORD_ERRORS[error.code]) from None
    db.session.commit()
    click.echo(f"{login}: пароль на один вход выдан, второй фактор настраивается заново.")


@click.command("staff-code")
@with_appcontext
@click.argument("login", metavar="ЛОГИН")
def staff_code(login: str) -> None:
    """Показать нынешний код второго фактора; только в местной установке."""
    if config().production:
        raise click.ClickException("в рабочей установке код показывает только телефон")
    secret = totp_secret(config().secret_key, _member(login).totp_seed)
    click.echo(code_at(secret, clock().now()))


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
