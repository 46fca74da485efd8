"""What two machines that were killed have to show: counts of rows, messages, files and answers."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.imports import JobStatus
from app.extensions import db
from app.jobs.tasks import WORKERS
from app.lib.file_locks import is_held
from app.models import (
    Enquiry,
    ImportJob,
    ImportRun,
    Message,
    PreparedFile,
    ReadingReceipt,
    SubmittedReading,
)
from app.models.submitted_readings import IS_LIVE
from app.web.file_stores import list_files
from tests.drills.cluster import Cluster
from tests.drills.outcome import Promise
from tests.drills.people import Acknowledged, Browser
from tests.proxy.clients import ask

if TYPE_CHECKING:
    from tests.drills.machines import Load

LONGEST = 420.0
"""Seconds in which all jobs have to end: a lease of two minutes, twice, and sweeps each minute."""
OPEN = ("waiting", "running", "queued", "sending", "claimed")


def check_everything(
    found: Cluster, load: Load, batches: int, killed_workers: int
) -> list[Promise]:
    """Wait until nothing is at work any more, then prove each promise."""
    seconds = wait_until_idle(found)
    done, people = load.done, [customer.browser for customer in load.customers]
    with found.app.app_context():
        promises = [
            Promise("all jobs end by themselves", seconds < LONGEST, f"{seconds:.0f} s"),
            check_answers(people),
            check_rows("reading", ReadingReceipt.idempotency_key, done.receipts),
            check_rows("enquiry", Enquiry.idempotency_key, set(done.enquiries), str(done.refused)),
            check_live_readings(),
            *(check_imports(done, load.running) if batches else ()),
            *check_messages(found, killed_workers),
            check_prepared(done),
        ]
        db.session.remove()
    return [*promises, check_files(found, load), *check_pdf_places(found, load)]


def wait_until_idle(found: Cluster) -> float:
    """Seconds until no message, file or import waits or is being worked at."""
    began = time.monotonic()
    with found.app.app_context():
        while time.monotonic() - began < LONGEST:
            waiting = [
                db.session.scalar(
                    select(func.count()).select_from(kind).where(kind.status.in_(OPEN))
                )
                for kind in (Message, PreparedFile, ImportJob)
            ]
            db.session.remove()
            if not any(waiting):
                break
            time.sleep(1)
    return time.monotonic() - began


def check_answers(people: list[Browser]) -> Promise:
    """No page fails by a fault of the portal; what a kill cut off was sent again and answered."""
    statuses = Counter(status for browser in people for status in browser.statuses)
    failed = sum(browser.failed for browser in people)
    broken = sum(count for status, count in statuses.items() if status == 500)
    seen = f"{sum(statuses.values())} answers, {failed} cut off and sent again, {broken} × 500"
    return Promise("every request is answered in the end", broken == 0, seen)


def check_rows(name: str, column: object, acknowledged: set[str], why: str = "") -> Promise:
    """Each that was acknowledged is there once."""
    found = Counter(db.session.scalars(select(column)))  # type: ignore[call-overload]
    lost = [key for key in acknowledged if found[key] == 0]
    twice = [key for key, count in found.items() if count > 1]
    seen = f"{len(acknowledged)} acknowledged, {len(lost)} lost, {len(twice)} twice"
    held = bool(acknowledged) and not lost and not twice
    why = "" if acknowledged else f"; {why}"
    return Promise(f"every acknowledged {name} is there exactly once", held, seen + why)


def check_live_readings() -> Promise:
    """A register has one reading that counts for each month."""
    rows = db.session.execute(
        select(func.count())
        .select_from(SubmittedReading)
        .where(IS_LIVE)
        .group_by(SubmittedReading.register_id, SubmittedReading.period)
    ).scalars()
    counts = Counter(rows)
    seen = f"{counts[1]} registers with one, {counts.total() - counts[1]} with more"
    return Promise("one reading counts for a register and month", set(counts) == {1}, seen)


def check_imports(done: Acknowledged, running: int) -> list[Promise]:
    """Every batch that was taken is loaded, and loaded once; never two at a time."""
    jobs = dict(
        db.session.execute(
            select(ImportJob.id, ImportJob.status).where(ImportJob.id.in_(done.imports))
        )
        .tuples()
        .all()
    )
    loaded = [job for job, status in jobs.items() if status == JobStatus.DONE]
    runs = db.session.scalar(select(func.count()).select_from(ImportRun)) or 0
    states = ", ".join(f"{count} {status}" for status, count in Counter(jobs.values()).items())
    return [
        Promise(
            "every acknowledged batch is loaded exactly once",
            len(loaded) == len(done.imports) > 0 and runs == len(loaded) + 1,
            f"{len(done.imports)} acknowledged: {states}; {runs} runs with the first load",
        ),
        Promise("one import at a time on all machines", running == 1, f"{running} at most"),
    ]


def check_messages(found: Cluster, killed_workers: int) -> list[Promise]:
    """An email for each message; none twice but what a killed worker had in hand.

    No mail server takes back what it has accepted: between its answer and the commit a kill has the
    message sent again, under the same Message-ID, by which servers and mail programs know it.
    """
    rows = db.session.execute(select(Message.id, Message.kind, Message.status)).all()
    # The limit of a mailbox holds back what it is for.
    unsent = Counter(row.status for row in rows if row.status not in ("sent", "suppressed"))
    suppressed = sum(row.status == "suppressed" for row in rows)
    sent = sum(row.status == "sent" for row in rows)
    ids = Counter(str(message_from_bytes(content)["Message-ID"]) for content in found.mail.accepted)
    twice = sum(count - 1 for count in ids.values())
    receipts = db.session.scalar(select(func.count()).select_from(ReadingReceipt)) or 0
    mailed = sum(row.kind == "reading_receipt" for row in rows)
    return [
        Promise(
            "every message has left",
            sent > 0 and not unsent and len(ids) == sent,
            f"{sent} sent, {len(ids)} arrived, {suppressed} over a limit, unsent {dict(unsent)}",
        ),
        Promise(
            "none has left twice but from the hands of a killed worker",
            twice <= killed_workers * WORKERS,
            f"{twice} twice, {killed_workers} workers killed with {WORKERS} hands each",
        ),
        Promise(
            "one receipt by email for each reading",
            mailed == receipts > 0,
            f"{receipts} receipts, {mailed} emails",
        ),
    ]


def check_prepared(done: Acknowledged) -> Promise:
    """Every file that was ordered has been made."""
    states = Counter(db.session.scalars(select(PreparedFile.status)))
    seen = f"{len(done.files)} ordered: {dict(states)}"
    return Promise("every ordered file is made", set(states) == {"ready"}, seen)


def check_files(found: Cluster, load: Load) -> Promise:
    """Every machine gives out every file, whichever has taken or made it."""
    expected = dict(load.done.enquiries.values())
    count = wrong = 0
    for machine in found.machines:
        for customer in load.customers:
            direct = Browser(machine.port, tls=False, cookies=customer.browser.cookies)
            base = f"{customer.base}/"
            for place in sorted(place for place in expected if place.startswith(base)):
                for link in direct.get(place).select("a[href*='/files/']"):
                    content = direct.request(str(link["href"])).body
                    count += 1
                    wrong += hashlib.sha256(content).hexdigest() != expected[place]
            for place in sorted(load.done.files):
                if place.startswith(base):
                    content = direct.request(f"{place}/download").body
                    count += 1
                    wrong += not content.startswith(b"%PDF")
    with found.app.app_context():
        stored = sum(1 for _ in list_files(found.app.extensions["config"]))
    enough = count >= len(found.machines) * (len(expected) + len(load.done.files))
    seen = f"{count} downloads from {len(found.machines)} machines, {wrong} wrong; {stored} stored"
    return Promise("every file is reachable from every machine", enough and not wrong, seen)


def check_pdf_places(found: Cluster, load: Load) -> list[Promise]:
    """One machine lays out two PDFs at a time; meanwhile the other one is free."""
    first, second = found.machines
    locks = [first.folder / "instance" / "locks" / name for name in ("pdf-1", "pdf-2")]
    people = [customer for customer in load.customers for _ in range(8)][:24]
    most, statuses = 0, Counter[int]()

    def ask_for(port: int, customer: object) -> int:
        base, browser = customer.base, customer.browser  # type: ignore[attr-defined]
        cookie = "; ".join(f"{name}={text}" for name, text in browser.cookies.items())
        path = f"{base}/settlements/statement.pdf?first=2026-05&last=2026-10"
        return ask(port, path, tls=False, timeout=90, Cookie=cookie, **FORWARDED).status

    with ThreadPoolExecutor(len(people)) as pool:
        answers = [pool.submit(ask_for, first.port, customer) for customer in people]
        other = ask_for(second.port, load.customers[-1])
        while not all(answer.done() for answer in answers):
            most = max(most, sum(map(is_held, locks)))
        statuses.update(answer.result() for answer in answers)
    known = set(statuses) <= {200, 429, 503} and statuses[200] > 0
    seen = f"{most} at most; answers {dict(statuses)}"
    return [
        Promise("two PDFs at a time on a machine", known and most <= 2, seen),
        Promise("the other machine is free meanwhile", other in (200, 429), f"{other}"),
    ]


FORWARDED = {"X_Forwarded_For": "10.0.0.1", "X_Forwarded_Proto": "https"}
