"""Header, menu and telephone of an error page, as far as they are known.

Where the server failed, nothing is asked any more: neither the database nor the session.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask.wrappers import Response
from sqlalchemy.exc import SQLAlchemyError

from app.domain.access import Permission
from app.domain.errors import AccessDeniedError, NotFoundError
from app.extensions import db
from app.queries import contracts
from app.queries.contracts import SiteContext, VisibleContract
from app.web.fragments import is_fragment, render_bare
from app.web.session import (
    SignedIn,
    StaffSignedIn,
    access_window,
    current_viewer,
    find_signed_in,
)
from app.web.template_context import site_context

_LAST_SITE = "last_site"
_CONTRACT = re.compile(r"/contracts/([0-9]{1,15})/")


def init_app(app: Flask) -> None:
    """Store what the supplier's telephone is, for pages that cannot ask."""

    @app.after_request
    def store_site(response: Response) -> Response:
        if "site" in g:
            app.extensions[_LAST_SITE] = g.site
        return response


def render_error_page(template: str, *, status: int, **context: Any) -> Response:
    """Render an error page with the menu of who is signed in, where that can be known."""
    context["request_id"] = g.get("request_id", "")
    if not is_fragment():
        # The session asks for the query, which an address that cannot be read does not have.
        person, contract = _find_reader(may_ask=400 < status < 500)
        if person is not None and "site" in g:
            page = render_template(template, layout="base.html", contract=contract, **context)
            return Response(page, status)
    site: SiteContext | None = g.get("site") or current_app.extensions.get(_LAST_SITE)
    context["supplier"] = site.supplier if site else None
    return render_bare(
        template, fragment="results", status=status, layout="base_minimal.html", **context
    )


def _find_reader(*, may_ask: bool) -> tuple[SignedIn | StaffSignedIn | None, Any]:
    """Who is signed in, and the contract whose menu to show."""
    if not may_ask:
        # Flask-Login has whom this request has read already.
        person = g.get("_login_user")
        person = person if isinstance(person, SignedIn | StaffSignedIn) else None
        return person, getattr(person, "contract", None)
    try:
        with db.session().no_autoflush:
            person = find_signed_in()
            if person is not None:
                site_context()
            return person, _find_contract(person) if isinstance(person, SignedIn) else None
    except SQLAlchemyError:
        db.session.rollback()
        return None, None


def _find_contract(person: SignedIn) -> VisibleContract | None:
    """The contract of the address, else the only one."""
    if person.contract is not None:
        return person.contract
    window, viewer = access_window(), current_viewer()
    if found := _CONTRACT.match(request.path):
        try:
            return contracts.get_visible(
                db.session(), viewer, int(found[1]), Permission.SEE_CONTRACT, window
            )
        except (NotFoundError, AccessDeniedError):
            pass
    visible = contracts.list_visible(db.session(), viewer, window)
    return visible[0] if len(visible) == 1 else None
