"""Error texts of form fields: each begins with the label of its field, «Поле «ИНН»: …»."""

from __future__ import annotations

from typing import Any

from wtforms import Field, Form, SelectField
from wtforms.validators import DataRequired, InputRequired, Length

LINE = Length(max=200, message="Слишком длинно: не больше 200 знаков")
"""One line of text."""


def labelled_error(label: str, text: str) -> str:
    """Put the label of a control before the text of its error."""
    return f"Поле «{label}»: {text}"


def field_error(field: Field, text: str) -> str:
    """Put the label of a field before the text of its error."""
    return labelled_error(field.label.text, text)


class ListField(SelectField):
    """``SelectField`` with its label in the error of a value that is not in the list."""

    def pre_validate(self, form: Any) -> None:
        self.invalid_choice_message = field_error(self, "выберите из списка")
        super().pre_validate(form)


class Required(DataRequired):
    """``DataRequired`` with the label of the field in its message."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __call__(self, form: Form, field: Field) -> None:
        self.message = field_error(field, self.text)
        super().__call__(form, field)


class RequiredInput(InputRequired):
    """``InputRequired``, which accepts spaces, with the label of the field in its message."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __call__(self, form: Form, field: Field) -> None:
        self.message = field_error(field, self.text)
        super().__call__(form, field)


class MaxLength(Length):
    """``Length`` with the label of the field in its message."""

    def __init__(self, maximum: int, text: str) -> None:
        super().__init__(max=maximum)
        self.text = text

    def __call__(self, form: Form, field: Field) -> None:
        self.message = field_error(field, self.text)
        super().__call__(form, field)
