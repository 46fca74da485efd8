"""The folder of this machine where the billing system picks up its packages."""

from __future__ import annotations

from pathlib import Path

from app.web.context import config


def outgoing_folder() -> Path:
    """The folder of packages that staff make, and the command unless it is told another."""
    return config().instance_dir / "for-billing"
