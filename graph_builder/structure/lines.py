"""The lines of a clean text, which are its paragraphs: what stands on them, without indents and glued noise."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from graph_builder.model import CleanText

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_RUN = re.compile(rf"[{HAN}]+")
_TERMINALS, _CLOSERS = frozenset(".!?;:。！？；：…"), "\"'”’»)）」』]*"
_NOTED = re.compile(r"(?<=[^\W\d_])[.!?;:][\"'”’»)]*(?:\d{1,2}|\[\d+\])$")
_BOLD = re.compile(r"(?:#+ )?(?:(?:\*\*|__)(?=\S)[^*\n]*?\S(?:\*\*|__)[ \t]*)+")
_GLUED_URL = re.compile(rf"(?<=[A-Za-z.;:!?)”’\"])[{HAN}][{HAN}\w\s，。：、|·-]*(?:https?://|www\.)\S+$")
_GLUED_AFTER_STOP = re.compile(r"(?<=[。！？；])[^。！？；]{0,30}(?:https?://|www\.)\S+$")
_LATIN = re.compile(rf"[^{HAN}]*[A-Za-z]{{2}}[^{HAN}]*")
_GLUED_HAN = re.compile(rf"(?<=[A-Za-z.;:!?)”’\"])[{HAN}]{{3,}}\S*$")


@dataclass(frozen=True)
class Line:
    """A line that is not blank. `start` to `end` is what stands on it (clean frame), without markup and glued noise.

    `raw` is the whole line as it stands in the source, `level` its heading level by markup (0: none), `bold` whether
    all of it is emphasised, `gap` whether a blank line stands before it.
    """

    start: int
    end: int
    text: str
    raw: str
    indent: int
    level: int
    bold: bool
    gap: bool

    @cached_property
    def ended(self) -> bool:
        """Whether the line ends in punctuation that ends or suspends a sentence, or is the row of a table."""
        last = self.text[-1:]
        if last in (",", "，") or self.text.rstrip(_CLOSERS)[-1:] in _TERMINALS or self.raw.startswith("|"):
            return True
        return (last == "]" or last.isdecimal()) and _NOTED.search(self.text) is not None  # behind the stop of a note

    @cached_property
    def chinese(self) -> bool:
        """Whether Han characters prevail."""
        return not self.text.isascii() and sum(map(len, _HAN_RUN.findall(self.text))) * 3 > len(self.text)

    @cached_property
    def size(self) -> int:
        """Length in Latin measure: a Han character says about three letters."""
        return len(self.text) * 3 if self.chinese else len(self.text)


def split_lines(text: CleanText) -> tuple[Line, ...]:
    """Return the lines of a text that are not blank, in order."""
    rows = text.clean.split("\n")
    noise = find_repeated_tails(rows)
    lines: list[Line] = []
    at, gap = 0, False
    for number, row in enumerate(rows):
        if row.strip():
            below = rows[number + 1].strip() if number + 1 < len(rows) else ""
            lines.append(_line(text, at, row, gap=gap, below=below, noise=noise))
        gap = not row.strip()
        at += len(row) + 1
    return tuple(lines)


def find_repeated_tails(rows: Iterable[str]) -> list[str]:
    """Return the runs of Han characters glued to the ends of at least two rows of Latin text: watermarks."""
    mixed = (row.rstrip() for row in rows if not row.isascii())
    glued = ((row, match) for row in mixed if (match := _GLUED_HAN.search(row)))
    tails = Counter(match.group() for row, match in glued if _LATIN.fullmatch(row, 0, match.start()))
    return sorted(tail for tail, count in tails.items() if count > 1)


def _line(text: CleanText, at: int, row: str, *, gap: bool, below: str, noise: Sequence[str]) -> Line:
    raw_from = text.offsets[at - 1] + 1 if at else 0  # not offsets[at]: markup may have gone from the line's beginning
    raw = text.raw[raw_from : text.offsets[at + len(row)]].strip()
    body = row.strip()
    if "http" in body or "www." in body:
        for pattern in (_GLUED_URL, _GLUED_AFTER_STOP):
            body = pattern.sub("", body).rstrip()
    body = next((body[: -len(tail)].rstrip() for tail in noise if body.endswith(tail)), body)
    start = at + len(row) - len(row.lstrip())
    level = 0
    if body[:1] == "#" and (match := re.match(r"(#{1,6})\s+(?=\S)", body)):
        level, start, body = len(match.group(1)), start + match.end(), body[match.end() :].rstrip("# ")
    elif body[:1] == "|" and (match := re.match(r"\|\s*(?=\S)", body)):
        start, body = start + match.end(), body[match.end() :].rstrip("| ")
    elif below[:1] in ("=", "-") and re.fullmatch(r"={3,}|-{5,}", below):
        level = 1 if below.startswith("=") else 2
    bold = _BOLD.fullmatch(raw) is not None
    return Line(start, start + len(body), body, raw, len(row) - len(row.lstrip()), level, bold, gap)
