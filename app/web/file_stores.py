"""The file stores of the running installation: one place, a folder for each kind of file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from app.integrations.batch_store import BatchStore
from app.integrations.exchange_out import NAME
from app.integrations.file_store import FileStore, make_file_store
from config import Config

ATTACHMENTS, BATCHES, PREPARED, OUTGOING = "files", "imports", "prepared", "for-billing"
OTHERS = (BATCHES, PREPARED, OUTGOING)


def init_app(app: Flask, config: Config) -> None:
    """Bind the stores of billing batches, of prepared files and of packages for billing."""
    batches = _make_store(config, BATCHES)
    app.extensions["batch_store"] = BatchStore(batches, config.instance_dir / BATCHES)
    app.extensions["prepared_store"] = _make_store(config, PREPARED)
    app.extensions["outgoing_store"] = _make_store(config, OUTGOING)


def batch_store() -> BatchStore:
    """Where billing batches lie."""
    return cast(BatchStore, current_app.extensions["batch_store"])


def prepared_store() -> FileStore:
    """Where files lie that the worker has prepared."""
    return cast(FileStore, current_app.extensions["prepared_store"])


def outgoing_store() -> FileStore:
    """Where packages for billing lie; billing itself may read them there."""
    return cast(FileStore, current_app.extensions["outgoing_store"])


def list_local_packages() -> list[Path]:
    """Packages of before FILES_URL was set, which lie on this machine only."""
    settings = cast(Config, current_app.extensions["config"])
    folder = settings.instance_dir / OUTGOING
    if not settings.files_url or not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if NAME.fullmatch(path.name)]


def adopt_local_packages() -> None:
    """Move them into the store that all machines see."""
    for path in list_local_packages():
        outgoing_store().move_in(path, path.name)


def list_stores(config: Config) -> list[tuple[str, FileStore]]:
    """Every store of the installation by the name of its kind of file; attachments first.

    Where FILES_URL names one place for all, the others lie in folders of the first.
    """
    attachments = make_file_store(
        config.files_url or str(config.instance_dir / ATTACHMENTS), config.files_endpoint
    )
    others = [(name, _make_store(config, name)) for name in OTHERS]
    return [(ATTACHMENTS, attachments), *others]


def list_files(config: Config) -> Iterator[tuple[str, FileStore, str]]:
    """Every file of the installation: the name of its kind, its store, and its name there."""
    for kind, store in list_stores(config):
        for name in store.list_names():
            # Where all lie in one place, the first store sees the folders of the others.
            if kind != ATTACHMENTS or name.partition("/")[0] not in OTHERS:
                yield kind, store, name


def _make_store(config: Config, folder: str) -> FileStore:
    place = f"{config.files_url.rstrip('/')}/{folder}" if config.files_url else ""
    return make_file_store(
        place or str(config.instance_dir / folder),
        config.files_endpoint,
        # Billing may read its packages as a member of the group.
        is_private=folder != OUTGOING,
    )
