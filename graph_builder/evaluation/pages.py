"""Measure what comes before statements: the body of a page, the borders of sentences, the concepts found in them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from graph_builder.evaluation.gold import Annotated, Gold, GoldRegion, StatementFacts
from graph_builder.evaluation.measures import Score
from graph_builder.model import Extraction

BODY = ("body", "heading")
"""The kinds of regions that are the document itself, without its title."""
TOPIC_SCHEMES = ("principle", "mechanism", "domain", "issue", "instrument", "event")


def score_regions(extraction: Extraction, regions: Sequence[GoldRegion]) -> Iterator[Score]:
    """Compare the body of a page by characters, spaces apart; one score a line of the page that the gold speaks of."""
    raw, offsets = extraction.text.raw, extraction.text.offsets
    wanted = {at: region.kind in BODY for region in regions for at in range(region.start, region.end)}
    found = {
        at
        for region in extraction.structure.regions
        if region.kind in BODY
        for at in range(offsets[region.span.start], offsets[region.span.end])
    }
    start = 0
    for line in raw.splitlines(keepends=True):
        places = [at for at in range(start, start + len(line)) if at in wanted and not raw[at].isspace()]
        start += len(line)
        gold, system = {at for at in places if wanted[at]}, {at for at in places if at in found}
        if places:
            yield Score(len(gold & system), len(gold), len(system))


def score_boundaries(extraction: Extraction, gold: Gold) -> Iterator[Score]:
    """Say of each gold sentence whether it is one of ours, or a run of several; spaces at its ends do not count.

    The gold has only sentences that bear statements, so there is no precision: F1 is the share of them found.
    """
    raw = extraction.text.raw
    spans = [extraction.text.raw_span(sentence.span) for sentence in extraction.structure.sentences]
    ours = [_trim(raw, span.start, span.end) for span in spans]
    starts, ends = {start for start, _ in ours}, {end for _, end in ours}
    for row in gold.rows:
        start, end = _trim(raw, row.start, row.end)
        yield Score(int(start in starts and end in ends), 1, 1)


def find_mentioned(extraction: Extraction, known_topics: Collection[str] | None = None) -> list[Annotated]:
    """Return the sentences with the topics that the lexicon finds in them, whatever act governs these."""
    sentences = extraction.structure.sentences
    starts = [sentence.span.start for sentence in sentences]
    topics: defaultdict[int, set[str]] = defaultdict(set)
    for mention in extraction.mentions:
        known = known_topics is None or mention.target in known_topics
        if known and mention.target.split("/", 1)[0] in TOPIC_SCHEMES:
            topics[bisect_right(starts, mention.span.start) - 1].add(mention.target)
    rows = []
    for index in sorted(topics):
        span = extraction.text.raw_span(sentences[index].span)
        rows.append(Annotated(span.start, span.end, (StatementFacts("", topics=tuple(sorted(topics[index]))),)))
    return rows


def _trim(raw: str, start: int, end: int) -> tuple[int, int]:
    words = raw[start:end]
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
