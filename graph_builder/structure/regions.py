"""Which lines are the document and which are the page around it; every excluded line keeps its reason.

Known furniture is told by cues. The body is the contiguous run of lines with the greatest sum of topical prose (after
BTE, Finn et al. 2001, and the smoothing of jusText), then grown until furniture is met.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graph_builder.model import RegionKind, Registration
from graph_builder.structure.cues import Cues
from graph_builder.structure.lines import Line
from graph_builder.structure.numbering import Marker

Topical = Callable[[str], float]

_FURNITURE_COST = -60.0
_THRESHOLD = 0.07  # share of topical words that running text of the genre exceeds; news teasers stay below
_MOST_WEIGHT = 600  # size beyond which a longer line weighs no more
_PROSE = 90  # size from which a line without final punctuation is prose
_DUPLICATE = 50  # least size of a line that can be a duplicate
_LABEL = 150  # greatest size of a title, byline or heading
_SKIPPED = re.compile(r"!\[[^\]]*\]\(.*\)|\[?!\[.*\)|\[\]\(\S+\)|[-*_=~\s]{3,}|<!--.*-->|<[^>]+>|\W*")
_ANCHOR = re.compile(r"\s*(?:[-*]\s+)?\[[^\]]+\]\(#[^)]*\)\s*")
_PAGE_NUMBER = re.compile(r"[-–—\s]*\d{1,4}(?:\s*/\s*\d{1,4})?[-–—\s]*")


@dataclass(frozen=True, slots=True)
class Role:
    """What a line is, and why."""

    kind: RegionKind
    reason: str
    passing: bool = False
    """Excluded without saying anything about its neighbours (an image inside an article)."""


BODY = Role("body", "running text")


def classify_lines(
    lines: Sequence[Line],
    markers: Sequence[Marker | None],
    registration: Registration,
    cues: Cues,
    topical: Topical | None,
) -> tuple[Role, ...]:
    """Give every line its role; headings inside the body are still `body` here."""
    roles: list[Role | None] = [None] * len(lines)
    front = find_front_matter(lines)
    values = {line.text.split(":", 1)[1].strip(" '\"") for line in lines[1:front] if ":" in line.text}
    titles = [key for _, words in registration.titles if (key := _key(words))]
    for at, line in enumerate(lines):
        if at < front:
            roles[at] = Role("metadata", "front matter")
        elif line.text in values and line.size <= _LABEL:
            roles[at] = Role("title" if _key(line.text) in titles else "metadata", "repeats the front matter")
        else:
            roles[at] = _furniture(line, cues)
    duplicates = find_duplicates(lines, roles, cues)
    for at, role in (duplicates | _titles(lines, roles, titles, duplicates)).items():
        roles[at] = role
    core = find_core(lines, markers, roles, cues, topical)
    if core is None:
        return tuple(role or Role("boilerplate", "no running text") for role in roles)
    first, last = _grown(core, lines, markers, roles)
    first = _first_of_body(lines, markers, roles, first, cues)
    last = _last_of_body(lines, markers, roles, last)
    for at, line in enumerate(lines):
        if roles[at] is None:
            roles[at] = BODY if first <= at <= last else _outside(line, before=at < first)
    return tuple(role or BODY for role in roles)


def find_front_matter(lines: Sequence[Line]) -> int:
    """Return how many lines a block of `key: value` between two `---` takes at the top; 0 if there is none."""
    if not lines or lines[0].text != "---":
        return 0
    for at, line in enumerate(lines[1:80], start=1):
        if line.text == "---":
            keyed = sum(bool(re.match(r"[\w-]+:(?:\s|$)|-\s|\s", inner.text)) for inner in lines[1:at])
            return at + 1 if keyed * 2 > at - 1 else 0
    return 0


def _furniture(line: Line, cues: Cues) -> Role | None:
    if _PAGE_NUMBER.fullmatch(line.text):
        return Role("boilerplate", "page number", passing=True)
    if _SKIPPED.fullmatch(line.text) or not re.search(r"\w", line.text):
        return Role("boilerplate", "image, rule or mark without words", passing=True)
    if _ANCHOR.fullmatch(line.raw):
        return Role("metadata", "table of contents", passing=True)
    cue = cues.find(line.text)
    if cue is None or (line.level and line.ended):
        return None
    return Role(cue.kind, cue.reason)


def find_duplicates(lines: Sequence[Line], roles: Sequence[Role | None], cues: Cues) -> dict[int, Role]:
    """Return the lines that say what another says: a deck taken from the text, a paragraph set twice."""
    keys = [_key(cues.deck.sub("", line.text)) for line in lines]
    found: dict[int, Role] = {}
    for at, line in enumerate(lines):
        if roles[at] is not None or line.size < _DUPLICATE or line.level:
            continue
        later = next((i for i in range(at + 1, len(lines)) if roles[i] is None and keys[at] in keys[i]), None)
        if later is not None and (keys[later] != keys[at] or cues.deck.match(line.text)):
            found[at] = Role("duplicate", "deck: says in advance what the text says")
        elif any(roles[i] is None and i not in found and keys[i] == keys[at] and lines[i].ended for i in range(at)):
            found[at] = Role("duplicate", "repeats an earlier paragraph")
    return found


def find_core(
    lines: Sequence[Line],
    markers: Sequence[Marker | None],
    roles: Sequence[Role | None],
    cues: Cues,
    topical: Topical | None,
) -> tuple[int, int] | None:
    """Return first and last line of the run with the greatest sum of topical prose; None where nothing is prose."""
    scores = [_score(*args, cues, topical) for args in zip(lines, markers, roles, strict=True)]
    best = _best_run(scores)
    if best is None:
        prose = [
            (_FURNITURE_COST if role and not role.passing else float(line.size if line.ended else 0))
            for line, role in zip(lines, roles, strict=True)
        ]
        best = _best_run(prose)
    if best is None:
        open_lines = [at for at, role in enumerate(roles) if role is None]
        best = (open_lines[0], open_lines[-1]) if open_lines else None
    return best


def _score(line: Line, marker: Marker | None, role: Role | None, cues: Cues, topical: Topical | None) -> float:
    if role is not None:
        return 0.0 if role.passing or role.kind in ("duplicate", "title") else _FURNITURE_COST
    if not (line.ended or line.size >= _PROSE or marker):
        return -2.0
    density = max(cues.density(line.text), topical(line.text) if topical else 0.0)
    score = min(line.size, _MOST_WEIGHT) * (density - _THRESHOLD)
    return max(0.0, score) if marker else score


def _best_run(scores: Sequence[float]) -> tuple[int, int] | None:
    best, total, start, found = 0.0, 0.0, 0, None
    for at, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, at
        total += score
        if total > best:
            best, found = total, (start, at)
    return found


def _grown(
    core: tuple[int, int], lines: Sequence[Line], markers: Sequence[Marker | None], roles: Sequence[Role | None]
) -> tuple[int, int]:
    """Grow the core both ways up to the next furniture, and forwards no further than three stray lines in a row."""
    first, last = core
    while first > 0 and _passable(roles[first - 1]):
        first -= 1
    stray = 0
    at = last
    while at + 1 < len(lines) and _passable(roles[at + 1]) and stray < 3:
        at += 1
        plain = roles[at] is None and not markers[at] and not lines[at].ended and lines[at].size < _PROSE
        stray = stray + 1 if plain and not lines[at].level and not lines[at].bold else 0
        if roles[at] is None and not plain:
            last = at
    return first, last


def _passable(role: Role | None) -> bool:
    return role is None or role.passing or role.kind in ("title", "duplicate")


def _titles(
    lines: Sequence[Line], roles: Sequence[Role | None], titles: Sequence[str], duplicates: Mapping[int, Role]
) -> dict[int, Role]:
    """Find the lines before the text that give the title, whole or in part; without a match, one that looks like it."""
    opened = [at for at, role in enumerate(roles) if role is None]
    text_from = next((at for at in opened if _is_prose(lines[at]) and at not in duplicates), len(lines))
    found: dict[int, Role] = {}
    for at in (at for at in opened if at < text_from):
        key = _key(lines[at].text)
        if any(title in key and len(key) <= 3 * len(title) + 20 for title in titles):
            found[at] = Role("title", "the title")
        elif len(key) >= 8 and any(key in title for title in titles):
            found[at] = Role("title", "part of the title")
    if not found:
        likely = [at for at in opened if at < text_from and lines[at].size <= 2 * _LABEL and at not in duplicates]
        best = min(likely, key=lambda at: (lines[at].level or 7, at), default=None)
        if best is not None:
            found[best] = Role("title", "looks like the title")
    return found


def _first_of_body(
    lines: Sequence[Line], markers: Sequence[Marker | None], roles: Sequence[Role | None], first: int, cues: Cues
) -> int:
    """Drop the labels between title and text; a heading straight above the text stays."""
    opened = [at for at in range(first, len(lines)) if roles[at] is None]
    start = next((at for at in opened if _is_prose(lines[at]) or _is_heading_like(lines[at], markers[at], cues)), first)
    above = [at for at in opened if at < start]
    if above and _is_prose(lines[start]) and any(role and role.kind == "title" for role in roles[:start]):
        near = above[-1]
        if len(above) == 1 and not re.search(r"\d|[|·@]", lines[near].text) and len(lines[near].text) > 4:
            return near
    return start


def _last_of_body(
    lines: Sequence[Line], markers: Sequence[Marker | None], roles: Sequence[Role | None], last: int
) -> int:
    """Drop trailing labels: signatures, places, dates."""
    while last > 0 and (roles[last] is not None or not (_is_prose(lines[last]) or markers[last])):
        last -= 1
    return last


def _is_prose(line: Line) -> bool:
    return line.ended or line.size >= _PROSE * 2


def _is_heading_like(line: Line, marker: Marker | None, cues: Cues) -> bool:
    known = line.text.casefold().rstrip(" :：,") in cues.headings
    return known or bool(line.level) or (marker is not None and not marker.bullet)


def _outside(line: Line, *, before: bool) -> Role:
    place = "before" if before else "after"
    if line.size <= _LABEL and not line.ended:
        return Role("metadata", f"label {place} the body")
    return Role("boilerplate", f"outside the body: {place} it, and not of its kind")


def _key(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).casefold()
