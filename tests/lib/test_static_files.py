"""Packing of static files for the reverse proxy."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import brotli
import pytest

from app.lib.static_files import RETENTION_SECONDS, pack, version_of

NOW = 1_800_000_000.0
COMMENT = b"/* why */\n"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "manual").mkdir(parents=True)
    (folder / "site.css").write_bytes(COMMENT + b"a { color: red }")
    (folder / "manual/home.png").write_bytes(b"PNG")
    (folder / "font.ttf").write_bytes(b"TTF")
    return folder


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_text_is_packed_twice_and_pictures_are_copied(static: Path, tmp_path: Path) -> None:
    target = tmp_path / "packed"
    style = f"{version_of(static / 'site.css')}/static/site.css"
    picture = f"{version_of(static / 'manual/home.png')}/static/manual/home.png"
    assert pack(static, target, NOW) == 2
    assert names(target) == {style, f"{style}.br", f"{style}.gz", picture}
    content = (static / "site.css").read_bytes()
    short = content.replace(COMMENT, b"")
    assert (target / style).read_bytes() == content
    assert brotli.decompress((target / f"{style}.br").read_bytes()) == short
    assert gzip.decompress((target / f"{style}.gz").read_bytes()) == short
    assert pack(static, target, NOW) == 0


def test_a_style_sheet_is_packed_after_the_one_it_continues(static: Path, tmp_path: Path) -> None:
    (static / "staff.css").write_text("b { color: blue }", encoding="utf-8")
    before = version_of(static / "staff.css")
    pack(static, tmp_path / "packed", NOW)
    copy = tmp_path / "packed" / before / "static/staff.css"
    assert copy.read_bytes() == COMMENT + b"a { color: red }b { color: blue }"
    (static / "site.css").write_text("a { color: green }", encoding="utf-8")
    assert version_of(static / "staff.css") != before


def test_a_version_that_is_over_is_kept_for_a_week(static: Path, tmp_path: Path) -> None:
    target = tmp_path / "packed"
    pack(static, target, NOW)
    old = target / version_of(static / "site.css")
    (static / "site.css").write_text("a { color: blue }", encoding="utf-8")
    os.utime(old, (NOW, NOW))
    pack(static, target, NOW + RETENTION_SECONDS)
    assert old.exists()
    pack(static, target, NOW + RETENTION_SECONDS + 1)
    assert not old.exists()
    assert (target / version_of(static / "site.css") / "static/site.css.br").exists()


def test_everybody_may_read_the_copies_whatever_the_mask(static: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        pack(static, tmp_path / "packed", NOW)
    finally:
        os.umask(before)
    for path in (tmp_path / "packed").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)
