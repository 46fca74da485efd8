"""Detect from its bytes that a file is not in the encoding that the batch says.

UTF-8 that is read as windows-1251 gives no error, only names like «РћРћРћ»: it has to be found
before anything is loaded. The other way round every Cyrillic character is an invalid byte, and the
parser of the columns names the first of them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from app.domain.exchange.faults import SystematicError

ENOUGH = 400
"""Characters outside ASCII that decide; a file of another encoding shows it at once."""
FEW = 8
"""DOS bytes that windows-1251 text may have by chance."""
_BOM_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HOW_TO_CORRECT = (
    'укажите в manifest.json "encoding": "utf-8" (в команде — --encoding utf-8) '
    "или сохраните файл в windows-1251"
)
_CYRILLIC = re.compile("[А-Яа-яЁё«»№—–]")
_DOS_BYTES = re.compile(b"[\x80-\xaf]")
_WINDOWS_BYTES = re.compile(b"[\xc0-\xff\xa8\xb8]")


def find_encoding_fault(blocks: Iterable[bytes], encoding: str) -> SystematicError | None:
    """Say what is wrong with the encoding of a file; None: nothing that bytes show.

    Args:
        blocks: the file from its beginning; only as many are read as are needed to decide.
        encoding: ``utf-8`` or ``cp1251``, as the batch says.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    valid = invalid = windows = dos = 0
    for number, block in enumerate(blocks):
        if number == 0 and (fault := _find_by_first_bytes(block, encoding)):
            return fault
        if encoding != "cp1251":
            return None
        if block.isascii():
            decoder.decode(block)
            continue
        text = decoder.decode(block)
        valid += len(_CYRILLIC.findall(text))
        invalid += text.count("\ufffd")
        windows += len(_WINDOWS_BYTES.findall(block))
        dos += len(_DOS_BYTES.findall(block))
        if valid + invalid > ENOUGH:
            break
    if valid > invalid:
        return SystematicError(
            "utf8-as-cp1251", f"файл в UTF-8, а указана windows-1251: {_HOW_TO_CORRECT}"
        )
    if dos > max(windows, FEW):
        return SystematicError(
            "cp866", "файл похож на кодировку DOS (cp866): сохраните его в UTF-8 или windows-1251"
        )
    return None


def _find_by_first_bytes(block: bytes, encoding: str) -> SystematicError | None:
    head = block[:400]
    if head.startswith(_BOM_16) or head[::2].count(0) + head[1::2].count(0) > len(head) // 4:
        return SystematicError(
            "utf-16",
            "файл в UTF-16 («Юникод»): сохраните его в UTF-8, в 1С — КодировкаТекста.UTF8",
        )
    if encoding == "cp1251" and head.startswith(codecs.BOM_UTF8):
        return SystematicError(
            "bom-under-cp1251",
            f"файл начинается с BOM, он в UTF-8, а указана windows-1251: {_HOW_TO_CORRECT}",
        )
    return None
