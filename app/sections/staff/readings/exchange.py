"""Exchange of readings with billing: packages made, readings not acknowledged."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.billing_export import export_for_billing
from app.domain.errors import NotFoundError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.exchange_out import list_packages, read_package
from app.logging import event
from app.queries.readings.staff import count_unacknowledged, list_unacknowledged
from app.sections.staff.blueprint import bp
from app.web.context import local_now
from app.web.downloads import send_bytes
from app.web.file_stores import adopt_local_packages, outgoing_store
from app.web.fragments import render_page
from app.web.labels import ZONES
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk

PACKAGES = 50
"""Packages that are listed; older ones are in the file store."""
NOTHING = "Выгружать нечего: биллинг знает обо всем."


@bp.get("/readings/exchange")
@staff_access(StaffPermission.WORK, lists=True)
def reading_exchange() -> ResponseReturnValue:
    """List the packages made, and readings that billing has not acknowledged."""
    return _page()


@bp.post("/readings/exchange")
@staff_access(StaffPermission.WORK)
def reading_exchange_submit() -> ResponseReturnValue:
    """Make a package of what billing does not know yet."""
    adopt_local_packages()
    exported = export_for_billing(db.session(), outgoing_store(), local_now())
    if exported.name is None:
        return redirect(url_for("staff.reading_exchange", made=""), 303)
    db.session.commit()
    event("exported for billing", file=exported.name, **exported.counts)
    return redirect(url_for("staff.reading_exchange", made=exported.name), 303)


@bp.get("/readings/exchange/<name>")
@staff_access(StaffPermission.WORK, lists=True)
def reading_package(name: str) -> ResponseReturnValue:
    """Download a package."""
    content = read_package(outgoing_store(), name)
    if content is None:
        raise NotFoundError
    event("package fetched", file=name)
    return send_bytes(content, name.removesuffix(".zip"), "zip")


def _page(status: int = 200) -> Response:
    packages = list_packages(outgoing_store())
    total = count_unacknowledged(db.session())
    pager = Pager.from_request(STAFF_PAGE_ROWS, total)
    made = request.args.get("made")
    return render_page(
        "staff/readings/exchange.html",
        fragment="results",
        nothing=NOTHING if made == "" else None,
        made=next((package for package in packages if package.name == made), None),
        packages=packages[:PACKAGES],
        more=len(packages) - PACKAGES,
        waiting=list_unacknowledged(db.session(), pager.offset, STAFF_PAGE_ROWS),
        pager=pager,
        zones=ZONES,
        may_import=current_clerk().may(StaffPermission.IMPORT),
        status=status,
    )
