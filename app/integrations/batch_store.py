"""Billing batches on disk while they wait to be loaded, and the lists of their errors.

Each lies in a folder of its own, which nobody but the portal reads; its name says nothing.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import IO

ARCHIVE = "batch.zip"
FILES = "files"
ERRORS = "errors"
INCOMING = "incoming-"
LEFTOVER_SECONDS = 86_400


class BatchStore:
    """The folder of batches."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def free_bytes(self) -> int:
        """Room on the disk."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return shutil.disk_usage(self.root).free

    def open_incoming(self) -> IO[bytes]:
        """A file to write what is being received; ``keep`` takes it by its ``name``."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.root / f"{INCOMING}{uuid.uuid4()}"
        path.touch(mode=0o600, exist_ok=False)
        return path.open("w+b")

    def keep(self, incoming: Path, csv_name: str | None) -> str:
        """Give what was received its folder; the folder's name.

        Args:
            csv_name: the exchange's name of a single file; None: it is an archive.
        """
        storage_key = str(uuid.uuid4())
        folder = self.root / storage_key
        folder.mkdir(mode=0o700)
        target = folder / ARCHIVE
        if csv_name is not None:
            (folder / FILES).mkdir(mode=0o700)
            target = folder / FILES / csv_name
        incoming.rename(target)
        return storage_key

    def path_of(self, storage_key: str) -> Path:
        """What a package is opened from: an archive, or a folder with one file."""
        files = self.root / storage_key / FILES
        return files if files.is_dir() else self.root / storage_key / ARCHIVE

    def write_errors(self, storage_key: str, files: dict[str, bytes]) -> None:
        """Put the whole list of errors beside the batch, by extension."""
        (self.root / storage_key).mkdir(mode=0o700, exist_ok=True)
        for extension, content in files.items():
            path = self.root / storage_key / f"{ERRORS}.{extension}"
            path.touch(mode=0o600)
            path.write_bytes(content)

    def find_errors(self, storage_key: str, extension: str) -> bytes | None:
        """The whole list of errors as a file; None where there is none."""
        try:
            return (self.root / storage_key / f"{ERRORS}.{extension}").read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, storage_key: str) -> None:
        """Delete a batch and all beside it; one that is gone is no fault."""
        shutil.rmtree(self.root / storage_key, ignore_errors=True)

    def delete_leftovers(self, known: Collection[str]) -> None:
        """Delete what a crash has left: older than a day, and no row speaks of it."""
        if not self.root.is_dir():
            return
        old = time.time() - LEFTOVER_SECONDS
        for path in self.root.iterdir():
            if path.name in known or path.stat().st_mtime >= old:
                continue
            if path.is_dir():
                self.delete(path.name)
            else:
                path.unlink(missing_ok=True)
