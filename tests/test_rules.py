"""Rules over the whole portal: a new route, file or table has to keep them."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flask_migrate import check, downgrade, upgrade
from jinja2 import Environment
from jinja2.nodes import Assign

from config import ROOT


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def test_the_migrations_lead_to_the_models_and_back(make_app) -> None:
    app = make_app()
    with app.app_context():
        check()
        downgrade(revision="base")
        upgrade()


def test_migrations_never_import_the_application() -> None:
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        assert "app" not in {
            name.split(".")[0]
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or node.names[0].name]
        }


def test_no_view_hands_over_a_name_that_a_base_template_sets() -> None:
    """What the base sets at its top hides what a page was given under that name."""
    names = {
        node.target.name
        for name in ("base.html", "base_minimal.html")
        for node in Environment(autoescape=True)
        .parse((ROOT / "templates" / name).read_text("utf-8"))
        .body
        if isinstance(node, Assign)
    }
    handed_over = {
        keyword.arg
        for file in python_files("app")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("render_")
        for keyword in node.keywords
    }
    assert names & handed_over == set()


def test_templates_hold_no_inline_code() -> None:
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert ' style="' not in text, file
        assert " onclick" not in text, file
        assert "<script>" not in text, file


def test_time_is_asked_only_of_the_clock() -> None:
    allowed = {ROOT / "app" / "lib" / "clock.py"}
    for file in set(python_files("app")) - allowed:
        text = file.read_text(encoding="utf-8")
        assert "datetime.now(" not in text, file
        assert "date.today(" not in text, file


def test_layers_point_one_way() -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_vendored_script_is_the_one_on_record() -> None:
    folder = ROOT / "static" / "vendor"
    record = (folder / "VENDORED.txt").read_text(encoding="utf-8")
    (script,) = folder.glob("htmx-4*.min.js")
    assert hashlib.sha256(script.read_bytes()).hexdigest() in record
    assert (folder / "htmx-LICENSE.txt").exists()
    assert (ROOT / "static" / "fonts" / "OFL.txt").exists()
