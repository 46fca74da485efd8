"""What goes wrong with a backup; the text is for whoever runs the command."""

from __future__ import annotations


class BackupError(Exception):
    """A backup or a restore that was refused or has failed; nothing was replaced."""
