"""Move the files of an installation to another place: a folder, or a bucket of S3.

Run again it goes on where it was cut off; the old files are untouched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.domain.errors import NotFoundError
from app.integrations.file_store import FileStore
from app.web.file_stores import ATTACHMENTS, BATCHES, PREPARED, list_stores
from config import Config


@dataclass(slots=True)
class Moved:
    """Files copied now, files that were there already, bytes of both."""

    copied: int = 0
    present: int = 0
    size: int = 0


class FileMoveError(Exception):
    """A file that did not arrive as it was sent."""


def move_files(config: Config, url: str, endpoint: str, told: Callable[[str], None]) -> Moved:
    """Copy every file to the place that FILES_URL will name, and compare each by its digest.

    Args:
        url: a folder, or ``s3://bucket/folder``.
        endpoint: address of an S3-compatible service that is not Amazon's.
        told: called with the name of each file that is copied.

    Raises:
        FileMoveError: a file arrived damaged.
        StoreError: one of the stores does not answer.
    """
    targets = dict(list_stores(replace(config, files_url=url, files_endpoint=endpoint)))
    moved = Moved()
    for label, source in list_stores(config):
        for name in source.list_names():
            if label == ATTACHMENTS and name.startswith((f"{BATCHES}/", f"{PREPARED}/")):
                continue
            if _copy(source, targets[label], name, moved):
                told(f"{label}/{name}")
    return moved


def _copy(source: FileStore, target: FileStore, name: str, moved: Moved) -> bool:
    """Copy a file unless it is there already; whether it was copied."""
    try:
        content = source.read(name)
    except NotFoundError:  # deleted meanwhile
        return False
    moved.size += len(content)
    if _digest(target, name) == hashlib.sha256(content).digest():
        moved.present += 1
        return False
    target.save(content, name)
    if _digest(target, name) != hashlib.sha256(content).digest():
        raise FileMoveError(name)
    moved.copied += 1
    return True


def _digest(store: FileStore, name: str) -> bytes | None:
    try:
        return hashlib.sha256(store.read(name)).digest()
    except NotFoundError:
        return None
