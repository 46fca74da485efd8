"""Backup, restore and ``flask move-files`` where files of customers lie in S3."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.extensions import db
from app.web.file_stores import list_files, list_stores
from tests.conftest import make_config
from tests.factories import Factory
from tests.stores import s3

LARGE = 3_000_000


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with s3("bucket") as address:
        yield address


def fill(app: Flask) -> dict[tuple[str, str], bytes]:
    """A customer, and files of every kind, one of them large."""
    with app.app_context():
        make = Factory(db.session())
        make.supplier()
        make.contract()
        db.session.commit()
    for kind, store in list_stores(app.extensions["config"]):
        for number in range(4):
            store.save(f"{kind} {number}".encode() * 100, f"key-{number}/счет.bin")
        store.save(b"x" * LARGE, "large.bin")
    return contents(app)


def contents(app: Flask) -> dict[tuple[str, str], bytes]:
    return {
        (kind, name): store.read(name) for kind, store, name in list_files(app.extensions["config"])
    }


def run(app: Flask, *arguments: str | Path) -> Result:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    done = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_a_copy_of_files_in_a_bucket_comes_back_whole(
    make_app: Callable[..., Flask], endpoint: str, tmp_path: Path
) -> None:
    app = make_app(files_url="s3://bucket/before", files_endpoint=endpoint)
    before = fill(app)
    assert len(before) == 5 * len(list_stores(app.extensions["config"]))
    copy = Path(run(app, "backup", tmp_path / "copies").output.splitlines()[-1])
    other = create_app(
        make_config(
            tmp_path / "other",
            files_url="s3://bucket/after",
            files_endpoint=endpoint,
            database_url=f"sqlite:///{tmp_path / 'other' / 'kabinet.sqlite3'}",
        )
    )
    run(other, "restore", copy)
    assert contents(other) == before
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_files_of_a_folder_move_to_a_bucket_and_back(
    make_app: Callable[..., Flask], endpoint: str, tmp_path: Path
) -> None:
    app = make_app()
    before = fill(app)
    told = run(app, "move-files", "s3://bucket/kabinet", "--endpoint", endpoint).output
    assert f"сверено: {len(before)}; уже были: 0" in told
    told = run(app, "move-files", "s3://bucket/kabinet", "--endpoint", endpoint).output
    assert f"сверено: 0; уже были: {len(before)}" in told
    moved = make_app(files_url="s3://bucket/kabinet", files_endpoint=endpoint)
    assert contents(moved) == before
    run(moved, "move-files", tmp_path / "back")
    shutil.rmtree(tmp_path / "files")
    back = make_app(files_url=str(tmp_path / "back"))
    assert contents(back) == before
