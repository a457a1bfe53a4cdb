"""Compare statements with gold, sentence by sentence: precision, recall and F1 of seven measures.

The measures are those of the annotation guide: does a sentence bear a statement; its acts; its topics; topics under
their acts; speakers; the actors in their roles; deadlines and quantities.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph_builder.evaluation.gold import Annotated

MEASURES = ("sentence", "act", "topic", "act-topic", "speaker", "roles", "values")
OUTSIDE_CHARS = 40
"""Statements outside every gold sentence count once per stretch of this many code points."""

Place = tuple[bool, int]
"""Where a fact belongs: (False, index of a gold sentence), or (True, stretch of the text outside them)."""
Fact = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How many facts the gold holds, how many the system found, how many of these are right."""

    right: int = 0
    gold: int = 0
    system: int = 0

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


Table = Mapping[str, Score]
"""Measures and their scores: of one sentence, one text, or many texts."""


def score(gold: Sequence[Annotated], system: Sequence[Annotated]) -> dict[str, Score]:
    """Compare; a system row counts for the gold sentence it overlaps most, one that overlaps none for itself."""
    return pool(tally(gold, system).values())


def tally(gold: Sequence[Annotated], system: Sequence[Annotated]) -> dict[Place, dict[str, Score]]:
    """Compare sentence by sentence: every gold sentence in order, then the places where only the system found facts."""
    index_by_row = {id(row): index for index, row in enumerate(gold)}
    wanted = _collect_facts(gold, lambda row: (False, index_by_row[id(row)]))
    found = _collect_facts(system, lambda row: find_place(row, gold))
    places = {(False, index) for index in range(len(gold))} | found.keys()
    return {place: _compare(wanted[place], found[place]) for place in sorted(places)}


def find_place(row: Annotated, gold: Sequence[Annotated]) -> Place:
    """Return the gold sentence that a row overlaps most, or the stretch where it stands outside all of them."""

    def overlap(index: int) -> int:
        return min(gold[index].end, row.end) - max(gold[index].start, row.start)

    best = max(range(len(gold)), key=overlap, default=None)
    return (False, best) if best is not None and overlap(best) > 0 else (True, row.start // OUTSIDE_CHARS)


def pool(tables: Iterable[Table]) -> dict[str, Score]:
    """Add tables up; the seven measures are there even if there are no tables."""
    total = dict.fromkeys(MEASURES, Score())
    for table in tables:
        for measure, value in table.items():
            total[measure] = total.get(measure, Score()) + value
    return total


def _compare(wanted: Mapping[str, set[Fact]], found: Mapping[str, set[Fact]]) -> dict[str, Score]:
    return {
        measure: Score(len(wanted[measure] & found[measure]), len(wanted[measure]), len(found[measure]))
        for measure in MEASURES
    }


def _collect_facts(
    rows: Iterable[Annotated], place: Callable[[Annotated], Place]
) -> defaultdict[Place, defaultdict[str, set[Fact]]]:
    by_place: defaultdict[Place, defaultdict[str, set[Fact]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        facts = by_place[place(row)]
        for statement in row.statements:
            facts["sentence"].add(())
            facts["act"].add((statement.act,))
            facts["topic"].update((topic,) for topic in statement.topics)
            facts["act-topic"].update((statement.act, topic) for topic in statement.topics)
            facts["speaker"].update((actor,) for actor in statement.speakers)
            for role in ("addressees", "beneficiaries", "partners"):
                facts["roles"].update((role, actor) for actor in getattr(statement, role))
            for field in ("deadline", "quantity"):
                if getattr(statement, field) is not None:
                    facts["values"].add((field, getattr(statement, field)))
    return by_place
