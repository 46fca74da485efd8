"""Validate attachments by extension and content, never by the name alone."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from app.domain.errors import AttachmentError
from app.domain.office_open_xml import find_package_fault
from app.domain.ole_files import OLE, find_ole_fault, has_workbook

MAX_NAME = 120
STREAMS = {
    "doc": ("WordDocument".encode("utf-16-le"),),
    "xls": ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")),
}
"""Streams of an old Office file by its extension; messages and installers are OLE files, too."""
TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sig": "application/pkcs7-signature",
    "p7s": "application/pkcs7-signature",
}
"""Accepted extensions, and the media types that they are sent with."""
BEFORE_PDF = 1024
"""Bytes that may precede a PDF's header, as readers allow: a byte order mark, mail headers."""
_OTHER_FILE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(MZ|PK|<|#!|\x7fELF|GIF8|\x89PNG|\xff\xd8\xff|\xd0\xcf\x11\xe0|\{\\rtf)"
)
"""First bytes of files that other programs would open as something else."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was uploaded, not yet checked."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be stored: its name is cleaned, its content fits its extension."""

    name: str
    extension: str
    content: bytes

    @property
    def media_type(self) -> str:
        """Media type to send the file with."""
        return TYPES[self.extension]


def check_file(upload: Upload, max_bytes: int) -> CheckedFile:
    """Accept a file whose content fits its extension and holds nothing that runs.

    Args:
        upload: as it came.
        max_bytes: the largest accepted size.

    Raises:
        AttachmentError: ``kind`` ``empty`` ``large`` ``content`` ``macros`` ``active``
            ``external`` ``locked`` ``bomb``.
    """
    name = clean_name(upload.name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in TYPES:
        raise AttachmentError("kind", name)
    if not upload.content:
        raise AttachmentError("empty", name)
    if len(upload.content) > max_bytes:
        raise AttachmentError("large", name)
    if fault := _fault(extension, upload.content):
        raise AttachmentError(fault, name)
    return CheckedFile(name, extension, upload.content)


def clean_name(text: str) -> str:
    """Clean a file name: no folders, control or direction characters, at most MAX_NAME long.

    Args:
        text: as the browser has sent it.

    Returns:
        A name with the same extension; «файл» where nothing else is left.
    """
    text = unicodedata.normalize("NFC", text.replace("\0", ""))
    text = re.split(r"[/\\]", text)[-1]
    text = "".join(
        character
        for character in text
        if character.isprintable() and unicodedata.category(character) not in ("Cf", "Cs", "Co")
    )
    text = re.sub(r'[<>:"|?*]', "_", " ".join(text.split())).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if not dot:
        return text[:MAX_NAME] or "файл"
    extension = extension[:10]
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ') or 'файл'}.{extension}"


def _fault(extension: str, content: bytes) -> str:
    """Why the content does not fit the extension; empty: it does."""
    if extension in ("docx", "xlsx"):
        return find_package_fault(extension, content)
    if extension in ("doc", "xls"):
        return _old_office_fault(extension, content)
    if extension in ("sig", "p7s"):
        return "" if _is_signature(content) else "content"
    if extension == "pdf":
        return "" if _is_pdf(content) else "content"
    magic = b"\x89PNG\r\n\x1a\n" if extension == "png" else b"\xff\xd8\xff"
    return "" if content.startswith(magic) else "content"


def _old_office_fault(extension: str, content: bytes) -> str:
    if not content.startswith(OLE) or not any(name in content for name in STREAMS[extension]):
        return "content"
    if fault := find_ole_fault(content):
        return fault
    return "content" if extension == "xls" and not has_workbook(content) else ""


def _is_pdf(content: bytes) -> bool:
    """A PDF, maybe after something that readers skip; not what other programs would open."""
    start = content.find(b"%PDF-", 0, BEFORE_PDF + len(b"%PDF-"))
    return start == 0 or (start > 0 and not _OTHER_FILE.match(content))


def _is_signature(content: bytes) -> bool:
    """A PKCS#7 signature: DER, or the same in base64, with or without its armour."""
    if _is_der(content):
        return True
    text = re.sub(rb"-----(BEGIN|END) [A-Z0-9 ]{1,30}-----|\s", b"", content)
    try:
        return _is_der(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_der(content: bytes) -> bool:
    """A sequence that begins with an object identifier, as every ContentInfo does."""
    if len(content) < 16 or content[0] != 0x30:
        return False
    length = content[1]
    start = 2 + (length & 0x7F if length & 0x80 else 0)
    return start <= 6 and content[start : start + 1] == b"\x06"
