"""Forms by which contracts are attached."""

from __future__ import annotations

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.queries.attachments import OfferedContract
from app.sections.registration.forms import LONG
from app.web.forms import printable


class DocumentForm(FlaskForm):
    """The total of a document of the contract."""

    amount = StringField(
        "Сумма документа, ₽", filters=[printable], validators=[Length(max=60, message=LONG)]
    )


class OfferForm(FlaskForm):
    """Which of the other contracts of the same ИНН to attach."""

    contracts = SelectMultipleField(
        "Договоры",
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        # One that got an owner meanwhile is left out by the action.
        validate_choice=False,
    )

    def __init__(self, offered: Sequence[OfferedContract]) -> None:
        super().__init__(contracts=[row.id for row in offered])
        self.contracts.choices = [
            (row.id, f"№\u00a0{row.number} · {row.customer_name}") for row in offered
        ]

    def validate_contracts(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError("Отметьте хотя бы один договор")
