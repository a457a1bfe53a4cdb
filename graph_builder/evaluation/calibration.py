"""Compare the confidence of statements with how often they are right."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graph_builder.evaluation.gold import Gold, annotate
from graph_builder.evaluation.measures import find_place
from graph_builder.model import Extraction

BORDERS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The borders of the bins of confidence: each holds its lower border, the last one its upper too."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement of the builder: is its act one of its gold sentence, and are all its topics topics of that act."""

    confidence: float
    act_right: bool
    all_right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The statements with a confidence between two borders: how many, their mean confidence, the shares that are right.

    The means are 0 where there are none.
    """

    low: float
    high: float
    count: int
    confidence: float
    act_right: float
    all_right: float


def judge(extraction: Extraction, gold: Gold, known_topics: Collection[str] | None = None) -> Iterator[Judged]:
    """Judge the statements in the annotated part of a text, in their order."""
    for statement in extraction.statements:
        row = annotate(statement, extraction.text, known_topics)
        if not gold.cover([row]):
            continue
        outside, index = find_place(row, gold.rows)
        same = [] if outside else [facts for facts in gold.rows[index].statements if facts.act == statement.act]
        topics = {topic for facts in same for topic in facts.topics}
        yield Judged(statement.confidence, bool(same), bool(same) and topics.issuperset(row.statements[0].topics))


def calibrate(judged: Sequence[Judged]) -> list[Bin]:
    """Sort statements into bins of confidence; every bin is there, in order."""
    bins = []
    for low, high in pairwise(BORDERS):
        inside = [j for j in judged if low <= j.confidence < high or j.confidence == high == BORDERS[-1]]
        count = len(inside)
        sums = (sum(j.confidence for j in inside), sum(j.act_right for j in inside), sum(j.all_right for j in inside))
        confidence, act_right, all_right = (value / count if count else 0.0 for value in sums)
        bins.append(Bin(low, high, count, confidence, act_right, all_right))
    return bins


def find_calibration_error(bins: Sequence[Bin], *, strict: bool = False) -> float:
    """Return the expected calibration error: the mean distance of confidence and share right, weighted by counts.

    Right means the act; with `strict`, all topics too. 0 where there are no statements.
    """
    total = sum(each.count for each in bins)
    gaps = (each.count * abs(each.confidence - (each.all_right if strict else each.act_right)) for each in bins)
    return sum(gaps) / total if total else 0.0
