"""Files in forms: limits of a body, reading, storing and sending attachments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, current_app, make_response, request
from flask.wrappers import Response

from app.actions.enquiries.attachments import DAY, AttachmentStorage, list_storage_keys, store_files
from app.actions.enquiries.drafts import delete_old_drafts
from app.domain.attachments import Upload
from app.domain.errors import AttachmentError
from app.extensions import db
from app.integrations.antivirus import Scanner
from app.integrations.errors import StoreError
from app.integrations.file_store import make_file_store
from app.logging import log
from app.models import Attachment
from app.web.context import clock, limits
from app.web.policies import file_rules, retention_rules
from config import Config

FIELD = "files"
TEXT_BYTES = 1_000_000
MEBIBYTE = 1024 * 1024
REASONS = {
    "kind": "такие файлы не принимаются. Подойдут PDF, JPG, PNG, DOC, DOCX, XLS, XLSX, SIG, P7S",
    "empty": "файл пустой",
    "large": "файл больше {max_mb} МБ. Уменьшите его или разделите на части",
    "content": "содержимое не похоже на файл с таким расширением. Сохраните его заново",
    "macros": "в файле есть макросы. Сохраните его без них или как PDF",
    "active": "в файле вложена программа или элемент управления. Сохраните его как PDF",
    "external": "файл при открытии обращается к чужому адресу. Сохраните его как PDF",
    "locked": "файл защищен, проверить его нельзя. Снимите защиту или сохраните его как PDF",
    "bomb": "файл разворачивается в слишком большой. Сохраните его как PDF",
    "virus": "антивирус нашел в файле угрозу",
    "many": "к одному сообщению можно приложить не больше {per_message} файлов",
    "day": "сегодня приложено уже {per_day} файлов. Остальные приложите завтра",
    "account": "все ваши файлы вместе больше {account_mb} МБ. Удалите лишние из черновиков",
    "disk": "на сервере мало места. Попробуйте позже или отправьте обращение без файла",
    "scanner": "файл сейчас нельзя проверить. Попробуйте через несколько минут",
    "store": "файл сейчас нельзя сохранить. Попробуйте через несколько минут",
}
STATUSES = {"large": 413, "day": 429, "disk": 503, "scanner": 503, "store": 503}

View = TypeVar("View", bound=Callable[..., Any])


def accepts_files(view: View) -> View:
    """The view's form may carry files; others may be as large as their text only."""
    view.accepts_files = True  # type: ignore[attr-defined]
    return view


def read_uploads() -> Iterator[Upload]:
    """The files of the form, one at a time; of a file that is too large only a little more than
    is allowed."""
    limit = _config().attachment_max_mb * MEBIBYTE
    for part in request.files.getlist(FIELD):
        if part.filename:
            yield Upload(part.filename, part.stream.read(limit + 1))


def refusal_text(error: AttachmentError) -> str:
    """Russian text of a refused file: «Файл «договор.exe»: …»."""
    config = _config()
    reason = REASONS[error.code].format(
        max_mb=config.attachment_max_mb,
        per_message=limits().attachments_per_message,
        per_day=limits().attachments_per_day,
        account_mb=limits().attachments_account_mb,
    )
    return f"Файл «{error.name}»: {reason}"


def refusal_status(errors: list[AttachmentError]) -> int:
    """HTTP status for refused files."""
    return max(STATUSES.get(error.code, 422) for error in errors)


def attachment_storage() -> AttachmentStorage:
    """The file store and scanner of this installation."""
    found: AttachmentStorage = current_app.extensions["attachment_storage"]
    return found


def send_attachment(attachment: Attachment) -> Response:
    """Send an attachment as a download that no browser opens in place."""
    response = make_response(attachment_storage().store.read(attachment.storage_key))
    response.headers["Content-Type"] = attachment.media_type
    name, extension = quote(attachment.name, safe=""), attachment.name.rpartition(".")[2]
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"file.{extension}\"; filename*=UTF-8''{name}"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def store_uploads(contract_id: int) -> tuple[list[Attachment], list[AttachmentError]]:
    """Scan and store the files of a staff form: all of them, or none and what was refused."""
    files, refused = store_files(
        contract_id, read_uploads(), attachment_storage(), file_rules(), clock().now()
    )
    if refused:
        delete_stored([file.storage_key for file in files])
        return [], refused
    return files, []


def delete_stored(names: list[str]) -> None:
    """Delete stored files that no row names; what fails is left to the nightly clean-up."""
    for name in names:
        try:
            attachment_storage().store.delete(name)
        except StoreError as error:
            log.warning("a file was not deleted: %s", error)


def delete_expired_files() -> None:
    """Delete old drafts, and stored files that no row names. Commits."""
    session, now = db.session(), clock().now()
    names = delete_old_drafts(session, now - retention_rules().drafts)
    session.commit()
    known = list_storage_keys(session)
    try:
        lost = [
            name for name in attachment_storage().store.list_before(now - DAY) if name not in known
        ]
    except StoreError as error:
        log.warning("the file store cannot be listed: %s", error)
        lost = []
    delete_stored([*names, *lost])


def largest_body(config: Config) -> int:
    """Bytes of a form with as many files as one message may have."""
    return limits().attachments_per_message * config.attachment_max_mb * MEBIBYTE + TEXT_BYTES


def init_app(app: Flask, config: Config) -> None:
    """Open the file store."""
    app.extensions["attachment_storage"] = AttachmentStorage(
        make_file_store(config.files_place, config.files_endpoint), Scanner(config.clamd_address)
    )


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config
