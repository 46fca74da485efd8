"""«Руководство»: how to use the portal."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.web.fragments import render_page
from app.web.permissions import public

bp = Blueprint("manual", __name__)


@bp.get("/manual")
@public
def index() -> ResponseReturnValue:
    """Show the user manual."""
    return render_page("manual/index.html", fragment="results")
