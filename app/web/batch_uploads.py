"""Billing batches as they arrive: who may send them, how large they may be, where they lie."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from flask import Flask, Request, request
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, SelectField, StringField, ValidationError

from app.actions.imports.idempotency import read_batch_id
from app.actions.imports.jobs import NewBatch, order_job
from app.domain.errors import BatchError
from app.domain.exchange import known_files
from app.domain.exchange.names import fold_name
from app.domain.imports import MAX_NAME, Channel, JobGoal
from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.batch_archive import PackageError
from app.integrations.batch_store import ARCHIVE, BatchStore
from app.integrations.billing_files import Package
from app.integrations.errors import StoreError
from app.logging import log
from app.models import ImportJob
from app.web.bearer_tokens import has_bearer
from app.web.context import clock, config
from app.web.field_errors import field_error
from app.web.file_stores import batch_store
from app.web.forms import MAX_SHOWN, printable
from app.web.session import current_clerk, is_staff
from config import Config

MEBIBYTE = 1024 * 1024
FORM_BYTES = 100_000
FIELD = "file"
ERROR_TEXTS = {
    "none": "выберите файл",
    "kind": "нужен ZIP с выгрузкой или один CSV с именем из формата, например readings_ack.csv",
    "empty": "файл пустой",
    "large": "больше {max_mb} МБ. Разделите выгрузку на части или загрузите командой на сервере",
    "length": "не сказано, какого размера файл (нет Content-Length)",
    "store": "файл сейчас нельзя сохранить. Попробуйте через несколько минут",
    "disk": "на сервере мало места. Обратитесь к администратору сервера",
}
STATUSES = {"large": 413, "length": 411, "disk": 503, "store": 503}

View = TypeVar("View", bound=Callable[..., Any])


class Choice(SelectField):
    """A list whose refusal is in Russian."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.choices:
            raise ValidationError(field_error(self, "выберите из списка"))


class BatchOptions(FlaskForm):
    """How to read a batch; what is left open is read from its manifest."""

    encoding = Choice(
        "Кодировка",
        choices={"": "как в манифесте, иначе UTF-8", "utf-8": "UTF-8", "cp1251": "Windows-1251"},
        default="",
    )
    delimiter = Choice(
        "Разделитель",
        choices={
            "": "как в манифесте, иначе по заголовку",
            ";": "точка с запятой",
            ",": "запятая",
            "tab": "табуляция",
        },
        default="",
    )
    decimal = Choice(
        "Десятичный знак",
        choices={"": "как в манифесте, иначе точка", ".": "точка", ",": "запятая"},
        default="",
    )
    date_format = Choice(
        "Даты",
        choices={
            "": "как в манифесте, иначе 2026-10-31",
            "YYYY-MM-DD": "2026-10-31",
            "DD.MM.YYYY": "31.10.2026",
        },
        default="",
    )
    deactivate_absent = BooleanField(
        "Отключить записи справочников, которых нет в полной выгрузке",
        false_values=(False, "false", "0", ""),
    )
    force = BooleanField(
        "Загрузить, даже если этот пакет уже загружали",
        false_values=(False, "false", "0", ""),
    )

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, as a job stores it."""
        names = ("encoding", "delimiter", "decimal", "date_format", "deactivate_absent", "force")
        chosen = {name: getattr(self, name).data for name in names}
        return {name: value for name, value in chosen.items() if value}


class Flag(BooleanField):
    """Yes or no as a program says it."""

    choices = ("0", "1", "false", "true")

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist and valuelist[0] not in self.choices:
            raise ValueError("0|1|true|false")
        self.data = bool(valuelist) and valuelist[0] in ("1", "true")


class ProgramOptions(BatchOptions):
    """What a program says in the query of its request."""

    deactivate_absent = Flag()
    force = Flag()
    check = Flag()
    name = StringField(default=ARCHIVE)

    @property
    def goal(self) -> JobGoal:
        return JobGoal.CHECK if self.check.data else JobGoal.LOAD


class BatchForm(BatchOptions):
    """A batch that a clerk sends."""

    file = FileField("Файл")


class PortalRequest(Request):
    """A request whose files may go straight to the disk where they stay."""

    incoming: list[Path]
    batches: BatchStore | None = None

    def receive(self) -> IO[bytes]:
        """A file to write to; it is deleted with the request unless somebody stores it."""
        stream = cast(BatchStore, self.batches).open_incoming()
        self.incoming.append(Path(stream.name))
        return stream

    def _get_file_stream(self, *sizes: Any, **more: Any) -> IO[bytes]:
        return self.receive() if self.batches else super()._get_file_stream(*sizes, **more)


def accepts_batch(view: View) -> View:
    """The view may be sent as much as a batch has; only by those who may send one."""
    view.accepts_batch = True  # type: ignore[attr-defined]
    return view


def has_token() -> bool:
    """Whether the request carries the token of unattended loads."""
    return has_bearer(config().import_token)


def may_send() -> bool:
    """Whether the sender of this request may send a batch: a program with the token as it likes, a
    clerk in a form."""
    return has_token() or (request.mimetype == "multipart/form-data" and _is_clerk())


def refusal_text(error: BatchError) -> str:
    """«на сервере мало места…»."""
    return ERROR_TEXTS[error.code].format(max_mb=config().import_max_mb)


def refusal_status(error: BatchError) -> int:
    """The HTTP side of a batch that is not received."""
    return STATUSES.get(error.code, 422)


def receive_posted() -> tuple[Path, str]:
    """The file of a form, and the name it came with.

    Raises:
        BatchError: ``none``.
    """
    part = request.files.get(FIELD)
    if part is None or not part.filename:
        raise BatchError("none")
    part.stream.flush()
    return Path(cast(Any, part.stream).name), part.filename


def receive_body() -> Path:
    """The body itself as a file."""
    with cast(PortalRequest, request).receive() as stream:
        shutil.copyfileobj(request.stream, stream, MEBIBYTE)
    return Path(stream.name)


def accept_batch(
    incoming: Path, filename: str, options: dict[str, Any], goal: JobGoal, staff_id: int | None
) -> ImportJob:
    """Store what was received and queue its job. Commits, or leaves nothing in the store.

    Raises:
        BatchError: ``kind`` ``empty`` ``store``.
    """
    name = filename.replace("\\", "/").rpartition("/")[2]
    plain = fold_name(name)
    is_csv = plain in known_files()
    if not is_csv and not plain.endswith(".zip"):
        raise BatchError("kind")
    size = incoming.stat().st_size
    if not size:
        raise BatchError("empty")
    # A single file has no manifest to name it.
    batch_id = None if is_csv else find_batch_id(incoming)
    try:
        storage_key = batch_store().store(incoming, plain if is_csv else None)
    except StoreError as error:
        log.warning("a batch was not stored: %s", error)
        raise BatchError("store") from None
    shown = printable(name).strip()[:MAX_NAME]
    channel = Channel.API if staff_id is None else Channel.PAGE
    batch = NewBatch(shown, storage_key, size, options, goal, channel, staff_id, batch_id)
    try:
        job = order_job(db.session(), batch, clock().now())
        db.session.commit()
    except BaseException:
        # No row speaks of the folder: it would lie there until the nightly round of tomorrow.
        batch_store().delete(storage_key)
        raise
    return job


def find_batch_id(path: Path) -> str | None:
    """The ``batch_id`` by which people find a package; its faults are told later."""
    try:
        with Package(path) as package:
            return read_batch_id(package)
    except PackageError:
        return None


def options_of(arguments: MultiDict[str, str]) -> ProgramOptions:
    """The choices of a program, from the query of its request."""
    return ProgramOptions(arguments, meta={"csrf": False})


def faults_of(form: ProgramOptions, arguments: MultiDict[str, str]) -> list[str]:
    """What of a program's query is not understood; nothing is guessed, or a check might load."""
    form.validate()
    faults = [
        f"{name}: можно {', '.join(f'«{choice}»' for choice in form[name].choices if choice)}"
        for name in form.errors
    ]
    for name, values in arguments.lists():
        shown = printable(name)[:MAX_SHOWN]
        if name not in form:
            faults.append(f"{shown}: нет такого параметра")
        elif len(values) > 1:
            faults.append(f"{shown}: указан дважды")
    return faults


def init_app(app: Flask, config: Config) -> None:
    """Raise the body limit for those who may send a batch; delete uploads that nobody stored."""
    app.request_class = PortalRequest

    @app.before_request
    def allow_batch() -> None:
        # Before the body is read, so before anything looks for a token of the form in it.
        view = app.view_functions.get(request.endpoint or "")
        if not getattr(view, "accepts_batch", False) or not may_send():
            return
        _check_size(config)
        sent = cast(PortalRequest, request)
        sent.batches, sent.incoming = batch_store(), []
        sent.max_content_length = config.import_max_mb * MEBIBYTE + FORM_BYTES

    @app.teardown_request
    def delete_unclaimed_uploads(error: BaseException | None) -> None:
        if request and getattr(request, "batches", None):
            for path in cast(PortalRequest, request).incoming:
                path.unlink(missing_ok=True)


def _is_clerk() -> bool:
    if not is_staff() or current_user.must_change_password:
        return False
    return current_clerk().may(StaffPermission.IMPORT)


def _check_size(config: Config) -> None:
    size = request.content_length or 0
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise BatchError("length")
    if size > config.import_max_mb * MEBIBYTE + FORM_BYTES:
        raise BatchError("large")
    if batch_store().free_bytes() - size < config.disk_free_mb * MEBIBYTE:
        raise BatchError("disk")
