"""Render Markdown written by staff as safe HTML: no raw HTML, no images, checked links."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

_ALLOWED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_LOWEST = 6


def _opens_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _lower_headings(state: Any) -> None:
    """The page has its one ``h1`` already."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, _LOWEST)}"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - heavy, and few pages need it

    parser = MarkdownIt("commonmark", {"html": False})
    # An image would be fetched from elsewhere, which the portal's pages never do.
    parser.disable("image")
    # Set on the instance, as its documentation has it; the class knows no hook for it.
    parser.validateLink = lambda url: bool(_ALLOWED.match(url))  # type: ignore[method-assign]
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.add_render_rule("link_open", _opens_link)
    return parser


def render_markdown(text: str) -> Markup:
    """HTML of a text: raw HTML in it is shown as text, links lead to pages and mailboxes only."""
    return Markup(_parser().render(text))  # noqa: S704 - the renderer escapes everything
