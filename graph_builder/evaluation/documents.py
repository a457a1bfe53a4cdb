"""Everything that is measured of one text, as counts: enough to make every table anew without the text itself."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_builder.errors import AigovError
from graph_builder.evaluation.calibration import Judged, judge
from graph_builder.evaluation.gold import Gold, GoldRegion, to_annotated
from graph_builder.evaluation.measures import MEASURES, Place, Score, Table, pool, tally
from graph_builder.evaluation.pages import find_mentioned, score_boundaries, score_regions
from graph_builder.model import Extraction

BY_LINE = ("region",)
BY_SENTENCE = ("boundary", "mention", *MEASURES)


@dataclass(frozen=True, slots=True)
class TextScores:
    """The counts of one text: `sentences` by gold sentence (and places outside them), `lines` of its page.

    `annotated` are the sentences of the gold, `statements` what the builder found in the annotated part. `gold_set` is
    the set of annotations it belongs to. `lines` is empty where there is no gold of regions.
    """

    work: str
    language: str
    gold_set: str
    sha256: str
    annotated: int
    statements: int
    sentences: tuple[Table, ...]
    lines: tuple[Table, ...]
    judged: tuple[Judged, ...]

    @property
    def unrelated(self) -> bool:
        """Whether the text is a page that should yield nothing."""
        return not self.annotated

    @property
    def table(self) -> dict[str, Score]:
        """The scores of the whole text."""
        return pool([*self.lines, *self.sentences])


def measure_text(
    extraction: Extraction,
    gold: Gold,
    *,
    gold_set: str,
    regions: Sequence[GoldRegion] = (),
    known_topics: Collection[str] | None = None,
) -> TextScores:
    """Measure one text; topics that the gold cannot hold (`known_topics`) are neither right nor wrong.

    Raises:
        AigovError: the annotations reach beyond the text: they belong to another copy of it.
    """
    document = extraction.document
    end = max([0, *(row.end for row in gold.rows), *(region.end for region in regions)])
    if end > len(document.raw):
        what = f"its annotations reach to {end}, the text only to {len(document.raw)}"
        raise AigovError(document.name, what, "take the copy that was annotated")
    found = gold.cover(to_annotated(extraction, known_topics))
    by_place: dict[Place, dict[str, Score]] = dict(tally(gold.rows, found))
    mentioned = tally(gold.rows, gold.cover(find_mentioned(extraction, known_topics)))
    for place, table in mentioned.items():
        by_place.setdefault(place, {})["mention"] = table["topic"]
    for index, boundary in enumerate(score_boundaries(extraction, gold)):
        by_place[False, index]["boundary"] = boundary
    return TextScores(
        work=document.registration.work,
        language=document.registration.language,
        gold_set=gold_set,
        sha256=document.sha256,
        annotated=len(gold.rows),
        statements=len(found),
        sentences=tuple(by_place[place] for place in sorted(by_place)),
        lines=tuple({"region": line} for line in score_regions(extraction, regions)),
        judged=tuple(judge(extraction, gold, known_topics)),
    )


def to_record(text: TextScores) -> dict[str, Any]:
    """Return the counts as JSON can hold them: for each sentence right, gold and system of each measure in turn."""
    return {
        "work": text.work,
        "language": text.language,
        "set": text.gold_set,
        "sha256": text.sha256,
        "annotated": text.annotated,
        "statements": text.statements,
        "sentences": [_to_counts(table, BY_SENTENCE) for table in text.sentences],
        "lines": [_to_counts(table, BY_LINE) for table in text.lines],
        "judged": [[each.confidence, int(each.act_right), int(each.all_right)] for each in text.judged],
    }


def parse_record(record: Mapping[str, Any], where: str) -> TextScores:
    """Read back what `to_record` made.

    Raises:
        AigovError: it is no such record.
    """
    try:
        return TextScores(
            work=str(record["work"]),
            language=str(record["language"]),
            gold_set=str(record["set"]),
            sha256=str(record["sha256"]),
            annotated=int(record["annotated"]),
            statements=int(record["statements"]),
            sentences=tuple(_parse_counts(counts, BY_SENTENCE) for counts in record["sentences"]),
            lines=tuple(_parse_counts(counts, BY_LINE) for counts in record["lines"]),
            judged=tuple(Judged(float(c), bool(act), bool(everything)) for c, act, everything in record["judged"]),
        )
    except (KeyError, TypeError, ValueError) as exc:
        what = f"no scores of a text ({type(exc).__name__}: {exc})"
        raise AigovError(where, what, "write the file with `aigov evaluate --json`") from exc


def _to_counts(table: Table, measures: Iterable[str]) -> list[int]:
    scores = (table.get(measure, Score()) for measure in measures)
    return [count for value in scores for count in (value.right, value.gold, value.system)]


def _parse_counts(counts: Sequence[int], measures: Sequence[str]) -> dict[str, Score]:
    triples = zip(*[iter(map(int, counts))] * 3, strict=True)
    return {measure: Score(*triple) for measure, triple in zip(measures, triples, strict=True)}
