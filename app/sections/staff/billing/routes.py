"""«Загрузка»: upload, check and load billing batches; list what was loaded, and by whom."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.imports import jobs
from app.actions.imports.findings import read_findings
from app.domain.errors import BatchError, NotFoundError
from app.domain.imports import JobGoal, JobStatus
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import imports
from app.models import ImportJob
from app.queries.import_jobs import (
    count_before,
    count_runs,
    get_job,
    get_run,
    list_jobs,
    list_runs,
)
from app.sections.staff.billing.presenters import (
    JobView,
    describe_mode,
    loader_of,
    present_job,
    present_run,
    view_job,
)
from app.sections.staff.blueprint import bp
from app.web import batch_uploads
from app.web.context import clock, config
from app.web.downloads import send_bytes
from app.web.field_errors import field_error
from app.web.file_stores import batch_store
from app.web.forms import printable, summary_of
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk

PAGE_ROWS = 20
LISTED_JOBS = 20
MAX_SEARCHED = 200


@bp.get("/billing")
@staff_access(StaffPermission.IMPORT)
def billing() -> ResponseReturnValue:
    """The upload form, batches that are not loaded yet, and those that were loaded."""
    return _page(batch_uploads.BatchForm())


@bp.post("/billing")
@staff_access(StaffPermission.IMPORT)
@batch_uploads.accepts_batch
def billing_upload() -> ResponseReturnValue:
    """Receive a batch and have it checked; nothing is loaded yet."""
    form = batch_uploads.BatchForm()
    if not form.validate():
        return _page(form, 422)
    try:
        incoming, name = batch_uploads.receive_posted()
        staff_id = current_clerk().staff_id
        job = batch_uploads.accept_batch(incoming, name, form.chosen, JobGoal.CHECK, staff_id)
    except BatchError as error:
        return _refused(form, error)
    imports.enqueue()
    return redirect(url_for("staff.billing_job", job_id=job.id), 303)


@bp.get("/billing/jobs/<id:job_id>")
@staff_access(StaffPermission.IMPORT)
def billing_job(job_id: int) -> ResponseReturnValue:
    """How far a batch is and what was found; the page polls until the batch is done."""
    row = get_job(db.session(), job_id)
    view = view_job(row, count_before(db.session(), row.job))
    if request.args.get("seen") == view.seen:
        return "", 204
    return _job_page(row.job, view)


@bp.post("/billing/jobs/<id:job_id>/go-on")
@staff_access(StaffPermission.IMPORT)
def billing_go_on(job_id: int) -> ResponseReturnValue:
    """Load a checked batch, or check a refused one again."""
    row = get_job(db.session(), job_id)
    if jobs.ask_again(db.session(), row.job, current_clerk().staff_id, clock().now()):
        db.session.commit()
        imports.enqueue()
    return redirect(url_for("staff.billing_job", job_id=job_id), 303)


@bp.post("/billing/jobs/<id:job_id>/discard")
@staff_access(StaffPermission.IMPORT)
def billing_discard(job_id: int) -> ResponseReturnValue:
    """Delete a batch of which nothing was loaded."""
    job = get_job(db.session(), job_id).job
    storage_key = job.storage_key
    if not jobs.discard(db.session(), job, clock().now()):
        return redirect(url_for("staff.billing_job", job_id=job_id), 303)
    db.session.commit()
    if storage_key:
        imports.delete_stored(storage_key)
    return redirect(url_for("staff.billing", discarded=1), 303)


@bp.get("/billing/jobs/<id:job_id>/errors.<any(csv, xlsx):extension>")
@staff_access(StaffPermission.IMPORT)
def billing_errors(job_id: int, extension: str) -> ResponseReturnValue:
    """All errors of a refused batch as a file."""
    job = get_job(db.session(), job_id).job
    content = batch_store().find_errors(job.storage_key or "", extension)
    if job.status != JobStatus.REFUSED or content is None:
        raise NotFoundError
    return send_bytes(content, f"Ошибки загрузки {job.id}", extension)


@bp.get("/billing/runs/<id:run_id>")
@staff_access(StaffPermission.IMPORT)
def billing_run(run_id: int) -> ResponseReturnValue:
    """A batch that was loaded: counts by file, warnings."""
    row = get_run(db.session(), run_id)
    return render_page(
        "staff/billing/run.html",
        fragment="results",
        run=row.run,
        loader=loader_of(row),
        mode=describe_mode(row.run),
    )


@bp.errorhandler(BatchError)
def not_received(error: BatchError) -> ResponseReturnValue:
    """Answer an upload refused before its body was read; the form must not read it either."""
    return _refused(batch_uploads.BatchForm(formdata=None), error)


def _refused(form: batch_uploads.BatchForm, error: BatchError) -> Response:
    form.file.errors = [field_error(form.file, batch_uploads.refusal_text(error))]
    return _page(form, batch_uploads.refusal_status(error))


def _page(form: batch_uploads.BatchForm, status: int = 200) -> Response:
    text = printable(request.args.get("q", "")).strip()[:MAX_SEARCHED]
    total = count_runs(db.session(), text)
    pager = Pager.from_request(PAGE_ROWS, total)
    return render_page(
        "staff/billing/index.html",
        fragment="results",
        form=form,
        faults=summary_of(form),
        text=text,
        jobs=[present_job(row) for row in list_jobs(db.session(), LISTED_JOBS, text)],
        runs=[present_run(row) for row in list_runs(db.session(), pager.offset, pager.size, text)],
        pager=pager,
        max_mb=config().import_max_mb,
        discarded=request.args.get("discarded"),
        status=status,
    )


def _job_page(job: ImportJob, view: JobView) -> Response:
    return render_page(
        "staff/billing/job.html",
        fragment="results",
        job=job,
        view=view,
        found=read_findings(job),
    )
