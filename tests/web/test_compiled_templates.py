"""Compiled templates on the disk: used again, never out of date, and not needed."""

from __future__ import annotations

from pathlib import Path

from jinja2 import DictLoader, Environment
from jinja2.bccache import Bucket

from app.web.compiled_templates import TemplateCache


def render(folder: Path, source: str, **options: bool) -> tuple[str, bool]:
    """What a fresh process shows, and whether it had to compile."""
    compiled: list[str] = []

    class Watched(TemplateCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            compiled.append(bucket.key)
            super().dump_bytecode(bucket)

    env = Environment(loader=DictLoader({"page.html": source}), autoescape=True, **options)
    env.bytecode_cache = Watched(folder, env)
    return env.get_template("page.html").render(), bool(compiled)


def test_a_template_is_compiled_once_for_all_processes(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ 1 }}") == ("1", True)
    assert render(tmp_path, "{{ 1 }}") == ("1", False)


def test_what_has_changed_is_compiled_anew(tmp_path: Path) -> None:
    block = "{% if 1 %}\nyes{% endif %}"
    assert render(tmp_path, block) == ("\nyes", True)
    assert render(tmp_path, "no") == ("no", True)
    assert render(tmp_path, block, trim_blocks=True) == ("yes", True)
    assert render(tmp_path, block) == ("\nyes", True)


def test_a_page_needs_no_place_on_the_disk(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", Path("/proc/1")):
        assert render(folder, "{{ 1 }}") == ("1", True)
