"""The kinds of files that can be read, each by one function from bytes to text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graph_builder.reading.docx import extract_docx
from graph_builder.reading.html import extract_html
from graph_builder.reading.pdf import extract_pdf
from graph_builder.reading.text import decode_text


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind of file is read: `extract(data, where)` returns its text or raises `SourceError`."""

    media_type: str
    extract: Callable[[bytes, str], str]


READERS: Mapping[str, Reader] = {
    ".txt": Reader("text/plain", decode_text),
    ".md": Reader("text/markdown", decode_text),
    ".html": Reader("text/html", extract_html),
    ".htm": Reader("text/html", extract_html),
    ".pdf": Reader("application/pdf", extract_pdf),
    ".docx": Reader("application/vnd.openxmlformats-officedocument.wordprocessingml.document", extract_docx),
}
"""Readers by the suffix of the file, in small letters."""
