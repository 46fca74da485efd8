"""The folder of this machine where the billing system picks up its packages."""

from __future__ import annotations

from pathlib import Path

from app.web.context import config


def outgoing_folder() -> Path:
    """Default folder of export packages, for staff and the command."""
    return config().instance_dir / "for-billing"
