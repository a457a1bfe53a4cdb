"""Headings: whole lines, and the run-in kind that opens a numbered paragraph."""

import re
from collections.abc import Mapping, Sequence

from graph_builder.structure.lines import Line
from graph_builder.structure.numbering import Marker

_STRUCTURAL = 30  # formats up to this rank (chapter, section, article) number headings only
_LONGEST = 200  # size of the longest heading
_LONGEST_BOLD = 100  # a longer bold line that ends a sentence is text that is stressed
_RUN_IN_HAN = 25  # Han characters of the longest run-in heading
_RUN_IN_WORDS = 9
_COLON_WORDS = 18
_FIRST_SENTENCE = re.compile(r"(?P<head>[^。！？；，\n]{2,}?)。(?=\S)")
_FIRST_LATIN = re.compile(r"(?P<head>[^.!?;:\n]{3,}?)\.\s+(?=[A-ZÀ-Ý\"“(])")
_COLON = re.compile(r"(?P<head>[^:：.。;；\n]{2,}?)\s?[:：]\s*(?=[A-ZÀ-Ý\"“\u3400-\u9fff])")


def find_headings(lines: Sequence[Line], markers: Sequence[Marker | None], body: Sequence[int]) -> frozenset[int]:
    """Return which of the body's lines (indexes, in order) are headings."""
    found = set()
    for place, at in enumerate(body):
        following = body[place + 1] if place + 1 < len(body) else None
        before = body[place - 1] if place else None
        if _is_heading(lines, markers, at, before=before, after=following):
            found.add(at)
    return frozenset(found)


def _is_heading(
    lines: Sequence[Line], markers: Sequence[Marker | None], at: int, *, before: int | None, after: int | None
) -> bool:
    line, marker = lines[at], markers[at]
    if line.size > _LONGEST:
        return False
    if line.level:
        return True
    if line.bold and line.gap and line.size <= _LONGEST_BOLD and after is not None and not lines[after].bold:
        return not line.text.endswith((":", "："))
    if line.ended or after is None or (marker is not None and marker.format.name.startswith("bullet")):
        return False
    if marker is not None:
        return marker.format.rank <= _STRUCTURAL or not _is_sibling(marker, markers[after])
    if line.bold:
        return True
    if before is not None and lines[before].text.endswith((":", "：")) and not line.gap:
        return False
    starts = line.text.lstrip("“\"'(（«")[:1]
    goes_on = lines[after].ended or lines[after].size > _LONGEST or lines[after].bold
    goes_on = (goes_on or markers[after] is not None) and not lines[after].level
    return goes_on and not starts.islower() and len(line.text.split()) <= 20


def _is_sibling(marker: Marker, following: Marker | None) -> bool:
    return following is not None and following.format.name == marker.format.name


def find_run_ins(
    lines: Sequence[Line], markers: Sequence[Marker | None], body: Sequence[int]
) -> Mapping[int, tuple[int, int]]:
    """Return, for the lines that open with a run-in heading, how long the heading is and where the text goes on.

    Both are offsets into the line's text. A short first sentence is a heading where at least half of the paragraphs of
    its series open so, or where it alone is bold; a phrase with a colon where three quarters do.
    """
    starts = _run_starts(lines, markers)
    series: dict[tuple[str, int], list[int]] = {}
    for place, at in enumerate(body):
        marker = markers[at]
        if marker is not None:
            series.setdefault((marker.format.name, marker.series), []).append(at)
        elif place and body[place - 1] == at - 1 and markers[at - 1] is None:
            series.setdefault(("", starts[at]), []).append(at)
    found: dict[int, tuple[int, int]] = {}
    for (name, _), members in series.items():
        by_stop = {at: cut for at in members if (cut := _by_stop(lines[at], markers[at]))}
        by_colon = {at: cut for at in members if (cut := _by_colon(lines[at], markers[at]))}
        if name and not name.startswith("bullet") and len(by_stop) > 1 and len(by_stop) * 2 >= len(members):
            found |= by_stop
        elif len(by_colon) > 2 and len(by_colon) * 4 >= len(members) * 3:
            found |= by_colon
        else:
            found |= {at: cut for at, cut in by_stop.items() if name and _bold_head(lines[at], markers[at], cut[0])}
    return found


def _run_starts(lines: Sequence[Line], markers: Sequence[Marker | None]) -> list[int]:
    """Return for each line where its run begins: unmarked lines before it, and no blank one between them."""
    starts: list[int] = []
    for at, line in enumerate(lines):
        goes_on = at > 0 and markers[at - 1] is None and not line.gap
        starts.append(starts[-1] if goes_on else at)
    return starts


def _skip(marker: Marker | None) -> int:
    return marker.length if marker else 0


def _by_stop(line: Line, marker: Marker | None) -> tuple[int, int] | None:
    skip = _skip(marker)
    match = _FIRST_SENTENCE.match(line.text, skip)
    if match and len(match.group("head")) <= _RUN_IN_HAN:
        return match.end(), match.end()
    match = _FIRST_LATIN.match(line.text, skip)
    if match and not line.chinese and len(match.group("head").split()) <= _RUN_IN_WORDS:
        return match.end("head"), match.end()
    return None


def _by_colon(line: Line, marker: Marker | None) -> tuple[int, int] | None:
    match = _COLON.match(line.text, _skip(marker))
    longest = _RUN_IN_HAN if line.chinese else _COLON_WORDS
    words = len(match.group("head")) if match and line.chinese else len(match.group("head").split()) if match else 0
    return (match.end("head"), match.end()) if match and words <= longest else None


def _bold_head(line: Line, marker: Marker | None, end: int) -> bool:
    """Tell whether the emphasis of the raw line covers the run-in heading and ends with it."""
    bold = re.match(r"(?:\*\*|__)(.+?)(?:\*\*|__)", line.raw)
    shown = re.sub(r"[\W_]+", "", bold.group(1)) if bold else ""
    return bool(shown) and not line.bold and shown == re.sub(r"[\W_]+", "", line.text[:end])
