"""Fragment cache: parts of pages that change only with billing data, in memory until an import.

Figures of a contract stay the same from one import to the next, which is a few times a day; people
open the same months again and again in between. A part is rendered text under a key that names its
contract; access is checked anew by every request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, cast

from flask import Flask, current_app
from jinja2_fragments import render_block
from markupsafe import Markup

from app.queries.contracts import VisibleContract
from app.web.context import clock
from app.web.template_context import site_context

MAX_PARTS = 256
"""Of about 30 KB each, in every web process."""


class FragmentCache:
    """An LRU cache of rendered parts, shared by the threads of one process."""

    def __init__(self) -> None:
        self._parts: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Markup]) -> Markup:
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
                return self._parts[key]
        part = make()
        with self._lock:
            self._parts[key] = part
            if len(self._parts) > MAX_PARTS:
                self._parts.popitem(last=False)
        return part


def init_app(app: Flask) -> None:
    """Give the application its cache."""
    app.extensions["fragment_cache"] = FragmentCache()


def contract_block(
    contract: VisibleContract,
    template: str,
    block: str,
    key: Hashable,
    context: Callable[[], dict[str, Any]],
) -> Markup:
    """A rendered block of a contract's page, from the cache or from ``context``.

    It is rendered without the variables of a page, which tell of the person and the request.

    Args:
        key: everything that the block depends on beside contract, billing data and date.
        context: called only where the block has to be rendered.
    """
    site = site_context()
    whole_key = (template, block, contract.id, site.run_id, clock().today(), key)
    cache = cast(FragmentCache, current_app.extensions["fragment_cache"])
    return cache.get(
        whole_key,
        lambda: Markup(  # noqa: S704 - our own template, escaped
            render_block(current_app.jinja_env, template, block, contract=contract, **context())
        ),
    )
