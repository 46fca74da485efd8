"""Where files of customers lie: a folder, or an S3-compatible store, under random names."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from app.domain.errors import NotFoundError
from app.integrations.errors import StoreError

MODE = 0o640


class FileStore:
    """Files by name; opened on first use, so that every process has connections of its own.

    Args:
        url: ``file:///path``, a path, or ``s3://bucket/prefix`` (keys as usual for S3:
            ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``).
        endpoint: address of an S3-compatible service that is not Amazon's.
    """

    def __init__(self, url: str, endpoint: str = "") -> None:
        self._url = url
        self._endpoint = endpoint
        self._opened: tuple[Any, str] | None = None

    def save(self, content: bytes) -> str:
        """Keep a file; its name.

        Raises:
            StoreError: it cannot be kept now.
        """
        fs, root = self._open()
        name = str(uuid.uuid4())
        path = f"{root}/{name}"
        try:
            if isinstance(fs, LocalFileSystem):
                _write_local(Path(path), content)
            else:
                fs.pipe_file(path, content)
        except Exception as error:  # each kind of store has errors of its own
            raise StoreError(type(error).__name__) from error
        return name

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            NotFoundError: gone.
            StoreError: the store does not answer.
        """
        fs, root = self._open()
        try:
            content: bytes = fs.cat_file(f"{root}/{name}")
        except FileNotFoundError:
            raise NotFoundError from None
        except Exception as error:
            raise StoreError(type(error).__name__) from error
        return content

    def delete(self, name: str) -> None:
        """Remove a file; nothing where it is gone already."""
        fs, root = self._open()
        try:
            fs.rm_file(f"{root}/{name}")
        except FileNotFoundError:
            return
        except Exception as error:
            raise StoreError(type(error).__name__) from error

    def names_before(self, moment: datetime) -> Iterator[str]:
        """Names of the files that were written before a moment."""
        fs, root = self._open()
        try:
            entries = fs.ls(root, detail=True) if fs.exists(root) else []
        except Exception as error:
            raise StoreError(type(error).__name__) from error
        for entry in entries:
            written = entry.get("LastModified") or entry.get("mtime") or entry.get("created")
            if isinstance(written, int | float):
                written = datetime.fromtimestamp(written, UTC)
            if entry["type"] == "file" and written is not None and written < moment:
                yield entry["name"].rsplit("/", 1)[-1]

    def free_bytes(self) -> int | None:
        """Room on the disk of a folder; None where nobody can tell."""
        fs, root = self._open()
        if not isinstance(fs, LocalFileSystem):
            return None
        path = Path(root)
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            options: dict[str, Any] = {"skip_instance_cache": True}
            if self._url.startswith("s3:"):
                options["use_listings_cache"] = False
                if self._endpoint:
                    options["endpoint_url"] = self._endpoint
            fs, root = fsspec.core.url_to_fs(self._url, **options)
            self._opened = fs, root.rstrip("/")
        return self._opened


def _write_local(path: Path, content: bytes) -> None:
    """Whole or not at all, readable for the owner and the group."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    temporary = path.with_suffix(".part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), MODE)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
