"""Where packages for billing lie."""

from __future__ import annotations

from pathlib import Path

from app.web.context import config


def outgoing_folder() -> Path:
    """The folder of packages that the desk makes, and the command unless it is told another."""
    return config().instance_dir / "for-billing"
