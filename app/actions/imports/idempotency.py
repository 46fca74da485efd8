"""Recognise a batch that was loaded before, so that sending it twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.imports.as_of import BALANCES, CLOCK_TOLERANCE
from app.actions.imports.preflight import CheckedPackage
from app.actions.imports.report import Report
from app.domain.exchange import ACKNOWLEDGEMENTS
from app.domain.exchange.manifest import Manifest, ManifestError, parse_manifest
from app.integrations.billing_files import MANIFEST, Package
from app.models import AuditEvent, ImportJob, ImportRun
from app.queries.contracts import find_data_moment

RETURNED_TO_BILLING = "%.given_back"


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A batch that was loaded, by the names that people find it by."""

    source: str
    batch_id: str | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class AlreadyLoaded:
    """The earlier run of a batch, and the runs after it that changed any data."""

    run: LoadedRun
    followed_by: tuple[LoadedRun, ...]


class ConcurrentImportError(Exception):
    """Another import has written between the planning of this one and its writing."""


def find_last_run_id(session: Session, before: int | None = None) -> int | None:
    """The id of the newest run, or of the newest before another one."""
    last = select(func.max(ImportRun.id))
    return session.scalar(last if before is None else last.where(ImportRun.id < before))


def read_batch_id(package: Package) -> str | None:
    """The ``batch_id`` of a package; None where it has none, or the manifest is no good."""
    raw = package.read_manifest()
    try:
        return parse_manifest(raw).batch_id if raw is not None else None
    except ManifestError:
        return None


def find_loaded_batch(
    session: Session,
    checked: CheckedPackage,
    deactivate_absent: bool,
    report: Report,
    now: datetime,
) -> AlreadyLoaded | None:
    """The last run of this very batch; None where it has to be loaded (again).

    A batch without ``batch_id`` cannot say that it is another one: once anything was loaded after
    it, it is loaded again, with a warning. So is any batch where people have returned a record to
    billing since, because loading restores it.
    """
    manifest, fingerprint = checked.manifest, checked.fingerprint
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
    found = AlreadyLoaded(_loaded_run(run), _list_following(session, run))
    if not found.followed_by:
        would_change = (
            _was_returned_to_billing(session, run)
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


def _list_following(session: Session, run: ImportRun) -> tuple[LoadedRun, ...]:
    runs = session.scalars(
        select(ImportRun).where(ImportRun.id > run.id).order_by(ImportRun.id)
    ).all()
    return tuple(_loaded_run(following) for following in runs if _has_changed_data(following))


def _has_changed_data(run: ImportRun) -> bool:
    """Acknowledgements do not count: they change what customers have sent, not billing's data."""
    return any(
        counts.get(name)
        for file, counts in run.counts.items()
        for name in ("added", "changed", "withdrawn")
        if file != ACKNOWLEDGEMENTS
    )


def _was_returned_to_billing(session: Session, run: ImportRun) -> bool:
    returned = select(AuditEvent.id).where(
        AuditEvent.happened_at >= run.started_at,
        AuditEvent.import_run_id.is_(None),
        AuditEvent.action.like(RETURNED_TO_BILLING),
    )
    return session.scalar(returned.limit(1)) is not None


def _is_newer(session: Session, run: ImportRun, manifest: Manifest, now: datetime) -> bool:
    """Whether the same figures come with a moment that would move «Данные на»."""
    created_at = manifest.created_at
    if created_at is None or created_at > now + CLOCK_TOLERANCE or not manifest.is_complete:
        return False
    current = find_data_moment(session)
    has_balances = bool(run.counts.get(BALANCES, {}).get("rows"))
    return has_balances and (current is None or created_at > current)


def _has_deactivated(session: Session, run: ImportRun) -> bool:
    options = session.scalars(select(ImportJob.options).where(ImportJob.run_id == run.id))
    return any(chosen.get("deactivate_absent") for chosen in options)


def _loaded_run(run: ImportRun) -> LoadedRun:
    return LoadedRun(run.source, run.batch_id, run.finished_at)
