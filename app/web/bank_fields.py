"""An account and its bank, checked by their keys; the customer's own and the supplier's."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import ValidationError

from app.domain.company_ids import is_account, is_bic, is_corr_account
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import printable


def digits(text: str | None) -> str:
    """What was typed without the spaces and dashes that people copy along."""
    return re.sub(r"[\s\-–—]", "", printable(text))


class BankFields(FlaskForm):
    """An account and its bank; a treasury's has no correspondent account."""

    account = StringField(
        "Расчетный счет",
        filters=[digits],
        validators=[
            Required("введите 20 цифр"),
            MaxLength(40, "нужно 20 цифр"),
        ],
    )
    bic = StringField(
        "БИК банка",
        filters=[digits],
        validators=[
            Required("введите 9 цифр"),
            MaxLength(40, "нужно 9 цифр"),
        ],
    )
    bank_name = StringField(
        "Название банка",
        filters=[lambda text: printable(text).strip()],
        validators=[
            Required("введите, как в реквизитах"),
            MaxLength(200, "слишком длинное, нужно до 200 знаков"),
        ],
    )
    corr_account = StringField(
        "Корреспондентский счет",
        filters=[digits],
        validators=[MaxLength(40, "нужно 20 цифр")],
    )

    def validate_bic(self, field: StringField) -> None:
        if not is_bic(field.data):
            raise ValidationError(field_error(field, "нужно 9 цифр"))

    def validate_account(self, field: StringField) -> None:
        if not re.fullmatch("[0-9]{20}", field.data):
            raise ValidationError(field_error(field, f"нужно 20 цифр, введено {_count(field)}"))
        if is_bic(self.bic.data) and not is_account(field.data, self.bic.data):
            raise ValidationError(
                field_error(field, "не подходит к этому БИК (контрольный ключ). Проверьте оба")
            )

    def validate_corr_account(self, field: StringField) -> None:
        if not field.data:
            return
        if not re.fullmatch("[0-9]{20}", field.data):
            raise ValidationError(field_error(field, f"нужно 20 цифр, введено {_count(field)}"))
        if is_bic(self.bic.data) and not is_corr_account(field.data, self.bic.data):
            raise ValidationError(field_error(field, "не подходит к этому БИК. Проверьте оба"))


def _count(field: StringField) -> str:
    return str(len(field.data)) if field.data.isdigit() else "не только цифры"
