"""Files that customers send: which are taken, by what they hold, never by their name alone."""

from __future__ import annotations

import base64
import binascii
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from app.domain.errors import AttachmentError

MAX_NAME = 120
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_ENTRIES = 5000
"""Of the zip archives that .docx and .xlsx are."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = "_VBA_PROJECT".encode("utf-16-le")
STREAMS = {
    "doc": ("WordDocument".encode("utf-16-le"),),
    "xls": ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")),
}
"""What the directory of an old Office file names; messages and installers are OLE files, too."""
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
"""Extensions that are taken, and the media types they are given back with."""
_MAIN_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept: its name cleaned, its type by its content."""

    name: str
    extension: str
    content: bytes

    @property
    def media_type(self) -> str:
        return TYPES[self.extension]


def check_file(upload: Upload, max_bytes: int) -> CheckedFile:
    """Take a file, or say why not.

    Raises:
        AttachmentError: ``kind`` ``empty`` ``large`` ``content`` ``macros`` ``bomb``.
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
    """A name without folders, control and direction characters, of a bearable length."""
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
        return _zip_fault(extension, content)
    if extension in ("doc", "xls"):
        if not content.startswith(OLE) or not any(each in content for each in STREAMS[extension]):
            return "content"
        return "macros" if MACROS in content else ""
    if extension in ("sig", "p7s"):
        return "" if _is_signature(content) else "content"
    magic = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n"}.get(extension, b"\xff\xd8\xff")
    return "" if content.startswith(magic) else "content"


def _zip_fault(extension: str, content: bytes) -> str:
    """What is wrong with an Office file; its directory is read, nothing is unpacked."""
    if not content.startswith(b"PK\x03\x04"):
        return "content"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "content"
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > min(MAX_UNPACKED, MAX_RATIO * len(content)):
        return "bomb"
    if _MAIN_PARTS[extension] not in names or "[Content_Types].xml" not in names:
        return "content"
    is_macro = any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for name in names)
    return "macros" if is_macro else ""


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
