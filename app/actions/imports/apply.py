"""Load a batch of the billing system: all of it in one transaction, or nothing.

Reading, checking and comparing with what the portal has come first and touch only temporary tables.
What is found to change is then written at once, for SQLite has one writer at a time. The caller
commits, or rolls back for a dry run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.actions.events.imports import record_import_events
from app.actions.imports.acknowledgements import acknowledge_billed, apply_acknowledgements
from app.actions.imports.as_of import BALANCES, choose_as_of, find_last_created_at
from app.actions.imports.cross_checks import run_cross_checks
from app.actions.imports.idempotency import (
    AlreadyLoaded,
    ConcurrentImportError,
    find_last_run_id,
    find_loaded_batch,
)
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.merged_state import MergedState
from app.actions.imports.merging import merge_plans
from app.actions.imports.planning import plan_file
from app.actions.imports.preflight import CheckedPackage, check_claims, check_package
from app.actions.imports.report import Report
from app.actions.imports.staging import StagedFile, create_stage, stage_file
from app.actions.imports.supplier_checks import (
    check_supplier,
    covers_demo,
    list_inns,
    retire_demo_supplier,
)
from app.actions.imports.touched_contracts import store_open_items
from app.actions.imports.transfers import record_terminations, record_transfers
from app.actions.search_index import rebuild_search, touches_search
from app.domain.exchange import ACKNOWLEDGEMENTS, Dialect, build_layouts
from app.domain.exchange.manifest import Manifest
from app.integrations.billing_files import CsvFile, Package
from app.lib.temporary_tables import Snapshot
from app.models import ImportRun

__all__ = ["ImportOptions", "ImportResult", "apply_import"]

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a batch; what is None comes from the manifest, else from the defaults."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    russian_dates: bool | None = None
    max_errors: int = 1000
    deactivate_absent: bool = False
    is_demo: bool = False
    may_cover_demo: bool = False
    """Whether real data may join demonstration data, whose passwords everybody knows."""
    is_forced: bool = False
    """Load a batch even if it was loaded before; older figures may replace newer ones."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A batch ready to commit; ``run`` is None when the batch had been loaded before."""

    run: ImportRun | None
    report: Report
    already_loaded: AlreadyLoaded | None = None


def apply_import(
    session: Session, package: Package, options: ImportOptions, now: datetime, progress: Progress
) -> ImportResult:
    """Read, check and merge a package; flush, never commit.

    Args:
        now: when the run begins, in the supplier's zone: its date is the business date.
        progress: called with a file's name and the bytes read of it.

    Raises:
        ImportRefusedError: the batch has errors; roll back.
        PackageError: the package cannot be read at all.
    """
    report = Report(options.max_errors)
    checked = check_package(package, options.encoding, report)
    manifest = checked.manifest
    already_loaded = find_loaded_batch(session, checked, options.deactivate_absent, report, now)
    report.raise_if_refused()
    if already_loaded is not None and not options.is_forced:
        return ImportResult(None, report, already_loaded)
    as_of = None
    if BALANCES in package.sizes:
        as_of = choose_as_of(session, manifest, options.is_forced, report, now)
    check_claims(manifest, find_last_created_at(session), report)
    dialect = _dialect(options, checked)
    connection = session.connection()
    snapshot = Snapshot(connection)
    staged = _stage_all(connection, package, dialect, manifest, report, progress)
    snapshot.release()
    if BALANCES not in package.sizes or not staged["balances"].row_count:
        as_of = None
    run = _Import(
        session, package, checked, options, dialect, as_of, report, now, staged, snapshot
    ).run()
    return ImportResult(run, report)


@dataclass(frozen=True, slots=True)
class _Import:
    """A batch that has been read: it is planned, and the plans are carried out."""

    session: Session
    package: Package
    checked: CheckedPackage
    options: ImportOptions
    dialect: Dialect
    as_of: datetime | None
    report: Report
    now: datetime
    staged: dict[str, StagedFile]
    snapshot: Snapshot

    def run(self) -> ImportRun:
        """Plan and write the batch; the row of the import.

        Raises:
            ImportRefusedError: the batch has errors.
        """
        session, report = self.session, self.report
        parents = {file.layout.table: file for file in self.staged.values()}
        context = MergeContext(session.connection(), report, self.now, parents)
        last_run_id, run = find_last_run_id(session), None
        if covers_demo(session, self.options.is_demo):
            # The one case in which planning begins with a write.
            run = self._add_run()
            retire_demo_supplier(session, run, self.options.may_cover_demo, report)
        are_checked = self._plan(context)
        if run is None:
            self.snapshot.release()
            run = self._add_run()
        # What was planned holds only while no other import has written.
        if find_last_run_id(session, before=run.id) != last_run_id:
            raise ConcurrentImportError
        context = replace(context, run_id=run.id)
        self._write(context)
        report.raise_if_refused()
        self._complete(context, run, are_checked)
        return run

    def _plan(self, context: MergeContext) -> bool:
        """Plan all files, and cross-check their figures; whether that could be done beforehand."""
        is_full = self.checked.manifest.mode == "full"
        for file in self.staged.values():
            plan_file(context, file, is_full, self.options.deactivate_absent)
        # What fills an empty table is nowhere before it is there.
        are_known = not any(plan.is_fill for plan in context.plans.values())
        if are_known and not self.report.error_count:
            state = MergedState(context.plans)
            run_cross_checks(context.connection, self.staged, self.report, state)
        return are_known

    def _write(self, context: MergeContext) -> None:
        """Carry out the plans, and apply what billing has answered to readings."""
        inns = list_inns(self.session)
        merge_plans(context)
        self._acknowledge()
        manifest = self.checked.manifest
        check_supplier(inns, list_inns(self.session), manifest, self.report)

    def _complete(self, context: MergeContext, run: ImportRun, are_checked: bool) -> None:
        """Do what follows from the merge: transfers, terminations, open items, search, counts."""
        session = self.session
        record_transfers(session, context)
        if "contracts" in self.staged:
            record_terminations(context)
        store_open_items(session, context.touched, self.now.date())
        record_import_events(session, context)
        if not are_checked:
            run_cross_checks(context.connection, self.staged, self.report, MergedState())
        run.counts = self.report.as_dict()
        if touches_search(run.counts):
            rebuild_search(session)
        run.warnings = [str(fault) for fault in self.report.warnings]
        session.flush()

    def _add_run(self) -> ImportRun:
        """Store the run, the first write of an import: on SQLite it holds the lock from here."""
        manifest = self.checked.manifest
        run = ImportRun(
            batch_id=manifest.batch_id,
            fingerprint=self.checked.fingerprint,
            mode=manifest.mode,
            source=self.package.path.name,
            is_verified=manifest.is_complete,
            is_demo=self.options.is_demo,
            created_at=manifest.created_at,
            as_of=self.as_of,
            started_at=self.now,
            finished_at=self.now,
            counts={},
            warnings=[],
        )
        self.session.add(run)
        self.session.flush()
        return run

    def _acknowledge(self) -> None:
        """Apply billing's answers to readings handed over, in their file or among its readings."""
        name, report = ACKNOWLEDGEMENTS, self.report
        if name in self.package.sizes:
            with self.package.open(name) as stream:
                file = CsvFile(
                    stream,
                    self.dialect.encoding,
                    self.dialect.delimiter,
                    lambda line, message: report.error(name, message, line),
                )
                rows = apply_acknowledgements(self.session, file, self.dialect, report, self.now)
            claim = self.checked.manifest.files.get(name)
            if claim and claim.rows not in (None, rows) and not report.error_count:
                report.error(name, f"строк {rows}, а в манифесте {claim.rows}")
        acknowledge_billed(self.session, self.now)


def _dialect(options: ImportOptions, checked: CheckedPackage) -> Dialect:
    """How the files are written: by the options, else the manifest, else the defaults."""
    manifest = checked.manifest
    russian_dates = options.russian_dates
    if russian_dates is None:
        russian_dates = manifest.date_format == "DD.MM.YYYY"
    return Dialect(
        encoding=checked.encoding,
        delimiter=options.delimiter or manifest.delimiter,
        decimal=options.decimal or manifest.decimal or ".",
        russian_dates=russian_dates,
    )


def _stage_all(
    connection: Connection,
    package: Package,
    dialect: Dialect,
    manifest: Manifest,
    report: Report,
    progress: Progress,
) -> dict[str, StagedFile]:
    # Create all tables before reading any row: creating one reads the main database, which on
    # SQLite opens a snapshot, and the merge would fail if the portal has written since then.
    staged = {
        layout.name: create_stage(connection, layout)
        for layout in build_layouts(dialect)
        if layout.filename in package.sizes
    }
    for file_stage in staged.values():
        name = file_stage.layout.filename
        _read_file(connection, file_stage, package, dialect, report, progress)
        claim = manifest.files.get(name)
        read = file_stage.row_count + file_stage.tombstone_count + report.of(name).refused
        if claim and claim.rows is not None and claim.rows != read and not report.error_count:
            report.error(name, f"строк {read}, а в манифесте {claim.rows}")
    return staged


def _read_file(
    connection: Connection,
    file_stage: StagedFile,
    package: Package,
    dialect: Dialect,
    report: Report,
    progress: Progress,
) -> None:
    name = file_stage.layout.filename

    def add_error(line: int, message: str) -> None:
        report.error(name, message, line)

    with package.open(name) as stream:
        file = CsvFile(stream, dialect.encoding, dialect.delimiter, add_error)
        stage_file(connection, file_stage, file, report, lambda done: progress(name, done))
