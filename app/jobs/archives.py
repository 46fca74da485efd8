"""Statements of several contracts as one archive."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from app.domain.errors import AccessDeniedError, NotFoundError, StatementTooLongError
from app.models import PreparedFile

Write = Callable[[PreparedFile, int, str], tuple[str, bytes]]
"""Makes the statement of a contract: its name and content."""
LEFT_OUT = "Не вошли.txt"
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


class NothingToPackError(Exception):
    """None of the contracts may be read any more, or all statements are too long."""


def write_archive(file: PreparedFile, write: Write) -> bytes:
    """Pack the statement of each contract of a prepared file.

    One whose money the person may not see any more is left out without a word; one that is too long
    is named in a text beside the others.

    Raises:
        NothingToPackError: there is none.
    """
    output = io.BytesIO()
    too_long: list[str] = []
    names: set[str] = set()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for contract in file.options["contracts"]:
            try:
                name, content = write(file, contract["id"], file.options["format"])
            except (NotFoundError, AccessDeniedError):
                continue
            except StatementTooLongError as error:
                too_long.append(f"Договор № {contract['number']}: строк {error.rows}")
                continue
            name = f"{_NOT_IN_NAMES.sub('-', name)}.{file.options['format']}"
            # A number may belong to two contracts.
            name = f"{contract['id']} {name}" if name in names else name
            names.add(name)
            archive.writestr(name, content)
        if too_long and names:
            text = "Слишком длинные справки, выберите период короче:\r\n" + "\r\n".join(too_long)
            archive.writestr(LEFT_OUT, text.encode("utf-8-sig"))
    if not names:
        raise NothingToPackError
    return output.getvalue()
