"""Which bodies are waited for, and which are cut; time is an argument here."""

from __future__ import annotations

import socket
from io import BytesIO
from threading import Barrier, Event, Lock, Thread

import pytest
from gunicorn.http.errors import InvalidChunkSize, NoMoreData
from werkzeug.exceptions import BadRequest, RequestTimeout

from app.web import slow_bodies as slow_bodies_module
from app.web.slow_bodies import Answer, Body, SlowBodies, TooManyUploads, Turn


class Receiving:
    """A connection that tells whether it still receives."""

    def __init__(self) -> None:
        self.is_open = True

    def shutdown(self, how: int) -> None:
        assert how == socket.SHUT_RD, "an answer can still be sent"
        self.is_open = False


def body_at(bodies: SlowBodies, count: int, started: float, since: float) -> Body:
    body = Body(BytesIO(), Receiving(), bodies, Turn(Lock()))  # type: ignore[arg-type]
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
    body = Body(BytesIO(b"half of it"), Receiving(), slow_bodies(), Turn(Lock()))  # type: ignore[arg-type]
    assert body.read(4) == b"half"
    body.cut = RequestTimeout()
    with pytest.raises(RequestTimeout):
        body.read(4)


def test_a_body_is_read_as_it_is() -> None:
    def body() -> Body:
        return Body(BytesIO(b"one\ntwo" * 9_000), Receiving(), slow_bodies(), Turn(Lock()))  # type: ignore[arg-type]

    assert body().read() == b"one\ntwo" * 9_000
    assert body().readline() == b"one\n"


@pytest.mark.parametrize("error", [InvalidChunkSize(b"ZZ"), NoMoreData(), ConnectionResetError()])
def test_a_body_that_is_ill_formed_or_broken_off_is_the_clients_mistake(error: Exception) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise error

    with pytest.raises(BadRequest):
        Body(Broken(), Receiving(), slow_bodies(), Turn(Lock())).read()  # type: ignore[arg-type]


class Sending:
    """A connection that tells whether it is open."""

    def __init__(self) -> None:
        self.is_open = True

    def shutdown(self, how: int) -> None:
        self.is_open = how != socket.SHUT_RDWR


def answer_since(bodies: SlowBodies, since: float) -> Answer:
    answer = Answer([], Sending(), bodies)  # type: ignore[arg-type]
    answer.since = since
    bodies.sending.add(answer)
    return answer


@pytest.mark.parametrize(
    ("threads", "slow", "left"), [(8, 0, 4), (8, 3, 3), (8, 9, 2), (2, 0, 1), (1, 0, 1), (1, 1, 0)]
)
def test_of_too_many_answers_that_nobody_takes_those_held_up_longest_are_cut(
    threads: int, slow: int, left: int
) -> None:
    bodies = slow_bodies(threads)
    for _ in range(slow):
        body_at(bodies, 0, 95, 98)
    held_up = [answer_since(bodies, 90 + number) for number in range(6)]
    quick = [answer_since(bodies, 99.9) for _ in range(6)]
    bodies._cut_slow(100)
    is_open = [answer.connection.is_open for answer in held_up]  # type: ignore[attr-defined]
    assert is_open == [number >= 6 - left for number in range(6)]
    assert all(answer.connection.is_open for answer in quick)  # type: ignore[attr-defined]


def test_an_answer_that_stands_still_is_cut_even_if_it_is_the_only_one() -> None:
    bodies = slow_bodies()
    still, moving = answer_since(bodies, 100), answer_since(bodies, 130)
    bodies._cut_slow(221)
    assert (still.connection.is_open, moving.connection.is_open) == (False, True)  # type: ignore[attr-defined]


def test_a_thread_that_sends_to_somebody_who_does_not_read_is_set_free() -> None:
    bodies = slow_bodies(2)
    pairs = [socket.socketpair() for _ in range(2)]
    closed = [Event(), Event()]

    def send(ours: socket.socket, is_closed: Event) -> None:
        answer = Answer([b"x" * 9_000_000], ours, bodies)
        try:
            for block in answer:
                ours.sendall(block)
        except BrokenPipeError:
            answer.close()
            is_closed.set()

    threads = [
        Thread(target=send, args=(ours, is_closed), daemon=True)
        for (ours, _), is_closed in zip(pairs, closed, strict=True)
    ]
    for thread in threads:
        thread.start()
    assert any(is_closed.wait(5) for is_closed in closed)
    assert sum(is_closed.is_set() for is_closed in closed) == 1, "one of two may be held up"
    for (ours, theirs), thread in zip(pairs, threads, strict=True):
        theirs.close()
        thread.join(20)
        ours.close()


def test_an_answer_is_sent_as_it_is_and_is_over_when_it_is_closed() -> None:
    bodies = slow_bodies()
    parts = [b"", b"head", b"x" * 200_000, b""]
    answer = Answer(parts, Sending(), bodies)  # type: ignore[arg-type]
    blocks = list(answer)
    assert b"".join(blocks) == b"".join(parts)
    assert max(len(block) for block in blocks) <= 64 * 1024
    next(iter(answer))
    assert bodies.sending == {answer}
    answer.close()
    assert bodies.sending == set()


def request(method: str = "GET", body: bytes = b"") -> dict[str, object]:
    return {
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "gunicorn.socket": Sending(),
    }


def test_pages_are_made_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_bodies_module, "TURN_SECONDS", 20)
    begun: list[int] = []
    at_once: list[int] = []

    def page(environ: dict[str, object], start_response: object) -> list[bytes]:
        begun.append(1)
        at_once.append(len(begun))
        for _ in range(1_000):
            sum(range(10))
        begun.pop()
        return [b"page"]

    bodies = SlowBodies(page, 4)  # type: ignore[arg-type]
    barrier = Barrier(4)

    def ask() -> None:
        barrier.wait(20)
        list(bodies(request(), lambda *args: None))  # type: ignore[arg-type]

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert at_once == [1, 1, 1, 1]


@pytest.mark.parametrize("reads_body", [True, False], ids=["reads a body", "does something long"])
def test_a_page_is_made_while_another_request_waits(reads_body: bool) -> None:
    is_waiting, may_end = Event(), Event()

    def page(environ: dict[str, object], start_response: object) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            if reads_body:
                environ["wsgi.input"].read(1)  # type: ignore[attr-defined]
            is_waiting.set()
            assert may_end.wait(20)
        return [b"page"]

    bodies = SlowBodies(page, 4)  # type: ignore[arg-type]

    def ask(environ: dict[str, object]) -> list[bytes]:
        return list(bodies(environ, lambda *args: None))  # type: ignore[arg-type]

    waiting = Thread(target=ask, args=(request("POST", b"x"),))
    waiting.start()
    assert is_waiting.wait(20)
    assert bodies.page_lock.locked() is not reads_body
    assert ask(request()) == [b"page"]
    may_end.set()
    waiting.join(20)
    assert not bodies.page_lock.locked()


def test_the_turn_ends_with_a_page_that_fails() -> None:
    def page(environ: dict[str, object], start_response: object) -> list[bytes]:
        raise RuntimeError

    bodies = SlowBodies(page, 4)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        bodies(request(), lambda *args: None)  # type: ignore[arg-type]
    assert not bodies.page_lock.locked()
