"""Error texts of form fields: each begins with the label of its field, «Поле «ИНН»: …»."""

from __future__ import annotations

from wtforms import Field, Form
from wtforms.validators import DataRequired, InputRequired, Length


def field_error(field: Field, text: str) -> str:
    """Put the label of a field before the text of its error."""
    return f"Поле «{field.label.text}»: {text}"


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
