"""How long and how folded code may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config import ROOT
from tests.test_access import is_address, name_of

MAX_FILE, MAX_FUNCTION, MAX_VIEW, MAX_TEMPLATE_LINE = 400, 40, 25, 160
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Evidence of what somebody has agreed to, and bodies of messages, whose bytes are what is sent.
TEXTS = re.compile(r"templates/(texts|mail|sms)/|templates/consents/[\w-]+/\d{4}-\d\d-\d\d\.html$")
DECLARATION = re.compile(r"[\w-]+\s*:[^;{}]*;")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def functions(*folders: str) -> Iterator[tuple[Path, Function]]:
    for file in python_files(*folders):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, Function):
                yield file.relative_to(ROOT), node


def length_of(function: Function) -> int:
    """Lines of its body, the docstring not counted."""
    body = function.body
    has_docstring = ast.get_docstring(function, clean=False) is not None
    first = body[1:] if has_docstring else body
    return (function.end_lineno or 0) - first[0].lineno + 1 if first else 0


def is_table(function: Function) -> bool:
    """Whether it only writes down what there is: one literal or one call, and no decision."""
    body = [
        node for node in function.body if not isinstance(getattr(node, "value", 0), ast.Constant)
    ]
    return len(body) == 1 and isinstance(body[0], ast.Return)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (*python_files("app", "tests"), ROOT / "config.py")
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def test_no_function_is_longer_than_40_lines_unless_it_is_a_table() -> None:
    assert {
        f"{file}:{function.name}": length_of(function)
        for file, function in functions("app")
        if length_of(function) > MAX_FUNCTION and not is_table(function)
    } == {}


def test_public_functions_of_domain_lib_and_integrations_have_docstrings() -> None:
    found = []
    for file in python_files("app/domain", "app/lib", "app/integrations"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        public = [node for node in tree.body if isinstance(node, Function) and node.name[0] != "_"]
        found += [
            f"{file.relative_to(ROOT)}:{node.name}"
            for node in public
            if not ast.get_docstring(node)
        ]
    assert found == []


def test_views_are_short_and_hold_no_queries() -> None:
    long, selecting = {}, set()
    for file, function in functions("app/sections"):
        where = f"{file}:{function.name}"
        if any(is_address(name_of(decorator)) for decorator in function.decorator_list):
            length = (function.end_lineno or 0) - function.body[0].lineno + 1
            if length > MAX_VIEW:
                long[where] = length
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and name_of(node) == "select":
                selecting.add(where)
    assert (long, selecting) == ({}, set())


def test_no_line_of_a_template_is_longer_than_160_characters() -> None:
    found = {}
    for file in sorted((ROOT / "templates").rglob("*")):
        place = str(file.relative_to(ROOT))
        if file.is_file() and not TEXTS.search(place):
            lines = file.read_text(encoding="utf-8").splitlines()
            if longest := [length for length in map(len, lines) if length > MAX_TEMPLATE_LINE]:
                found[place] = longest
    assert found == {}


def test_the_formatter_lays_out_everything() -> None:
    mark = re.compile(r"#\s*fmt:\s*(skip|off)|#\s*yapf:\s*disable")
    files = (*python_files("app", "tests", "migrations"), ROOT / "config.py", ROOT / "wsgi.py")
    assert [str(file) for file in files if mark.search(file.read_text(encoding="utf-8"))] == []


def test_style_sheets_have_one_declaration_a_line() -> None:
    found = []
    for file in sorted((ROOT / "static").rglob("*.css")):
        text = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", file.read_text(encoding="utf-8"), flags=re.S)
        found += [
            f"{file.name}: {line.strip()}"
            for line in text.splitlines()
            if len(DECLARATION.findall(line)) > 1 or re.search(r"\{[^}]*\S[^}]*\}", line)
        ]
    assert found == []
