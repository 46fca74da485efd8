"""The job queue: Huey over a SQLite file or over Redis, with messages signed by this installation.

Huey's messages are pickles, and whoever can write to Redis or to the file could have the worker run
code of their own. The signature is checked before anything is unpickled.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from huey.api import Huey
from huey.api import Task as HueyTask
from huey.consumer import Consumer
from huey.serializer import SignedSerializer
from huey.storage import RedisStorage, SqliteStorage

NAME = "kabinet"
PING_SECONDS = 3.0
SALT = "kabinet.job-queue"
log = logging.getLogger("huey.queue")


class JobQueue(Huey):  # type: ignore[misc]
    """A queue whose worker drops a message that is not its own and goes on with the next one."""

    def dequeue(self) -> HueyTask | None:
        """The next task of ours; None: there is none.

        Huey's own worker pauses after a message it cannot read, longer each time, so that a heap of
        them would hold up the rest.
        """
        while (message := self.storage.dequeue()) is not None:
            try:
                return self.deserialize_task(message)
            # An unsigned message, another SECRET_KEY, or a task that this version no longer has.
            except Exception as error:
                log.warning("queued task refused: %s", _reason(error))
        return None

    def create_consumer(self, **options: object) -> JobConsumer:
        """Who does the tasks."""
        return JobConsumer(self, **options)

    def is_revoked(self, *args: object, **options: object) -> bool:
        """Never: the portal revokes no task, so a revocation is somebody else's."""
        return False


class JobConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer, which on SIGHUP asks whether it may execute the program anew, and only then
    stops: code that does not load would leave nobody who works."""

    may_renew: Callable[[], bool] = staticmethod(lambda: True)
    _is_renewal_wanted = False

    def loop(self, health_check_ts: float | None = None) -> float | None:
        """One look at signals and threads; asked for a renewal, the check comes first."""
        if self._is_renewal_wanted:
            self._is_renewal_wanted = False
            # A signal that stops may have come during the check: it counts.
            if self.may_renew() and self._signum is None:
                super()._handle_signal(signal.SIGHUP, None)
        found: float | None = super().loop(health_check_ts)
        return found

    def _handle_signal(self, signum: int, interrupted: object) -> None:
        if signum == signal.SIGHUP:
            self._is_renewal_wanted = True
        else:
            super()._handle_signal(signum, interrupted)


def make_job_queue(redis_url: str, file: Path, secret_key: str, name: str = NAME) -> JobQueue:
    """The queue in Redis where there is an address, else in the file.

    Results are not stored: a task carries an id, and what it does is written to the database.
    """
    key = hmac.digest(secret_key.encode(), SALT.encode(), hashlib.sha256)
    serializer = SignedSerializer(secret=key, salt=SALT)
    storage: dict[str, object] = (
        {"storage_class": RedisStorage, "url": redis_url}
        if redis_url
        else {"storage_class": SqliteStorage, "filename": str(file)}
    )
    return JobQueue(name, results=False, serializer=serializer, **storage)


def find_redis_fault(redis_url: str) -> str | None:
    """Why Redis does not answer; None: it does."""
    from redis import Redis, RedisError  # noqa: PLC0415 - heavy, and of use only where there is one

    wait = {"socket_connect_timeout": PING_SECONDS, "socket_timeout": PING_SECONDS}
    client = Redis.from_url(redis_url, **wait)
    try:
        client.ping()
    except (RedisError, OSError, ValueError) as error:
        return type(error).__name__
    finally:
        client.close()
    return None


def _reason(error: Exception) -> str:
    """What went wrong, without the content of the message."""
    return "no valid signature" if isinstance(error, ValueError) else type(error).__name__
