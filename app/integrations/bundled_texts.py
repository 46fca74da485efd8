"""Texts that the portal brings along: files named by purpose and date, never changed later."""

from __future__ import annotations

import hashlib
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
EDO = "edo"
BUILT_IN = "built-in"
"""The version of «ЭДО», which has no date: it may change until a supplier publishes a text."""
_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "consents"


@dataclass(frozen=True, slots=True)
class TextFile:
    """One version of one text; ``sha256`` is of the file's bytes, empty where it may change."""

    purpose: str
    version: str
    template: str
    sha256: str


@cache
def list_files(purpose: str) -> tuple[TextFile, ...]:
    """All versions of a text, the latest one last; empty for an unknown purpose."""
    if purpose == EDO:
        return (TextFile(EDO, BUILT_IN, "texts/edo.html", ""),)
    if purpose not in TITLES:
        return ()
    return tuple(
        TextFile(
            purpose,
            file.stem,
            f"consents/{purpose}/{file.name}",
            hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for file in sorted((_FOLDER / purpose).glob("*.html"))
    )
