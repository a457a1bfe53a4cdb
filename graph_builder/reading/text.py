"""Plain text and Markdown: the text is the bytes, decoded; nothing is changed."""

from graph_builder.errors import SourceError


def decode_text(data: bytes, where: str) -> str:
    """Decode strict UTF-8; newlines stay as they are and a byte order mark stays a code point.

    Raises:
        SourceError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        utf16 = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise SourceError(f"{where}, byte {exc.start}", f"not UTF-8{utf16}", "save the file as UTF-8") from exc
