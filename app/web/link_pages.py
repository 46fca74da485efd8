"""Error pages of signed links that emails and text messages contain."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint
from flask.wrappers import Response

from app.domain.errors import LinkError
from app.web.fragments import render_page

ALTERED = (
    "Ссылка не подходит",
    "Скорее всего, она скопирована не полностью. Откройте письмо и нажмите на ссылку еще раз.",
)
"""Heading and advice for a link whose signature is wrong, whatever it is for."""


def guard_links(
    bp: Blueprint, errors: Mapping[str, tuple[str, str]], next_page: tuple[str, str]
) -> Callable[[LinkError], Response]:
    """Show a page for links that do not work, and send no token of an address to other sites.

    Args:
        errors: heading and advice by the code of a ``LinkError``, but for ``altered``.
        next_page: endpoint and label of the button that leads on.

    Returns:
        A view of the page, for other errors that mean the same.
    """

    @bp.errorhandler(LinkError)
    def link_error_page(error: LinkError) -> Response:
        text = ALTERED if error.code == "altered" else errors[error.code]
        return render_link_error(text, next_page, status=404 if error.code == "altered" else 410)

    @bp.after_request
    def hide_links_from_referrer(response: Response) -> Response:
        response.headers.set("Referrer-Policy", "no-referrer")
        return response

    return link_error_page


def render_link_error(
    text: tuple[str, str], next_page: tuple[str, str], status: int = 410
) -> Response:
    """Render the page of a link that does not work: heading and advice, and where to go."""
    heading, advice = text
    return render_page(
        "errors/link_expired.html",
        fragment="results",
        heading=heading,
        advice=advice,
        next_page=next_page,
        status=status,
    )
