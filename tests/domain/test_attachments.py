"""Which files are taken: by what they hold, never by their name alone."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.attachments import TYPES, Upload, check_file, clean_name
from app.domain.errors import AttachmentError
from config import ROOT
from tests.office import EXCEL, compound, package, relationship, workbook

MAX = 1_000_000
PDF = b"%PDF-1.4\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 30
JPG = b"\xff\xd8\xff\xe0" + b"0" * 30
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOC = compound({"WordDocument": b"text", "1Table": b""})
XLS = compound({"Workbook": workbook(0, 2)})
DER = b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"0" * 30
ARMOURED = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(DER) + b"-----END PKCS7-----\n"


DOCX, XLSX = package(), package(EXCEL)
BOMB = package(parts={"word/media/x.bin": b"\0" * 3_000_000})
MACROS = package(
    parts={"word/vbaProject.bin": b"\xd0\xcf"},
    links=(relationship("vbaProject", "vbaProject.bin"),),
)
FILES = ROOT / "tests" / "files"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("договор.pdf", PDF),
        ("a.PDF", PDF),
        ("b.png", PNG),
        ("c.jpg", JPG),
        ("c.jpeg", JPG),
        ("d.doc", DOC),
        ("e.xls", XLS),
        ("f.docx", DOCX),
        ("g.xlsx", XLSX),
        ("h.sig", DER),
        ("k.pdf", b" " * 1024 + PDF),
        ("l.pdf", b"Content-Type: application/pdf\r\n\r\n" + PDF),
        ("m.pdf", (FILES / "bom-before-header.pdf").read_bytes()),
        ("n.docx", (FILES / "word-online-document2.docx").read_bytes()),
        ("i.p7s", base64.b64encode(DER)),
        ("j.sig", ARMOURED),
        ("отчет.exe.pdf", PDF),
    ],
)
def test_what_business_customers_send_is_taken(name: str, content: bytes) -> None:
    checked = check_file(Upload(name, content), MAX)
    assert checked.content == content
    assert checked.media_type == TYPES[checked.extension]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", "kind"),
        ("a.pdf.exe", PDF, "kind"),
        ("a.svg", b"<svg onload=alert(1)>", "kind"),
        ("a.html", b"<script>", "kind"),
        ("a.docm", MACROS, "kind"),
        ("a.zip", DOCX, "kind"),
        ("pdf", PDF, "kind"),
        (".pdf\u202e", PDF, "kind"),
        ("", PDF, "kind"),
        ("a.pdf", b"", "empty"),
        ("a.pdf", PDF + b"0" * MAX, "large"),
        ("a.pdf", b"MZ" + PDF, "content"),
        ("a.pdf", b"<html>%PDF-", "content"),
        ("a.pdf", b"\xef\xbb\xbf\n <script>" + PDF, "content"),
        ("a.pdf", b"#!/bin/sh\n" + PDF, "content"),
        ("a.pdf", DOCX + PDF, "content"),
        ("a.pdf", b" " * 1025 + PDF, "content"),
        ("a.pdf", b" " * 2000, "content"),
        ("a.png", JPG, "content"),
        ("a.jpg", b"GIF89a" + JPG, "content"),
        ("a.doc", DOCX, "content"),
        ("a.doc", OLE + b"Installer", "content"),
        ("a.xls", DOC, "content"),
        ("a.docx", PDF, "content"),
        ("a.docx", XLSX, "content"),
        ("a.docx", b"PK\x03\x04broken", "content"),
        ("a.docx", PNG + DOCX, "content"),
        ("a.sig", b"#!/bin/sh", "content"),
        ("a.p7s", b"\x30\x03\x02\x01\x05" + b"0" * 20, "content"),
        ("a.docx", MACROS, "macros"),
        ("a.doc", DOC + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
        ("a.docx", BOMB, "bomb"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_reason(
    name: str, content: bytes, code: str
) -> None:
    with pytest.raises(AttachmentError) as caught:
        check_file(Upload(name, content), MAX)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        (r"C:\Users\Иван\Договор 5.pdf", "Договор 5.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("чек\u202efdp.exe", "чекfdp.exe"),
        ('a"b<c>|?*.pdf', "a_b_c____.pdf"),
        ("  a .pdf ", "a.pdf"),
        ("...", "файл"),
        (".pdf", "pdf"),
        ("и\u0306.pdf", "й.pdf"),
        ("я" * 300 + ".pdf", "я" * 116 + ".pdf"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(max_size=400))
def test_a_cleaned_name_is_short_plain_and_stays_as_it_is(name: str) -> None:
    clean = clean_name(name)
    assert 0 < len(clean) <= 120
    assert clean.isprintable()
    assert not set('/\\<>:"|?*') & set(clean)
    assert clean_name(clean) == clean


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=200))
def test_no_content_breaks_the_check(extension: str, content: bytes) -> None:
    with suppress(AttachmentError):
        assert check_file(Upload(f"a.{extension}", content), MAX).content == content
