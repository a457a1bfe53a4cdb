"""What comes before statements: body, sentence borders, concepts found."""

from extractions import CHINESE_RAW, make_chinese

from graph_builder.evaluation import Annotated, Gold
from graph_builder.evaluation.gold import GoldRegion
from graph_builder.evaluation.measures import Score, pool
from graph_builder.evaluation.pages import find_mentioned, score_boundaries, score_regions

ADVERT, BODY = CHINESE_RAW.index("頁眉"), CHINESE_RAW.index("一、")


def count_regions(*regions: GoldRegion) -> Score:
    return pool({"region": line} for line in score_regions(make_chinese(), regions))["region"]


def test_body_is_compared_by_characters_without_spaces() -> None:
    gold = count_regions(GoldRegion(ADVERT, BODY, "advert"), GoldRegion(BODY, len(CHINESE_RAW), "body"))
    size = len("".join(CHINESE_RAW[BODY:].split()))
    assert gold == Score(size, size, size)


def test_advert_taken_for_body_costs_precision() -> None:
    found = count_regions(GoldRegion(ADVERT, len(CHINESE_RAW), "boilerplate"))
    assert (found.right, found.gold, found.precision) == (0, 0, 0.0)
    assert found.system > 0


def test_what_gold_does_not_speak_of_is_not_counted() -> None:
    assert count_regions(GoldRegion(BODY, BODY + 2, "heading")) == Score(2, 2, 2)


def test_boundaries_are_those_of_a_sentence_or_a_run_of_them() -> None:
    extraction = make_chinese()
    span = extraction.text.raw_span(extraction.structure.sentences[0].span)
    rows = (Annotated(span.start, span.end + 1, ()), Annotated(span.start + 1, span.end, ()))
    assert list(score_boundaries(extraction, Gold(rows))) == [Score(1, 1, 1), Score(0, 1, 1)]


def test_mentions_are_topics_by_sentence_without_actors() -> None:
    rows = find_mentioned(make_chinese())
    assert [facts.topics for row in rows for facts in row.statements] == [
        ("mechanism/joint-laboratory", "principle/fairness")
    ]
    assert find_mentioned(make_chinese(), {"principle/fairness"})[0].statements[0].topics == ("principle/fairness",)
    assert find_mentioned(make_chinese(), frozenset()) == []
