"""One interface, two kinds of stores: a folder, and a service that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.errors import NotFoundError
from app.integrations.errors import StoreError
from app.integrations.file_store import FileStore, make_file_store
from tests.stores import s3


@pytest.fixture(params=["folder", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileStore]:
    if request.param == "folder":
        yield make_file_store(str(tmp_path / "files"))
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with s3("bucket") as endpoint:
        yield make_file_store("s3://bucket/kabinet", endpoint)


def test_what_is_saved_is_read_back_listed_and_deleted(store: FileStore) -> None:
    name = store.save(b"content \x00 of a file")
    assert store.read(name) == b"content \x00 of a file"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert list(store.list_before(tomorrow)) == [name]
    assert list(store.list_before(tomorrow - timedelta(days=2))) == []
    store.delete(name)
    with pytest.raises(NotFoundError):
        store.read(name)
    store.delete(name)


def test_every_file_has_a_name_of_its_own(store: FileStore) -> None:
    assert len({store.save(b"same") for _ in range(5)}) == 5


def test_of_many_that_want_one_name_one_gets_it(store: FileStore) -> None:
    texts = [f"writer {number}".encode() for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda text: store.save_new(text, "out-1.zip"), texts))
    assert won.count(True) == 1
    assert store.read("out-1.zip") == texts[won.index(True)]
    store.save(b"of another folder", "deeper/out-1.zip")
    assert list(store.list_sizes()) == [("out-1.zip", len("writer 0"))]


def test_a_folder_knows_how_much_room_is_left(tmp_path: Path) -> None:
    assert (make_file_store(str(tmp_path / "not" / "there")).free_bytes() or 0) > 0


def test_a_service_that_does_not_answer_is_a_store_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = make_file_store("s3://bucket/kabinet", "http://127.0.0.1:9")
    assert store.free_bytes() is None
    with pytest.raises(StoreError):
        store.save(b"x")


@pytest.mark.parametrize("name", ["", "/etc/hostname", "../secret", "a/../../secret"])
def test_a_name_that_leads_out_of_the_folder_is_that_of_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("x", encoding="ascii")
    store = make_file_store(str(tmp_path / "files"))
    store.save(b"x")
    with pytest.raises(NotFoundError):
        store.read(name)
    with pytest.raises(NotFoundError):
        store.delete(name)
    assert (tmp_path / "secret").exists()
