"""HTML, PDF and Word files: the text that comes out of them."""

import io
from pathlib import Path

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from graph_builder.errors import SourceError
from graph_builder.reading.docx import extract_docx
from graph_builder.reading.html import extract_html
from graph_builder.reading.pdf import extract_pdf

PAGE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html><head>
<title>t</title><style>p{}</style></head><body>
<nav><a>Home</a></nav><header>Site</header><main><article><header><h1>Joint Statement</h1></header>
<p>We recognise the <b>risks</b>\n of AI.<br>We act.</p><h2>Measures</h2>
<ol start="3"><li>protect rights;</li><li><p>promote safety:</p><ul><li>by tests</li></ul></li></ol>
<table><tr><th>Actor</th><td>Role</td></tr></table><p style="display: none">hidden</p></article></main>
<footer>All rights reserved</footer><script>alert(1)</script></body></html>"""


def write_pdf(stream: str) -> bytes:
    """Return a PDF of one page whose content is `stream`."""
    parts = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    )
    data, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return (data + tail).encode()


def test_a_page_keeps_its_blocks_and_loses_its_frame() -> None:
    assert extract_html(PAGE.encode(), "a.html").split("\n\n") == [
        "# Joint Statement",
        "We recognise the risks of AI.",
        "We act.",
        "## Measures",
        "3. protect rights;",
        "4. promote safety:",
        "  - by tests",
        "| Actor | Role |\n",
    ]


def test_a_declared_encoding_is_used() -> None:
    page = '<html><head><meta charset="gb18030"></head><body><p>各国应当合作。</p></body></html>'
    assert extract_html(page.encode("gb18030"), "a.html") == "各国应当合作。\n"


@pytest.mark.parametrize("page", [b"<html><body><script>x</script></body></html>", b"<!-- -->", b"<p>\xff</p>"])
def test_a_page_without_readable_text_is_an_error(page: bytes) -> None:
    with pytest.raises(SourceError, match=r"a\.html"):
        extract_html(page, "a.html")


def test_the_text_layer_of_a_pdf_is_read() -> None:
    stream = "BT /F1 12 Tf 20 200 Td (We shall cooperate.) Tj 0 -20 Td (States agree.) Tj ET"
    assert extract_pdf(write_pdf(stream), "a.pdf").split("\n") == ["We shall cooperate.", "States agree.", ""]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (write_pdf("0 0 m 10 10 l S"), "no text in it.*OCR"),
        (b"%PDF-1.4 broken", "cannot be read as PDF"),
        (b"x", "PDF"),
    ],
)
def test_a_pdf_without_text_is_an_error(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        extract_pdf(data, "a.pdf")


def test_a_word_document_keeps_headings_lists_and_tables() -> None:
    document = Document()
    document.add_heading("Joint Statement", level=0)
    document.add_heading("Measures", level=1)
    document.add_paragraph("States should:")
    document.add_paragraph("protect rights;", style="List Bullet")
    document.add_table(rows=1, cols=2).rows[0].cells[0].text = "Actor"
    saved = io.BytesIO()
    document.save(saved)
    assert extract_docx(saved.getvalue(), "a.docx").split("\n\n") == [
        "# Joint Statement",
        "# Measures",
        "States should:",
        "- protect rights;",
        "| Actor |\n",
    ]


def test_a_word_list_whose_numbering_is_missing_is_counted_in_decimals() -> None:
    document = Document()
    for words in ("protect rights;", "promote safety."):
        properties = document.add_paragraph(words)._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_numId().val = 7
    (numbering,) = (key for key, part in document.part.rels.items() if part.reltype == RELATIONSHIP_TYPE.NUMBERING)
    document.part.rels.pop(numbering)
    saved = io.BytesIO()
    document.save(saved)
    assert extract_docx(saved.getvalue(), "a.docx").split() == ["1.", "protect", "rights;", "2.", "promote", "safety."]


@pytest.mark.parametrize("data", [b"no zip", b"PK\x03\x04 cut off"])
def test_a_broken_word_document_is_an_error(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read as a Word document"):
        extract_docx(data, str(tmp_path / "a.docx"))
