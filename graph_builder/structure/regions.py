"""Which lines are the document and which are the page around it; every excluded line keeps its reason.

Known furniture is told by cues. The body is the contiguous run of lines with the greatest sum of topical prose (after
BTE, Finn et al. 2001, and the smoothing of jusText), then grown until furniture is met.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from graph_builder.model import Registration
from graph_builder.structure.cues import Cues
from graph_builder.structure.lines import Line
from graph_builder.structure.numbering import Marker
from graph_builder.structure.roles import BODY, LABEL, PROSE, Role, is_prose
from graph_builder.structure.titles import find_duplicates, find_titles

Topical = Callable[[str], float]

_FURNITURE_COST = -60.0
_THRESHOLD = 0.07  # share of topical words that running text of the genre exceeds; news teasers stay below
_MOST_WEIGHT = 600  # size beyond which a longer line weighs no more
_SKIPPED = re.compile(r"!\[[^\]]*\]\(.*\)|\[?!\[.*\)|\[\]\(\S+\)|[-*_=~\s]{3,}|<!--.*-->|<[^>]+>|\W*")
_ANCHOR = re.compile(r"\s*(?:[-*]\s+)?\[[^\]]+\]\(#[^)]*\)\s*")
_PAGE_NUMBER = re.compile(r"[-–—\s]*\d{1,4}(?:\s*/\s*\d{1,4})?[-–—\s]*")


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
    pairs = (line.text.split(":", 1) for line in lines[1:front] if ":" in line.text)
    given = {value.strip(" '\""): key for key, value in pairs}
    for at, line in enumerate(lines):
        if at < front:
            roles[at] = Role("metadata", "front matter")
        elif line.text in given and line.size <= LABEL:
            titled = given[line.text] == "title"
            roles[at] = Role("title" if titled else "metadata", "repeats the front matter", passing=titled)
        else:
            roles[at] = _furniture(line, cues)
    for at in find_running_headers(lines) | find_footnotes(lines):
        roles[at] = roles[at] or Role("boilerplate", "running header or footnote", passing=True)
    duplicates = find_duplicates(lines, roles, cues)
    numbered = frozenset(at for at, marker in enumerate(markers) if marker is not None)
    titles = find_titles(lines, roles, registration, duplicates, front=front, numbered=numbered)
    for at, role in (duplicates | titles).items():
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


def find_running_headers(lines: Sequence[Line]) -> frozenset[int]:
    """Return the lines that recur beside page numbers (indexes)."""
    numbers = {at for at, line in enumerate(lines) if _PAGE_NUMBER.fullmatch(line.text)}
    beside = {near for at in numbers for near in (at - 1, at + 1) if 0 <= near < len(lines)} - numbers
    shown = Counter(lines[at].text for at in beside)
    repeated = {text for text, count in shown.items() if count > 1}
    return frozenset(at for at, line in enumerate(lines) if line.text in repeated and line.size <= PROSE)


def find_footnotes(lines: Sequence[Line]) -> frozenset[int]:
    """Return the lines of notes: numbered ones without a stop behind the number, under a rule of underscores."""
    found: set[int] = set()
    noted = False
    for at, line in enumerate(lines):
        if re.fullmatch(r"_{3,}|—{2,}|⎯+", line.text):
            noted = True
        elif noted and re.match(r"(?:\[?\d{1,3}\]?|[*†‡])\s+(?=\S)", line.text):
            found.add(at)
        else:
            noted = False
    return frozenset(found)


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
    return Role(cue.kind, cue.reason, cue.passing)


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
    if not (line.ended or line.size >= PROSE or marker):
        return -2.0
    density = max(cues.topical.density(line.text), topical(line.text) if topical else 0.0)
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
        plain = roles[at] is None and not markers[at] and not lines[at].ended and lines[at].size < PROSE
        stray = stray + 1 if plain and not lines[at].level and not lines[at].bold else 0
        if roles[at] is None and not plain:
            last = at
    return first, last


def _passable(role: Role | None) -> bool:
    return role is None or role.passing or role.kind in ("title", "duplicate")


def _first_of_body(
    lines: Sequence[Line], markers: Sequence[Marker | None], roles: Sequence[Role | None], first: int, cues: Cues
) -> int:
    """Drop the labels between title and text; a heading straight above the text stays."""
    opened = [at for at in range(first, len(lines)) if roles[at] is None]
    start = next((at for at in opened if is_prose(lines[at]) or _is_heading_like(lines[at], markers[at], cues)), first)
    above = [at for at in opened if at < start]
    if above and is_prose(lines[start]) and any(role and role.kind == "title" for role in roles[:start]):
        near = above[-1]
        if len(above) == 1 and not re.search(r"\d|[|·@]", lines[near].text) and len(lines[near].text) > 4:
            return near
    return start


def _last_of_body(
    lines: Sequence[Line], markers: Sequence[Marker | None], roles: Sequence[Role | None], last: int
) -> int:
    """Drop trailing labels: signatures, places, dates."""
    while last > 0 and (roles[last] is not None or not (is_prose(lines[last]) or markers[last])):
        last -= 1
    return last


def _is_heading_like(line: Line, marker: Marker | None, cues: Cues) -> bool:
    known = line.text.casefold().rstrip(" :：,") in cues.headings
    return known or bool(line.level) or (marker is not None and not marker.bullet)


def _outside(line: Line, *, before: bool) -> Role:
    place = "before" if before else "after"
    if line.size <= LABEL and not line.ended:
        return Role("metadata", f"label {place} the body")
    return Role("boilerplate", f"outside the body: {place} it, and not of its kind")
