"""An answer as lines that can be compared, whatever white space its template has."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement, PreformattedString
from openpyxl import load_workbook

INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "button",
        "code",
        "em",
        "i",
        "input",
        "label",
        "output",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "svg",
        "time",
        "u",
    ]
)
RANDOM = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[WI][\w-]{20,}\.[\w-]{5,}(?:\.[\w-]{10,})?"), "TOKEN"),
    (re.compile(r"([?&]v=)[\w.-]+"), r"\1V"),
    (re.compile(r"\b\d{6}\b(?=[^\d]*$|\s*—)"), "CODE"),
    (re.compile(r"127\.0\.0\.1:\d+|localhost:\d+"), "HOST"),
)


def as_text(content: bytes, media_type: str) -> str:
    """What a person gets of an answer, in lines that can be compared."""
    if "html" in media_type:
        return neutral("\n".join(page_lines(BeautifulSoup(content, "html5lib"))))
    if "pdf" in media_type:
        told = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
        )
        return neutral(told.stdout.decode())
    if "sheet" in media_type:
        book = load_workbook(io.BytesIO(content))
        return neutral(
            "\n".join(
                f"{sheet.title} {cell.coordinate} {cell.number_format} {cell.value!r}"
                for sheet in book
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            )
        )
    return neutral(content.decode("utf-8", "replace"))


def neutral(text: str) -> str:
    """The text without what differs between two runs of one version."""
    for pattern, placeholder in RANDOM:
        text = pattern.sub(placeholder, text)
    return text


def page_lines(soup: BeautifulSoup) -> Iterator[str]:
    """Elements with their attributes in order of name, and texts, a line each.

    White space counts within a line of text only, as on the screen.
    """
    space = False
    line = ""
    for kind, value in tokens(soup):
        if kind == "text":
            if value.strip():
                line += (" " if (space or value[0].isspace()) and line else "") + " ".join(
                    value.split()
                )
                space = value[-1].isspace()
            else:
                space = bool(line)
            continue
        if kind == "inline":
            line += (" " if space and line else "") + value
            space = False
            continue
        if line.strip():
            yield line.strip()
        line, space = "", False
        yield value
    if line.strip():
        yield line.strip()


def tokens(node: PageElement) -> Iterator[tuple[str, str]]:
    """(kind, text) of everything inside a node; kinds: text, inline, block."""
    if isinstance(node, PreformattedString):
        return
    if isinstance(node, NavigableString):
        yield "text", str(node)
        return
    if not isinstance(node, Tag):
        return
    is_hidden = node.name == "input" and node.get("type") == "hidden"
    kind = "inline" if node.name in INLINE and not is_hidden else "block"
    if node.name != "[document]":
        yield kind, f"<{node.name}{attributes(node)}>"
    for child in node.children:
        yield from tokens(child)
    if node.name != "[document]":
        yield kind, f"</{node.name}>"


def attributes(tag: Tag) -> str:
    found = dict(tag.attrs)
    if tag.name == "input" and found.get("name") in {"csrf_token", "key", "token", "seen"}:
        found["value"] = "…"
    return "".join(
        f' {name}="{" ".join(value) if isinstance(value, list) else " ".join(value.split())}"'
        for name, value in sorted(found.items())
    )
