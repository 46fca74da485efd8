"""Open the ZIP archives of billing batches, and refuse hostile ones from their directory alone."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

MAX_UNPACKED_BYTES = 16 << 30
MAX_RATIO = 200
SYSTEM_FILES = re.compile(
    r"(?i)(?:.*/)?(?:\.ds_store|thumbs\.db|desktop\.ini|\._[^/]*)|(?:.*/)?__macosx/.*"
)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


class PackageError(Exception):
    """The package as a whole cannot be read; the message says why, in Russian."""


def damaged(name: str, error: Exception) -> PackageError:
    """The error of an archive whose file cannot be unpacked."""
    return PackageError(f"{name}: архив поврежден ({error})")


def not_readable(path: Path, error: OSError) -> PackageError:
    """The error of a file that the service may not read, or that the disk does not give."""
    return PackageError(
        f"{path}: не читается ({error.strerror}); файл должен быть доступен пользователю службы"
    )


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open an archive.

    Raises:
        PackageError: not a ZIP, or refused: passwords, nested folders, a suspicious ratio.
    """
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError as error:
        raise not_readable(path, error) from None
    except DAMAGE as error:
        raise PackageError(f"{path.name}: не читается как zip ({error})") from None
    if fault := _zip_fault(archive):
        archive.close()
        raise PackageError(f"{path.name}: {fault}")
    return archive


def list_files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Entries of an archive that are files, without those that operating systems add."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not SYSTEM_FILES.fullmatch(entry.filename)
    ]


def common_folder(entries: Sequence[zipfile.ZipInfo]) -> str:
    """The one folder that all files are in, with its slash; empty where they are at the root."""
    folders = {entry.filename.rpartition("/")[0] for entry in entries}
    return f"{folders.pop()}/" if len(folders) == 1 and folders != {""} else ""


def _zip_fault(archive: zipfile.ZipFile) -> str | None:
    """Say in Russian why an archive is refused, from its directory alone; None: it is accepted."""
    entries = list_files(archive)
    if fault := next(filter(None, map(_entry_fault, entries)), None):
        return fault
    folders = sorted({entry.filename.rpartition("/")[0] for entry in entries})
    if len(folders) > 1:
        names = ", ".join(f"«{folder}»" if folder else "корень архива" for folder in folders[:3])
        return f"файлы лежат в разных папках ({names}); положите их в корень архива"
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
        return "распакованный размер больше допустимого"
    names_seen = [entry.filename for entry in entries]
    if len(set(names_seen)) != len(entries):
        return "имена файлов повторяются"
    return None


def _entry_fault(entry: zipfile.ZipInfo) -> str | None:
    # "orig_filename" is the name as archived; "filename" ends at a null byte.
    name = entry.orig_filename
    if not {"\\", "\0"}.isdisjoint(name) or name.startswith("/") or ".." in name.split("/"):
        return f"недопустимое имя внутри архива, папок в нем не должно быть ({entry.filename})"
    if name.count("/") > 1:
        return f"внутри не должно быть вложенных папок ({entry.filename})"
    if entry.flag_bits & 1:
        return "архив с паролем"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{entry.filename}: сжатие не Deflate"
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1024):
        return f"{entry.filename} сжат подозрительно сильно"
    return None
