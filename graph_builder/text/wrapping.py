"""Lines that were broken at a fixed width, as in PDF and e-mail: a paragraph becomes one line again."""

import re
from itertools import pairwise

from simplemma import is_known

from graph_builder.text.offsets import Edit, Tracked
from graph_builder.text.spacing import HAN

_HYPHENATED = re.compile(r"([^\W\d_]+)-\n[ \t]*([^\W\d_]+)")
_PAGE_BREAK = re.compile(
    r"(?<=[^\W\d_])[ \t]*\n[ \t\n]*[-–—]?[ \t]?\d{1,4}[ \t]?[-–—]?[ \t]*\n[ \t\f\n]*(?P<header>[^\n]{4,120}\n[ \t\n]*)??"
    r"(?=[a-zà-ÿ])"
)
_MARKER = re.compile(
    r"[ \t]*(?:[-–—‒•·*▪◦►#>|©]|\d+(?:\.\d+)*[.)、．\t]|\d+(?:\.\d+)+\s"
    r"|[(（](?:\d{1,2}|[a-z]|[ivx]{1,5}|[一二三四五六七八九十]{1,3})[)）]"
    r"|[A-Za-z][.)]\s|[ivxIVX]+[.)]\s|[一二三四五六七八九十百]+[、.．]|第[一二三四五六七八九十百\d]+[章节節条條]"
    r"|(?:Article|Section|Chapter|Annex|Part)\s+\w+|\[\^?\d+\]|!\[)"
)
_FRONT_MATTER = re.compile(r"\A\s*---\n.*?\n---(?=\n)", re.DOTALL)
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’»)）」』\]]*$")
_WIDEST = 110  # longest line that a page of running text has; longer lines are paragraphs
_LEAST = 45  # shortest line width that counts as wrapping in Latin text
_MIN_LINES = 5


def join_pages(text: Tracked) -> Tracked:
    """Join a paragraph that a page number, and a header that recurs, cut in two."""

    def joined(match: re.Match[str]) -> str | None:
        header = match["header"]
        return " " if header is None or text.chars.count(header.strip("\f\n")) > 1 else None

    return text.replaced(_PAGE_BREAK, joined)


def join_hyphenated(text: Tracked, language: str) -> Tracked:
    """Join words broken at a line end; a hyphen that belongs to the word stays (risk-based, Secretary-General)."""
    edits: list[Edit] = []
    for match in _HYPHENATED.finditer(text.chars):
        first, second = match.groups()
        compound = f"{first}-{second}" in text.chars or not second.islower()
        whole = not compound and is_known(first + second, lang=language)
        edits.append((match.end(1) + (0 if whole else 1), match.start(2), ""))
    return text.edited(edits)


def join_wrapped_lines(text: Tracked) -> Tracked:
    """Write the newlines inside wrapped paragraphs as spaces, or drop them between Han characters."""
    lines = text.chars.split("\n")
    chinese = len(re.findall(rf"[{HAN}]", text.chars)) * 4 > len(text.chars)
    width = _chinese_width(lines) if chinese else _latin_width(lines)
    front = _FRONT_MATTER.match(text.chars)
    first = front.end() if front else 0
    edits: list[Edit] = []
    at = 0
    for line, following in pairwise(lines):
        end = at + len(line)
        if at >= first and line.strip() and following.strip() and not _MARKER.match(following):
            joined = _joins_chinese(line, following, width) if chinese else _joins_latin(line, following, width)
            if joined:
                edits.append((end, end + 1, "" if chinese else " "))
        at = end + 1
    return text.edited(edits)


def _latin_width(lines: list[str]) -> int | None:
    """Return the width at which most of the text is wrapped, None where it is not."""
    inner = [len(a) for a, b in pairwise(lines) if a.strip() and b.strip() and not _MARKER.match(b)]
    if len(inner) < _MIN_LINES or sum(len(line) > 2 * _WIDEST for line in lines) * 10 > len(lines):
        return None
    wide = sorted(length for length in inner if length >= _LEAST)
    if len(wide) * 2 < len(inner) or not wide:
        return None
    width = wide[len(wide) // 2]
    return width if _LEAST <= width <= _WIDEST else None


def _joins_latin(line: str, following: str, width: int | None) -> bool:
    """Tell whether `following` continues `line`."""
    stripped, first = line.rstrip(), following.strip()
    ended = bool(_ENDS.search(stripped))
    if not ended and first[0].islower() and _LEAST <= len(line) <= _WIDEST:
        return stripped.split()[0] != first.split()[0]  # a list of fragments begins alike, a paragraph does not
    if width is None:
        return False
    if not ended and (first[0].islower() or stripped.endswith(",")):
        return True
    return len(stripped) + len(first.split()[0]) >= width * (0.85 if ended else 0.7)


def _chinese_width(lines: list[str]) -> int | None:
    """Return the number of characters at which most lines of a Chinese text break, None where they do not."""
    inner = [len(a.rstrip()) for a, b in pairwise(lines) if a.strip() and b.strip() and not _MARKER.match(b)]
    broken = [length for length in inner if 15 <= length <= 60]
    if len(broken) < _MIN_LINES:
        return None
    width = max(sorted(set(broken)), key=lambda w: sum(abs(length - w) <= 1 for length in broken))
    return width if sum(abs(length - width) <= 1 for length in broken) * 2 >= len(inner) else None


def _joins_chinese(line: str, following: str, width: int | None) -> bool:
    """Tell whether `following` continues `line`: a full line, or nearly, that ends in the middle of a sentence."""
    if width is None or _ENDS.search(line.rstrip()) or following[:1].isspace():
        return False
    return abs(len(line.rstrip()) - width) <= 2
