"""The heartbeat of a worker and of a lease."""

from __future__ import annotations

from threading import Event

from app.lib.heartbeat import heartbeat

LONG = 3600.0


def test_a_worker_is_known_to_live_from_the_beginning() -> None:
    beaten = Event()
    with heartbeat(beaten.set, LONG, at_once=True):
        assert beaten.wait(10)


def test_a_lease_that_has_just_been_taken_is_not_renewed_yet() -> None:
    beaten = Event()
    with heartbeat(beaten.set, LONG):
        pass
    assert not beaten.is_set()
