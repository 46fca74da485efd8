"""Texts of consents: files named by purpose and date of the version, never changed once in use."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PERSONAL_DATA = "personal-data"
ENQUIRY_DATA, ENQUIRY_ANSWER = "enquiry-data", "enquiry-answer"
POLICY = "policy"
TITLES = {
    PERSONAL_DATA: "Согласие на обработку персональных данных",
    ENQUIRY_DATA: "Согласие на обработку персональных данных при рассмотрении обращения",
    ENQUIRY_ANSWER: "Согласие на получение ответа в электронном виде",
    POLICY: "Политика в отношении обработки персональных данных",
}
_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "consents"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of one text; ``sha256`` is of the file's bytes."""

    purpose: str
    version: str
    template: str
    sha256: str


@cache
def list_versions(purpose: str) -> tuple[ConsentText, ...]:
    """All versions of a text, the current one last; empty for an unknown purpose."""
    if not re.fullmatch(r"[a-z-]{1,40}", purpose):
        return ()
    return tuple(
        ConsentText(
            purpose,
            file.stem,
            f"consents/{purpose}/{file.name}",
            hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for file in sorted((_FOLDER / purpose).glob("*.html"))
    )


def current_text(purpose: str) -> ConsentText:
    """The version that is shown and agreed to today."""
    return list_versions(purpose)[-1]


def find_text(purpose: str, version: str) -> ConsentText | None:
    """The version that somebody agreed to."""
    return next((text for text in list_versions(purpose) if text.version == version), None)
