"""Earlier loads: whether a batch comes again, and for which moment it vouches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.imports.acknowledgements import FILENAME as ACKNOWLEDGEMENTS
from app.actions.imports.report import Report
from app.domain.exchange.manifest import Manifest, ManifestError, parse_manifest
from app.integrations.billing_files import MANIFEST, Package
from app.models import AuditEvent, ImportJob, ImportRun
from app.queries.contracts import find_data_moment

BALANCES = "balances.csv"
GIVEN_BACK = "%.given_back"
FUTURE = timedelta(minutes=10)
"""How far a clock of billing may be ahead."""


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A batch that was loaded, as people name it."""

    source: str
    batch_id: str | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """A batch that was loaded before, and what was loaded after it and has changed anything."""

    loaded: LoadedRun
    later: tuple[LoadedRun, ...]


def read_batch_id(package: Package) -> str | None:
    """The ``batch_id`` of a package; None where it has none, or the manifest is no good."""
    raw = package.read_manifest()
    try:
        return parse_manifest(raw).batch_id if raw is not None else None
    except ManifestError:
        return None


def find_known_batch(
    session: Session,
    manifest: Manifest,
    fingerprint: str,
    report: Report,
    now: datetime,
    deactivate_absent: bool = False,
) -> KnownBatch | None:
    """The last time this very batch was loaded; None where it has to be loaded (again).

    A batch made by hand has no name by which billing could say that it is another one: once
    anything was loaded after it, it is loaded again, with a warning. So is any batch where people
    have given a record back to billing since, for it would be restored.
    """
    same = select(ImportRun).where(ImportRun.fingerprint == fingerprint)
    if manifest.batch_id is not None:
        by_id = select(ImportRun.fingerprint).where(ImportRun.batch_id == manifest.batch_id)
        known = session.scalars(by_id).all()
        if known and fingerprint not in known:
            report.error(MANIFEST, f"batch_id «{manifest.batch_id}» уже загружен с другими файлами")
            return None
        same = same.where(ImportRun.batch_id == manifest.batch_id)
    run = session.scalars(same.order_by(ImportRun.id.desc()).limit(1)).first()
    if run is None:
        return None
    found = KnownBatch(_named(run), _list_later(session, run))
    if not found.later:
        would_change = (
            _was_given_back(session, run)
            or _is_newer(session, run, manifest, now)
            or (
                deactivate_absent and manifest.mode == "full" and not _has_deactivated(session, run)
            )
        )
        return None if would_change else found
    if manifest.batch_id is not None:
        return found
    report.warn(MANIFEST, "такой же пакет уже загружали, после него загружены другие")
    return None


def choose_moment(
    session: Session, manifest: Manifest, is_forced: bool, report: Report, now: datetime
) -> datetime | None:
    """The moment for which a batch with balances vouches; None: «Данные на» stays as it is.

    An older batch than the one before sets it back only where somebody has forced the load, who
    wants the older figures; else it came late, and the warning tells.
    """
    created_at = manifest.created_at
    if created_at is None and manifest.is_complete:
        report.warn(MANIFEST, "нет created_at: «Данные на» не меняется", column="created_at")
    if created_at is None or not manifest.is_complete:
        return None
    if created_at > now + FUTURE:
        words = "время создания пакета в будущем: «Данные на» — время загрузки"
        report.warn(MANIFEST, f"{created_at.isoformat()}: {words}", column="created_at")
        created_at = now
    current = find_data_moment(session)
    if current is None or created_at >= current:
        return created_at
    words = f"пакет создан раньше загруженного (данные на {current:%d.%m.%Y %H:%M} UTC): "
    words += "«Данные на» переведено назад" if is_forced else "«Данные на» не меняется"
    report.warn(MANIFEST, words, column="created_at")
    return created_at if is_forced else None


def _list_later(session: Session, run: ImportRun) -> tuple[LoadedRun, ...]:
    later = session.scalars(
        select(ImportRun).where(ImportRun.id > run.id).order_by(ImportRun.id)
    ).all()
    return tuple(_named(each) for each in later if _has_changed_data(each))


def _has_changed_data(run: ImportRun) -> bool:
    """Acknowledgements are left out: they change what customers have sent, not what billing has."""
    return any(
        counts.get(name)
        for file, counts in run.counts.items()
        for name in ("added", "changed", "withdrawn")
        if file != ACKNOWLEDGEMENTS
    )


def _was_given_back(session: Session, run: ImportRun) -> bool:
    given_back = select(AuditEvent.id).where(
        AuditEvent.happened_at >= run.started_at,
        AuditEvent.import_run_id.is_(None),
        AuditEvent.action.like(GIVEN_BACK),
    )
    return session.scalar(given_back.limit(1)) is not None


def _is_newer(session: Session, run: ImportRun, manifest: Manifest, now: datetime) -> bool:
    """Whether the same figures come with a moment that would move «Данные на»."""
    created_at = manifest.created_at
    if created_at is None or created_at > now + FUTURE or not manifest.is_complete:
        return False
    current = find_data_moment(session)
    has_balances = bool(run.counts.get(BALANCES, {}).get("rows"))
    return has_balances and (current is None or created_at > current)


def _has_deactivated(session: Session, run: ImportRun) -> bool:
    options = session.scalars(select(ImportJob.options).where(ImportJob.run_id == run.id))
    return any(given.get("deactivate_absent") for given in options)


def _named(run: ImportRun) -> LoadedRun:
    return LoadedRun(run.source, run.batch_id, run.finished_at)
