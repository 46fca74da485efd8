"""Notes above the sign-in form: why a person was sent here, by the query of the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLOSED = (
    "Согласие отозвано, учетная запись закрыта. Чтобы снова пользоваться кабинетом, "
    "зарегистрируйтесь."
)
DRAFT_SAVED = (
    "Сеанс закончился, но введенное сохранено в черновике. Войдите, и можно будет продолжить."
)
DRAFT_IN_PART = " Принято не все: проверьте текст и файлы."
DRAFT_LOST = "Сеанс закончился, введенное не сохранено. Войдите и введите еще раз."
CHANGED = "Пароль изменен. Войдите с новым паролем."
INVITED = "Приглашение принято. Войдите: вместо номера договора введите ваш адрес e-mail."


@dataclass(frozen=True, slots=True)
class Note:
    """A message of the page and its CSS class."""

    text: str
    css_class: str = "note"


def list_notes(query: Mapping[str, str], *, has_errors: bool) -> list[Note]:
    """List the notes for a query of the sign-in page.

    Args:
        query: ``closed``, ``kept`` («part»: not everything was accepted), ``lost``, ``done``.
        has_errors: the form was sent and refused; only that the account is closed is still shown.
    """
    notes = [Note(CLOSED)] if query.get("closed") else []
    if has_errors:
        return notes
    if draft := query.get("kept"):
        notes.append(Note(DRAFT_SAVED + (DRAFT_IN_PART if draft == "part" else "")))
    if query.get("lost"):
        notes.append(Note(DRAFT_LOST, "note warn"))
    if query.get("done") == "password":
        notes.append(Note(CHANGED, "note good"))
    if query.get("done") == "invitation":
        notes.append(Note(INVITED, "note good"))
    return notes
