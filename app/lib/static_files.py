"""Static files by version: the version that addresses carry, and packed copies for the proxy.

A copy lies in a folder of its version. Whoever asks for a version gets that one or none from there,
so copies that were not made anew after an upgrade are never wrong.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
from pathlib import Path

COMPRESSED = frozenset({".css", ".js"})
PACKED = COMPRESSED | {".png"}
"""What pages link to; fonts are for PDF only."""
CONTINUES = {"staff.css": "site.css"}
"""A style sheet that is served after the one it continues, as one file: a request fewer."""
_COMMENTS = {
    ".css": re.compile(rb"/\*.*?\*/\s*", re.DOTALL),
    ".js": re.compile(rb"^ *// .*\n", re.MULTILINE),
}
RETENTION_SECONDS = 7 * 24 * 3600
"""A page that was opened before an upgrade may still ask for its files."""


def read_served(path: Path) -> bytes:
    """Content of a file as it is served."""
    before = CONTINUES.get(path.name)
    return (path.with_name(before).read_bytes() if before else b"") + path.read_bytes()


def strip_comments(name: str, content: bytes) -> bytes:
    """Content without comments, which nobody reads who asks for a file packed.

    Of a script these are lines of their own that begin with «// ».
    """
    pattern = _COMMENTS.get(Path(name).suffix)
    return pattern.sub(b"", content) if pattern else content


def version_of(path: Path) -> str:
    """Short checksum of a file's content as it is served."""
    return hashlib.sha256(read_served(path)).hexdigest()[:8]


def pack(static: Path, target: Path, now: float) -> int:
    """Write ``target/<version>/static/<name>`` and, of text, its ``.br`` and ``.gz``.

    Versions that no file has any more are deleted after a week. Everybody may read the copies: the
    reverse proxy is another user.

    Args:
        now: seconds of the epoch.

    Returns:
        How many files were new.
    """
    current, count = set(), 0
    for source in (path for path in static.rglob("*") if path.suffix in PACKED):
        version = version_of(source)
        current.add(version)
        copy = target / version / "static" / source.relative_to(static)
        count += not copy.exists()
        _pack_file(source, copy)
    for folder in target.iterdir():
        if folder.name not in current and now - folder.stat().st_mtime > RETENTION_SECONDS:
            shutil.rmtree(folder)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return count


def _pack_file(source: Path, copy: Path) -> None:
    content = read_served(source)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in COMPRESSED:
        import brotli  # noqa: PLC0415 - heavy, and only packing needs it

        short = strip_comments(source.name, content)
        _write(copy.with_name(f"{copy.name}.br"), brotli.compress(short))
        _write(copy.with_name(f"{copy.name}.gz"), gzip.compress(short, mtime=0))
    # Last: where it is, its siblings are.
    _write(copy, content)


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once; the proxy may be reading it."""
    if not path.exists():
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
