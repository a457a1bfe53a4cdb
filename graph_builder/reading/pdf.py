"""PDF files: the text layer, page by page. A page begins with a form feed, so that paragraphs may run over it."""

import io
import logging

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from graph_builder.errors import SourceError

_REMEDY = "run it through OCR, or save the text as .txt"


def extract_pdf(data: bytes, where: str) -> str:
    """Return the text of all pages.

    Raises:
        SourceError: the file is no PDF, is encrypted with a password, or has no text layer.
    """
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # repairs of slightly broken files are no news to the user
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError(where, "the PDF is locked with a password", "save an unlocked copy")
        pages = [page.extract_text() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError) as exc:
        raise SourceError(
            where, f"cannot be read as PDF ({type(exc).__name__})", "check the file, or save it as .txt"
        ) from exc
    if not any(page.strip() for page in pages):
        raise SourceError(where, "the PDF has no text in it (pictures of pages?)", _REMEDY)
    return "\n\f".join(page.rstrip() for page in pages) + "\n"
