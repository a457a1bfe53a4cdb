"""HTML pages: the text of their blocks, without scripts, menus and forms; what is the document, `structure` says.

Headings become `#` lines, list items `-` or numbered lines, rows of tables `|` lines: one form for all later stages.
"""

import re
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlElement, document_fromstring  # type: ignore[import-untyped]

from graph_builder.errors import SourceError
from graph_builder.reading.text import decode_text

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SILENT = re.compile(
    "script|style|noscript|template|head|nav|footer|aside|form|button|select|option|input|textarea|iframe|object|svg"
    "|canvas|audio|video|map|dialog"
)
_SILENT_ROLES = re.compile("navigation|banner|contentinfo|search|complementary|menu|dialog")
_BLOCKS = re.compile(
    "address|article|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|h[1-6r]|header|hgroup"
    "|html|li|main|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_LEAST_SHARE = 0.4  # of the page's text that `main` or `article` must hold to stand for the page


def extract_html(data: bytes, where: str) -> str:
    """Return the text of a page, one block a line, blocks apart by blank lines.

    Raises:
        SourceError: the encoding is neither UTF-8 nor the one declared, or the page has no text.
    """
    tree = _parse(data, where)
    lines = _lines(_main_part(tree))
    if not lines:
        raise SourceError(where, "the page has no text", "save the page after its scripts have run, or as text")
    return "\n\n".join(lines) + "\n"


def _parse(data: bytes, where: str) -> HtmlElement:
    declared = _CHARSET.search(data[:4096])
    try:
        words = data.decode(declared.group(1).decode("ascii")) if declared else decode_text(data, where)
    except (UnicodeDecodeError, LookupError):
        words = decode_text(data, where)
    try:
        return document_fromstring(_XML_DECLARATION.sub("", words.removeprefix("\ufeff")))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        raise SourceError(where, "the page has no text", "check that the file is HTML") from exc


def _main_part(tree: HtmlElement) -> HtmlElement:
    """Return `main` or the only `article` where it holds much of the page's text, else the body."""
    body = tree.find("body")
    root = tree if body is None else body
    whole = sum(map(len, _lines(root)))
    for query in (".//main", ".//*[@role='main']", ".//article"):
        found = root.xpath(query)
        if len(found) == 1 and sum(map(len, _lines(found[0]))) >= _LEAST_SHARE * whole:
            part: HtmlElement = found[0]
            return part
    return root


def _is_silent(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or _SILENT.fullmatch(element.tag):
        return True
    if _SILENT_ROLES.fullmatch(element.get("role") or ""):
        return True
    hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    style = (element.get("style") or "").replace(" ", "").lower()
    page_header = element.tag == "header" and not any(parent.tag == "article" for parent in element.iterancestors())
    return hidden or "display:none" in style or (page_header and not element.xpath(".//h1"))


def _lines(element: HtmlElement) -> list[str]:
    writer = _Writer()
    writer.walk(element, depth=0)
    writer.flush()
    return writer.lines


@dataclass
class _Writer:
    """Collects the words of inline elements and writes them as one line at every border of a block."""

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    mark: str = ""

    def flush(self) -> None:
        """Write the words collected so far, if any, behind the mark that waits for them."""
        line = " ".join("".join(self.words).split())
        self.words.clear()
        if line:
            self.lines.append(self.mark + line)
            self.mark = ""

    def walk(self, element: HtmlElement, depth: int) -> None:
        """Write the text of an element and of what is in it; `depth` is the level of its list."""
        self.words.append(element.text or "")
        for child in element:
            if child.tag == "br":
                self.flush()
            elif child.tag == "tr":
                self.flush()
                cells = (" ".join(_lines(cell)) for cell in child if cell.tag in ("td", "th"))
                self.words.append("| " + " | ".join(cell for cell in cells if cell) + " |")
                self.flush()
            elif not _is_silent(child) and _BLOCKS.fullmatch(child.tag):
                self.flush()
                self.mark = _mark(child, depth) or self.mark
                self.walk(child, depth + (child.tag in ("ul", "ol")))
                self.flush()
                self.mark = ""
            elif not _is_silent(child):
                self.walk(child, depth)
            self.words.append(child.tail or "")


def _mark(element: HtmlElement, depth: int) -> str:
    """Return the sign that a heading or a list item is written with."""
    if re.fullmatch("h[1-6]", element.tag):
        return "#" * int(element.tag[1]) + " "
    if element.tag != "li":
        return ""
    indent = "  " * max(0, depth - 1)
    parent = element.getparent()
    if parent is None or parent.tag != "ol":
        return f"{indent}- "
    first = parent.get("start") or "1"
    place = sum(1 for _ in element.itersiblings("li", preceding=True)) + (int(first) if first.isdecimal() else 1)
    kind = parent.get("type") or "1"
    return f"{indent}({chr(96 + place)}) " if kind in ("a", "A") and place <= 26 else f"{indent}{place}. "
