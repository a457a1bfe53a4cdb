"""Lines that were broken at a fixed width, as in PDF and e-mail: a paragraph becomes one line again."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from simplemma import is_known

from graph_builder.text.occurrences import count_occurrences
from graph_builder.text.offsets import Edit, Tracked
from graph_builder.text.spacing import HAN

_HYPHENATED = re.compile(r"-[ \t]*\n[ \t]*([^\W\d_]+)")
_PAGE_NUMBER = re.compile(r"\n[ \t\n]*[-–—]?[ \t]?\d{1,4}[ \t]?[-–—]?[ \t]*\n")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_PAGE_ROW = re.compile(r"\s*[-–—]?\s?\d{1,4}\s?[-–—]?\s*")
_GAP = r"[ \t]*\n[ \t\n]*[-–—]?[ \t]?\d{1,4}[ \t]?[-–—]?[ \t]*\n[ \t\f\n]*"
_PAGE_BREAK = re.compile(rf"(?<=[^\W\d_]|,){_GAP}(?P<header>[^\n]{{4,120}}\n[ \t\n]*)??(?=[a-zà-ÿ])")
_HEADED = re.compile(rf"{_GAP}(?P<header>[^\n]{{4,120}})(?=\n)")
_OPEN = "the of and or to in for with by on at from its our all de des du la le les et ou à aux en pour par sur dans"
_PAGE_BREAK_IN_PHRASE = re.compile(rf"\b(?:{'|'.join(_OPEN.split())})(?P<gap>{_GAP})(?=[A-ZÀ-Þ\d](?P<line>[^\n]*))")
"""A phrase that goes on with a name or a number on the next page."""
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
    if not _PAGE_NUMBER.search(text.chars):
        return text
    breaks = [(m.start(), m.end(), (m["header"] or "").strip("\f\n")) for m in _PAGE_BREAK.finditer(text.chars)]
    headed = [(m.start("header"), m.end("header"), m["header"].strip()) for m in _HEADED.finditer(text.chars)]
    counts = count_occurrences((header for *_, header in breaks + headed if header), text.chars)
    edits = [(start, end, " ") for start, end, header in breaks if not header or counts[header] > 1]
    joined = {header for *_, header in breaks if header and counts[header] > 1}
    others = [(start, end, "") for start, end, header in headed if header in joined]
    for match in _PAGE_BREAK_IN_PHRASE.finditer(text.chars):
        if counts[match.string[match.end() : match.end("line")].strip()] < 2:
            others.append((match.start("gap"), match.end("gap"), " "))
    for edit in others:
        at = bisect_left(edits, edit)  # edits are in order and apart, so that only the next ones can overlap
        if not any(edit[0] < other[1] and other[0] < edit[1] for other in edits[max(0, at - 1) : at + 1]):
            edits.insert(at, edit)
    return text.edited(edits)


def join_hyphenated(text: Tracked, language: str) -> Tracked:
    """Join words broken at a line end; a hyphen that belongs to the word stays (risk-based, Secretary-General)."""
    broken: list[tuple[int, int, str, str]] = []
    done = 0
    for match in _HYPHENATED.finditer(text.chars):
        if first := _word_before(text.chars, done, match.start()):
            broken.append((match.start(), match.start(1), first, match[1]))
            done = match.end()
    compounds = count_occurrences((f"{first}-{second}" for _, _, first, second in broken), text.chars)
    edits: list[Edit] = []
    for hyphen, begin, first, second in broken:
        compound = f"{first}-{second}" in compounds or not second.islower()
        whole = not compound and is_known(first + second, lang=language)
        edits.append((hyphen + (0 if whole else 1), begin, ""))
    return text.edited(edits)


def _word_before(chars: str, done: int, end: int) -> str:
    """Return the letters that end at `end` and begin at `done` or behind it; may be empty."""
    start = end
    while start > done and chars[start - 1].isalnum() and not chars[start - 1].isdecimal():
        start -= 1
    return chars[start:end]


def join_wrapped_lines(text: Tracked) -> Tracked:
    """Write the newlines inside wrapped paragraphs as spaces, or drop them between Han characters."""
    lines = text.chars.split("\n")
    chinese = sum(map(len, _HAN_RUN.findall(text.chars))) * 4 > len(text.chars)
    pages = [_PAGE_ROW.fullmatch(line) is not None for line in lines]
    goes_on = [
        bool(line.strip()) and not (page or _MARKER.match(line)) for line, page in zip(lines, pages, strict=True)
    ]
    inner = [line for at, line in enumerate(lines[:-1]) if goes_on[at + 1] and line.strip()]
    width = _chinese_width(inner) if chinese else _latin_width(inner, lines)
    front = _FRONT_MATTER.match(text.chars)
    first = front.end() if front else 0
    edits: list[Edit] = []
    at = 0
    for number, (line, following) in enumerate(pairwise(lines), start=1):
        end = at + len(line)
        if at >= first and goes_on[number] and line.strip() and not pages[number - 1]:
            joined = _joins_chinese(line, following, width) if chinese else _joins_latin(line, following, width)
            if joined:
                edits.append((end, end + 1, "" if chinese else " "))
        at = end + 1
    return text.edited(edits)


def _latin_width(inner: Sequence[str], lines: Sequence[str]) -> int | None:
    """Return the width at which most of the text is wrapped, None where it is not; `inner` lines may go on."""
    if len(inner) < _MIN_LINES or sum(len(line) > 2 * _WIDEST for line in lines) * 10 > len(lines):
        return None
    wide = sorted(len(line) for line in inner if len(line) >= _LEAST)
    if len(wide) * 2 < len(inner) or not wide:
        return None
    if sum(_ENDS.search(line.rstrip()) is not None for line in inner) * 2 > len(inner):
        return None  # every line is a sentence
    width = wide[len(wide) // 2]
    return width if _LEAST <= width <= _WIDEST else None


def _joins_latin(line: str, following: str, width: int | None) -> bool:
    """Tell whether `following` continues `line`."""
    stripped, first = line.rstrip(), following.strip()
    ended = bool(_ENDS.search(stripped))
    if not ended and first[0].islower() and _LEAST <= len(line) <= _WIDEST:
        begins = first.split()[0]
        if stripped.split()[0] != begins or begins.endswith(","):
            return True  # a list of fragments begins alike, a paragraph does not
        return width is not None and len(stripped) + len(begins) >= width * 0.85
    if width is None:
        return False
    if not ended and (first[0].islower() or stripped.endswith(",")):
        return True
    return len(stripped) + len(first.split()[0]) >= width * (0.85 if ended else 0.7)


def _chinese_width(inner: Sequence[str]) -> int | None:
    """Return the number of characters at which most lines of a Chinese text break, None where they do not."""
    broken = Counter(length for line in inner if 15 <= (length := len(line.rstrip())) <= 60)
    if broken.total() < _MIN_LINES:
        return None
    near = {width: sum(broken[width + by] for by in (-1, 0, 1)) for width in sorted(broken)}
    width = max(near, key=near.__getitem__)
    return width if near[width] * 2 >= len(inner) else None


def _joins_chinese(line: str, following: str, width: int | None) -> bool:
    """Tell whether `following` continues `line`: a full line, or nearly, that ends in the middle of a sentence."""
    if width is None or _ENDS.search(line.rstrip()) or following[:1].isspace():
        return False
    return abs(len(line.rstrip()) - width) <= 2
