"""Forms of staff: sign-in, own account, members, contract transfers, refusals."""

from __future__ import annotations

import re

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from app.domain.staff import StaffRole
from app.domain.transfers import Decision
from app.sections.staff.labels import ROLES, TRANSFERS
from app.web.field_errors import MaxLength, Required, RequiredInput
from app.web.forms import printable, safe_next

LONG = Length(max=200, message="Слишком длинно: не больше 200 знаков")


class StaffSignInForm(FlaskForm):
    """Login and password."""

    login = StringField("Логин", filters=[printable], validators=[Required("введите логин"), LONG])
    password = PasswordField("Пароль", validators=[RequiredInput("введите пароль"), LONG])
    next = HiddenField(filters=[lambda target: safe_next(target, "")])


class CodeForm(FlaskForm):
    """A code of the second factor, or a recovery code."""

    code = StringField(
        "Код",
        filters=[printable],
        validators=[
            Required("введите код"),
            MaxLength(40, "слишком длинный код"),
        ],
    )
    next = HiddenField(filters=[lambda target: safe_next(target, "")])


class TransferForm(FlaskForm):
    """What a clerk decides about a contract that changed hands."""

    transfer_id = HiddenField()
    """The latest change that the page showed."""
    decision = RadioField(
        "Кто теперь потребитель",
        choices={str(choice): TRANSFERS[choice] for choice in (Decision.SAME, Decision.OTHER)},
        validators=[InputRequired("Выберите решение")],
        invalid_choice_message="Выберите решение",
    )

    @property
    def read_id(self) -> int:
        """0 where the page has not said it."""
        return read_id(self.transfer_id.data)


class BulkTransferForm(FlaskForm):
    """The same for all contracts that a page has named."""

    is_checked = BooleanField(
        "Список проверен",
        validators=[InputRequired("Отметьте, что список проверен")],
    )

    def validate_is_checked(self, field: BooleanField) -> None:
        if not self.read_ids:
            raise ValidationError("В списке не было договоров: ничего не изменено")

    @property
    def read_ids(self) -> list[int]:
        return [read_id(text) for text in request.form.getlist("transfer_ids")]


def read_id(text: str | None) -> int:
    """An id from a hidden field; 0 for anything else."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else 0


class PasswordForm(FlaskForm):
    """One's own new password."""

    current = PasswordField(
        "Текущий пароль",
        validators=[RequiredInput("введите пароль"), LONG],
    )
    password = PasswordField("Новый пароль", validators=[RequiredInput("введите пароль"), LONG])


class RecoveryCodesForm(FlaskForm):
    """The password again, before new recovery codes are shown."""

    proof = PasswordField("Пароль", validators=[RequiredInput("введите пароль"), LONG])


class StaffForm(FlaskForm):
    """One of the supplier's people."""

    login = StringField("Логин", filters=[printable])
    name = StringField(
        "Фамилия, имя, отчество",
        filters=[printable, str.strip],
        validators=[Required("введите имя"), LONG],
    )
    role = SelectField(
        "Роль",
        choices={str(role): label for role, label in ROLES.items()},
        default=StaffRole.OPERATOR.value,
        validate_choice=True,
    )
    department = SelectField("Отделение", default="")
    is_active = BooleanField("Может входить", default=True)


class RefusalForm(FlaskForm):
    """Why a registration is refused; the person reads it."""

    reason = StringField(
        "Причина отказа",
        filters=[printable, str.strip],
        validators=[
            Required("напишите, почему; это прочитает заявитель"),
            MaxLength(300, "не больше 300 знаков"),
        ],
    )
