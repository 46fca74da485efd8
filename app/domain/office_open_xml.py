"""Check .docx and .xlsx by content types and relationships: what Office would run or fetch.

Names of parts mean nothing in these packages (ECMA-376, Part 2): a macro project may be called
anything, and Word Online calls the document ``document2.xml``.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.parsers import expat

from app.domain.ole_files import OLE, find_ole_fault

MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_ENTRIES = 5000
MAX_XML = 4 * 1024 * 1024
MAX_EMBEDDED = 32 * 1024 * 1024
"""Bytes of one description of parts, and of one embedded file."""
MAX_READ = 64 * 1024 * 1024
MAX_DESCRIBED = 16 * 1024 * 1024
MAX_ELEMENTS = 100_000
"""All that is read of a package; bytes and elements of all its descriptions."""
CONTENT_TYPES = "[content_types].xml"
MAIN_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
ELEMENTS = frozenset({"Default", "Override", "Relationship"})
LINK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.externallink+xml"
MACRO_TYPE = re.compile(r"macroenabled|vbaproject|vbadata|macrosheet|dialogsheet")
CONTROL_TYPE = re.compile(r"activex")
MACRO_RELATIONS = frozenset(
    {
        "vbaproject",
        "vbaprojectsignature",
        "wordvbadata",
        "xlmacrosheet",
        "xlintlmacrosheet",
        "dialogsheet",
        "attachedtoolbars",
    }
)
CONTROL_RELATIONS = frozenset({"control", "activexcontrolbinary"})
LINKS = re.compile(r"hyperlink|externallinkpath|xl\w+")
"""External, but followed only when a person asks for it."""
IF_NOT_REMOTE = frozenset({"attachedtemplate", "image", "audio", "video", "media"})
"""Accepted from the author's disk; from elsewhere they would be fetched on opening."""
FROM_THE_WEB = frozenset({"image", "audio", "video", "media"})
"""Pasted from a web page; from a share of somebody's network they give a password hash away."""
PROGRAMS = re.compile(
    r"\.(exe|dll|scr|com|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|msi|lnk|jar|cpl|pif)$"
)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    RuntimeError,
    expat.ExpatError,
)


class _FaultError(Exception):
    """A package is refused; the message is the code."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """One reference of a part; ``kind`` is the last word of its type."""

    kind: str
    target: str
    is_external: bool


def find_package_fault(extension: str, content: bytes) -> str:
    """Find macros, controls, remote content or a zip bomb in an Office Open XML package.

    Args:
        extension: ``docx`` or ``xlsx``.
        content: bytes of the whole file.

    Returns:
        ``content`` ``bomb`` ``macros`` ``active`` ``external``, or nothing.
    """
    if not content.startswith(b"PK\x03\x04"):
        return "content"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _Package(archive, len(content)).check(MAIN_TYPES[extension])
    except _FaultError as fault:
        return str(fault)
    except _DAMAGE:
        return "content"
    return ""


class _Package:
    def __init__(self, archive: zipfile.ZipFile, packed: int, is_embedded: bool = False) -> None:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > MAX_ENTRIES or unpacked > min(MAX_UNPACKED, MAX_RATIO * packed):
            raise _FaultError("bomb")
        self.archive = archive
        self.is_embedded = is_embedded
        self.parts = {entry.filename.lower(): entry for entry in entries if not entry.is_dir()}
        names = [entry.filename.lower() for entry in entries]
        # Two parts of one name, or a path of Windows: programs differ in what they read.
        is_unclear = len(set(names)) < len(names) or any("\\" in name for name in names)
        packings = {entry.compress_type for entry in entries}
        if is_unclear or not packings <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _FaultError("content")
        self.bytes_left, self.described_left, self.elements_left = (
            MAX_READ,
            MAX_DESCRIBED,
            MAX_ELEMENTS,
        )
        self.types, self.defaults = self._read_types()

    def check(self, main_type: str) -> None:
        """Check every part and every relationship.

        Args:
            main_type: content type that the main part must have.

        Raises:
            _FaultError: code of the first fault.
        """
        for name in self.parts:
            self._check_type(self.type_of(name))
            self._check_bytes(name)
        self._check_relationships()
        if self.is_embedded:
            return
        mains = [
            link for link in self._relationships("_rels/.rels") if link.kind == "officedocument"
        ]
        targets = [
            posixpath.normpath("/" + unquote(link.target).lower()).strip("/") for link in mains
        ]
        if len(targets) != 1 or targets[0] not in self.parts:
            raise _FaultError("content")
        if self.type_of(targets[0]) != main_type:
            raise _FaultError("content")

    def type_of(self, name: str) -> str:
        """Content type of a part, as [Content_Types].xml declares it."""
        return self.types.get(name) or self.defaults.get(name.rpartition(".")[2], "")

    def _read_types(self) -> tuple[dict[str, str], dict[str, str]]:
        if CONTENT_TYPES not in self.parts:
            raise _FaultError("content")
        types, defaults = {}, {}
        for element, attributes in self._elements(CONTENT_TYPES):
            kind = attributes.get("ContentType", "").partition(";")[0].strip().lower()
            if element == "Override":
                types[unquote(attributes.get("PartName", "")).lower().lstrip("/")] = kind
            elif element == "Default":
                defaults[attributes.get("Extension", "").lower()] = kind
        return types, defaults

    def _check_type(self, kind: str) -> None:
        if MACRO_TYPE.search(kind):
            raise _FaultError("macros")
        if CONTROL_TYPE.search(kind):
            raise _FaultError("active")

    def _check_bytes(self, name: str) -> None:
        """Check a part by its first bytes, whatever it is called."""
        with self.archive.open(self.parts[name]) as part:
            head = part.read(8)
        if PROGRAMS.search(name) or head.startswith(b"MZ"):
            raise _FaultError("active")
        if head == OLE:
            if fault := find_ole_fault(self._read(name, MAX_EMBEDDED)):
                raise _FaultError(fault)
        elif head.startswith(b"PK\x03\x04") and not self.is_embedded:
            inner = self._read(name, MAX_EMBEDDED)
            with zipfile.ZipFile(io.BytesIO(inner)) as archive:
                if any(entry.lower() == CONTENT_TYPES for entry in archive.namelist()):
                    _Package(archive, len(inner), is_embedded=True).check("")
        elif self.type_of(name) == LINK_TYPE and self._is_dde(name):
            raise _FaultError("active")

    def _check_relationships(self) -> None:
        for name in self.parts:
            if name.endswith(".rels"):
                for link in self._relationships(name):
                    _check_relationship(link)

    def _relationships(self, name: str) -> Iterator[Relationship]:
        if name not in self.parts:
            return
        for element, attributes in self._elements(name):
            if element == "Relationship":
                yield Relationship(
                    attributes.get("Type", "").strip().rpartition("/")[2].lower(),
                    attributes.get("Target", "").strip(),
                    attributes.get("TargetMode", "").strip().lower() == "external",
                )

    def _elements(self, name: str) -> list[tuple[str, dict[str, str]]]:
        """Parse the local names and attributes of ELEMENTS; a DTD is refused."""
        content = self._read(name, min(MAX_XML, self.described_left))
        self.described_left -= len(content)
        found: list[tuple[str, dict[str, str]]] = []
        parser = expat.ParserCreate(namespace_separator=" ")

        def start(element: str, attributes: dict[str, str]) -> None:
            local = element.rpartition(" ")[2]
            if local in ELEMENTS:
                found.append((local, attributes))
            self.elements_left -= 1
            if self.elements_left < 0:
                raise _FaultError("bomb")

        def refuse(*declared: object) -> None:
            raise ValueError("a DTD may hold entities")

        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = refuse
        parser.Parse(content, True)
        return found

    def _is_dde(self, name: str) -> bool:
        """Whether an external link is a DDE link, which starts a program."""
        kinds: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda element, _: kinds.append(element.rpartition(" ")[2])
        content = io.BytesIO(self._read(name, MAX_EMBEDDED))
        while len(kinds) < 2 and (piece := content.read(4096)):
            parser.Parse(piece, False)
        return "ddeLink" in kinds

    def _read(self, name: str, limit: int) -> bytes:
        with self.archive.open(self.parts[name]) as part:
            content = part.read(limit + 1)
        self.bytes_left -= len(content)
        if len(content) > limit or self.bytes_left < 0:
            raise _FaultError("bomb")
        return content


def _check_relationship(link: Relationship) -> None:
    if link.kind in MACRO_RELATIONS:
        raise _FaultError("macros")
    if link.kind in CONTROL_RELATIONS:
        raise _FaultError("active")
    if not link.is_external or LINKS.fullmatch(link.kind):
        return
    is_web = bool(re.match(r"https?://", link.target, re.IGNORECASE))
    if link.kind in IF_NOT_REMOTE and not is_remote(link.target):
        return
    if link.kind in FROM_THE_WEB and is_web:
        return
    raise _FaultError("external")


def is_remote(target: str) -> bool:
    """Whether a target is a URL or a network share, not a path on the local disk.

    Args:
        target: of a relationship, maybe percent-encoded.
    """
    # Spaces and control characters within an address are skipped by whoever opens it.
    place = re.sub(r"[\s\x00-\x1f]", "", unquote(target)).replace("\\", "/")
    if re.match(r"file:", place, re.IGNORECASE):
        # file:///C:/x and file:///Users/x are local; file://host/x and file:////host/x are not.
        return not re.match(r"file:///(?!/)|file:/?[a-z]:", place, re.IGNORECASE)
    return place.startswith("//") or bool(re.match(r"[a-z][a-z0-9+.-]+:", place, re.IGNORECASE))
