"""The list of commands, whose modules are imported when they are run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
from flask import Flask

from app.cli import COMMANDS
from config import ROOT


def test_every_command_of_every_module_is_listed() -> None:
    modules = {path.stem for path in (ROOT / "app/cli").glob("[!_]*.py")}
    found = {
        module: {
            command.name
            for command in vars(import_module(f"app.cli.{module}")).values()
            if isinstance(command, click.Command)
        }
        for module in modules
    }
    assert {module: set(names) for module, names in COMMANDS.items()} == {
        module: names for module, names in found.items() if names
    }


def test_the_help_shows_what_every_command_does(make_app: Callable[..., Flask]) -> None:
    shown = make_app().test_cli_runner().invoke(args=["--help"]).output
    lines = dict(line.split(maxsplit=1) for line in shown.splitlines() if line.startswith("  "))
    for names in COMMANDS.values():
        for name in names:
            assert len(lines[name]) > 10, name


def test_the_web_server_imports_no_command(tmp_path: Path) -> None:
    script = "import sys, wsgi; print([m for m in sys.modules if m.startswith('app.cli.')])"
    environ = {"INSTANCE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"
