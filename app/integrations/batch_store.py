"""Billing batches in the file store while they wait to be loaded, and the lists of their errors.

Each lies under a random name of its own: ``<key>/batch.zip``, or ``<key>/files/<one>.csv``, and
beside it ``<key>/errors.csv``. Only what is being received lies on the local disk.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from app.domain.errors import NotFoundError
from app.integrations.file_store import FileStore

ARCHIVE = "batch.zip"
FILES = "files"
ERRORS = "errors"
INCOMING = "incoming-"
LEFTOVER = timedelta(days=1)


class BatchStore:
    """Stored batches.

    Args:
        files: where batches lie, for all machines.
        folder: of this machine, for what is being received and for temporary copies.
    """

    def __init__(self, files: FileStore, folder: Path) -> None:
        self._files = files
        self._folder = folder

    def free_bytes(self) -> int:
        """Room on the local disk and in the store, the smaller of both."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        local = shutil.disk_usage(self._folder).free
        stored = self._files.free_bytes()
        return local if stored is None else min(local, stored)

    def open_incoming(self) -> IO[bytes]:
        """Open a local file for what is being received; ``store`` accepts it by its ``name``."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{INCOMING}{uuid.uuid4()}"
        path.touch(mode=0o600, exist_ok=False)
        return path.open("w+b")

    def store(self, incoming: Path, csv_name: str | None) -> str:
        """Move what was received into the store; its key.

        Args:
            csv_name: the exchange's name of a single file; None: it is an archive.

        Raises:
            StoreError: it cannot be stored now.
        """
        key = str(uuid.uuid4())
        place = ARCHIVE if csv_name is None else f"{FILES}/{csv_name}"
        self._files.move_in(incoming, f"{key}/{place}")
        return key

    @contextmanager
    def open_batch(self, key: str) -> Iterator[Path]:
        """Give a batch a local path until the block ends: an archive, or a folder with one file.

        Raises:
            NotFoundError: it is not in the store.
            StoreError: the store does not answer.
        """
        files = f"{key}/{FILES}"
        name = files if self._files.has_folder(files) else f"{key}/{ARCHIVE}"
        with self._files.open_locally(name, self._folder) as path:
            yield path

    def write_errors(self, key: str, files: dict[str, bytes]) -> None:
        """Put the whole list of errors beside the batch, by extension."""
        for extension, content in files.items():
            self._files.save(content, f"{key}/{ERRORS}.{extension}")

    def find_errors(self, key: str, extension: str) -> bytes | None:
        """The whole list of errors as a file; None where there is none."""
        try:
            return self._files.read(f"{key}/{ERRORS}.{extension}")
        except NotFoundError:
            return None

    def delete(self, key: str) -> None:
        """Delete a batch and all beside it; one that is gone is no fault."""
        self._files.delete(key)

    def delete_leftovers(self, known: Collection[str], now: datetime) -> None:
        """Delete what a crash has left: older than a day, and no row speaks of it."""
        before = now - LEFTOVER
        for name in self._files.list_before(before, folders=True):
            if name not in known:
                self._files.delete(name)
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if not path.name.startswith((INCOMING, "copy-")):
                continue
            # An upload that is just ending is renamed or deleted meanwhile.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
