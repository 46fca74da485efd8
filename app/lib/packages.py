"""Say which requirements file to install where a setting asks for an optional package."""

from __future__ import annotations

from importlib.util import find_spec

SCALE = "requirements-scale.txt"


class MissingPackageError(Exception):
    """A setting asks for a package that is not installed."""


def require_package(module: str, setting: str) -> None:
    """Check that a package can be imported, without importing it.

    Args:
        module: its top-level module, e.g. ``"psycopg"``.
        setting: what asks for it, as the operator wrote it.

    Raises:
        MissingPackageError: with the command that installs it, in Russian and English.
    """
    if find_spec(module) is None:
        raise MissingPackageError(
            f"{setting}: не установлен пакет {module}; нужен {SCALE}: make .venv/.scale "
            f"(package {module} is missing: install {SCALE})"
        )
