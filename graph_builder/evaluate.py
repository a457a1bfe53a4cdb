"""Measure extraction against gold annotations, sentence by sentence: precision, recall and F1 of seven measures.

The measures are those of the annotation guide: does a sentence bear a statement; its acts; its topics; topics under
their acts; speakers; the actors in their roles; deadlines and quantities.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph_builder.errors import AigovError
from graph_builder.model import Extraction

MEASURES = ("sentence", "act", "topic", "act-topic", "speaker", "roles", "values")
OUTSIDE_CHARS = 40
"""Statements outside every gold sentence count once per stretch of this many code points."""

Fact = tuple[object, ...]


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
class Score:
    """How many facts the gold holds, how many the system found, how many of these are right."""

    right: int
    gold: int
    system: int

    @property
    def precision(self) -> float:
        """The share of what was found that is right; 0 where nothing was found."""
        return self.right / self.system if self.system else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that was found; 0 where there is none."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two; 1 where there was nothing to find and nothing found."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else float(self.gold == self.system == 0)

    def __add__(self, other: "Score") -> "Score":
        """Pool two scores (micro-average)."""
        return Score(self.right + other.right, self.gold + other.gold, self.system + other.system)


@dataclass(frozen=True, slots=True)
class Gold:
    """The annotation of one text; `annotated_to` is the raw offset where it ends, None where it covers all."""

    rows: tuple[Annotated, ...]
    annotated_to: int | None = None

    def cover(self, found: Iterable[Annotated]) -> list[Annotated]:
        """Return what was found in the annotated part of the text."""
        return [row for row in found if self.annotated_to is None or row.start < self.annotated_to]


def load_gold(path: Path) -> Gold:
    """Read one annotation file (JSON Lines, a sentence a line; a line {"annotated_to": OFFSET} where it ends early).

    Raises:
        AigovError: the file cannot be read, or a line is not of the format; says which.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise AigovError(str(path), "cannot be read as UTF-8 text", "check the path and the encoding") from exc
    rows: list[Annotated] = []
    annotated_to = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if "annotated_to" in row:
                annotated_to = int(row["annotated_to"])
                continue
            rows.append(Annotated(row["start"], row["end"], tuple(map(_parse_statement, row["statements"]))))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            what = f"no annotated sentence ({type(exc).__name__}: {exc})"
            raise AigovError(f"{path}, line {number}", what, "see the annotation format") from exc
    return Gold(tuple(rows), annotated_to)


def to_annotated(extraction: Extraction, known_topics: Collection[str] | None = None) -> list[Annotated]:
    """Return what the builder found, one row a statement, by position; topics the gold cannot hold may be left out."""
    rows = []
    for statement in extraction.statements:
        spans = [extraction.text.raw_span(span) for span in statement.evidence]
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
        rows.append(Annotated(min(s.start for s in spans), max(s.end for s in spans), (facts,)))
    return sorted(rows, key=lambda row: row.start)


def score(gold: Sequence[Annotated], system: Sequence[Annotated]) -> dict[str, Score]:
    """Compare; a system row counts for the gold sentence it overlaps most, one that overlaps none for itself."""
    index_by_row = {id(row): index for index, row in enumerate(gold)}
    wanted = _collect_facts(gold, lambda row: index_by_row[id(row)])
    found = _collect_facts(system, lambda row: _place(row, gold))
    return {
        measure: Score(len(wanted[measure] & found[measure]), len(wanted[measure]), len(found[measure]))
        for measure in MEASURES
    }


def pool(tables: Iterable[Mapping[str, Score]]) -> dict[str, Score]:
    """Add the tables of several documents up."""
    total = dict.fromkeys(MEASURES, Score(0, 0, 0))
    for table in tables:
        total = {measure: total[measure] + table[measure] for measure in MEASURES}
    return total


def format_table(table: Mapping[str, Score]) -> str:
    """Return a table for people: one line a measure."""
    return "\n".join(
        f"{measure:10} P {s.precision:.3f}  R {s.recall:.3f}  F1 {s.f1:.3f}"
        f"   ({s.right} of {s.gold} gold, {s.system} system)"
        for measure, s in table.items()
    )


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


def _place(row: Annotated, gold: Sequence[Annotated]) -> object:
    def overlap(index: int) -> int:
        return min(gold[index].end, row.end) - max(gold[index].start, row.start)

    best = max(range(len(gold)), key=overlap, default=None)
    return best if best is not None and overlap(best) > 0 else ("outside", row.start // OUTSIDE_CHARS)


def _collect_facts(rows: Iterable[Annotated], place: Callable[[Annotated], object]) -> defaultdict[str, set[Fact]]:
    facts: defaultdict[str, set[Fact]] = defaultdict(set)
    for row in rows:
        where = place(row)
        for statement in row.statements:
            facts["sentence"].add((where,))
            facts["act"].add((where, statement.act))
            facts["topic"].update((where, topic) for topic in statement.topics)
            facts["act-topic"].update((where, statement.act, topic) for topic in statement.topics)
            facts["speaker"].update((where, actor) for actor in statement.speakers)
            for role in ("addressees", "beneficiaries", "partners"):
                facts["roles"].update((where, role, actor) for actor in getattr(statement, role))
            for field in ("deadline", "quantity"):
                if getattr(statement, field) is not None:
                    facts["values"].add((where, field, getattr(statement, field)))
    return facts
