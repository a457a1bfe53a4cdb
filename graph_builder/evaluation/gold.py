"""Gold annotations: what a file of them says, and what the builder found in the same form."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph_builder.errors import AigovError
from graph_builder.model import CleanText, Extraction, Statement

TOPICS_FILE = "topics.txt"
"""Lists the topics that the annotators of a folder (and of those below it) could choose from, one id a line."""


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What is compared of one statement; ids as in the annotation format (topics with their scheme, actors without)."""

    act: str
    topics: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    deadline: str | None = None
    quantity: str | None = None


@dataclass(frozen=True, slots=True)
class Annotated:
    """A stretch of the raw text (0-based, half-open code points) and the statements it bears."""

    start: int
    end: int
    statements: tuple[StatementFacts, ...]


@dataclass(frozen=True, slots=True)
class Gold:
    """The annotation of one text; `annotated_to` is the raw offset where it ends, None where it covers all."""

    rows: tuple[Annotated, ...]
    annotated_to: int | None = None

    def cover(self, found: Iterable[Annotated]) -> list[Annotated]:
        """Return what was found in the annotated part of the text."""
        return [row for row in found if self.annotated_to is None or row.start < self.annotated_to]


@dataclass(frozen=True, slots=True)
class GoldRegion:
    """A stretch of the raw text with one role on its page."""

    start: int
    end: int
    kind: str


def load_gold(path: Path) -> Gold:
    """Read one annotation file (JSON Lines, a sentence a line; a line {"annotated_to": OFFSET} where it ends early).

    Raises:
        AigovError: the file cannot be read, or a line is not of the format; says which.
    """
    rows: list[Annotated] = []
    annotated_to = None
    for where, line in _load_lines(path):
        try:
            raw = json.loads(line)
            if "annotated_to" in raw:
                annotated_to = int(raw["annotated_to"])
            else:
                rows.append(Annotated(*_parse_span(raw), tuple(map(_parse_statement, raw["statements"]))))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            what = f"no annotated sentence ({type(exc).__name__}: {exc})"
            raise AigovError(where, what, "see the annotation format") from exc
    return Gold(tuple(rows), annotated_to)


def load_regions(path: Path) -> tuple[GoldRegion, ...]:
    """Read the regions of one page (JSON Lines: {"start", "end", "kind"}).

    Raises:
        AigovError: the file cannot be read, or a line is not of the format; says which.
    """
    regions = []
    for where, line in _load_lines(path):
        try:
            raw = json.loads(line)
            regions.append(GoldRegion(*_parse_span(raw), str(raw["kind"])))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            what = f"no region ({type(exc).__name__}: {exc})"
            raise AigovError(where, what, "write start, end and kind") from exc
    return tuple(regions)


def load_topics(folder: Path) -> frozenset[str] | None:
    """Return the topics that the annotations of a folder can hold; None where neither it nor its parent lists them."""
    path = next((p for p in (folder / TOPICS_FILE, folder.parent / TOPICS_FILE) if p.is_file()), None)
    return None if path is None else frozenset(line.strip() for _, line in _load_lines(path))


def to_annotated(extraction: Extraction, known_topics: Collection[str] | None = None) -> list[Annotated]:
    """Return what the builder found, one row a statement, by position; topics the gold cannot hold may be left out."""
    rows = [annotate(statement, extraction.text, known_topics) for statement in extraction.statements]
    return sorted(rows, key=lambda row: row.start)


def annotate(statement: Statement, text: CleanText, known_topics: Collection[str] | None = None) -> Annotated:
    """Return one statement as an annotator would have written it down."""
    spans = [text.raw_span(span) for span in statement.evidence]
    facts = StatementFacts(
        act=statement.act,
        topics=tuple(t for t in statement.topics if known_topics is None or t in known_topics),
        speakers=statement.speakers,
        addressees=statement.addressees,
        beneficiaries=statement.beneficiaries,
        partners=statement.partners,
        deadline=statement.deadline.isoformat() if statement.deadline else None,
        quantity=None if statement.quantity is None else str(statement.quantity),
    )
    return Annotated(min(s.start for s in spans), max(s.end for s in spans), (facts,))


def _load_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines that are not blank, each with its place."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise AigovError(str(path), "cannot be read as UTF-8 text", "check the path and the encoding") from exc
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield f"{path}, line {number}", line


def _parse_span(raw: Mapping[str, object]) -> tuple[int, int]:
    start, end = raw["start"], raw["end"]
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        raise ValueError(f"{start!r} to {end!r} is no stretch of a text")
    return start, end


def _parse_statement(raw: Mapping[str, object]) -> StatementFacts:
    def ids(field: str) -> tuple[str, ...]:
        value = raw.get(field) or ()
        if not isinstance(value, list | tuple):
            raise TypeError(f"{field} is no list")
        return tuple(map(str, value))

    def text(field: str) -> str | None:
        return None if raw.get(field) in (None, "") else str(raw[field])

    return StatementFacts(
        act=str(raw["act"]),
        topics=ids("topics"),
        speakers=ids("speakers"),
        addressees=ids("addressees"),
        beneficiaries=ids("beneficiaries"),
        partners=ids("partners"),
        deadline=text("deadline"),
        quantity=text("quantity"),
    )
