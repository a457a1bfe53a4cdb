"""The kinds of files that can be read: each by one function from bytes to text, imported when such a file comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pkgutil import resolve_name


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind of file is read; `function` is the name of a module in this package and of a function in it."""

    media_type: str
    function: str

    def extract(self, data: bytes, where: str) -> str:
        """Return the text of a file; `where` names it in errors.

        Raises:
            SourceError: the file is not of this kind, or has no text.
        """
        text: str = resolve_name(f"graph_builder.reading.{self.function}")(data, where)
        return text


READERS: Mapping[str, Reader] = {
    ".txt": Reader("text/plain", "text:decode_text"),
    ".md": Reader("text/markdown", "text:decode_text"),
    ".html": Reader("text/html", "html:extract_html"),
    ".htm": Reader("text/html", "html:extract_html"),
    ".pdf": Reader("application/pdf", "pdf:extract_pdf"),
    ".docx": Reader("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx:extract_docx"),
}
"""Readers by the suffix of the file, in small letters."""
