"""Compare text without regard to case, Cyrillic as well, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Contains(FunctionElement[bool]):
    """A column, and what it has to contain in any case as patterns for LIKE and for GLOB."""

    inherit_cache = True
    type = Boolean()


class _ContainsAscii(_Contains):
    """The same for a text of ASCII characters."""

    inherit_cache = True


def contains_in_any_case(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """SQL: whether a column contains a text, capital and small letters alike, Cyrillic as well.

    SQLite's LIKE and ``lower`` know only the case of Latin letters, while its GLOB has sets.
    """
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    construct = _ContainsAscii if text.isascii() else _Contains
    glob = "".join(map(_glob_sign, text))
    return construct(column, literal(f"%{escaped}%"), literal(f"*{glob}*"))


def _glob_sign(sign: str) -> str:
    cases = dict.fromkeys(case for case in (sign, sign.lower(), sign.upper()) if len(case) == 1)
    return f"[{''.join(cases)}]" if len(cases) > 1 or sign in "*?[" else sign


@compiles(_Contains)
def _compile_lower(element: _Contains, compiler: SQLCompiler, **kwargs: Any) -> str:
    return _compare("lower({}) LIKE lower({}) ESCAPE '/'", [0, 1], element, compiler, **kwargs)


@compiles(_ContainsAscii)
def _compile_ascii_lower(element: _Contains, compiler: SQLCompiler, **kwargs: Any) -> str:
    # A third of the time that the rules of a language cost.
    return _compare(
        "lower({} COLLATE \"C\") LIKE lower({}) ESCAPE '/'", [0, 1], element, compiler, **kwargs
    )


@compiles(_Contains, "sqlite")
def _compile_glob(element: _Contains, compiler: SQLCompiler, **kwargs: Any) -> str:
    return _compare("{} GLOB {}", [0, 2], element, compiler, **kwargs)


@compiles(_ContainsAscii, "sqlite")
def _compile_like(element: _Contains, compiler: SQLCompiler, **kwargs: Any) -> str:
    return _compare("{} LIKE {} ESCAPE '/'", [0, 1], element, compiler, **kwargs)


def _compare(
    template: str, parts: list[int], element: _Contains, compiler: SQLCompiler, **kwargs: Any
) -> str:
    clauses = list(element.clauses)
    return f"({template.format(*(compiler.process(clauses[part], **kwargs) for part in parts))})"
