"""The 503 page of a locked database, which sends the same form again.

Every form gets it from the error handler, so a view has no duty in it. The page needs neither the
database nor the session's row; nothing of it is sent before its person presses the button.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, request
from flask.wrappers import Response

from app.web.error_pages import render_error_page

MESSAGE = "Сервис сейчас занят. Подождите минуту и отправьте еще раз: введенное сохранено."
CSRF_FIELD = "csrf_token"
SECRET_FIELDS = {
    "current": "Действующий пароль",
    "password": "Пароль",
    "password_again": "Подтверждение пароля",
    "proof": "Пароль, с которым вы вошли",
}
"""Names and labels of password fields: never sent back, so they are typed again."""
NEW_PASSWORD = "Новый пароль"  # noqa: S105 - a label


@dataclass(frozen=True, slots=True)
class SentForm:
    """What a form has brought, as the page of a locked database offers it again.

    Attributes:
        url: where it was sent, with its query.
        values: names and values that go into hidden fields, in their order.
        secrets: names and labels of the passwords to be typed again.
        files: names of the fields whose files have to be chosen again.
        is_multipart: how it was encoded; the same limits of size hold for it again.
    """

    url: str
    values: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    is_multipart: bool


def find_sent_form() -> SentForm | None:
    """The form of the current request; None where it is no form of one of our own pages."""
    if request.method != "POST" or not g.get("csrf_valid"):
        return None
    secrets = {name for name in SECRET_FIELDS if request.form.get(name)}
    return SentForm(
        request.full_path.rstrip("?"),
        tuple(
            (name, value)
            for name, value in request.form.items(multi=True)
            if name != CSRF_FIELD and name not in secrets
        ),
        tuple((name, _label(name, request.form)) for name in SECRET_FIELDS if name in secrets),
        tuple(name for name, file in request.files.items() if file.filename),
        request.mimetype == "multipart/form-data",
    )


def render_busy_page(form: SentForm) -> Response:
    """Status 503: what was typed, and a button that sends it again."""
    return render_error_page("errors/busy.html", form=form, message=MESSAGE, code=503, status=503)


def _label(name: str, typed: Mapping[str, str]) -> str:
    is_new = name == "password" and ("password_again" in typed or "current" in typed)
    return NEW_PASSWORD if is_new else SECRET_FIELDS[name]
