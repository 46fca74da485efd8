"""Documents name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# A worked example adds these.
EXAMPLES = {
    "app/actions/readings/reminders.py",
    "app/jobs/readings.py",
    "templates/mail/reading_reminder.txt",
    "templates/sms/reading_reminder.txt",
}
PATH = re.compile(
    r"(?<![\w/.])(?:app|deploy|docs|migrations|static|templates|tests)/[\w./-]*\w", re.ASCII
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {path for path in PATH.findall(text) if path not in EXAMPLES}
    if document.name == "CHANGELOG.md":
        # It tells of files of its time.
        named = set()
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    links = {document.parent / link for link in LINK.findall(text)}
    assert [str(link) for link in sorted(links) if not link.exists()] == []


def test_decision_records_have_one_format() -> None:
    for number, file in enumerate(sorted((ROOT / "docs" / "adr").glob("*.md")), 1):
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# {number:04d} "), file.name
        headings = [line for line in text.splitlines() if line.startswith("## ")]
        assert headings[:2] == ["## Context", "## Decision"], file.name
        assert headings[-1] == "## Consequences", file.name
        assert "\n**Status:** accepted, 20" in text, file.name
