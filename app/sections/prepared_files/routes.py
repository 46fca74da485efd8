"""Prepared files: request a long statement, poll its status, download it."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.actions.prepared_files import WantedFile, request_file
from app.domain.access import Permission
from app.domain.prepared_files import FileStatus
from app.extensions import db
from app.jobs.prepared_files import enqueue
from app.logging import event
from app.queries.contracts import VisibleContract
from app.queries.prepared_files import count_before, get_file
from app.sections.prepared_files.archive_access import check_still_visible
from app.web.context import clock, limits
from app.web.downloads import TYPES, send_bytes
from app.web.file_stores import prepared_store
from app.web.forms import PeriodForm
from app.web.fragments import redirect_page, render_page
from app.web.pdf_responses import hit_pdf_limit
from app.web.permissions import contract_access
from app.web.policies import retention_rules
from app.web.statements import STATEMENT_TYPES

bp = Blueprint("files", __name__, url_prefix="/contracts/<id:contract_id>/files")


@bp.post("")
@contract_access(Permission.SEE_MONEY)
def order(contract: VisibleContract) -> ResponseReturnValue:
    """Have a statement made that is too long to be waited for."""
    document, extension = request.form.get("document", ""), request.form.get("extension", "")
    form = PeriodForm.from_query(request.form, clock().today())
    if document not in STATEMENT_TYPES or extension not in TYPES or form.period is None:
        abort(400)
    options = {"first": form.first, "last": form.last, "lines": request.form.get("lines", "")[:1]}
    statement_type = STATEMENT_TYPES[document]
    rows = statement_type.count_rows(contract, form.period, options)
    if rows > limits().file_max_rows:
        abort(422)
    wanted = WantedFile(
        document, extension, options, rows, statement_type.file_name(contract, form.period)
    )
    hit_pdf_limit(contract)
    life = retention_rules().prepared_files
    now, session = clock().now(), db.session()
    file, is_new = request_file(session, contract, contract.viewer, wanted, life, now)
    db.session.commit()
    if is_new:
        enqueue()
        event("file ordered", file=file.id, rows=rows)
    return redirect_page(url_for("files.file", contract_id=contract.id, file_id=file.id))


@bp.get("/<id:file_id>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, file_id: int) -> ResponseReturnValue:
    """Status page of a file; it polls until the file is ready or has failed."""
    found = get_file(db.session(), contract, contract.viewer, file_id, clock().now())
    if request.args.get("seen") == found.status:
        return "", 204
    return render_page(
        "prepared_files/file.html",
        fragment="results",
        contract=contract,
        file=found,
        before=count_before(db.session(), found),
        statuses=FileStatus,
        here=request.path,
    )


@bp.get("/<id:file_id>/download")
@contract_access(Permission.SEE_MONEY)
def download(contract: VisibleContract, file_id: int) -> ResponseReturnValue:
    """Download the finished file."""
    found = get_file(db.session(), contract, contract.viewer, file_id, clock().now())
    check_still_visible(found)
    if found.status != FileStatus.READY or found.storage_key is None:
        return redirect(url_for("files.file", contract_id=contract.id, file_id=file_id), 302)
    return send_bytes(prepared_store().read(found.storage_key), found.name, found.extension)
