"""Billing batches in a folder and in S3: received here, read on another machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import NotFoundError
from app.integrations.batch_store import BatchStore
from app.integrations.billing_files import Package
from app.integrations.file_store import FileStore, make_file_store
from tests.sections.staff.billing_steps import archive
from tests.stores import s3


@pytest.fixture(params=["folder", "s3"])
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileStore]:
    if request.param == "folder":
        yield make_file_store(str(tmp_path / "files"), is_private=True)
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with s3("bucket") as endpoint:
        yield make_file_store("s3://bucket/kabinet/imports", endpoint)


def receive(store: BatchStore, content: bytes, csv_name: str | None) -> str:
    with store.open_incoming() as incoming:
        incoming.write(content)
    return store.store(Path(incoming.name), csv_name)


def test_what_one_machine_receives_another_reads_and_leaves_no_copy(
    files: FileStore, tmp_path: Path
) -> None:
    here, there = BatchStore(files, tmp_path / "here"), BatchStore(files, tmp_path / "there")
    packed = receive(here, archive({"contracts.csv": b"number\n"}), None)
    single = receive(here, b"submission_id\n", "readings_ack.csv")
    for key, name in ((packed, "contracts.csv"), (single, "readings_ack.csv")):
        with there.open_batch(key) as path, Package(path) as package:
            assert list(package.sizes) == [name]
    assert list((tmp_path / "here").iterdir()) == []
    assert not (tmp_path / "there").exists() or list((tmp_path / "there").iterdir()) == []


def test_errors_lie_beside_the_batch_and_go_with_it(files: FileStore, tmp_path: Path) -> None:
    store = BatchStore(files, tmp_path / "here")
    key = receive(store, archive({"contracts.csv": b"number\n"}), None)
    assert store.find_errors(key, "csv") is None
    store.write_errors(key, {"csv": b"line;error\n"})
    assert store.find_errors(key, "csv") == b"line;error\n"
    store.delete(key)
    store.delete(key)
    assert store.find_errors(key, "csv") is None
    with pytest.raises(NotFoundError), store.open_batch(key):
        pass
