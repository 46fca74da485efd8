"""Check a package before any of its rows is read: names, encodings, and what its manifest says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.actions.imports.report import Report
from app.domain.exchange import known_files
from app.domain.exchange.manifest import Manifest
from app.domain.exchange.names import explain_writing, fold_name, match_names
from app.integrations.billing_files import MANIFEST, Package


def check_writing(package: Package, manifest: Manifest, report: Report) -> Manifest:
    """Say which names are written otherwise; the manifest with the names of the format."""
    if package.folder:
        report.warn(package.folder, "файлы лежат в папке архива, прочитаны из нее")
    for name, known in package.renamed.items():
        report.warn(name, f"{explain_writing(name)}; файл прочитан как {known}")
    for name in sorted(set(package.sizes) - known_files() - {MANIFEST}):
        if fold_name(name) in known_files():
            message = f"имя отличается от {fold_name(name)} только видом букв, а файлов таких два"
            report.error(name, message)
    renamed = match_names(list(manifest.files), known_files())
    return replace(
        manifest,
        files={renamed.get(name, name): claim for name, claim in manifest.files.items()},
    )


def check_encodings(package: Package, encoding: str, report: Report) -> None:
    """Refuse files in another encoding than the batch says, before anything of them is taken."""
    for name in sorted(set(package.sizes) & known_files()):
        if fault := package.find_encoding_fault(name, encoding):
            report.error(name, str(fault), 1, kind=fault.kind)


def check_claims(manifest: Manifest, last_created_at: datetime | None, report: Report) -> None:
    """Warn of a manifest that cannot be right as a whole."""
    if not manifest.is_given:
        return
    if manifest.batch_id is None:
        message = "не указан: повтор этого пакета кабинет не узнает"
        report.warn(MANIFEST, message, column="batch_id")
    first, last = manifest.period_from, manifest.period_to
    if first and last and first > last:
        report.warn(MANIFEST, f"период перевернут: {first} позже {last}", column="period_from")
    is_told = any((w.file, w.column) == (MANIFEST, "created_at") for w in report.warnings)
    created_at = manifest.created_at
    if created_at and last_created_at and created_at < last_created_at and not is_told:
        message = (
            f"{_moment(created_at)}: раньше, чем у загруженного прежде пакета "
            f"({_moment(last_created_at)}); новые данные могли смениться старыми"
        )
        report.warn(MANIFEST, message, column="created_at")


def _moment(moment: datetime) -> str:
    return f"{moment:%d.%m.%Y %H:%M} UTC"
