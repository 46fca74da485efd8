"""Move the files of an installation to another place: a folder, or a bucket of S3.

Run again it goes on where it was cut off; the old files are untouched.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.errors import NotFoundError
from app.integrations.backup.copies import sha256_of
from app.integrations.file_store import FileStore
from app.web.file_stores import list_files, list_stores
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
    with TemporaryDirectory(dir=config.instance_dir) as scratch:
        for kind, source, name in list_files(config):
            if _copy(source, targets[kind], name, Path(scratch), moved):
                told(f"{kind}/{name}")
    return moved


def _copy(source: FileStore, target: FileStore, name: str, scratch: Path, moved: Moved) -> bool:
    """Copy a file unless it is there already; whether it was copied.

    By way of a local file: a billing batch may be larger than memory.
    """
    copy = scratch / "moving.part"
    try:
        with source.open_locally(name, scratch) as path:
            shutil.copyfile(path, copy)
    except (NotFoundError, FileNotFoundError):  # deleted meanwhile
        return False
    moved.size += copy.stat().st_size
    digest = sha256_of(copy)
    if _digest(target, name, scratch) == digest:
        moved.present += 1
        return False
    target.move_in(copy, name)
    if _digest(target, name, scratch) != digest:
        raise FileMoveError(name)
    moved.copied += 1
    return True


def _digest(store: FileStore, name: str, scratch: Path) -> str | None:
    try:
        with store.open_locally(name, scratch) as path:
            return sha256_of(path)
    except NotFoundError:
        return None
