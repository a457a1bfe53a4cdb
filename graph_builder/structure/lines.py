"""The lines of a clean text, which are its paragraphs: what stands on them, without indents and glued noise."""

import re
from collections import Counter
from dataclasses import dataclass

from graph_builder.model import CleanText

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TERMINAL = re.compile(
    r"(?:(?:[.!?;:。！？；：…]|,$|，$)[\"'”’»)）」』\]*]*|(?<=[^\W\d_])[.!?;:][\"'”’»)]*(?:\d{1,2}|\[\d+\]))$"  # with a note
)
_BOLD = re.compile(r"(?:#+ )?(?:(?:\*\*|__)(?=\S)[^*\n]*?\S(?:\*\*|__)[ \t]*)+")
_GLUED_URL = re.compile(rf"(?<=[A-Za-z.;:!?)”’\"])[{HAN}][{HAN}\w\s，。：、|·-]*(?:https?://|www\.)\S+$")
_GLUED_AFTER_STOP = re.compile(r"(?<=[。！？；])[^。！？；]{0,30}(?:https?://|www\.)\S+$")
_GLUED_HAN = re.compile(rf"(?<=[A-Za-z.;:!?)”’\"])[{HAN}]{{3,}}\S*$")


@dataclass(frozen=True, slots=True)
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

    @property
    def ended(self) -> bool:
        """Whether the line ends in punctuation that ends or suspends a sentence, or is the row of a table."""
        return bool(_TERMINAL.search(self.text)) or self.raw.startswith("|")

    @property
    def chinese(self) -> bool:
        """Whether Han characters prevail."""
        return len(re.findall(rf"[{HAN}]", self.text)) * 3 > len(self.text)

    @property
    def size(self) -> int:
        """Length in Latin measure: a Han character says about three letters."""
        return len(self.text) * 3 if self.chinese else len(self.text)


def split_lines(text: CleanText) -> tuple[Line, ...]:
    """Return the lines of a text that are not blank, in order."""
    noise = find_repeated_tails(text.clean)
    lines: list[Line] = []
    rows = text.clean.split("\n")
    at, gap = 0, False
    for number, row in enumerate(rows):
        if row.strip():
            below = rows[number + 1].strip() if number + 1 < len(rows) else ""
            lines.append(_line(text, at, row, gap=gap, below=below, noise=noise))
        gap = not row.strip()
        at += len(row) + 1
    return tuple(lines)


def find_repeated_tails(clean: str) -> frozenset[str]:
    """Return the runs of Han characters glued to the ends of at least two lines of Latin text: watermarks."""
    tails = Counter(match.group() for row in clean.split("\n") if (match := _GLUED_HAN.search(row.rstrip())))
    return frozenset(tail for tail, count in tails.items() if count > 1)


def _line(text: CleanText, at: int, row: str, *, gap: bool, below: str, noise: frozenset[str]) -> Line:
    raw_from = text.offsets[at - 1] + 1 if at else 0  # not offsets[at]: markup may have gone from the line's beginning
    raw = text.raw[raw_from : text.offsets[at + len(row)]].strip()
    body = row.strip()
    for pattern in (_GLUED_URL, _GLUED_AFTER_STOP):
        body = pattern.sub("", body).rstrip()
    body = next((body[: -len(tail)].rstrip() for tail in sorted(noise) if body.endswith(tail)), body)
    start = at + len(row) - len(row.lstrip())
    level = 0
    if match := re.match(r"(#{1,6})\s+(?=\S)", body):
        level, start, body = len(match.group(1)), start + match.end(), body[match.end() :].rstrip("# ")
    elif match := re.match(r"\|\s*(?=\S)", body):
        start, body = start + match.end(), body[match.end() :].rstrip("| ")
    elif re.fullmatch(r"={3,}|-{5,}", below):
        level = 1 if below.startswith("=") else 2
    bold = _BOLD.fullmatch(raw) is not None
    return Line(start, start + len(body), body, raw, len(row) - len(row.lstrip()), level, bold, gap)
