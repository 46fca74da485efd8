"""Forms of decisions about contracts that changed hands."""

from __future__ import annotations

import re

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
)
from wtforms.validators import InputRequired, ValidationError

from app.domain.transfers import Decision
from app.sections.staff.labels import TRANSFERS


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
