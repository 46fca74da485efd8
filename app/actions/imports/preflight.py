"""Check a package before any of its rows is read: names, encodings, hashes, manifest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from app.actions.imports.report import Report
from app.domain.exchange import known_files
from app.domain.exchange.manifest import Manifest, ManifestError, parse_manifest
from app.domain.exchange.names import explain_spelling, fold_name, match_names
from app.integrations.billing_files import MANIFEST, Package


@dataclass(frozen=True, slots=True)
class CheckedPackage:
    """What is known of a package that may be read.

    Attributes:
        encoding: name of a Python codec.
        fingerprint: SHA-256 over names and hashes of all files, hexadecimal.
    """

    manifest: Manifest
    encoding: str
    fingerprint: str


def check_package(package: Package, encoding: str | None, report: Report) -> CheckedPackage:
    """Check the package as a whole, before any row.

    Args:
        encoding: as asked for; None: as the manifest says, else UTF-8.

    Raises:
        ImportRefusedError: it has errors.
        PackageError: a file of it cannot be read.
    """
    manifest = _normalize_names(package, _read_manifest(package, report), report)
    _check_file_list(package, manifest, report)
    encoding = encoding or manifest.encoding or "utf-8"
    _check_encodings(package, encoding, report)
    report.raise_if_refused()
    fingerprint = _check_hashes(package, manifest, report)
    report.raise_if_refused()
    return CheckedPackage(manifest, encoding, fingerprint)


def _read_manifest(package: Package, report: Report) -> Manifest:
    raw = package.read_manifest()
    if raw is None:
        report.warn(MANIFEST, "нет манифеста: полнота файлов не проверена")
        return Manifest()
    try:
        return parse_manifest(raw)
    except ManifestError as error:
        report.error(MANIFEST, str(error), column=error.field or None)
        return Manifest()


def _normalize_names(package: Package, manifest: Manifest, report: Report) -> Manifest:
    """Warn of names in other writing; the manifest with the names of the format."""
    if package.folder:
        report.warn(package.folder, "файлы лежат в папке архива, прочитаны из нее")
    for name, known in package.renamed.items():
        report.warn(name, f"{explain_spelling(name)}; файл прочитан как {known}")
    for name in sorted(set(package.sizes) - known_files() - {MANIFEST}):
        if fold_name(name) in known_files():
            message = f"имя отличается от {fold_name(name)} только видом букв, а файлов таких два"
            report.error(name, message)
    renamed = match_names(list(manifest.files), known_files())
    return replace(
        manifest,
        files={renamed.get(name, name): claim for name, claim in manifest.files.items()},
    )


def _check_encodings(package: Package, encoding: str, report: Report) -> None:
    """Refuse files that are in another encoding than the batch says."""
    for name in sorted(set(package.sizes) & known_files()):
        if fault := package.find_encoding_fault(name, encoding):
            report.error(name, str(fault), 1, kind=fault.kind)


def _check_file_list(package: Package, manifest: Manifest, report: Report) -> None:
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
    """Compare sizes and hashes with the manifest; return the fingerprint of the whole package."""
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


def check_claims(manifest: Manifest, last_created_at: datetime | None, report: Report) -> None:
    """Warn of claims of the manifest that contradict each other or earlier loads.

    Args:
        last_created_at: when the newest batch loaded so far was made.
    """
    if not manifest.is_given:
        return
    if manifest.batch_id is None:
        message = "не указан: повтор этого пакета кабинет не узнает"
        report.warn(MANIFEST, message, column="batch_id")
    first, last = manifest.period_from, manifest.period_to
    if first and last and first > last:
        report.warn(MANIFEST, f"период перевернут: {first} позже {last}", column="period_from")
    is_warned = any(
        (fault.file, fault.column) == (MANIFEST, "created_at") for fault in report.warnings
    )
    created_at = manifest.created_at
    if created_at and last_created_at and created_at < last_created_at and not is_warned:
        message = (
            f"{_moment(created_at)}: раньше, чем у загруженного прежде пакета "
            f"({_moment(last_created_at)}); новые данные могли смениться старыми"
        )
        report.warn(MANIFEST, message, column="created_at")


def _moment(moment: datetime) -> str:
    return f"{moment:%d.%m.%Y %H:%M} UTC"
