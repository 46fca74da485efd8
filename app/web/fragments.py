"""Render a template whole, or only the block that htmx swaps (one view, two answers)."""

from __future__ import annotations

from typing import Any

import jinja2_fragments
from flask import current_app, make_response, render_template, request
from flask.wrappers import Response
from jinja2_fragments.flask import render_block


def is_fragment() -> bool:
    """Whether htmx asks for a fragment of the page."""
    return request.headers.get("HX-Request-Type") == "partial"


def render_page(template: str, *, fragment: str, status: int = 200, **context: Any) -> Response:
    """Render a template whole, or only its block ``fragment`` for htmx.

    ``ready`` in the context is that block rendered already.

    ``Vary: HX-Request-Type`` is set for every page by ``app.security``.
    """
    if is_fragment():
        part = context.get("ready") or render_block(template, fragment, **context)
        return make_response(part, status)
    return make_response(render_template(template, **context), status)


def render_bare(template: str, *, fragment: str, status: int, **context: Any) -> Response:
    """``render_page`` without the template context of a session: the database may have failed."""
    env = current_app.jinja_env
    if is_fragment():
        text = jinja2_fragments.render_block(env, template, fragment, **context)
    else:
        text = env.get_template(template).render(**context)
    return make_response(text, status)


def redirect_page(url: str) -> Response:
    """Go to another page: a plain redirect, or for htmx one of the whole page."""
    if is_fragment():
        return make_response("", 204, {"HX-Redirect": url})
    return make_response("", 303, {"Location": url})
