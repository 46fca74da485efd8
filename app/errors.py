"""Error handlers: from an exception to its HTTP status, its Russian text and its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from app.domain.errors import (
    AccessDeniedError,
    ContractTerminatedError,
    NotFoundError,
    TooManyAttemptsError,
)
from app.extensions import db, login_manager
from app.integrations.errors import StoreError
from app.integrations.pdf_process import LayoutEndedError
from app.lib.file_locks import AllLocksHeldError
from app.logging import event, log
from app.web import error_pages
from app.web.busy_page import find_sent_form, render_busy_page
from app.web.error_pages import render_error_page
from app.web.forms import describe_wait
from app.web.fragments import is_fragment
from app.web.session import was_staff
from app.web.slow_bodies import TooManyUploads


@dataclass(frozen=True)
class ErrorText:
    """Text of an error page: what happened, and what to do."""

    title: str
    advice: str


PAGES = {
    400: ErrorText("Запрос не понят", "Вернитесь на предыдущую страницу и попробуйте еще раз."),
    403: ErrorText("Нет доступа", "У вашей учетной записи нет прав на эту страницу."),
    404: ErrorText(
        "Страница не найдена", "Проверьте адрес или перейдите в нужный раздел с главной страницы."
    ),
    405: ErrorText(
        "Так эту страницу не открыть", "Вернитесь назад и воспользуйтесь кнопками страницы."
    ),
    408: ErrorText(
        "Запрос шел слишком долго", "Проверьте связь, вернитесь назад и отправьте еще раз."
    ),
    413: ErrorText(
        "Слишком большой запрос", "Уменьшите объем текста или файлов и отправьте еще раз."
    ),
    414: ErrorText("Слишком длинный адрес", "Откройте нужный раздел с главной страницы."),
    429: ErrorText("Слишком много попыток", "Подождите несколько минут и попробуйте еще раз."),
    500: ErrorText(
        "Ошибка на нашей стороне", "Мы уже знаем о ней. Попробуйте еще раз через несколько минут."
    ),
    503: ErrorText("Сервис занят", "Данные сейчас обновляются. Попробуйте еще раз через минуту."),
}
RETRY_SOON = {"Retry-After": "60"}
QUEUED = ErrorText(
    "Сейчас готовится много документов", "Подождите минуту и попробуйте скачать еще раз."
)
STORE = ErrorText("Файлы сейчас недоступны", "Попробуйте еще раз через минуту.")
UPLOADING = ErrorText(
    "Сейчас загружается много файлов",
    "Подождите минуту, вернитесь назад и отправьте еще раз: введенное осталось на странице.",
)
FORM_EXPIRED = ErrorText(
    "Страница устарела",
    "Форма была открыта слишком давно. Вернитесь, обновите ее и отправьте снова.",
)


TERMINATED = ErrorText(
    "Договор расторгнут",
    "Показания по нему больше не принимаются. Документы, расчеты и история показаний остаются в "
    "кабинете. Если договор действует, напишите нам об этом в обращении.",
)


def init_app(app: Flask) -> None:
    """Register a page for every kind of error; each carries the request id."""
    error_pages.init_app(app)
    login_manager.unauthorized_handler(unauthorized)
    app.register_error_handler(NotFoundError, lambda error: error_page(404))
    app.register_error_handler(AccessDeniedError, _denied)
    app.register_error_handler(ContractTerminatedError, lambda error: error_page(403, TERMINATED))
    app.register_error_handler(TooManyAttemptsError, _too_many)
    app.register_error_handler(AllLocksHeldError, lambda error: error_page(503, QUEUED))
    app.register_error_handler(LayoutEndedError, lambda error: error_page(503, QUEUED))
    app.register_error_handler(StoreError, lambda error: error_page(503, STORE))
    app.register_error_handler(TooManyUploads, lambda error: error_page(503, UPLOADING))
    app.register_error_handler(CSRFError, lambda error: error_page(400, FORM_EXPIRED))
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(PoolTimeoutError, _database_busy)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_page(status: int, text: ErrorText | None = None) -> tuple[Response, int, dict[str, str]]:
    """Render the page of an error in Russian; of a failure of ours without the database."""
    text = text or PAGES.get(status) or PAGES[500 if status >= 500 else 400]
    headers = RETRY_SOON if status in (429, 503) else {}
    page = render_error_page("errors/error.html", text=text, code=status, status=status)
    return page, status, headers


def unauthorized() -> ResponseReturnValue:
    """Send a person to sign in and back; a fragment gets 401 and a redirect of the whole page."""
    if request.blueprint == "staff":
        target = url_for("staff.sign_in", next=_form_page())
    elif request.method in ("GET", "HEAD"):
        # Staff view customers' pages, too.
        is_staff_view = was_staff() and "contract_id" in (request.view_args or {})
        sign_in = "staff.sign_in" if is_staff_view else "auth.sign_in"
        target = url_for(sign_in, next=request.full_path.rstrip("?"))
    else:
        saved = g.get("draft_saved")
        values: dict[str, Any] = {"kept": saved} if saved else {"lost": 1}
        target = url_for("auth.sign_in", next=g.get("draft_url") or _form_page(), **values)
    if is_fragment():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 302)


def _too_many(error: TooManyAttemptsError) -> ResponseReturnValue:
    text = ErrorText(
        "Слишком много запросов подряд",
        f"Подождите и попробуйте снова {describe_wait(error.retry_after)}.",
    )
    page, status, _ = error_page(429, text)
    return page, status, {"Retry-After": str(error.retry_after)}


def _form_page() -> str | None:
    """The page a form was sent from, where it has the same address."""
    adapter = current_app.create_url_adapter(request)
    try:
        return request.path if adapter and adapter.match(method="GET") else None
    except HTTPException:
        return None


def _denied(error: AccessDeniedError) -> ResponseReturnValue:
    event("access denied", endpoint=request.endpoint)
    return error_page(403)


def _database_busy(error: OperationalError | PoolTimeoutError) -> ResponseReturnValue:
    db.session.rollback()
    log.warning("database unavailable: %s", type(getattr(error, "orig", error)).__name__)
    if form := find_sent_form():
        return render_busy_page(form), 503, RETRY_SOON
    return error_page(503)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    answer = error_page(error.code or 500)
    if error.code == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return answer[0], 405, {"Allow": allowed}
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    log.exception("unexpected %s", type(error).__name__)
    return error_page(500)
