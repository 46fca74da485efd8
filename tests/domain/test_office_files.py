"""Office files are judged by content types and relationships, and old ones by their streams."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attachments import Upload, check_file
from app.domain.errors import AttachmentError
from app.domain.office_open_xml import is_remote
from tests.office import (
    BASE,
    DOCUMENT,
    EXCEL,
    compound,
    package,
    relationship,
    relationships,
    workbook,
)

MAX = 5_000_000
VBA = "application/vnd.ms-office.vbaProject"
DOCM = "application/vnd.ms-word.document.macroEnabled.main+xml"
XLSM = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
SHEET = f"{BASE}.spreadsheetml.sheet"
PROJECT = compound({"_VBA_PROJECT": b"", "dir": b""})


def fault(name: str, content: bytes) -> str:
    """Why a file is not taken; empty: it is."""
    try:
        check_file(Upload(name, content), MAX)
    except AttachmentError as error:
        return error.code
    return ""


def entities() -> bytes:
    return (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        b"<Relationships>&b;</Relationships>"
    )


RUNS_SOMETHING = {
    "macros declared by type": package(parts={"word/a.bin": b"x"}, types={"word/a.bin": VBA}),
    "macros declared by extension": package(parts={"word/a.dat": b"x"}, defaults={"dat": VBA}),
    "macros declared in other case": package(
        parts={"word/A.bin": b"x"}, types={"WORD/a.BIN": VBA.upper()}
    ),
    "macros declared by relationship": package(
        parts={"word/a.bin": b"x"}, links=(relationship(f"{MICROSOFT}/vbaProject", "a.bin"),)
    ),
    "macros of a header": package(
        parts={
            "word/header1.xml": b"<x/>",
            "word/_rels/header1.xml.rels": relationships(
                relationship(f"{MICROSOFT}/vbaProject", "a.bin")
            ),
        }
    ),
    "macro-enabled document": package(main_type=DOCM),
    "macro project embedded under another name": package(parts={"word/media/image1.png": PROJECT}),
    "macro-enabled document embedded": package(
        parts={"word/embeddings/a.docx": package(main_type=DOCM)}
    ),
    "toolbars with macros": package(
        links=(relationship("attachedToolbars", "attachedToolbars.bin"),)
    ),
}
RUNS_IN_EXCEL = {
    "macro-enabled workbook": package(EXCEL, main_type=XLSM),
    "binary workbook": package(
        EXCEL, main_type="application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    ),
    "Excel 4 macro sheet by type": package(
        EXCEL,
        {"xl/worksheets/sheet2.xml": b"<x/>"},
        types={"xl/worksheets/sheet2.xml": "application/vnd.ms-excel.macrosheet+xml"},
    ),
    "Excel 4 macro sheet by relationship": package(
        EXCEL, links=(relationship(f"{MICROSOFT}/xlMacrosheet", "worksheets/sheet2.xml"),)
    ),
    "international macro sheet": package(
        EXCEL,
        {"xl/worksheets/sheet2.xml": b"<x/>"},
        types={"xl/worksheets/sheet2.xml": "application/vnd.ms-excel.intlmacrosheet+xml"},
    ),
    "dialog sheet": package(EXCEL, links=(relationship("dialogsheet", "dialogsheets/sheet1.xml"),)),
}
ACTIVE = {
    "program under any name": package(parts={"word/media/image1.png": b"MZ\x90\0" + b"0" * 60}),
    "program by its name": package(parts={"word/setup.exe": b"x"}),
    "packaged file": package(
        parts={"word/embeddings/oleObject1.bin": compound({"\x01Ole10Native": b"x"})}
    ),
    "ActiveX by type": package(
        parts={"word/a.xml": b"<x/>"}, types={"word/a.xml": "application/vnd.ms-office.activeX+xml"}
    ),
    "ActiveX by relationship": package(links=(relationship("control", "activeX/activeX1.xml"),)),
}
FETCHES = {
    "template": package(
        parts={
            "word/settings.xml": b"<x/>",
            "word/_rels/settings.xml.rels": relationships(
                relationship("attachedTemplate", "https://evil.example/t.dotm", external=True)
            ),
        }
    ),
    "template of strict OOXML on a share": package(
        links=(relationship(f"{STRICT}/attachedTemplate", "file://evil/t.dotm", external=True),)
    ),
    "template, share written with backslashes": package(
        links=(relationship("attachedTemplate", r"\\evil\share\t.dotm", external=True),)
    ),
    "linked object": package(
        links=(relationship("oleObject", "https://evil.example/a.html!", external=True),)
    ),
    "linked object of a disk": package(
        links=(relationship("oleObject", "file:///C:/a.xlsx", external=True),)
    ),
    "frame": package(links=(relationship("frame", "https://evil.example/", external=True),)),
    "subdocument": package(links=(relationship("subDocument", "a.docx", external=True),)),
    "picture of a share": package(
        links=(relationship("image", "file://evil/share/a.png", external=True),)
    ),
    "unknown relationship": package(
        links=(relationship("x:new", "https://e.example", external=True),)
    ),
    "document elsewhere": package(
        root=relationships(relationship("officeDocument", "https://evil.example/d", external=True))
    ),
}


@pytest.mark.parametrize("content", RUNS_SOMETHING.values(), ids=RUNS_SOMETHING)
def test_a_document_with_macros_is_refused_whatever_they_are_called(content: bytes) -> None:
    assert fault("a.docx", content) == "macros"


@pytest.mark.parametrize("content", RUNS_IN_EXCEL.values(), ids=RUNS_IN_EXCEL)
def test_a_workbook_with_macros_is_refused_whatever_they_are_called(content: bytes) -> None:
    assert fault("a.xlsx", content) == "macros"


@pytest.mark.parametrize("content", ACTIVE.values(), ids=ACTIVE)
def test_programs_and_controls_within_a_document_are_refused(content: bytes) -> None:
    assert fault("a.docx", content) == "active"


@pytest.mark.parametrize("content", FETCHES.values(), ids=FETCHES)
def test_a_document_that_fetches_something_when_opened_is_refused(content: bytes) -> None:
    assert fault("a.docx", content) == "external"


def test_a_workbook_that_starts_a_program_by_dde_is_refused() -> None:
    part = "xl/externalLinks/externalLink1.xml"
    for kind, code in (("ddeLink", "active"), ("externalBook", "")):
        content = package(
            EXCEL,
            {part: f'<externalLink xmlns="x"><{kind}/></externalLink>'.encode()},
            types={part: f"{BASE}.spreadsheetml.externalLink+xml"},
        )
        assert fault("a.xlsx", content) == code


def test_what_ordinary_documents_have_is_taken() -> None:
    inner = package(EXCEL)
    content = package(
        parts={
            "word/embeddings/Microsoft_Excel_Worksheet.xlsx": inner,
            "word/embeddings/oleObject1.bin": compound({"VisioDocument": b"x"}),
            "word/media/image1.png": b"\x89PNG\r\n\x1a\n",
            "customXml/item1.xml": b"<x/>",
        },
        defaults={"bin": f"{BASE}.oleObject", "xlsx": SHEET, "png": "image/png"},
        links=(
            relationship("hyperlink", "https://example.ru/?a=1&amp;b=2", external=True),
            relationship("hyperlink", "mailto:lk@example.ru", external=True),
            relationship("hyperlink", "file://server/share/a.xlsx", external=True),
            relationship("image", "https://example.ru/logo.png", external=True),
            relationship("image", "file:///C:/Users/Ivan/a.png", external=True),
            relationship("attachedTemplate", "file:///C:/Users/Ivan/letter.dotx", external=True),
            relationship("oleObject", "embeddings/oleObject1.bin"),
            relationship("package", "embeddings/Microsoft_Excel_Worksheet.xlsx"),
        ),
    )
    assert fault("a.docx", content) == ""
    book = package(
        EXCEL, links=(relationship("externalLinkPath", "file:///Z:/b.xlsx", external=True),)
    )
    assert fault("a.xlsx", book) == ""


def test_the_name_of_the_main_part_does_not_matter() -> None:
    for name in ("word/document2.xml", "documents/main", "word/Document.XML"):
        assert (
            fault("a.docx", package(name, main_type=f"{BASE}.wordprocessingml.document.main+xml"))
            == ""
        )
    for target in ("/word/document.xml", "./word/document.xml", "word/../word/document.xml"):
        root = relationships(relationship("officeDocument", target))
        assert fault("a.docx", package(root=root)) == ""
    strict = relationships(relationship(f"{STRICT}/officeDocument", DOCUMENT))
    assert fault("a.docx", package(root=strict)) == ""


def test_a_workbook_that_this_portal_writes_is_taken() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_url(0, 0, "https://example.ru", string="сайт")
    assert fault("a.xlsx", stream.getvalue()) == ""
    assert fault("a.docx", stream.getvalue()) == "content"


def duplicate() -> bytes:
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("[content_types].XML", "<Types/>")
    return stream.getvalue()


BROKEN = {
    "no main part": package(root=relationships()),
    "two main parts": package(
        parts={"word/b.xml": b""},
        root=relationships(
            relationship("officeDocument", DOCUMENT), relationship("officeDocument", "word/b.xml")
        ),
    ),
    "main part is absent": package(
        root=relationships(relationship("officeDocument", "word/x.xml"))
    ),
    "a template": package(main_type=f"{BASE}.wordprocessingml.template.main+xml"),
    "a presentation": package(main_type=f"{BASE}.presentationml.presentation.main+xml"),
    "two lists of types": duplicate(),
    "no XML": package(root=b"<Relationships"),
    "entities": package(root=entities()),
    "a broken embedded package": package(parts={"word/a.docx": b"PK\x03\x04 broken"}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_such_document_is_refused(content: bytes) -> None:
    assert fault("a.docx", content) == "content"


@pytest.mark.parametrize(
    "content",
    [
        package(root=relationships() + b" " * 4_200_000),
        package(root=relationships(*["<Relationship/>"] * 100_001)),
        package(parts={f"word/{number}.xml": b"" for number in range(5000)}),
    ],
    ids=["long", "many elements", "many parts"],
)
def test_what_takes_long_to_read_is_refused(content: bytes) -> None:
    assert fault("a.docx", content) == "bomb"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xls", compound({"Workbook": workbook(0, 0, 2)}), ""),
        ("a.xls", compound({"Book": workbook(0)}, scattered=True), ""),
        ("a.xls", compound({"Workbook": workbook(0, 1)}), "macros"),
        ("a.xls", compound({"Workbook": workbook(*[0] * 400, 1)}, scattered=True), "macros"),
        ("a.xls", compound({"Book": workbook(6)}), "macros"),
        ("a.xls", compound({"Workbook": workbook(0), "Book": workbook(1)}), "macros"),
        ("a.xls", compound({"WORKBOOK": workbook(1), "Workbook": b""}), "macros"),
        ("a.xls", compound({"Workbook": workbook(0, locked=True)}), "locked"),
        ("a.xls", compound({"Workbook": workbook(0), "_vba_Project": b""}), "macros"),
        ("a.xls", compound({"Workbook": workbook(0)})[:600], "content"),
        ("a.doc", compound({"WordDocument": b"x"}), ""),
        ("a.doc", compound({"WordDocument": b"x", "_VBA_PROJECT": b""}), "macros"),
        ("a.doc", compound({"WordDocument": b"x", "\x01OLE10native": b""}), "active"),
    ],
)
def test_old_office_files_are_judged_by_their_streams(name: str, content: bytes, code: str) -> None:
    assert fault(name, content) == code


@pytest.mark.parametrize(
    ("target", "remote"),
    [
        ("https://e.example/t", True),
        ("HTTP://e", True),
        ("ht\ttp://e", True),
        ("\\ \\host\\t", True),
        ("ftp://e/t", True),
        ("mhtml:http://e", True),
        ("file://host/t", True),
        ("file:////host/t", True),
        (r"file:///\\host\t", True),
        ("file:///%5C%5Chost/t", True),
        (r"\\host\t", True),
        ("//host/t", True),
        ("file:host", True),
        ("file:///C:/t", False),
        (r"file:///C:\t", False),
        (r"C:\t", False),
        ("Normal.dotm", False),
        ("file:///Users/ivan/t.dotx", False),
        ("../t.dotx", False),
        ("file:C:/t", False),
    ],
)
def test_a_share_is_as_remote_as_a_site(target: str, remote: bool) -> None:
    assert is_remote(target) is remote


WHOLE = [
    package(),
    package(EXCEL),
    compound({"Workbook": workbook(0)}),
    compound({"WordDocument": b""}),
]


@settings(deadline=None)
@given(
    st.sampled_from(list(zip(["a.docx", "a.xlsx", "a.xls", "a.doc"], WHOLE, strict=True))),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_no_damage_breaks_the_check(
    file: tuple[str, bytes], changes: list[tuple[int, int]]
) -> None:
    content = bytearray(file[1])
    for place, value in changes:
        content[place % len(content)] = value
    with suppress(AttachmentError):
        check_file(Upload(file[0], bytes(content)), MAX)
