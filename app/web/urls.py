"""URLs of pages: the rule of an endpoint is looked up once, later calls only put the ids in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from flask import url_for
from werkzeug.routing import Rule

FIRST_MARK = 8_000_000_000_000_000_001
"""Ids that no row has: they mark where the ids belong in the URL of an endpoint."""


@cache
def path(endpoint: str, **values: Any) -> str:
    """URL of an endpoint, cached: for links that are on every page and never change."""
    return url_for(endpoint, **values)


def build_url(endpoint: str, **values: Any) -> str:
    """``flask.url_for``, several times as fast where all values are ids."""
    for value in values.values():
        if type(value) is not int:
            return url_for(endpoint, **values)
    return _pattern(endpoint, *values).format_map(values)


@cache
def _pattern(endpoint: str, *names: str) -> str:
    marks: dict[str, Any] = {name: FIRST_MARK + index for index, name in enumerate(names)}
    url = url_for(endpoint, **marks)
    for name, mark in marks.items():
        url = url.replace(str(mark), f"{{{name}}}")
    return url


class LateRule(Rule):
    """A rule that compiles how its address is built when that is first asked for.

    Werkzeug does it for every rule at the start, a tenth of it; a page links to few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def build_first(rule: Rule, **values: Any) -> tuple[str, str]:
            build = compile_now(append_unknown).__get__(rule, None)
            setattr(rule, name, build)
            return cast("tuple[str, str]", build(**values))

        return build_first
