"""Commands for accounts and registrations."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app.actions.accounts.sessions import create_account
from app.actions.registration import decisions
from app.domain.contacts import show_email, show_phone
from app.domain.errors import (
    AccountExistsError,
    ContactError,
    NotFoundError,
    PasswordError,
    RegistrationClosedError,
)
from app.extensions import db
from app.jobs import delivery
from app.lib.database import MAX_ID
from app.models import Registration
from app.queries.registrations import get_contacts_on_record, get_registration, list_unproved
from app.web.contact_errors import contact_error_text
from app.web.context import clock, local_now
from app.web.forms import PASSWORD_ERRORS

CLERK = "командная строка"


@click.command("account-create")
@with_appcontext
@click.argument("contract", metavar="ДОГОВОР")
@click.option("--email", required=True, help="Адрес владельца.")
@click.option("--password-stdin", is_flag=True, required=True, help="Пароль из стандартного ввода.")
def account_create(contract: str, email: str, password_stdin: bool) -> None:
    """Создать действующую учетную запись владельца договора."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        create_account(db.session(), contract, email, password, clock().now())
    except NotFoundError:
        raise click.ClickException(f"договора «{contract}» нет") from None
    except AccountExistsError:
        raise click.ClickException(f"у договора «{contract}» уже есть владелец") from None
    except ContactError as error:
        text = contact_error_text(error, "не адрес электронной почты")
        raise click.ClickException(f"«{email}» — {text}") from None
    except PasswordError as error:
        raise click.ClickException(PASSWORD_ERRORS[error.code]) from None
    db.session.commit()
    click.echo(f"Учетная запись создана: договор {contract}.")


@click.command("registrations")
@with_appcontext
def registrations() -> None:
    """Показать регистрации, которые ждут сотрудника."""
    waiting = list_unproved(db.session())
    for registration in waiting:
        _print_registration(registration)
    click.echo(f"Ждут решения: {len(waiting)}")


@click.command("registration-approve")
@with_appcontext
@click.argument("number", type=click.IntRange(max=MAX_ID), metavar="НОМЕР_ЗАЯВКИ")
def registration_approve(number: int) -> None:
    """Открыть кабинет: право на договор проверено."""
    try:
        decisions.approve(db.session(), _get_waiting_registration(number), CLERK, local_now())
    except RegistrationClosedError:
        raise click.ClickException(NOT_WAITING.format(number=number)) from None
    delivery.commit()
    click.echo(f"Заявка {number}: кабинет открыт, сообщение отправляется.")


@click.command("registration-refuse")
@with_appcontext
@click.argument("number", type=click.IntRange(max=MAX_ID), metavar="НОМЕР_ЗАЯВКИ")
@click.option("--reason", required=True, help="Причина; ее прочитает заявитель.")
def registration_refuse(number: int, reason: str) -> None:
    """Отказать в доступе к договору."""
    try:
        decisions.refuse(
            db.session(), _get_waiting_registration(number), CLERK, reason, local_now()
        )
    except RegistrationClosedError:
        raise click.ClickException(NOT_WAITING.format(number=number)) from None
    delivery.commit()
    click.echo(f"Заявка {number}: отказано, сообщение отправляется.")


NOT_WAITING = "заявка {number} не ждет решения: она уже решена, заменена, или кабинет открыт"


def _get_waiting_registration(number: int) -> Registration:
    try:
        return get_registration(db.session(), number)
    except NotFoundError:
        raise click.ClickException(f"заявки {number} нет") from None


def _print_registration(registration: Registration) -> None:
    contract = registration.contract
    on_record = get_contacts_on_record(db.session(), contract)
    known = [*map(show_email, sorted(on_record.emails)), *map(show_phone, sorted(on_record.phones))]
    when = registration.confirmed_at and clock().local(registration.confirmed_at)
    typed = [
        show_email(registration.email),
        show_phone(registration.phone) if registration.phone else "",
    ]
    contact = show_email(registration.email)
    if registration.channel == "sms" and registration.confirmed_phone:
        contact = show_phone(registration.confirmed_phone)
    on_record_text = "на учете" if contact in known else "на учете его нет"
    click.echo(
        f"Заявка {registration.id}: договор {contract.number}, {contract.customer.display_name}\n"
        f"  подтверждено {when:%d.%m.%Y %H:%M}: {contact} ({on_record_text}), "
        f"сеть {registration.address}\n"
        f"  указано:  {', '.join(filter(None, typed))}\n"
        f"  на учете: {', '.join(known) or 'ничего'}"
    )
