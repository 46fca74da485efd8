"""«Кто что делал»: sign-ins, invitations, changes and files of a contract, for those who decide."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.domain.access import Permission
from app.extensions import db
from app.queries.activity import ActivityRow, list_activity, list_actors, stream_activity
from app.queries.contracts import VisibleContract
from app.queries.pagination import Cursor, Slice
from app.sections.activity.forms import ActivityForm
from app.sections.activity.presenters import make_line, make_table
from app.web.context import clock
from app.web.downloads import name_on, send_table
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import contract_access

bp = Blueprint("activity", __name__, url_prefix="/contracts/<id:contract_id>/people/activity")


@bp.get("")
@contract_access(Permission.MANAGE_PEOPLE)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """What was done, the newest first."""
    form = ActivityForm.read(request.args, list_actors(db.session(), contract))
    return _page(contract, form, 200 if form.validate() else 422)


@bp.get("/activity.<any(xlsx, csv):extension>")
@contract_access(Permission.MANAGE_PEOPLE)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The same as a file; the download is an event of it, too."""
    form = ActivityForm.read(request.args, list_actors(db.session(), contract))
    if not form.validate():
        return _page(contract, form, 422)
    rows = stream_activity(db.session(), contract, form.activity_filter())
    name = name_on("Кто что делал", contract.number, clock().today())
    return send_table(make_table(rows), name, extension)


def _page(contract: VisibleContract, form: ActivityForm, status: int) -> Response:
    found = Slice[ActivityRow](())
    if status == 200:
        cursor = Cursor.from_query(request.args.get("before"), request.args.get("after"))
        found = list_activity(db.session(), contract, form.activity_filter(), cursor)
    return render_page(
        "activity/index.html",
        fragment="results",
        contract=contract,
        form=form,
        query=form.query(),
        lines=[make_line(row) for row in found.rows],
        found=found,
        faults=summary_of(form),
        status=status,
    )
