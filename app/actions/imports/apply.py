"""Load a batch of the billing system: all of it in one transaction, or nothing.

Reading and checking come first and touch only temporary tables; then every file is upserted by its
natural key. The caller commits, or rolls back for a dry run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.actions.imports.acknowledgements import acknowledge_billed, apply_acknowledgements
from app.actions.imports.as_of import BALANCES, choose_as_of, find_last_created_at
from app.actions.imports.cross_checks import run_cross_checks
from app.actions.imports.idempotency import AlreadyLoaded, find_loaded_batch
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.preflight import CheckedPackage, check_claims, check_package
from app.actions.imports.report import Report
from app.actions.imports.staging import StagedFile, create_stage, stage_file
from app.actions.imports.supplier_checks import check_supplier, list_inns, retire_demo_supplier
from app.actions.imports.touched_contracts import store_open_items
from app.actions.imports.transfers import record_terminations, record_transfers
from app.actions.imports.upsert import Upsert
from app.actions.search_index import rebuild_search, touches_search
from app.domain.exchange import ACKNOWLEDGEMENTS, Dialect, build_layouts
from app.domain.exchange.manifest import Manifest
from app.integrations.billing_files import CsvFile, Package
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
    dialect = _dialect(options, checked)
    check_claims(manifest, find_last_created_at(session), report)
    staged = _stage_all(session.connection(), package, dialect, manifest, report, progress)
    has_balances = BALANCES in package.sizes and bool(staged["balances"].row_count)
    run = _add_run(session, package, checked, options, as_of if has_balances else None, now)
    retire_demo_supplier(session, run, options.may_cover_demo, report)
    supplier_inns = list_inns(session)
    context = MergeContext(session.connection(), report, run.id, now, _by_table(staged))
    _merge_all(context, staged, manifest, options)
    _acknowledge(session, package, dialect, manifest, report, now)
    check_supplier(supplier_inns, list_inns(session), manifest, report)
    report.raise_if_refused()
    _complete_run(session, context, run, staged)
    return ImportResult(run, report)


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


def _add_run(
    session: Session,
    package: Package,
    checked: CheckedPackage,
    options: ImportOptions,
    as_of: datetime | None,
    now: datetime,
) -> ImportRun:
    manifest = checked.manifest
    run = ImportRun(
        batch_id=manifest.batch_id,
        fingerprint=checked.fingerprint,
        mode=manifest.mode,
        source=package.path.name,
        is_verified=manifest.is_complete,
        is_demo=options.is_demo,
        created_at=manifest.created_at,
        as_of=as_of,
        started_at=now,
        finished_at=now,
        counts={},
        warnings=[],
    )
    session.add(run)
    session.flush()
    return run


def _by_table(staged: dict[str, StagedFile]) -> dict[str, StagedFile]:
    return {file.layout.table: file for file in staged.values()}


def _complete_run(
    session: Session, context: MergeContext, run: ImportRun, staged: dict[str, StagedFile]
) -> None:
    """Do what follows from the merge: transfers, terminations, open items, search, counts."""
    record_transfers(session, context)
    if "contracts" in staged:
        record_terminations(context)
    store_open_items(session, context.touched, context.now.date())
    run_cross_checks(context.connection, staged, context.report)
    run.counts = context.report.as_dict()
    if touches_search(run.counts):
        rebuild_search(session)
    run.warnings = [str(fault) for fault in context.report.warnings]
    session.flush()


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


def _acknowledge(
    session: Session,
    package: Package,
    dialect: Dialect,
    manifest: Manifest,
    report: Report,
    now: datetime,
) -> None:
    """Apply billing's answers to readings handed over, in their own file or among its readings."""
    name = ACKNOWLEDGEMENTS
    if name in package.sizes:
        with package.open(name) as stream:
            file = CsvFile(
                stream,
                dialect.encoding,
                dialect.delimiter,
                lambda line, message: report.error(name, message, line),
            )
            rows = apply_acknowledgements(session, file, dialect, report, now)
        claim = manifest.files.get(name)
        if claim and claim.rows not in (None, rows) and not report.error_count:
            report.error(name, f"строк {rows}, а в манифесте {claim.rows}")
    acknowledge_billed(session, now)


def _merge_all(
    context: MergeContext, staged: dict[str, StagedFile], manifest: Manifest, options: ImportOptions
) -> None:
    for file_stage in staged.values():
        merge = Upsert(context, file_stage)
        merge.run()
        if (
            manifest.mode == "full"
            and file_stage.layout.is_master
            and not context.report.error_count
        ):
            merge.withdraw_absent(options.deactivate_absent)
