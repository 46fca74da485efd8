"""Twenty people for ten minutes behind the shipped Caddy, a reload in the middle."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.extensions import db
from tests.bench import visits
from tests.bench.processes import pss
from tests.drills.outcome import Promise
from tests.other_supplier import write_package
from tests.proxy.clients import Connection
from tests.proxy.servers import Servers

PEOPLE = 20
CONTRACTS, MONTHS = 400, 12
PAUSE = (0.5, 3.0)
"""Seconds between an answer and the next click; people read longer."""
PDF = "PDF"
PDF_EVERY = 15
"""Pages after which somebody opens a statement; an account may have ten a minute."""
PAGE_P95, PDF_P95, GROWTH = 0.5, 3.0, 0.10
WARM = 0.15
"""Part of the time after which memory is taken as that of a warm server."""


@dataclass
class Crowd:
    """Everybody's answers: seconds by page, statuses, what had no answer."""

    port: int
    end: float
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[object] = field(default_factory=Counter)

    def browse(self, person: visits.Person, seed: int) -> None:
        """Open page after page over one connection, as a browser does."""
        chance, cookie, count = Random(seed), person.cookie, 0
        connection = Connection("127.0.0.1", self.port, timeout=60)
        time.sleep(chance.uniform(0, 2 * PAUSE[1]))
        while time.monotonic() < self.end:
            for name, path in person.visit(chance.randrange(10_000), MONTHS).items():
                count += 1
                self.open(connection, name, path, cookie)
                if count % PDF_EVERY == 0:
                    statement = f"{person.home}settlements/statement.pdf"
                    self.open(connection, PDF, statement, cookie)
                time.sleep(chance.uniform(*PAUSE))
        connection.close()

    def open(self, connection: Connection, name: str, path: str, cookie: str) -> None:
        began = time.monotonic()
        headers = {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "gzip"}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.statuses[type(error).__name__] += 1
            connection.close()
            return
        self.statuses[answer.status if answer.status == 200 else f"{name}: {answer.status}"] += 1
        self.seconds[name].append(time.monotonic() - began)


def run(folder: Path, seconds: float) -> list[Promise]:
    """The whole drill."""
    write_package(folder / "package", contracts=CONTRACTS, months=MONTHS, hostile=False)
    app, people = visits.open_portal(folder / "portal", folder / "package")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    servers = Servers(folder / "portal", "")
    servers.start_gunicorn()
    assert servers.gunicorn is not None
    try:
        with servers.caddy():
            crowd = Crowd(servers.tls_port, time.monotonic() + seconds)
            memory = work(crowd, people[:PEOPLE], servers, seconds)
    finally:
        servers.stop_gunicorn()
    return judge(crowd, memory, seconds)


def work(
    crowd: Crowd, people: list[visits.Person], servers: Servers, seconds: float
) -> tuple[float, float]:
    """Let everybody in, reload in the middle; memory of the warm server and at the end, MiB."""
    assert servers.gunicorn is not None
    pid = servers.gunicorn.pid
    threads = [
        threading.Thread(target=crowd.browse, args=(person, seed), daemon=True)
        for seed, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds * WARM)
    warm = pss(pid)
    time.sleep(seconds * (0.5 - WARM))
    before = pss(pid)
    servers.gunicorn.send_signal(signal.SIGHUP)
    time.sleep(seconds * WARM)
    warm_again = pss(pid)
    for thread in threads:
        thread.join(seconds)
    return max(before / warm, pss(pid) / warm_again), pss(pid)


def judge(crowd: Crowd, memory: tuple[float, float], seconds: float) -> list[Promise]:
    """Each promise with its figures."""
    p95 = {name: percentile(times) for name, times in crowd.seconds.items()}
    total = sum(crowd.statuses.values())
    wrong = {status: count for status, count in crowd.statuses.items() if status != 200}
    growth, last = memory
    pages = [
        Promise(
            f"p95 of {name} below {limit * 1000:.0f} ms",
            p95[name] < limit,
            f"{p95[name] * 1000:.0f} ms of {len(crowd.seconds[name])}",
        )
        for name in sorted(p95)
        for limit in [PDF_P95 if name == PDF else PAGE_P95]
    ]
    answers = f"{total} requests in {seconds:.0f} s, failed: {wrong or 0}"
    size = f"{growth:.2f} ×, {last:.0f} MiB at the end"
    return [
        Promise("no request fails, a reload included", not wrong, answers),
        *pages,
        Promise("memory grows by less than 10 %", growth < 1 + GROWTH, size),
    ]


def percentile(times: list[float], part: float = 0.95) -> float:
    """The time within which so many of all answers came."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
