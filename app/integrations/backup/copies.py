"""Copies in a folder: names by time, manifests, encryption, and how many are retained."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.integrations.backup.errors import BackupError

MANIFEST = "manifest.json"
FORMAT = 1
PART = ".part"
ENCRYPTORS = {"age": ("age", "--recipient"), "gpg": ("gpg", "--recipient")}
NAME = re.compile(r"kabinet-\d{8}T\d{6}Z(\.tar\.(age|gpg))?")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy holds, to be compared after a restore.

    Attributes:
        database: ``sqlite`` or ``postgresql``.
        revision: of the schema.
        rows: by table.
        files: how many files of customers and of waiting imports.
        sha256: of the file of the database.
        key_check: a digest of SECRET_KEY; with another key staff set up their second factor anew.
    """

    created_at: str
    version: str
    database: str
    revision: str
    rows: dict[str, int]
    files: int
    file_bytes: int
    sha256: str
    key_check: str
    format: int = FORMAT

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a copy."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a copy.

    Raises:
        BackupError: it is missing, damaged, or of a version that is not known here.
    """
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**values)
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder}: это не копия кабинета ({type(error).__name__})") from None
    if manifest.format != FORMAT:
        raise BackupError(f"{folder}: копия формата {manifest.format}, нужен {FORMAT}")
    return manifest


@contextmanager
def new_copy(place: Path, now: datetime) -> Iterator[Path]:
    """A folder for a copy; it gets its name when the block has ended well, else it is deleted."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"kabinet-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    part = place / (name + PART)
    if part.exists() or (place / name).exists():
        raise BackupError(f"{place / name}: такая копия уже есть или пишется")
    part.mkdir(mode=0o700)
    try:
        yield part
        part.rename(place / name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def encrypt(folder: Path, program: str, recipient: str) -> Path:
    """Make one encrypted file of a copy, and delete the folder.

    Args:
        program: ``age`` or ``gpg``.
        recipient: a public key or its name, as the program takes it.

    Raises:
        BackupError: the program is missing or refuses the recipient; the folder is still there.
    """
    target = folder.with_name(f"{folder.name}.tar.{program}")
    part = target.with_name(target.name + PART)
    name, option = ENCRYPTORS[program]
    options = ["--batch", "--yes", "--trust-model", "always", "--encrypt"] if name == "gpg" else []
    command = [name, *options, option, recipient, "--output", str(part)]
    _pipe(["tar", "-C", str(folder.parent), "-cf", "-", folder.name], command)
    part.rename(target)
    shutil.rmtree(folder)
    return target


@contextmanager
def opened(copy: Path, scratch: Path, identity: Path | None) -> Iterator[Path]:
    """The folder of a copy; an encrypted one is decrypted beside until the block ends.

    Args:
        scratch: where it is decrypted to.
        identity: file of the private key for ``age``; ``gpg`` has its own key ring.

    Raises:
        BackupError: there is no such copy, or it cannot be decrypted.
    """
    if copy.is_dir():
        yield copy
        return
    if not copy.is_file():
        raise BackupError(f"копии нет: {copy}")
    if copy.suffix not in (".age", ".gpg"):
        raise BackupError(f"{copy}: нужна папка копии или файл .tar.age, .tar.gpg")
    command = ["gpg", "--batch", "--decrypt", str(copy)]
    if copy.suffix == ".age":
        if identity is None:
            raise BackupError("копия зашифрована: нужен файл ключа, --identity")
        command = ["age", "--decrypt", "--identity", str(identity), str(copy)]
    folder = scratch / "decrypted"
    folder.mkdir(parents=True, mode=0o700)
    try:
        _pipe(command, ["tar", "-C", str(folder), "-xf", "-"])
        (inner,) = folder.iterdir()
        yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rotate(place: Path, retained: int) -> list[str]:
    """Delete all copies but the newest ones; what is not a finished copy is left alone.

    Returns:
        Names that were deleted.
    """
    found = sorted(path for path in place.iterdir() if NAME.fullmatch(path.name))
    old = found[: max(0, len(found) - retained)]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [path.name for path in old]


def sha256_of(path: Path) -> str:
    """Digest of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_rows(expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Whether a restored database has the rows of its copy.

    Raises:
        BackupError: names the tables that differ.
    """
    differing = [
        f"{name}: {found.get(name, 0)} вместо {count}"
        for name, count in expected.items()
        if found.get(name, 0) != count
    ]
    if differing:
        raise BackupError(f"в базе не те строки, что в копии: {'; '.join(differing)}")


def _pipe(first: Sequence[str], second: Sequence[str]) -> None:
    """Run two programs, the output of one the input of the other."""
    for command in (first, second):
        if shutil.which(command[0]) is None:
            raise BackupError(f"нет программы {command[0]}: apt-get install {command[0]}")
    with subprocess.Popen(first, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source:  # noqa: S603 - our own arguments
        done = subprocess.run(second, stdin=source.stdout, capture_output=True, check=False)  # noqa: S603 - our own arguments
        complaint = source.stderr.read() if source.stderr else b""
    for command, code, text in (
        (first, source.returncode, complaint),
        (second, done.returncode, done.stderr),
    ):
        if code:
            told = text.decode(errors="replace").strip()
            raise BackupError(f"{command[0]}: {told}")
