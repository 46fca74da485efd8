"""The job queue runs what this installation has put there, and nothing else."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from huey.api import Huey
from huey.serializer import Serializer, SignedSerializer

from app.integrations.job_queue import SALT, JobQueue, make_job_queue
from tests.conftest import need

KEY = "k" * 40


class Crafted:
    """A pickle that makes a folder where it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture(params=["sqlite", "redis"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobQueue]:
    url = ""
    if request.param == "redis":
        with socket.socket() as probe:
            need(probe.connect_ex(("127.0.0.1", 6379)) == 0, "Redis")
        url = "redis://127.0.0.1:6379/10"
    name = f"test-{uuid.uuid4()}"
    queue = make_job_queue(url, tmp_path / "jobs.sqlite3", KEY, name)
    yield queue
    queue.flush()
    queue.storage.close()


def work(queue: Huey, times: int) -> None:
    """What ``flask worker`` does with its next messages."""
    consumer = queue.create_consumer(workers=1, periodic=False)
    (worker, _), *_ = consumer.worker_threads
    for _ in range(times):
        worker.loop()


def test_a_crafted_pickle_runs_nothing_and_the_worker_goes_on(
    queue: JobQueue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []
    task = queue.task(name="note")(done.append)
    crafted = pickle.dumps(Crafted(tmp_path / "made"))
    pickle.loads(pickle.dumps(Crafted(tmp_path / "this would be made")))  # noqa: S301
    assert (tmp_path / "this would be made").exists()
    other_key = SignedSerializer(secret="another installation", salt=SALT)
    for message in (
        crafted,
        crafted + b":" + b"0" * 40,
        other_key.serialize(Crafted(tmp_path / "made")),
        b"",
        b"not a pickle",
    ):
        queue.storage.enqueue(message)
    task(7)
    with caplog.at_level(logging.WARNING, "huey"):
        work(queue, 1)
    assert done == [7]
    assert not (tmp_path / "made").exists()
    refused = [line for line in caplog.messages if "queued task refused" in line]
    assert refused == ["queued task refused: no valid signature"] * 5
    assert queue.pending_count() == 0


def test_what_was_queued_unsigned_before_an_upgrade_is_dropped(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []
    task = queue.task(name="note")(done.append)
    signed, queue.serializer = queue.serializer, Serializer()
    task(1)
    queue.serializer = signed
    work(queue, 1)
    assert (done, queue.pending_count()) == ([], 0)
    assert "queued task refused: no valid signature" in caplog.messages


def test_a_task_that_this_version_no_longer_has_is_dropped(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []
    queue.task(name="old")(done.append)(1)
    queue._registry._registry.clear()
    queue.task(name="note")(done.append)(2)
    work(queue, 1)
    assert done == [2]
    assert "queued task refused: HueyException" in caplog.messages


def test_a_planted_schedule_or_revocation_runs_and_stops_nothing(
    queue: JobQueue, tmp_path: Path
) -> None:
    done: list[int] = []
    task = queue.task(name="note")(done.append)
    crafted = pickle.dumps(Crafted(tmp_path / "made"))
    queue.storage.add_to_schedule(crafted, datetime(2020, 1, 1))  # noqa: DTZ001 - as Huey does
    queue.storage.put_data(queue._task_key(task.task_class, "rt"), crafted)
    task(1)
    assert queue.read_schedule() == []
    work(queue, 1)
    assert done == [1]
    assert not (tmp_path / "made").exists()
