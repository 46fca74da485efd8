"""Take a batch of the billing system: all of it in one transaction, or nothing.

Reading and checking come first and touch only temporary tables; then every file is merged by its
natural key. The caller commits, or rolls back for a dry run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from app.actions.imports import acknowledgements
from app.actions.imports.batch import Batch
from app.actions.imports.checks import run_checks
from app.actions.imports.history import (
    BALANCES,
    KnownBatch,
    choose_moment,
    find_known_batch,
)
from app.actions.imports.merge import Merge
from app.actions.imports.preflight import check_claims, check_encodings, check_writing
from app.actions.imports.report import Fault, FileCounts, ImportRefusedError, Report
from app.actions.imports.staging import Staged, create_stage, stage_file
from app.actions.imports.transfers import note_terminations, record_transfers
from app.actions.search_index import rebuild_search, touches_search
from app.domain.exchange import Dialect, build_layouts, known_files
from app.domain.exchange.manifest import Manifest, ManifestError, parse_manifest
from app.integrations.billing_files import MANIFEST, CsvFile, Package
from app.models import ImportRun, Supplier

__all__ = [
    "Fault",
    "FileCounts",
    "ImportOptions",
    "ImportRefusedError",
    "ImportResult",
    "KnownBatch",
    "Report",
    "apply_import",
]

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a batch; what is None is taken from the manifest, else from the defaults."""

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
    """Load a batch even if it was loaded before; older figures may take the place of newer ones."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A batch that may be committed; ``run`` is None when it had been taken before: ``known``."""

    run: ImportRun | None
    report: Report
    known: KnownBatch | None = None


def apply_import(
    session: Session, package: Package, options: ImportOptions, now: datetime, progress: Progress
) -> ImportResult:
    """Read, check and merge a package; flush, never commit.

    Args:
        now: when the run begins.
        progress: called with a file's name and the bytes read of it.

    Raises:
        ImportRefusedError: the batch has errors; roll back.
        PackageError: the package cannot be read at all.
    """
    report = Report(options.max_errors)
    manifest = _manifest(package, report)
    manifest = check_writing(package, manifest, report)
    _check_names(package, manifest, report)
    encoding = options.encoding or manifest.encoding or "utf-8"
    check_encodings(package, encoding, report)
    _refuse_if_faulty(report)
    fingerprint = _check_hashes(package, manifest, report)
    _refuse_if_faulty(report)
    known = find_known_batch(session, manifest, fingerprint, report, now, options.deactivate_absent)
    _refuse_if_faulty(report)
    if known is not None and not options.is_forced:
        return ImportResult(None, report, known)
    as_of = None
    if BALANCES in package.sizes:
        as_of = choose_moment(session, manifest, options.is_forced, report, now)

    connection = session.connection()
    dialect = Dialect(
        encoding=encoding,
        delimiter=options.delimiter or manifest.delimiter,
        decimal=options.decimal or manifest.decimal or ".",
        russian_dates=(
            manifest.date_format == "DD.MM.YYYY"
            if options.russian_dates is None
            else options.russian_dates
        ),
    )
    check_claims(manifest, _last_created_at(session), report)
    staged = _stage_all(connection, package, dialect, manifest, report, progress)
    run = ImportRun(
        batch_id=manifest.batch_id,
        fingerprint=fingerprint,
        mode=manifest.mode,
        source=package.path.name,
        is_verified=manifest.is_complete,
        is_demo=options.is_demo,
        created_at=manifest.created_at,
        as_of=as_of if BALANCES in package.sizes and staged["balances"].row_count else None,
        started_at=now,
        finished_at=now,
        counts={},
        warnings=[],
    )
    session.add(run)
    session.flush()
    _retire_demo_supplier(session, run, options, report)
    supplier_inns = _supplier_inns(session)
    batch = Batch(connection, report, run.id, now, _by_table(staged))
    _merge_all(batch, staged, manifest, options)
    _acknowledge(session, package, dialect, manifest, report, now)
    _check_supplier(supplier_inns, _supplier_inns(session), manifest, report)
    _refuse_if_faulty(report)
    record_transfers(session, batch)
    if "contracts" in staged:
        note_terminations(batch)
    run_checks(connection, staged, report)
    run.counts = report.as_dict()
    if touches_search(run.counts):
        rebuild_search(session)
    run.warnings = [str(fault) for fault in report.warnings]
    session.flush()
    return ImportResult(run, report)


def _refuse_if_faulty(report: Report) -> None:
    if report.error_count:
        raise ImportRefusedError(report)


def _manifest(package: Package, report: Report) -> Manifest:
    raw = package.read_manifest()
    if raw is None:
        report.warn(MANIFEST, "нет манифеста: полнота файлов не проверена")
        return Manifest()
    try:
        return parse_manifest(raw)
    except ManifestError as error:
        report.error(MANIFEST, str(error), column=error.field or None)
        return Manifest()


def _check_names(package: Package, manifest: Manifest, report: Report) -> None:
    known = known_files()
    for name in sorted(set(package.sizes) - known - {MANIFEST}):
        report.warn(name[:100], "файл этой версией формата не загружается")
    for name in sorted(set(manifest.files) - set(package.sizes)):
        report.error(name, "есть в манифесте, но не в пакете")
    if manifest.files:
        for name in sorted((set(package.sizes) & known) - set(manifest.files)):
            report.error(name, "есть в пакете, но не в манифесте")
    if not set(package.sizes) & known:
        report.error(package.path.name, "в пакете нет ни одного файла обмена")


def _check_hashes(package: Package, manifest: Manifest, report: Report) -> str:
    """Compare sizes and hashes with the manifest; the fingerprint of the whole package."""
    known = known_files()
    total = hashlib.sha256()
    for name in sorted(set(package.sizes) & known):
        claim = manifest.files.get(name)
        if claim and claim.size not in (None, package.sizes[name]):
            report.error(name, f"{package.sizes[name]} байт, а в манифесте {claim.size}")
            continue
        digest = package.sha256(name)
        if claim and claim.sha256 not in (None, digest):
            report.error(name, "sha256 не тот, что в манифесте: файл поврежден или обрезан")
        total.update(f"{name} {digest}\n".encode())
    return total.hexdigest()


def _last_created_at(session: Session) -> datetime | None:
    """When the newest of the batches loaded so far was made, as its manifest said."""
    return session.scalar(select(func.max(ImportRun.created_at)))


def _stage_all(
    connection: Connection,
    package: Package,
    dialect: Dialect,
    manifest: Manifest,
    report: Report,
    progress: Progress,
) -> dict[str, Staged]:
    # Tables before rows: looking for a table reads the main database, and SQLite would then show
    # the merge that moment, and refuse it if the portal has written anything since.
    staged = {
        layout.name: create_stage(connection, layout)
        for layout in build_layouts(dialect)
        if layout.filename in package.sizes
    }
    for file_stage in staged.values():
        name = file_stage.layout.filename
        with package.open(name) as stream:
            file = CsvFile(
                stream,
                dialect.encoding,
                dialect.delimiter,
                lambda line, message, name=name: report.error(name, message, line),  # type: ignore[misc]
            )
            stage_file(
                connection,
                file_stage,
                file,
                report,
                lambda done, name=name: progress(name, done),  # type: ignore[misc]
            )
        claim = manifest.files.get(name)
        read = file_stage.row_count + file_stage.tombstone_count + report.of(name).refused
        if claim and claim.rows is not None and claim.rows != read and not report.error_count:
            report.error(name, f"строк {read}, а в манифесте {claim.rows}")
    return staged


def _acknowledge(
    session: Session,
    package: Package,
    dialect: Dialect,
    manifest: Manifest,
    report: Report,
    now: datetime,
) -> None:
    """What billing says of readings it was given, in a file of its own or among its readings."""
    name = acknowledgements.FILENAME
    if name in package.sizes:
        with package.open(name) as stream:
            file = CsvFile(
                stream,
                dialect.encoding,
                dialect.delimiter,
                lambda line, message: report.error(name, message, line),
            )
            rows = acknowledgements.apply_acknowledgements(session, file, dialect, report, now)
        claim = manifest.files.get(name)
        if claim and claim.rows not in (None, rows) and not report.error_count:
            report.error(name, f"строк {rows}, а в манифесте {claim.rows}")
    acknowledgements.acknowledge_billed(session, now)


def _by_table(staged: dict[str, Staged]) -> dict[str, Staged]:
    return {stage.layout.table: stage for stage in staged.values()}


def _merge_all(
    batch: Batch, staged: dict[str, Staged], manifest: Manifest, options: ImportOptions
) -> None:
    for file_stage in staged.values():
        merge = Merge(batch, file_stage)
        merge.run()
        if manifest.mode == "full" and file_stage.layout.is_master and not batch.report.error_count:
            merge.withdraw_absent(options.deactivate_absent)


def _supplier_inns(session: Session) -> list[str]:
    return list(session.scalars(select(Supplier.inn).where(Supplier.withdrawn_at.is_(None))))


def _check_supplier(
    before: list[str], after: list[str], manifest: Manifest, report: Report
) -> None:
    """A portal belongs to one supplier; its ИНН says which, whatever keys billing uses."""
    claimed = manifest.supplier_inn
    if claimed and after and claimed not in after:
        report.error(MANIFEST, f"{claimed}: это пакет другого поставщика", column="supplier_inn")
    if before and not set(after) <= set(before):
        report.error("supplier.csv", "кабинет ведет другого поставщика, с другим ИНН", column="inn")
    elif len(after) > 1:
        message = "поставщик должен быть один; у прежней записи поставьте deleted = 1"
        report.error("supplier.csv", message, column="supplier_id")


def _retire_demo_supplier(
    session: Session, run: ImportRun, options: ImportOptions, report: Report
) -> None:
    """Real data over demonstration data: their supplier gives way, if that is allowed at all."""
    earlier = session.scalars(select(ImportRun.is_demo).where(ImportRun.id != run.id)).all()
    if run.is_demo or not earlier or not all(earlier):
        return
    if not options.may_cover_demo:
        report.error(run.source, "в базе демонстрационные данные; для работы нужна пустая база")
        return
    session.execute(
        update(Supplier).where(Supplier.withdrawn_at.is_(None)).values(withdrawn_at=run.started_at)
    )
    report.warn(
        "supplier.csv", "в базе остаются демонстрационные договоры; для работы нужна пустая"
    )
