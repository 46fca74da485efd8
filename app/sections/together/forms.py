"""Form of a contract's own name and group."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField

from app.domain.contract_totals import MAX_LABEL
from app.models import ContractLabel
from app.web.field_errors import MaxLength
from app.web.forms import printable


def _one_line(text: str | None) -> str:
    return " ".join(printable(text).split())


class LabelForm(FlaskForm):
    """What a person calls a contract; both may stay empty."""

    name = StringField(
        "Название", filters=[_one_line], validators=[MaxLength(MAX_LABEL, "нужно до 80 знаков")]
    )
    group_name = StringField(
        "Группа", filters=[_one_line], validators=[MaxLength(MAX_LABEL, "нужно до 80 знаков")]
    )

    def __init__(self, label: ContractLabel | None) -> None:
        super().__init__(
            name=(label.name if label else None) or "",
            group_name=(label.group_name if label else None) or "",
        )
