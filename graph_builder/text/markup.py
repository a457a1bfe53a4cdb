"""Light markup inside lines (Markdown, as pages and word processors are saved): the words stay, the signs go."""

import re
from html import unescape

from graph_builder.text.offsets import Edit, Tracked

_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]*?\S)\1")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>\n]*)?/?>")
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9A-Fa-f]{2,6}|[A-Za-z]{2,8});")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?: +\"[^\"\n]*\")? *\)")


def remove_emphasis(text: Tracked) -> Tracked:
    """Take out the signs of strong emphasis.

    >>> remove_emphasis(Tracked.of("**Fairness**: be fair")).chars
    'Fairness: be fair'
    """
    if "**" not in text.chars and "__" not in text.chars:
        return text
    edits: list[Edit] = []
    for match in _STRONG.finditer(text.chars):
        edits += [(match.start(), match.start() + 2, ""), (match.end() - 2, match.end(), "")]
    return text.edited(edits)


def remove_tags(text: Tracked) -> Tracked:
    """Take HTML tags out of a line and read its character references.

    >>> remove_tags(Tracked.of('a <a href="x">&quot;game&quot;</a>')).chars
    'a "game"'
    """
    return text.replaced(_TAG, "").replaced(_ENTITY, _character)


def _character(match: re.Match[str]) -> str | None:
    read = unescape(match.group())
    return read if len(read) == 1 and (read.isprintable() or read.isspace()) else None


def remove_link_targets(text: Tracked) -> Tracked:
    """Keep the words of an inline link and drop its target; images and bare brackets stay."""
    if "](" not in text.chars:
        return text
    edits: list[Edit] = []
    for match in _LINK.finditer(text.chars):
        if not match.group(1).strip() and text.chars[match.end() : match.end() + 1].strip():
            edits.append((match.start(), match.end(), ""))
        elif match.group(1).strip():
            edits += [(match.start(), match.start() + 1, ""), (match.end(1), match.end(), "")]
    return text.edited(edits)
