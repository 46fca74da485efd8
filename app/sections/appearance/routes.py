"""«Версия для слабовидящих»: on the same addresses, without JavaScript."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.web import appearance
from app.web.forms import safe_next
from app.web.fragments import render_page
from app.web.permissions import public

bp = Blueprint("appearance", __name__)


@bp.get("/appearance")
@public
def index() -> ResponseReturnValue:
    """Show the choice of text size, colours and spacing."""
    return render_page(
        "appearance/index.html",
        fragment="results",
        choice=appearance.current_appearance(),
        texts=appearance.TEXTS,
        schemes=appearance.SCHEMES,
        spacings=appearance.SPACINGS,
        back=safe_next(request.args.get("next"), url_for("service.root")),
    )


@bp.post("/appearance")
@public
def choose() -> ResponseReturnValue:
    """Store the choice in a cookie and redirect to where the person came from."""
    form = request.form
    choice = appearance.Appearance.of(form.get("text"), form.get("scheme"), form.get("spacing"))
    if "usual" in form:
        choice = appearance.Appearance()
    response = make_response(redirect(safe_next(form.get("next"), url_for("service.root")), 303))
    appearance.store_appearance(response, choice)
    return response
