"""Which bodies are waited for, and which are cut; time is an argument here."""

from __future__ import annotations

import socket
from io import BytesIO

import pytest
from werkzeug.exceptions import RequestTimeout

from app.web.slow_bodies import Body, SlowBodies, TooManyUploads


class Receiving:
    """A connection that tells whether it still receives."""

    def __init__(self) -> None:
        self.is_open = True

    def shutdown(self, how: int) -> None:
        assert how == socket.SHUT_RD, "an answer can still be sent"
        self.is_open = False


def body_at(bodies: SlowBodies, count: int, started: float, since: float) -> Body:
    body = Body(BytesIO(), Receiving(), bodies)  # type: ignore[arg-type]
    body.count, body.started, body.since = count, started, since
    bodies.reading.add(body)
    return body


def slow_bodies(threads: int = 8) -> SlowBodies:
    return SlowBodies(lambda environ, start_response: [], threads)


@pytest.mark.parametrize(
    ("count", "started", "since", "is_late"),
    [
        (0, 100, 100, False),
        (0, 86, 86, False),
        (0, 84, 84, True),
        (50_000_000, 0, 84, True),
        (50_000_000, 0, 99, False),
        (10_000, 76, 99.9, True),
        (100_000, 76, 99.9, False),
    ],
    ids=[
        *("new", "first block on its way", "first block late", "block late", "fast upload"),
        *("below the rate", "slow but above the rate"),
    ],
)
def test_a_body_has_so_much_time_for_a_block_and_on_the_average(
    count: int, started: float, since: float, is_late: bool
) -> None:
    bodies = slow_bodies()
    body = body_at(bodies, count, started, since)
    bodies._cut_slow(100)
    assert isinstance(body.cut, RequestTimeout) == is_late
    assert body.connection.is_open != is_late  # type: ignore[attr-defined]


@pytest.mark.parametrize(("threads", "left"), [(8, 4), (2, 1), (1, 1)])
def test_of_too_many_slow_bodies_the_slowest_are_cut(threads: int, left: int) -> None:
    bodies = slow_bodies(threads)
    slow = [body_at(bodies, number * 10_000, 95, 98) for number in range(6)]
    quick = [body_at(bodies, 0, 99.9, 99.9) for _ in range(6)]
    bodies._cut_slow(100)
    assert [body.cut is None for body in slow] == [number >= 6 - left for number in range(6)]
    assert all(isinstance(body.cut, TooManyUploads) for body in slow[: 6 - left])
    assert all(body.cut is None for body in quick)


def test_half_of_the_threads_may_be_busy_with_uploads() -> None:
    bodies = slow_bodies(4)
    uploads = [body_at(bodies, 2_000_000, 99, 99) for _ in range(3)]
    for body in uploads[:2]:
        bodies.begin_block(body)
    with pytest.raises(TooManyUploads):
        bodies.begin_block(uploads[2])
    bodies.end(uploads[0])
    bodies.begin_block(uploads[2])


def test_a_body_that_is_cut_is_an_error_however_it_ends() -> None:
    body = Body(BytesIO(b"half of it"), Receiving(), slow_bodies())  # type: ignore[arg-type]
    assert body.read(4) == b"half"
    body.cut = RequestTimeout()
    with pytest.raises(RequestTimeout):
        body.read(4)


def test_a_body_is_read_as_it_is() -> None:
    def body() -> Body:
        return Body(BytesIO(b"one\ntwo" * 9_000), Receiving(), slow_bodies())  # type: ignore[arg-type]

    assert body().read() == b"one\ntwo" * 9_000
    assert body().readline() == b"one\n"
