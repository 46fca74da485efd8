"""Requests are counted exactly, by any number of threads and processes, also by those that end."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.integrations.prometheus import Gauge, render
from app.integrations.request_metrics import RESERVED_BYTES, RequestMetrics


def figures(metrics: RequestMetrics, *gauges: Gauge) -> dict[tuple[str, ...], float]:
    """What Prometheus reads: by name and values of labels."""
    text = render(metrics, gauges).decode()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def in_a_process(work: Callable[[], None]) -> int:
    """Do something in a forked process; its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_requests_of_threads_and_processes_are_added_up_exactly(tmp_path: Path) -> None:
    metrics = RequestMetrics(tmp_path)

    def count() -> None:
        threads = [threading.Thread(target=count_many) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def count_many() -> None:
        for number in range(500):
            metrics.observe("home.index", 200 if number % 5 else 503, 0.02)

    count()
    for _ in range(2):
        in_a_process(count)
    found = figures(metrics)
    assert found["kabinet_requests_total", "home.index", "200"] == 3 * 4 * 400
    assert found["kabinet_requests_total", "home.index", "503"] == 3 * 4 * 100
    assert found["kabinet_request_seconds_count", "home.index"] == 6000
    assert found["kabinet_request_seconds_sum", "home.index"] == pytest.approx(120)


def test_buckets_are_cumulative_and_hold_their_bounds(tmp_path: Path) -> None:
    metrics = RequestMetrics(tmp_path)
    for seconds in (0.001, 0.005, 0.0051, 0.3, 99):
        metrics.observe("pay.index", 200, seconds)
    found = figures(metrics)
    bounds = ["0.005", "0.01", "0.25", "0.5", "10.0", "+Inf"]
    counts = [found.get(("kabinet_request_seconds_bucket", "pay.index", le)) for le in bounds]
    assert counts == [2, 3, 3, 4, 4, 5]


def test_counts_of_an_ended_process_remain_and_its_files_go(tmp_path: Path) -> None:
    metrics = RequestMetrics(tmp_path)
    metrics.observe("home.index", 200, 0.1)
    for number in range(3):
        pid = in_a_process(lambda: metrics.observe("home.index", 200, 0.1))
        assert (tmp_path / f"counter_{pid}.db").exists()
        metrics.fold_ended(pid)
        metrics.fold_ended(pid)
        assert not list(tmp_path.glob(f"*_{pid}.db"))
        assert figures(metrics)["kabinet_requests_total", "home.index", "200"] == number + 2
    assert len(list(tmp_path.glob("*.db"))) == 4
    assert figures(metrics)["kabinet_request_seconds_count", "home.index"] == 4


def test_a_start_begins_from_nought(tmp_path: Path) -> None:
    in_a_process(lambda: RequestMetrics(tmp_path).observe("home.index", 200, 0.1))
    metrics = RequestMetrics(tmp_path)
    metrics.clear()
    assert figures(metrics) == {}


def test_a_process_has_the_room_for_its_counts_before_its_first_request(tmp_path: Path) -> None:
    metrics = RequestMetrics(tmp_path)
    metrics.reserve()
    sizes = [path.stat().st_blocks * 512 for path in tmp_path.glob("*.db")]
    assert len(sizes) == 2
    assert min(sizes) >= RESERVED_BYTES
    assert figures(metrics) == {}
    endpoints = [f"a_section_with_a_long_name.and_a_page_{number}" for number in range(200)]
    for endpoint in endpoints:
        metrics.observe(endpoint, 200, 0.1)
    assert {path.stat().st_size for path in tmp_path.glob("*.db")} == {RESERVED_BYTES}
    assert figures(metrics)[
        "kabinet_requests_total", "a_section_with_a_long_name.and_a_page_7", "200"
    ]


def test_a_reader_meets_no_half_made_file(tmp_path: Path) -> None:
    metrics, is_over = RequestMetrics(tmp_path), threading.Event()

    def begin_processes() -> None:
        while not is_over.is_set():
            one = RequestMetrics(tmp_path)
            one.observe("home.index", 200, 0.1)
            one.fold_ended(os.getpid())

    thread = threading.Thread(target=begin_processes)
    thread.start()
    try:
        for _ in range(200):
            figures(metrics)
    finally:
        is_over.set()
        thread.join()


def test_a_full_disk_refuses_the_files_and_leaves_none_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*place: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    metrics = RequestMetrics(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(os, "posix_fallocate", refuse)
        with pytest.raises(OSError, match="No space"):
            metrics.observe("home.index", 200, 0.1)
        assert figures(metrics) == {}
    metrics.observe("home.index", 200, 0.1)
    assert figures(metrics)["kabinet_requests_total", "home.index", "200"] == 1
