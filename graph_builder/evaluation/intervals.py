"""How far a figure could have been another with other sentences: bootstrap intervals of F1 (Efron's percentiles).

What is drawn again is the sentence: a gold sentence with the statements that belong to it, or a place where only the
builder found some. Sentences of one text are alike, so over several texts first the texts are drawn, then sentences
within each. The generator has a fixed seed: the same counts give the same interval.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from graph_builder.evaluation.measures import Score, Table

RESAMPLES = 1000
SEED = 20240701
_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 % of what resampling gives."""

    low: float
    high: float


def find_intervals(texts: Sequence[Sequence[Table]], measures: Sequence[str]) -> dict[str, Interval]:
    """Return the interval of the F1 of each measure; `texts` are the tables of their sentences."""
    rows = [[_flatten(table, measures) for table in sentences] for sentences in texts if sentences]
    samples = list(_resample(rows)) if rows else [(0, 0, 0) * len(measures)]
    intervals = {}
    for at, measure in enumerate(measures):
        values = sorted(Score(*sample[3 * at : 3 * at + 3]).f1 for sample in samples)
        cut = int(len(values) * _TAIL)
        intervals[measure] = Interval(values[cut], values[-1 - cut])
    return intervals


def _flatten(table: Table, measures: Sequence[str]) -> tuple[int, ...]:
    scores = [table.get(measure, Score()) for measure in measures]
    return tuple(count for value in scores for count in (value.right, value.gold, value.system))


def _resample(texts: Sequence[Sequence[tuple[int, ...]]]) -> Iterator[tuple[int, ...]]:
    """Yield the sums of the counts of each resample."""
    random = Random(SEED)
    for _ in range(RESAMPLES):
        drawn = random.choices(texts, k=len(texts))
        rows = [row for sentences in drawn for row in random.choices(sentences, k=len(sentences))]
        yield tuple(map(sum, zip(*rows, strict=True)))
