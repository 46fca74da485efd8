"""Optional packages: asked for by a setting, named when they are missing, imported only then."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import create_app
from app.lib import packages
from app.lib.packages import MissingPackageError, require_package
from tests.conftest import make_config

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("xhtml2pdf", "reportlab", "pypdf", "twilio", "s3fs", "fsspec", "xlsxwriter", "alembic")


def test_a_package_that_is_there_is_no_fault() -> None:
    require_package("flask", "ANY")


@pytest.mark.parametrize(
    ("changes", "module"),
    [
        ({"database_url": "postgresql+psycopg://localhost/none"}, "psycopg"),
        ({"redis_url": "redis://localhost"}, "redis"),
        ({"files_url": "s3://bucket/files"}, "s3fs"),
    ],
)
def test_a_setting_whose_package_is_missing_names_the_file_to_install(
    changes: dict[str, str], module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = packages.find_spec
    hide: Callable[[str], object] = lambda name: None if name == module else real(name)  # noqa: E731
    monkeypatch.setattr(packages, "find_spec", hide)
    with pytest.raises(MissingPackageError, match=r"requirements-scale\.txt") as error:
        create_app(make_config(tmp_path, **changes))
    assert module in str(error.value)


def test_the_web_server_starts_without_the_heavy_libraries() -> None:
    code = "import sys, wsgi; print(*sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not set(HEAVY) & set(output.split())


def test_the_commands_of_the_database_are_there_though_alembic_is_imported_late() -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi.py", "db", "heads"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert output.endswith("(head)\n")
