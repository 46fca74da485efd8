"""Pages that a signed link in a letter opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint
from flask.wrappers import Response

from app.domain.errors import LinkError
from app.web.fragments import render_page


def guard_links(
    bp: Blueprint, words: Mapping[str, tuple[str, str]], way: tuple[str, str]
) -> Callable[[LinkError], Response]:
    """Say what is wrong with a link, and let no other page learn the token in the address.

    Args:
        words: heading and advice by the code of a ``LinkError``.
        way: endpoint and words of the button that goes on from there.

    Returns:
        The page of an error, for those that mean the same.
    """

    @bp.errorhandler(LinkError)
    def link_over(error: LinkError) -> Response:
        return render_page(
            "errors/link_expired.html",
            fragment="results",
            words=words[error.code],
            way=way,
            status=404 if error.code == "altered" else 410,
        )

    @bp.after_request
    def keep_links_private(response: Response) -> Response:
        response.headers.set("Referrer-Policy", "no-referrer")
        return response

    return link_over
