"""Segmentation: from a clean text to regions, clauses and sentences."""

from collections.abc import Callable, Mapping, Sequence

from graph_builder.model import (
    Clause,
    CleanText,
    DocumentStructure,
    Region,
    RegionKind,
    Registration,
    Sentence,
    Span,
)
from graph_builder.structure.clauses import Node, build_tree
from graph_builder.structure.cues import Cues, load_cues
from graph_builder.structure.headings import find_headings, find_run_ins
from graph_builder.structure.lines import Line, split_lines
from graph_builder.structure.numbering import Marker, find_markers
from graph_builder.structure.regions import classify_lines
from graph_builder.structure.roles import Role
from graph_builder.structure.sentences import split_sentences


def segment_document(
    text: CleanText, registration: Registration, topical: Callable[[str], float] | None = None
) -> DocumentStructure:
    """Find title, regions, clauses and sentences of a text.

    `topical` gives the share (0 to 1) of a line that speaks of the domain; without it a small word list does. Regions
    cover the text from end to end. Every sentence stands in a body region and in the clause that its path names.
    """
    cues = load_cues()
    lines = split_lines(text)
    markers = find_markers(lines)
    roles = classify_lines(lines, markers, registration, cues, topical)
    body = [at for at, role in enumerate(roles) if role.kind == "body"]
    headings = find_headings(lines, markers, body)
    run_ins = {at: cut for at, cut in find_run_ins(lines, markers, body).items() if at not in headings}
    root = build_tree(lines, markers, body, headings, run_ins)
    roles = tuple(Role("heading", "heading") if at in headings else role for at, role in enumerate(roles))
    return DocumentStructure(
        title=_title(lines, roles),
        regions=tuple(_regions(text, lines, roles)),
        clauses=tuple(_clauses(text, root, lines)),
        sentences=tuple(_sentences(root, lines, markers, headings, run_ins, cues)),
    )


def _title(lines: Sequence[Line], roles: Sequence[Role]) -> Span | None:
    """Return the span of the shortest line that gives the whole title, else of the first title line."""
    titles = [(line, role.reason) for line, role in zip(lines, roles, strict=True) if role.kind == "title"]
    best = min(titles, key=lambda pair: (pair[1] != "the title", len(pair[0].text), pair[0].start), default=None)
    return Span(best[0].start, best[0].end) if best else None


def _regions(text: CleanText, lines: Sequence[Line], roles: Sequence[Role]) -> list[Region]:
    """Join neighbouring lines of one role; blank lines go with what stands before them."""
    found: list[Region] = []
    for line, role in zip(lines, roles, strict=True):
        start = text.clean.rfind("\n", 0, line.start) + 1 if found else 0
        kind: RegionKind = role.kind
        if found and (found[-1].kind, found[-1].reason) == (kind, role.reason) and kind not in ("heading", "title"):
            continue
        if found:
            found[-1] = Region(Span(found[-1].span.start, start), found[-1].kind, found[-1].reason)
        found.append(Region(Span(start, len(text.clean)), kind, role.reason))
    return found


def _clauses(text: CleanText, root: Node, lines: Sequence[Line]) -> list[Clause]:
    clauses = []
    for order, node in enumerate(root.walk()):
        inner = [at for part in (node, *node.walk()) for at in part.own_lines()]
        span = Span(lines[min(inner)].start, lines[max(inner)].end)
        parent = node.parent.path if node.parent is not None and node.parent.path else None
        level = node.path.count("/") + 1
        number = _printed(text, lines[node.opening], node.marked) if node.opening is not None else None
        clauses.append(Clause(node.path, number, node.heading, order, level, parent, span))
    return clauses


def _printed(text: CleanText, line: Line, length: int) -> str | None:
    """Return a number of `length` characters as it stands in the source; None where there is none."""
    if not length:
        return None
    span = text.raw_span(Span(line.start, line.start + length))
    shown = " ".join(text.raw[span.start : span.end].split()).rstrip(" –—:：-")
    return shown if shown.isascii() else shown.replace(" ", "")


def _sentences(
    root: Node,
    lines: Sequence[Line],
    markers: Sequence[Marker | None],
    headings: frozenset[int],
    run_ins: Mapping[int, tuple[int, int]],
    cues: Cues,
) -> list[Sentence]:
    """Split every line that is no heading; list items learn which sentence leads them in."""
    places = {at: node for node in (root, *root.walk()) for at in node.own_lines()}
    found: list[Sentence] = []
    last_of: dict[int, int] = {}  # line → index of its last sentence
    leads: dict[int, int | None] = {}  # id of a clause → index of the sentence that leads it in
    above: dict[int, int | None] = {}  # id of a clause → the line above its list
    paragraph = 0
    previous: int | None = None
    for at in sorted(places):
        if at in headings:
            previous = None
            continue
        node, line, marker = places[at], lines[at], markers[at]
        if at == node.opening and marker is not None:
            if id(node) not in above and node.parent is not None:
                above |= _lines_above(node.parent, headings)
            leads[id(node)] = _lead_of(node, above.get(id(node)), lines, headings, last_of, leads)
        lead = leads.get(id(node))
        if lead is None and marker is None and previous is not None and _is_fragment(line):
            lead = _running_lead(found, lines[previous], last_of.get(previous))
        skip = run_ins[at][1] if at in run_ins else marker.length if marker else 0
        chinese = line.chinese
        for start, end in split_sentences(line.text[skip:], chinese=chinese, cues=cues):
            span = Span(line.start + skip + start, line.start + skip + end)
            item = lead is not None or marker is not None
            found.append(Sentence(len(found), span, node.path, paragraph, lead, item))
            last_of[at] = len(found) - 1
        paragraph += 1
        previous = at
    return found


def _lead_of(
    node: Node,
    above: int | None,
    lines: Sequence[Line],
    headings: frozenset[int],
    last_of: Mapping[int, int],
    leads: Mapping[int, int | None],
) -> int | None:
    """Return the sentence ending in a colon that a list item hangs on: above its list, or its parent's."""
    parent = node.parent
    if parent is None or (node.heading is not None and node.opening in headings):
        return None
    if above is not None and lines[above].text.endswith((":", "：")):
        return last_of.get(above)
    return leads.get(id(parent))


def _lines_above(parent: Node, headings: frozenset[int]) -> dict[int, int | None]:
    """Return id → the line above the list that each child of a clause stands in; None behind a list of another kind."""
    found: dict[int, int | None] = {}
    above: int | None = parent.opening if parent.opening not in headings else None
    formats: set[str] = set()  # of the clauses between that line and the child
    for part in parent.content:
        if isinstance(part, int):
            above, formats = part, set()
            continue
        found[id(part)] = above if formats <= {part.format} else None
        if part.format == "paragraph":
            above, formats = part.opening, set()
        elif part.format == "preamble":
            above, formats = max(at for inner in (part, *part.walk()) for at in inner.own_lines()), set()
        else:
            formats.add(part.format)
    return found


def _is_fragment(line: Line) -> bool:
    return line.text[:1].islower() or line.text.endswith((";", "；")) or not line.ended


def _running_lead(found: Sequence[Sentence], before: Line, last: int | None) -> int | None:
    """Return the lead of an unmarked fragment: the line before, if it ends in a colon, or that line's own lead."""
    if last is None:
        return None
    return last if before.text.endswith((":", "：")) else found[last].lead_in if not before.text.endswith(".") else None
