"""JSON API for unattended imports: billing sends a batch and asks for its status."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from app.actions.audit_log import Origin, set_origin
from app.actions.imports.findings import as_json, read_findings
from app.actions.rate_limits import hit
from app.domain.audit_log import ActorKind
from app.domain.errors import BatchError, NotFoundError, TooManyAttemptsError
from app.domain.imports import JobStatus
from app.domain.rate_limits import LimitedAction
from app.extensions import csrf, db
from app.jobs import imports
from app.logging import event, log
from app.models import ImportJob
from app.queries.import_jobs import get_job
from app.web import batch_uploads
from app.web.context import clock, config
from app.web.permissions import token_access
from app.web.policies import api_limits

bp = Blueprint("api", __name__, url_prefix="/api")
DENIED = ("нужен заголовок Authorization: Bearer с токеном загрузки", 401)
IN_ADDRESS = "параметры передаются в адресе, в форме — только file"
AGAIN = "Чтобы загрузить снова, добавьте к адресу force=1."
FAILED = "ошибка на нашей стороне, она записана в журнал сервера"


@bp.before_request
def check_token() -> ResponseReturnValue | None:
    """Refuse a wrong token, and count it.

    Raises:
        TooManyAttemptsError: too many wrong ones from this address.
    """
    address = request.remote_addr or ""
    if batch_uploads.has_token():
        set_origin(db.session(), Origin(address, kind=ActorKind.BILLING))
        return None
    hit(db.session(), LimitedAction.API, "import", address, api_limits(), clock().now())
    event("api token refused")
    body, status = _fault(*DENIED)
    return body, status, {"WWW-Authenticate": "Bearer"}


@bp.post("/import")
@csrf.exempt
@token_access
@batch_uploads.accepts_batch
def load_batch() -> ResponseReturnValue:
    """Receive a batch and queue its load; with ``check=1`` only its check."""
    form = batch_uploads.options_of(request.args)
    if faults := batch_uploads.faults_of(form, request.args):
        return _fault("; ".join(faults), 422)
    if request.mimetype == "multipart/form-data":
        if request.form:
            return _fault(f"{', '.join(request.form)}: {IN_ADDRESS}", 422)
        incoming, name = batch_uploads.receive_posted()
    else:
        incoming, name = batch_uploads.receive_body(), str(form.name.data)
    job = batch_uploads.accept_batch(incoming, name, form.chosen, form.goal, None)
    imports.enqueue()
    answer = {"job": job.id, "batch_id": job.batch_id, "status": job.status, "url": _url(job)}
    return answer, 202


@bp.get("/import/<id:job_id>")
@token_access
def batch_status(job_id: int) -> ResponseReturnValue:
    """Status, counts and findings of a batch."""
    job = get_job(db.session(), job_id).job
    found = read_findings(job)
    answer: dict[str, Any] = {
        "job": job.id,
        "name": job.name,
        "batch_id": job.batch_id,
        "goal": job.goal,
        "status": job.status,
        "url": _url(job),
        "bytes_total": job.bytes_total,
        "bytes_done": job.bytes_done,
        "message": _message_of(job),
        "counts": job.counts,
        "warning_count": job.warning_count,
        "warnings": as_json(found.warnings),
        "error_count": job.error_count,
        "errors": as_json(found.errors),
    }
    return answer


@bp.errorhandler(BatchError)
def not_received(error: BatchError) -> ResponseReturnValue:
    """Answer a batch that is refused before it is queued."""
    return _fault(batch_uploads.refusal_text(error), batch_uploads.refusal_status(error))


@bp.errorhandler(NotFoundError)
def not_found(error: NotFoundError) -> ResponseReturnValue:
    """No such job, or it has been deleted."""
    return _fault("not found", 404)


@bp.errorhandler(TooManyAttemptsError)
def too_many(error: TooManyAttemptsError) -> ResponseReturnValue:
    """Too many wrong tokens."""
    body, status = _fault("слишком много попыток", 429)
    return body, status, {"Retry-After": str(error.retry_after)}


@bp.errorhandler(OperationalError)
@bp.errorhandler(PoolTimeoutError)
def busy(error: Exception) -> ResponseReturnValue:
    """The database takes no write now."""
    db.session.rollback()
    log.warning("database unavailable: %s", type(error).__name__)
    body, status = _fault("сервис занят, повторите через минуту", 503)
    return body, status, {"Retry-After": "60"}


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """Answer what the framework refuses, as JSON."""
    return _fault(error.name, error.code or 500)


@bp.errorhandler(Exception)
def unexpected(error: Exception) -> ResponseReturnValue:
    """Log a fault of ours, and answer 500 as JSON."""
    db.session.rollback()
    log.exception("unexpected %s", type(error).__name__)
    return _fault(FAILED, 500)


def _message_of(job: ImportJob) -> str | None:
    """The message of a job, with how to go on."""
    if job.status == JobStatus.SAME and job.message:
        return f"{job.message} {AGAIN}"
    return job.message


def _fault(message: str, status: int) -> tuple[dict[str, str], int]:
    return {"error": message}, status


def _url(job: ImportJob) -> str:
    return config().base_url.rstrip("/") + url_for("api.batch_status", job_id=job.id)
