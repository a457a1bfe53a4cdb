"""Word documents: paragraphs and tables in order, with headings as `#` lines and list numbers as Word shows them."""

import io
import re
import zipfile
from collections.abc import Iterator

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree  # type: ignore[import-untyped]

from graph_builder.errors import SourceError

_HAN_DIGITS = "零一二三四五六七八九"
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def extract_docx(data: bytes, where: str) -> str:
    """Return the text of a document, one paragraph a line, paragraphs apart by blank lines.

    Raises:
        SourceError: the file is no Word document, or has no text.
    """
    try:
        document = Document(io.BytesIO(data))
        lines = [line for line in _lines(document) if line.strip()]
    except (zipfile.BadZipFile, KeyError, ValueError, etree.XMLSyntaxError) as exc:
        raise SourceError(where, "cannot be read as a Word document", "save it as .docx or .txt") from exc
    if not lines:
        raise SourceError(where, "the document has no text", "check the file, or save the text as .txt")
    return "\n\n".join(lines) + "\n"


def _lines(document: WordDocument) -> Iterator[str]:
    counters: dict[tuple[str, int], int] = {}
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = [" ".join(cell.text.split()) for cell in row.cells if cell.text.strip()]
                yield "| " + " | ".join(cells) + " |" if cells else ""
        else:
            text = " ".join(block.text.split())
            if text:
                yield _mark(document, block, counters) + text


def _mark(document: WordDocument, paragraph: Paragraph, counters: dict[tuple[str, int], int]) -> str:
    """Return the heading sign or list number that a paragraph shows; counts the lists in `counters`."""
    style = paragraph.style.name if paragraph.style is not None and paragraph.style.name else ""
    if style == "Title":
        return "# "
    heading = re.fullmatch(r"Heading (\d)", style)
    number = _number(document, paragraph, counters)
    if heading:
        return "#" * min(6, int(heading.group(1))) + " " + (number if number != "- " else "")
    if number:
        return number
    return "- " if style.startswith("List Bullet") else ""


def _number(document: WordDocument, paragraph: Paragraph, counters: dict[tuple[str, int], int]) -> str:
    list_ids = paragraph._p.xpath("./w:pPr/w:numPr/w:numId/@w:val")
    if not list_ids or list_ids[0] == "0":
        return ""
    levels = paragraph._p.xpath("./w:pPr/w:numPr/w:ilvl/@w:val")
    list_id, level = str(list_ids[0]), int(levels[0]) if levels else 0
    counters[list_id, level] = counters.get((list_id, level), 0) + 1
    for key in [key for key in counters if key[0] == list_id and key[1] > level]:
        del counters[key]
    form, words = _level(document, list_id, level)
    if form == "bullet":
        return "  " * level + "- "
    shown = re.sub(r"%(\d)", lambda m: _write(counters.get((list_id, int(m.group(1)) - 1), 1), form), words)
    return "  " * level + shown + ("" if shown.endswith(("、", "）")) else " ")


def _level(document: WordDocument, list_id: str, level: int) -> tuple[str, str]:
    """Return number format and pattern ("%1.") of a list level; decimal where the document does not say."""
    if all(relation.reltype != RELATIONSHIP_TYPE.NUMBERING for relation in document.part.rels.values()):
        return "decimal", f"%{level + 1}."
    numbering = document.part.numbering_part.element
    abstract = numbering.xpath(f"./w:num[@w:numId='{list_id}']/w:abstractNumId/@w:val")
    found = (
        numbering.xpath(f"./w:abstractNum[@w:abstractNumId='{abstract[0]}']/w:lvl[@w:ilvl='{level}']")
        if abstract
        else []
    )
    if not found:
        return "decimal", f"%{level + 1}."
    form, words = found[0].find(qn("w:numFmt")), found[0].find(qn("w:lvlText"))
    return (
        "decimal" if form is None else form.get(qn("w:val")),
        f"%{level + 1}." if words is None else words.get(qn("w:val")),
    )


def _write(value: int, form: str) -> str:
    """Write a list number in one of Word's formats."""
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(96 + (value - 1) % 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(value)
        return roman.lower() if form == "lowerRoman" else roman
    if form.startswith(("chinese", "ideograph", "taiwanese", "japaneseCounting")) and value < 100:
        tens, ones = divmod(value, 10)
        return (
            ("" if tens < 2 else _HAN_DIGITS[tens])
            + ("十" if tens else "")
            + (_HAN_DIGITS[ones] if ones or not tens else "")
        )
    return str(value)


def _roman(value: int) -> str:
    written = ""
    for size, sign in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        written += sign * (value // size)
        value %= size
    return written
