"""Store files under random names in a folder or in an S3-compatible service.

Enquiry attachments, prepared files and billing batches lie here, so that every machine of an
installation finds them. A name may hold slashes: ``<batch>/files/readings_ack.csv``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from app.domain.errors import NotFoundError
from app.integrations.errors import StoreError
from app.lib.packages import require_package


class FileStore(Protocol):
    """Files by name. Every method raises ``StoreError`` where the store does not answer."""

    def save(self, content: bytes, name: str = "") -> str:
        """Store a file, whole or not at all.

        Args:
            name: where it has to have a certain one; else it gets a random one.

        Returns:
            Its name.
        """

    def save_new(self, content: bytes, name: str) -> bool:
        """Store a file under a name that is not taken; False: it is, and nothing was stored.

        Of two machines that ask for one name at once, one gets it.
        """

    def move_in(self, path: Path, name: str) -> None:
        """Store a local file under a name; the local one is gone afterwards."""

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            NotFoundError: gone.
        """

    def open_locally(self, name: str, folder: Path) -> AbstractContextManager[Path]:
        """Give a file or a whole folder of the store a local path until the block ends.

        Args:
            folder: where a temporary copy may lie, if one is needed.

        Raises:
            NotFoundError: gone.
        """

    def has_folder(self, name: str) -> bool:
        """Whether files lie below a name."""

    def delete(self, name: str) -> None:
        """Delete a file, or a folder with all in it; nothing where it is gone already."""

    def list_before(self, moment: datetime, *, folders: bool = False) -> Iterator[str]:
        """Names at the top last written before a moment: of files, or of folders."""

    def list_names(self) -> Iterator[str]:
        """Names of all files, those in folders, too; in no order."""

    def list_sizes(self) -> Iterator[tuple[str, int]]:
        """Names at the top, in no order, and the bytes of each file."""

    def free_bytes(self) -> int | None:
        """Room that is left; None where nobody can tell."""


def make_file_store(url: str, endpoint: str = "", *, is_private: bool = False) -> FileStore:
    """Make the store that the settings describe; nothing is opened yet.

    Args:
        url: a path, ``file:///path``, or ``s3://bucket/prefix`` (keys as usual for S3:
            ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``).
        endpoint: address of an S3-compatible service that is not Amazon's.
        is_private: files of a folder are readable for their owner only, not for the group.

    Raises:
        MissingPackageError: the package for S3 is not installed.
    """
    if "://" in url and not url.startswith("file://"):
        return RemoteFileStore(url, endpoint)
    return FolderFileStore(Path(url.removeprefix("file://")), is_private=is_private)


class FolderFileStore:
    """Files in a folder of this machine, or of a disk that all machines share."""

    def __init__(self, root: Path, *, is_private: bool = False) -> None:
        self._root = root
        self._file_mode, self._folder_mode = (0o600, 0o700) if is_private else (0o640, 0o750)

    def save(self, content: bytes, name: str = "") -> str:
        name = name or str(uuid.uuid4())
        try:
            self._write(self._make_folder_of(name), content)
        except OSError as error:
            raise StoreError(type(error).__name__) from error
        return name

    def save_new(self, content: bytes, name: str) -> bool:
        try:
            target = self._make_folder_of(name)
            # Whoever makes the temporary file has the name; a crash leaves it taken.
            self._write(target, content, is_new=True)
        except FileExistsError:
            return False
        except OSError as error:
            raise StoreError(type(error).__name__) from error
        return True

    def move_in(self, path: Path, name: str) -> None:
        try:
            target = self._make_folder_of(name)
            if path.stat().st_dev != target.parent.stat().st_dev:
                # Copied beside its place first, so that it appears whole.
                temporary = target.with_name(f"{target.name}.part")
                shutil.copyfile(path, temporary)
                path.unlink()
                path = temporary
            path.chmod(self._file_mode)
            path.rename(target)
        except OSError as error:
            raise StoreError(type(error).__name__) from error

    def read(self, name: str) -> bytes:
        try:
            return (self._path(name)).read_bytes()
        except FileNotFoundError:
            raise NotFoundError from None
        except OSError as error:
            raise StoreError(type(error).__name__) from error

    @contextmanager
    def open_locally(self, name: str, folder: Path) -> Iterator[Path]:
        path = self._path(name)
        if not path.exists():
            raise NotFoundError
        yield path

    def has_folder(self, name: str) -> bool:
        return (self._path(name)).is_dir()

    def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(type(error).__name__) from error

    def list_before(self, moment: datetime, *, folders: bool = False) -> Iterator[str]:
        if not self._root.is_dir():
            return
        for path in self._root.iterdir():
            with suppress(FileNotFoundError):
                is_old = path.stat().st_mtime < moment.timestamp()
                if is_old and path.is_dir() is folders:
                    yield path.name

    def list_names(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._root):
            for name in names:
                # What is being written has no name yet.
                if not name.endswith(".part"):
                    yield str((Path(folder) / name).relative_to(self._root))

    def list_sizes(self) -> Iterator[tuple[str, int]]:
        if not self._root.is_dir():
            return
        for path in self._root.iterdir():
            with suppress(FileNotFoundError):
                if path.is_file() and path.suffix != ".part":
                    yield path.name, path.stat().st_size

    def free_bytes(self) -> int | None:
        path = self._root
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free

    def _path(self, name: str) -> Path:
        """Where a file lies; a name that leads out of the store is that of no file."""
        parts = Path(name).parts
        if not parts or ".." in parts or Path(name).is_absolute():
            raise NotFoundError
        return self._root / name

    def _make_folder_of(self, name: str) -> Path:
        target = self._path(name)
        folder = self._root
        for part in ("", *Path(name).parts[:-1]):
            folder = folder / part
            folder.mkdir(parents=True, exist_ok=True, mode=self._folder_mode)
        return target

    def _write(self, path: Path, content: bytes, *, is_new: bool = False) -> None:
        """Write a file whole or not at all.

        Raises:
            FileExistsError: it has to be new, and is there or being written.
        """
        temporary = path.with_name(f"{path.name}.part")
        flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if is_new else os.O_TRUNC)
        handle = os.open(temporary, flags, self._file_mode)
        try:
            if is_new and path.exists():
                os.close(handle)
                raise FileExistsError(path)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), self._file_mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


class RemoteFileStore:
    """Files in S3 or whatever speaks it; opened on first use, so that every process has connections
    of its own."""

    def __init__(self, url: str, endpoint: str = "") -> None:
        require_package("s3fs", "FILES_URL=s3://…")
        self._url = url
        self._endpoint = endpoint
        self._opened: tuple[Any, str] | None = None

    def save(self, content: bytes, name: str = "") -> str:
        name = name or str(uuid.uuid4())
        with _store_errors():
            fs, root = self._open()
            fs.pipe_file(f"{root}/{name}", content)
        return name

    def save_new(self, content: bytes, name: str) -> bool:
        with _store_errors():
            fs, root = self._open()
            if fs.exists(f"{root}/{name}"):
                return False
            try:
                fs.pipe_file(f"{root}/{name}", content, mode="create")
            except OSError:
                # Somebody was faster, or the service does not know «only if it is new».
                if not fs.exists(f"{root}/{name}"):
                    fs.pipe_file(f"{root}/{name}", content)
                return bool(fs.cat_file(f"{root}/{name}") == content)
        return True

    def move_in(self, path: Path, name: str) -> None:
        with _store_errors():
            fs, root = self._open()
            fs.put_file(str(path), f"{root}/{name}")
        path.unlink(missing_ok=True)

    def read(self, name: str) -> bytes:
        with _store_errors():
            fs, root = self._open()
            content: bytes = fs.cat_file(f"{root}/{name}")
        return content

    @contextmanager
    def open_locally(self, name: str, folder: Path) -> Iterator[Path]:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix="copy-", dir=folder) as copy:
            target = Path(copy) / Path(name).name
            with _store_errors():
                fs, root = self._open()
                names = fs.find(f"{root}/{name}")
                if not names:
                    raise FileNotFoundError
                for remote in names:
                    path = target / remote.removeprefix(f"{root}/{name}").lstrip("/")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    fs.get_file(remote, str(path))
            yield target

    def has_folder(self, name: str) -> bool:
        with _store_errors():
            fs, root = self._open()
            return bool(fs.find(f"{root}/{name}/"))

    def delete(self, name: str) -> None:
        with suppress(NotFoundError), _store_errors():
            fs, root = self._open()
            for path in fs.find(f"{root}/{name}"):
                fs.rm_file(path)

    def list_before(self, moment: datetime, *, folders: bool = False) -> Iterator[str]:
        with _store_errors():
            fs, root = self._open()
            entries = fs.find(root, detail=True)
        newest: dict[str, datetime] = {}
        for path, entry in entries.items():
            name, slash, _ = path.removeprefix(f"{root}/").partition("/")
            if bool(slash) is not folders:
                continue
            written = entry.get("LastModified") or moment
            newest[name] = max(newest.get(name, written), written)
        yield from (name for name, written in newest.items() if written < moment)

    def list_names(self) -> Iterator[str]:
        with _store_errors():
            fs, root = self._open()
            names = fs.find(root)
        yield from (name.removeprefix(f"{root}/") for name in names)

    def list_sizes(self) -> Iterator[tuple[str, int]]:
        with _store_errors():
            fs, root = self._open()
            entries = fs.find(root, detail=True)
        for path, entry in entries.items():
            if "/" not in (name := path.removeprefix(f"{root}/")):
                yield name, int(entry["size"] or 0)

    def free_bytes(self) -> int | None:
        return None

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            # Heavy, and of use only where files lie in a service.
            import fsspec  # noqa: PLC0415

            options: dict[str, Any] = {"skip_instance_cache": True}
            if self._url.startswith("s3:"):
                options["use_listings_cache"] = False
                if self._endpoint:
                    options["endpoint_url"] = self._endpoint
            fs, root = fsspec.core.url_to_fs(self._url, **options)
            self._opened = fs, root.rstrip("/")
        return self._opened


@contextmanager
def _store_errors() -> Iterator[None]:
    """Each kind of store has errors of its own: they become one."""
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError from None
    except Exception as error:
        raise StoreError(type(error).__name__) from error
