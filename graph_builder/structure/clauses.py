"""The tree of clauses: sections, items, paragraphs, with paths made of positions.

Formats of numbers nest from coarse to fine; a format seen before closes what was opened since. Because paths are
positions and not printed numbers, two language versions of a work get the same paths.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph_builder.structure.lines import Line
from graph_builder.structure.numbering import Marker

PREAMBLE = "0"
"""Path of what stands before the first section; sections count from 1."""


@dataclass(slots=True)
class Node:
    """A clause under construction. `content` holds lines and clauses in order, `opening` is the line that opened it.

    `marked` is the length of its number on that line.
    """

    format: str = "root"
    rank: int = -1
    opening: int | None = None
    heading: str | None = None
    marked: int = 0
    content: list["Node | int"] = field(default_factory=list)
    parent: "Node | None" = None
    path: str = ""

    @property
    def children(self) -> list["Node"]:
        """The clauses directly below, in order."""
        return [part for part in self.content if isinstance(part, Node)]

    @property
    def listed(self) -> bool:
        """Whether it is an item of a bulleted list."""
        return self.format.startswith("bullet")

    def walk(self) -> Iterator["Node"]:
        """Yield the clauses below, in document order."""
        for child in self.children:
            yield child
            yield from child.walk()

    def own_lines(self) -> list[int]:
        """The lines that stand directly in it, the opening one first."""
        opening = [] if self.opening is None else [self.opening]
        return opening + [part for part in self.content if isinstance(part, int)]


def build_tree(
    lines: Sequence[Line],
    markers: Sequence[Marker | None],
    body: Sequence[int],
    headings: frozenset[int],
    run_ins: Mapping[int, tuple[int, int]],
) -> Node:
    """Return the root of the clauses, with paths; every line of `body` stands in exactly one of them."""
    root = Node()
    top = root
    for at in body:
        line, marker = lines[at], markers[at]
        if marker is None and at not in headings:
            top = _above_lists(top, line, lines)
            top.content.append(at)
            continue
        name, rank = _format(line, marker, top)
        top = _close(top, name, rank)
        if marker is not None and marker.format.name.startswith("bullet"):
            top = _under_lead_in(top, lines)
        head = None
        if at in headings:
            head = line.text[marker.length if marker else 0 :].strip(" .:：")
        elif at in run_ins:
            head = line.text[marker.length if marker else 0 : run_ins[at][0]].strip(" .:：。")
        node = Node(name, rank, at, head, _printed(line, marker), parent=top)
        top.content.append(node)
        top = node
    _settle(root)
    _number(root)
    return root


def _format(line: Line, marker: Marker | None, top: Node) -> tuple[str, int]:
    """Return name and rank of the format that a heading or marked line belongs to."""
    if line.level:
        return f"heading-{line.level}", line.level
    if marker is not None:
        return marker.format.name, marker.format.rank
    while top.parent is not None and (top.heading is None or top.format not in ("plain",)) and top.listed:
        top = top.parent
    return "plain", max(38, top.rank + 1) if top.heading is not None and top.format != "plain" else 38


def _close(top: Node, name: str, rank: int) -> Node:
    """Close clauses until a new one of this format can be opened."""
    chain: list[Node] = []
    node: Node | None = top
    while node is not None:
        chain.append(node)
        node = node.parent
    same = next((node for node in chain if node.format == name), None)
    if same is not None and same.parent is not None:
        return same.parent
    while top.parent is not None and (top.rank > rank or (top.format == "paragraph" and rank < 60)):
        top = top.parent
    return top


def _above_lists(top: Node, line: Line, lines: Sequence[Line]) -> Node:
    """Leave the bulleted lists that an unmarked paragraph does not continue."""
    while top.parent is not None and (top.listed or top.format == "paragraph"):
        opening = lines[top.opening] if top.opening is not None else line
        if top.listed and line.indent > opening.indent:
            break
        top = top.parent
    return top


def _under_lead_in(top: Node, lines: Sequence[Line]) -> Node:
    """Hang a list on the paragraph that leads it in, which thereby becomes a clause."""
    if top.content and isinstance(last := top.content[-1], int) and lines[last].text.endswith((":", "：")):
        node = Node("paragraph", 59, last, parent=top)
        top.content[-1] = node
        return node
    return top


def _settle(node: Node) -> None:
    """Make clauses of the paragraphs of a clause that has nothing finer; set apart what stands before sections."""
    for child in node.children:
        _settle(child)
    if node.parent is None:
        _set_apart_preamble(node)
    loose = [part for part in node.content if isinstance(part, int)]
    children = node.children
    after = bool(children) and isinstance(node.content[-1], int)
    mixed = bool(children) and (after or any(child.format == "paragraph" for child in children))
    several = not children and len(loose) + (node.opening is not None and node.heading is None) > 1
    if mixed or (several and not node.listed) or (node.parent is None and not children):
        node.content = [_paragraph(part, node) if isinstance(part, int) else part for part in node.content]


def _set_apart_preamble(root: Node) -> None:
    """Put the paragraphs before the first section into a clause of their own."""
    first = next(
        (i for i, part in enumerate(root.content) if isinstance(part, Node) and part.format != "paragraph"), None
    )
    if first is None or first == 0:
        return
    if isinstance(root.content[-1], int):
        return
    preamble = Node("preamble", 0, parent=root, path=PREAMBLE, content=root.content[:first])
    for child in preamble.children:
        child.parent = preamble
    root.content = [preamble, *root.content[first:]]
    _settle(preamble)


def _paragraph(at: int, parent: Node) -> Node:
    return Node("paragraph", 59, at, parent=parent)


def _number(root: Node) -> None:
    """Write the paths: positions among the clauses of one parent, the preamble being 0."""
    for parent in (root, *root.walk()):
        counted = [child for child in parent.children if child.format != "preamble"]
        for position, child in enumerate(counted, start=1):
            child.path = f"{parent.path}/{position}" if parent.path else str(position)


def _printed(line: Line, marker: Marker | None) -> int:
    """Return the length of a line's number without the spaces after it; 0 for bullets and unmarked lines."""
    return len(line.text[: marker.length].rstrip()) if marker is not None and marker.value else 0
