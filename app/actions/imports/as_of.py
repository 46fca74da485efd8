"""Choose the moment that a batch's balances describe: «Данные на» on every page."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.imports.report import Report
from app.domain.exchange.manifest import Manifest
from app.integrations.billing_files import MANIFEST
from app.models import ImportRun
from app.queries.contracts import find_data_moment

BALANCES = "balances.csv"
CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far the clock of billing may be ahead."""


def find_last_created_at(session: Session) -> datetime | None:
    """When the newest batch loaded so far was made, as its manifest said."""
    return session.scalar(select(func.max(ImportRun.created_at)))


def choose_as_of(
    session: Session, manifest: Manifest, is_forced: bool, report: Report, now: datetime
) -> datetime | None:
    """The ``as_of`` of a batch with balances; None: «Данные на» does not change.

    A batch older than the last one came late and gets a warning; it sets ``as_of`` back only where
    somebody has forced the load and so wants the older figures.
    """
    created_at = manifest.created_at
    if created_at is None and manifest.is_complete:
        report.warn(MANIFEST, "нет created_at: «Данные на» не меняется", column="created_at")
    if created_at is None or not manifest.is_complete:
        return None
    if created_at > now + CLOCK_TOLERANCE:
        message = "время создания пакета в будущем: «Данные на» — время загрузки"
        report.warn(MANIFEST, f"{created_at.isoformat()}: {message}", column="created_at")
        created_at = now
    current = find_data_moment(session)
    if current is None or created_at >= current:
        return created_at
    message = f"пакет создан раньше загруженного (данные на {current:%d.%m.%Y %H:%M} UTC): "
    message += "«Данные на» переведено назад" if is_forced else "«Данные на» не меняется"
    report.warn(MANIFEST, message, column="created_at")
    return created_at if is_forced else None
