"""What we add to xhtml2pdf draws what xhtml2pdf draws, and says so when the library has changed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pytest
from xhtml2pdf.config.resources import RenderLimitError
from xhtml2pdf.default import DEFAULT_CSS

from app.integrations.pdf import render, render_pdf
from config import ROOT
from tests.conftest import need

WIDTHS = (6, 30, 22, 22, 20)
CLASSES = ("", "name", "", "r", "r")
TEXTS = (
    "",
    "короткий",
    "текст из многих слов, который не помещается в одной строке и переносится",
    "Ж" * 90,
    "buh." * 20 + "@example.ru и еще",
    "1\u00a0234\u00a0567,89",
    "сумма 1\u00a0234\u00a0567,89 рублей с неразрывными пробелами 9\u00a0999,00",
    "  пробелы \n\t в   начале и конце  ",
    "одна строка<br>другая<br>третья, которая длиннее ширины своего столбца вдвое",
    "&lt;b&gt; «Ромашка» &amp; Ко №&nbsp;5",
)
STYLE = """
@page { size: a4 portrait;
  @frame body { left: 15mm; width: 180mm; top: 15mm; height: 240mm }
  @frame foot { -pdf-frame-content: foot; left: 15mm; width: 180mm; top: 281mm; height: 8mm } }
html { font-family: notosans }
body { font-family: notosans; font-size: 8pt; overflow-wrap: anywhere }
td { padding: 2pt 3pt 1pt 2pt; vertical-align: top; overflow-wrap: anywhere;
  border-bottom: 0.4pt solid #d5dbe1 }
.name { font-weight: bold; color: #224488; font-size: 9pt;
  border-left: 1pt solid #8793a0; border-right: 1pt solid #8793a0 }
.r { text-align: right }
"""
Texts = Sequence[Sequence[str]]


def document(body: str, style: str = STYLE) -> str:
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def cells(texts: Sequence[str], *, styled: bool) -> str:
    attributes = [
        f' width="{width}%" class="{name}"' for width, name in zip(WIDTHS, CLASSES, strict=True)
    ]
    return "".join(
        f"<td{attribute if styled else ''}>{text}</td>"
        for attribute, text in zip(attributes, texts, strict=True)
    )


def ordinary(rows: Texts) -> str:
    return f"<table>{''.join(f'<tr>{cells(row, styled=True)}</tr>' for row in rows)}</table>"


def fast(rows: Texts) -> str:
    body = "".join(f"<tr>{cells(row, styled=False)}</tr>" for row in rows)
    return f"<pdf:rows><table><tr>{cells([''] * 5, styled=True)}</tr>{body}</table></pdf:rows>"


def pixels(content: bytes) -> bytes:
    need(shutil.which("pdftoppm"), "pdftoppm")
    return subprocess.run(
        ["pdftoppm", "-r", "72", "-gray"], input=content, capture_output=True, check=True
    ).stdout


def pages(content: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def mixed_rows(count: int) -> Texts:
    return [
        [str(number), *(TEXTS[number * step % len(TEXTS)] for step in (1, 3, 7, 9))]
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [1, 9, 10, 60])
def test_rows_are_drawn_as_if_xhtml2pdf_had_laid_out_every_cell(count: int) -> None:
    rows = mixed_rows(count)
    expected = render_pdf(document(ordinary(rows)), "x")
    content = render_pdf(document(fast(rows)), "x")
    assert pages(content) == pages(expected)
    assert pixels(content) == pixels(expected)


def test_a_row_higher_than_a_page_goes_on_on_the_next_and_is_not_made_small() -> None:
    rows = [*mixed_rows(2), ["3", "", "слово " * 1500, "1,00", ""], *mixed_rows(2)]
    texts = pages(render_pdf(document(fast(rows)), "x"))
    counts = [text.count("слово") for text in texts]
    assert (len(counts), sum(counts)) == (9, 1500)
    assert set(counts[1:7]) == {216}
    assert texts[1].startswith("3 слово")
    assert texts[1].endswith("слово 1,00")


def test_a_table_without_rows_leaves_nothing() -> None:
    content = render_pdf(document(f"<p>до</p>{fast([])}<p>после</p>"), "x")
    assert pixels(content) == pixels(render_pdf(document("<p>до</p><p>после</p>"), "x"))


def test_a_row_with_a_cell_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="without 5 cells"):
        render_pdf(document(fast([["1"] * 5]).replace("<td>1</td>", "", 1)), "x")


@pytest.mark.parametrize(
    "declaration",
    ["background-color: #eeeeee", "text-align: center", "border-bottom: 1pt dashed #000000"],
)
def test_a_style_that_rows_cannot_have_is_refused_and_not_forgotten(declaration: str) -> None:
    with pytest.raises(ValueError, match="here"):
        render_pdf(document(fast([["1"] * 5]), f"{STYLE} .name {{ {declaration} }}"), "x")


def test_the_number_of_pages_stands_on_every_page_in_the_style_around_it() -> None:
    foot = (
        '<div id="foot"><span style="color: #4b5966">стр. <pdf:pagenumber> из {0}</span></div>'
        "<p>Всего страниц: <b>{0}</b></p>"
    )
    for count in (1, 60, 150):
        rows = ordinary([["1", "", "", "", ""]] * count)
        content = render_pdf(document(foot.format("<pdf:total></pdf:total>") + rows), "x")
        total = len(pages(content))
        expected = render_pdf(document(foot.format(total) + rows), "x")
        assert all(f"из {total}" in text for text in pages(content))
        assert pages(content) == pages(expected)
        assert pixels(content) == pixels(expected)


def test_our_style_sheet_says_of_our_elements_what_that_of_xhtml2pdf_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = (
        "<div>текст<h1>Заголовок</h1><p>абзац <b>полужирный</b><br>строка</p><p></p>"
        "<table><tr><th width='50%'>Столбец</th><th>Другой</th></tr>"
        "<tr><td>а<br>б</td><td>в</td></tr></table><span>конец</span></div>"
    )
    page = document(body, "html { font-family: notosans }")
    content = render_pdf(page, "x")
    monkeypatch.setattr(render, "STYLE", DEFAULT_CSS)
    assert pixels(content) == pixels(render_pdf(page, "x"))


def test_our_style_sheet_knows_every_element_of_the_templates() -> None:
    styled = set(re.findall(r"[a-z]\w*(?=[ ,][^{}]*\{)", re.sub(r"\{[^}]*\}", "{}", render.STYLE)))
    plain = {"head", "meta", "title", "style", "span", "br", "img"}
    found: dict[str, Path] = {}
    for template in (ROOT / "templates" / "pdf").glob("*.html"):
        found |= dict.fromkeys(re.findall(r"<([a-z]\w*)[ >]", template.read_text()), template)
    assert {name: path for name, path in found.items() if name not in styled | plain} == {}


def test_a_document_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(RenderLimitError):
        render_pdf(document(fast(mixed_rows(5))), "x", max_seconds=0)


def test_a_picture_from_outside_is_neither_read_nor_fetched() -> None:
    secret = (ROOT / "static" / "manual").glob("*.png")
    for source in (next(secret).as_posix(), "http://127.0.0.1:9/x.png", "file:///etc/passwd"):
        content = render_pdf(document(f'<p>а<img src="{source}">б</p>'), "x")
        [page] = pypdf.PdfReader(io.BytesIO(content)).pages
        assert not page.images
        assert pages(content) == ["аб"]
