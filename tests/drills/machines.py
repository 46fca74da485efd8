"""Two machines under load, each of their processes killed in turn: nothing lost, nothing twice."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from app.actions.accounts.sessions import create_account
from app.domain.imports import JobGoal, JobStatus
from app.extensions import db
from app.jobs.folder_import import load_from_path
from app.models import Contract, ImportJob, Meter, Reading, Register, SupplyPoint
from tests.drills.cluster import IMPORT_TOKEN, WEB, WORKER, Cluster, cluster
from tests.drills.outcome import Promise
from tests.drills.people import Acknowledged, Browser, Customer, send_batch
from tests.drills.proofs import check_everything
from tests.factories import PASSWORD
from tests.other_supplier import write_package

PEOPLE = 12
MONTHS = 6
RESTART = 3.0
"""Seconds until what was killed is started anew, about as systemd does it."""


ONE = ("child", "helper")


@dataclass(frozen=True)
class Size:
    """How much a drill does."""

    contracts: int = 200
    people: int = PEOPLE
    batches: int = 4
    pause: float = 15.0
    """Seconds of work before each kill."""
    kills: tuple[str, ...] = ("first web", "second web", "first worker", "second worker", *ONE)


QUICK = Size(contracts=20, people=3, batches=0, pause=3, kills=("first web", "second worker"))
"""Without imports: what a killed one was at waits for the end of a lease of two minutes."""


@dataclass
class Load:
    """Everybody at work until told to stop.

    Attributes:
        running: the most imports that ran at once.
    """

    cluster: Cluster
    done: Acknowledged = field(default_factory=Acknowledged)
    customers: list[Customer] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    running: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def browse(self, customer: Customer) -> None:
        """All that a customer does, over and over."""
        chance = Random(customer.contract_id)
        round_no = 0
        while not self.is_over.is_set():
            customer.send_reading(round_no)
            if round_no % 3 == 0:
                customer.send_enquiry(round_no)
            months = chance.choice(PERIODS)
            if chance.random() < 0.3:
                customer.read_statement(months)
            if round_no < len(PERIODS):
                customer.order_file(PERIODS[round_no])
            round_no += 1

    def send_batches(self, packages: list[Path]) -> None:
        """What the billing system sends, one batch after the other without waiting."""
        browser = Browser(self.cluster.tls_port)
        for package in packages:
            job = send_batch(browser, IMPORT_TOKEN, package.name, package.read_bytes())
            assert job is not None, "a batch was refused"
            self.done.imports.add(job)

    def watch_imports(self) -> None:
        """Count how many imports run at once."""
        running = select(func.count()).where(ImportJob.status == JobStatus.RUNNING)
        while not self.is_over.wait(0.2):
            with self.cluster.app.app_context():
                self.running = max(self.running, db.session.scalar(running) or 0)
                db.session.remove()

    def guarded(self, work: Callable[..., None], *arguments: object) -> Callable[[], None]:
        """A thread's work whose failure is not lost."""

        def run() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                self.errors.append(error)

        return run


PERIODS = [("2026-08", "2026-10"), ("2026-05", "2026-10"), ("2026-09", "2026-09")]


def run(folder: Path, size: Size | None = None) -> list[Promise]:
    """The whole drill."""
    size = size or Size()
    packages = write_packages(folder, size)
    (folder / "machines").mkdir()
    with cluster(folder / "machines") as found:
        load = Load(found)
        load.customers = open_accounts(found, folder / "package", size, load.done)
        with everybody_at_work(load, packages):
            for kill in size.kills:
                time.sleep(size.pause)
                kill_and_restart(found, kill)
            time.sleep(size.pause)
        killed = sum(kill.endswith(WORKER) for kill in size.kills)
        return check_everything(found, load, size.batches, killed)


def write_packages(folder: Path, size: Size) -> list[Path]:
    """The first load, and archives that billing sends: as many other bytes, the same rows."""
    package = folder / "package"
    write_package(package, contracts=size.contracts, months=MONTHS, hostile=False)
    archives = []
    for number in range(size.batches):
        copy = folder / f"batch-{number}"
        shutil.copytree(package, copy)
        (copy / "manifest.json").unlink()
        with (copy / "departments.csv").open("ab") as file:
            file.write(b"\n" * (number + 1))
        archives.append(Path(shutil.make_archive(str(copy), "zip", copy)))
    return archives


def open_accounts(found: Cluster, package: Path, size: Size, done: Acknowledged) -> list[Customer]:
    """Load the billing data and sign people in to contracts that have meters."""
    with found.app.app_context():
        load_from_path(package, {}, JobGoal.LOAD, lambda name, count: None)
        session = db.session()
        last = select(func.max(Reading.value)).where(Reading.register_id == Register.id)
        rows = session.execute(
            select(Contract.id, Contract.number, Meter.id, func.max(last.scalar_subquery()))
            .join(SupplyPoint, SupplyPoint.contract_id == Contract.id)
            .join(Meter, Meter.supply_point_id == SupplyPoint.id)
            .join(Register, Register.meter_id == Meter.id)
            .where(Contract.status == "active", Meter.removed_on.is_(None))
            .group_by(Contract.id, Contract.number, Meter.id)
            .order_by(Contract.id)
        ).all()
        people: dict[int, tuple[str, dict[int, int]]] = {}
        for contract_id, number, meter_id, value in rows:
            if len(people) < size.people or contract_id in people:
                people.setdefault(contract_id, (number, {}))[1][meter_id] = int(value or 0)
        now = found.app.extensions["clock"].now()
        for contract_id, (number, _) in people.items():
            create_account(session, number, f"person{contract_id}@example.org", PASSWORD, now)
        session.commit()
        db.session.remove()
    customers = []
    for contract_id, (number, meters) in people.items():
        browser = Browser(found.tls_port)
        browser.sign_in(number, PASSWORD)
        customers.append(Customer(contract_id, browser, meters, done))
    return customers


@contextmanager
def everybody_at_work(load: Load, packages: list[Path]) -> Iterator[None]:
    """Load while the block lasts, and until everybody has an answer to what they sent last."""
    jobs = [load.guarded(load.browse, customer) for customer in load.customers]
    jobs += [load.guarded(load.send_batches, packages), load.guarded(load.watch_imports)]
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    yield
    load.is_over.set()
    for thread in threads:
        thread.join(300)
    if load.errors:
        raise load.errors[0]


def kill_and_restart(found: Cluster, what: str) -> None:
    """SIGKILL, and what systemd does then."""
    if what in ("child", "helper"):
        for machine in found.machines:
            machine.kill_one_child(helper=what == "helper")
        return
    name, role = what.split()
    (machine,) = (machine for machine in found.machines if machine.name == name)
    assert role in (WEB, WORKER)
    machine.kill(role)
    time.sleep(RESTART)
    with suppress(ProcessLookupError):
        machine.start(role)
