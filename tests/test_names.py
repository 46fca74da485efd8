"""Words that this code base does not use in names, because they are private metaphors.

Readers who have never seen the project search for «email», «staff», «deadline»; the words below
were ours for those.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config import ROOT
from tests.routes import inventory

# Nowhere, not even in the names of tests.
REFUSED_EVERYWHERE = """
    look looks desk door letter letters journal cabinet errand circumstances
"""
# Not in the application and the helpers of tests; a sentence that names a test may have them.
REFUSED_IN_HELPERS = """
    looked post keep keeps kept stand stands settle settled term terms take takes taken taking
    word words remember remembered team paper papers composing about saving admit admits
    admitted admitting tidy usual frame slot alarm notice notices later front
"""
REFUSED = set(REFUSED_EVERYWHERE.split())
REFUSED_IN_CODE = REFUSED | set(REFUSED_IN_HELPERS.split())
REFUSED_LOOP_VARIABLES = {"each"}
# Names that Python has given.
ALLOWED = {"__post_init__", "do_POST"}
# Terms of the trade: the day of a reading; a sum written out.
PHRASES = ("taken_on", "in_words", "IN_WORDS")
# Files there are named after kinds of messages and purposes of texts, as the database has them.
KINDS = ("mail", "sms", "texts")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
JINJA_NAME = re.compile(r"{%-?\s*(?:macro|set|block|call)\s+(\w+)|{%-?\s*for\s+([\w, ]+?)\s+in\s")
CODE = ("app", "tests", "config.py", "wsgi.py")


def parts(name: str) -> list[str]:
    return [part.lower() for part in PART.findall(name)]


def refused_in(name: str, refused: set[str]) -> bool:
    for phrase in PHRASES:
        name = name.replace(phrase, "phrase")
    found = parts(name)
    return name not in ALLOWED and (
        bool(refused & set(found)) or (refused != REFUSED and found[:1] == ["own"])
    )


def files(pattern: str, *places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob(pattern))


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a module gives: functions, classes, arguments, variables, attributes, context."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, line
        elif isinstance(node, ast.arg):
            yield node.arg, line
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, line
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, line
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, line
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("render_"):
            yield from ((keyword.arg, line) for keyword in node.keywords if keyword.arg)


def loop_variables(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            for name in ast.walk(node.target):
                if isinstance(name, ast.Name):
                    yield name.id, name.lineno


def test_no_name_in_the_code_is_a_private_metaphor() -> None:
    found = []
    for file in files("*.py", *CODE):
        place, tree = file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))
        if any(refused_in(part, REFUSED) for part in place.with_suffix("").parts):
            found.append(str(place))
        for name, line in names_in(tree):
            is_test = place.parts[0] == "tests" and name.startswith("test_")
            if refused_in(name, REFUSED if is_test else REFUSED_IN_CODE):
                found.append(f"{place}:{line}: {name}")
        found += [
            f"{place}:{line}: {name}"
            for name, line in loop_variables(tree)
            if name in REFUSED_LOOP_VARIABLES
        ]
    assert found == []


def test_no_endpoint_or_template_is_named_by_a_private_metaphor() -> None:
    found = sorted(
        {route.endpoint for route in inventory() if refused_in(route.endpoint, REFUSED_IN_CODE)}
    )
    for file in files("*", "templates"):
        place = file.relative_to(ROOT)
        if file.is_dir() or place.parts[1] in KINDS:
            continue
        if any(refused_in(part.split(".")[0], REFUSED_IN_CODE) for part in place.parts):
            found.append(str(place))
        names = JINJA_NAME.findall(file.read_text(encoding="utf-8"))
        given = {name.strip() for pair in names for name in ",".join(pair).split(",")}
        refused = {name for name in given if refused_in(name, REFUSED_IN_CODE)}
        found += [f"{place}: {name}" for name in sorted(refused | given & REFUSED_LOOP_VARIABLES)]
    assert found == []
