"""Jinja's environment with less work for each piece of output; the text is the same.

A page puts out hundreds of pieces. Jinja wraps each in ``Markup`` before it joins them as plain
text, and looks five times whether a callable wants the context.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import _lru_cache_wrapper
from types import FunctionType, MethodType
from typing import Any

import markupsafe
from flask.templating import Environment
from jinja2 import Environment as AnyEnvironment
from jinja2 import FileSystemLoader
from jinja2.compiler import CodeGenerator
from jinja2.nodes import EvalContext, Expr
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_escape_text: Callable[[str], str] = markupsafe._escape_inner  # type: ignore[attr-defined]
"""What ``escape`` calls for plain text."""
_PLAIN_CALLABLES = frozenset({FunctionType, MethodType, Macro, _lru_cache_wrapper})


NBSP = "\u00a0"
_SPACE_THAT_STAYS = re.compile(
    r"(?<=№) (?=\S)"
    r"|(?<=[0-9}]) (?=(?:%(?!\})|₽|кВт|МВт|КБ|МБ|руб\.|коп\.|\{\{ (?:\w+\.)*unit\b))"
    r"|(?<=[−×≈]) (?=[0-9(]|\{\{)|(?<= =) (?=\{\{)"
)


def bind_spaces(source: str) -> str:
    """Make the spaces of a text no-break that part a sign or a unit from its number.

    «№ 5», «22 %», «340 кВт·ч», «× 40» of a formula: whoever writes a page need not think of it.
    """
    return _SPACE_THAT_STAYS.sub(NBSP, source)


class PageLoader(FileSystemLoader):
    """Reads templates; numbers stay on one line with their signs and units.

    Only what we have written is changed, never what people have typed.
    """

    def get_source(
        self, environment: AnyEnvironment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template as it is compiled."""
        source, path, is_current = super().get_source(environment, template)
        return bind_spaces(source), path, is_current


def escape_piece(value: Any) -> str:
    """``markupsafe.escape`` for text that is joined next, so that it need not be ``Markup``."""
    if type(value) is str:
        return _escape_text(value)
    return value if type(value) is Markup else escape(value)


class PageContext(Context):
    """Calls what wants no context without asking it in every way that there is."""

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja has it
        if type(__obj) not in _PLAIN_CALLABLES or hasattr(__obj, "jinja_pass_arg"):
            return Context.call(__self, __obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs)


class PieceGenerator(CodeGenerator):
    """Compiles output to ``escape_piece``."""

    def _output_child_pre(self, node: Expr, scope: Any, finalize: Any) -> None:
        evaluation: EvalContext = scope.eval_ctx
        if evaluation.volatile or not evaluation.autoescape or finalize.src is not None:
            super()._output_child_pre(node, scope, finalize)
        else:
            self.write("environment.escape_piece(")


class PageEnvironment(Environment):
    """The template environment of the portal."""

    code_generator_class = PieceGenerator
    context_class = PageContext
    escape_piece = staticmethod(escape_piece)
