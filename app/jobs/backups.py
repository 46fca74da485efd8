"""Back up and restore the running installation: database, files, imports that wait.

A copy is complete and verified, or it is not there. A restore checks the copy before it touches
anything, and whoever uses the portal meanwhile stops it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from app.domain.errors import NotFoundError
from app.extensions import db
from app.integrations.backup import copies, postgresql, sqlite
from app.integrations.backup.copies import Manifest
from app.integrations.backup.errors import BackupError
from app.lib.file_locks import RUNNING, is_held
from app.models import Backup
from app.version import VERSION
from app.web.context import clock, config
from app.web.file_stores import list_files, list_stores
from config import variable_name

SETTINGS = "settings.env"
SPOOL = "access*.jsonl"
"""Records of data access that wait for the database."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """For whom a copy is encrypted, and with which program: ``age`` or ``gpg``."""

    program: str
    recipient: str


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A finished copy, and the names of older ones that were deleted."""

    place: Path
    manifest: Manifest
    deleted: list[str]


def back_up(place: Path, retained: int, encryption: Encryption | None) -> BackupResult:
    """Copy the installation while it runs, verify the copy, delete the oldest ones. Commits.

    Args:
        retained: how many copies remain; 0: all.

    Raises:
        BackupError: refused or failed; there is no copy then.
    """
    started = clock().now()
    revision = _check_source()
    with copies.new_copy(place, started) as folder:
        rows = _copy_database(folder)
        # After the database, so that every row has its file.
        file_count, file_bytes = _copy_files(folder)
        _write_settings(folder)
        manifest = Manifest(
            created_at=started.isoformat(),
            version=VERSION,
            database=db.engine.dialect.name,
            revision=revision,
            rows=rows,
            files=file_count,
            file_bytes=file_bytes,
            sha256=copies.sha256_of(_database_of(folder)),
            key_check=_key_check(),
        )
        copies.write_manifest(folder, manifest)
        name = folder.name.removesuffix(copies.PART)
    finished = place / name
    if encryption is not None:
        finished = copies.encrypt(finished, encryption.program, encryption.recipient)
    _record(finished, manifest, started)
    return BackupResult(finished, manifest, copies.rotate(place, retained) if retained else [])


def restore(copy: Path, identity: Path | None, *, force: bool) -> tuple[Manifest, bool]:
    """Put a copy into the place that the settings describe.

    Args:
        identity: private key of a copy that was encrypted with ``age``.
        force: what is there already is set aside (SQLite) or replaced (PostgreSQL).

    Returns:
        The manifest, and whether SECRET_KEY is that of the copy.

    Raises:
        BackupError: refused, before anything was touched, or failed.
    """
    _check_nobody_runs()
    db.engine.dispose()
    with copies.opened(copy, config().instance_dir, identity) as folder:
        manifest = copies.read_manifest(folder)
        _check_copy(folder, manifest)
        if not force:
            _check_place_is_empty()
        copies.check_rows(manifest.rows, _restore_database(folder))
        _restore_files(folder)
    return manifest, manifest.key_check == _key_check()


def _check_source() -> str:
    """The revision of the database, where it is one of this portal and has anything in it.

    Raises:
        BackupError: a copy of it would be worth nothing.
    """
    names = _table_names()
    with db.engine.connect() as connection:
        revision = (
            connection.scalar(text("SELECT version_num FROM alembic_version"))
            if "alembic_version" in names
            else None
        )
        if not revision:
            raise BackupError(
                "в базе нет таблиц кабинета: проверьте DATABASE_URL и INSTANCE_DIR (db upgrade)"
            )
        counts = [
            connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0  # noqa: S608 - our own tables
            for name in ("contracts", "staff")
            if name in names
        ]
    if not any(counts):
        raise BackupError("в базе нет ни договоров, ни сотрудников: копировать нечего")
    return str(revision)


def _copy_database(folder: Path) -> dict[str, int]:
    if db.engine.dialect.name == "sqlite":
        return sqlite.copy_database(_sqlite_path(), folder)
    return postgresql.dump_database(db.engine, config().database_url, folder)


def _copy_files(folder: Path) -> tuple[int, int]:
    """Copy all files; how many, and their bytes. One that is deleted meanwhile is left out."""
    count = size = 0
    for kind, store, name in list_files(config()):
        target = folder / kind / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with store.open_locally(name, folder / "scratch") as path:
                shutil.copyfile(path, target)
        except (NotFoundError, FileNotFoundError):
            continue
        count, size = count + 1, size + target.stat().st_size
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    for path in config().instance_dir.glob(SPOOL):
        shutil.copy2(path, folder / path.name)
    return count, size


def _write_settings(folder: Path) -> None:
    """The settings in force, without secrets: their names only."""
    lines = []
    for group in (config(), config().mail, config().sms):
        for item in fields(group):
            name, value = variable_name(type(group), item.name), getattr(group, item.name)
            if is_dataclass(value) or value == item.default or item.name == "outbox":
                continue
            if item.repr:
                lines.append(f"{name}={_as_typed(value)}")
            elif value:
                lines.append(f"# {name}: в копии нет, храните отдельно")
    (folder / SETTINGS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _as_typed(value: object) -> str:
    """A setting as it stands in a file of settings."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _record(place: Path, manifest: Manifest, started: datetime) -> None:
    """Write the row of a finished copy; a schema of before has no table for it yet."""
    if not inspect(db.engine).has_table(Backup.__tablename__):
        return
    size = (
        place.stat().st_size
        if place.is_file()
        else sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    )
    db.session.add(
        Backup(
            started_at=started,
            finished_at=clock().now(),
            place=str(place)[:500],
            size_bytes=size,
            row_count=manifest.row_count,
            file_count=manifest.files,
        )
    )
    db.session.commit()


def _check_nobody_runs() -> None:
    if is_held(config().instance_dir / RUNNING):
        raise BackupError("кабинет работает: systemctl stop kabinet kabinet-worker")
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            if others := postgresql.count_others(connection):
                raise BackupError(f"к базе подключены другие ({others}): остановите кабинет везде")


def _check_copy(folder: Path, manifest: Manifest) -> None:
    """Whether a copy is whole, and for this kind of database."""
    if manifest.database != db.engine.dialect.name:
        raise BackupError(
            f"копия базы {manifest.database}, а DATABASE_URL указывает на {db.engine.dialect.name}"
        )
    path = _database_of(folder)
    if not path.is_file() or copies.sha256_of(path) != manifest.sha256:
        raise BackupError(f"{path}: файл не тот, что при копировании")
    if manifest.database == "sqlite":
        copies.check_rows(manifest.rows, sqlite.check_database(path))
    else:
        postgresql.check_dump(path, manifest.rows)


def _check_place_is_empty() -> None:
    # Starting the command may have made an empty file for SQLite; a database has tables.
    if _table_names() or any(True for _ in list_files(config())):
        raise BackupError("место занято: там уже есть данные; заменить их: --force")


def _restore_database(folder: Path) -> dict[str, int]:
    if db.engine.dialect.name == "postgresql":
        return postgresql.restore_database(
            db.engine, config().database_url, folder / postgresql.NAME
        )
    target = _sqlite_path()
    db.engine.dispose()
    set_aside = None
    if target.exists():
        moment = f"{clock().now():%Y%m%dT%H%M%S}"
        set_aside = target.with_name(f"{target.name}.before-{moment}")
    return sqlite.replace_database(folder / sqlite.NAME, target, set_aside)


def _restore_files(folder: Path) -> None:
    """Bring the files back; what lies there beside them stays, no row speaks of it."""
    scratch = config().instance_dir / "restoring.part"
    for label, store in list_stores(config()):
        for directory, _, names in os.walk(folder / label):
            for name in names:
                path = Path(directory) / name
                # A billing batch may be larger than memory.
                shutil.copyfile(path, scratch)
                store.move_in(scratch, str(path.relative_to(folder / label)))
    for path in folder.glob(SPOOL):
        shutil.copy2(path, config().instance_dir / path.name)


def _database_of(folder: Path) -> Path:
    is_sqlite = db.engine.dialect.name == "sqlite"
    return folder / (sqlite.NAME if is_sqlite else postgresql.NAME)


def _table_names() -> list[str]:
    return inspect(db.engine).get_table_names()


def _sqlite_path() -> Path:
    return Path(db.engine.url.database or "")


def _key_check() -> str:
    return hmac.digest(config().secret_key.encode(), b"kabinet.backup", hashlib.sha256).hex()[:16]
