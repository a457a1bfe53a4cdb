"""Confidence against truth."""

from dataclasses import replace

import pytest
from extractions import make_chinese

from graph_builder.evaluation import Annotated, Gold, StatementFacts
from graph_builder.evaluation.calibration import BORDERS, Judged, calibrate, find_calibration_error, judge

TOPICS = ("domain/health", "mechanism/joint-laboratory")


def judge_offer(*facts: StatementFacts) -> Judged:
    """Judge the first statement of the small text (an offer, confidence 0.9) against one gold sentence."""
    extraction = make_chinese()
    offer = replace(extraction, statements=extraction.statements[:1])
    start = extraction.text.raw.index("中方")
    gold = Gold((Annotated(start, start + 20, facts),))
    return next(judge(offer, gold))


@pytest.mark.parametrize(
    ("facts", "act_right", "all_right"),
    [
        ((StatementFacts("commit", topics=TOPICS),), True, True),
        ((StatementFacts("commit", topics=(*TOPICS, "issue/misuse")),), True, True),
        ((StatementFacts("commit", topics=TOPICS[:1]), StatementFacts("commit", topics=TOPICS[1:])), True, True),
        ((StatementFacts("commit", topics=TOPICS[:1]), StatementFacts("call", topics=TOPICS[1:])), True, False),
        ((StatementFacts("call", topics=TOPICS),), False, False),
        ((), False, False),
    ],
)
def test_statement_is_judged_by_act_and_by_topics_under_it(
    facts: tuple[StatementFacts, ...], act_right: bool, all_right: bool
) -> None:
    assert judge_offer(*facts) == Judged(0.9, act_right, all_right)


def test_statement_outside_every_gold_sentence_is_wrong() -> None:
    far = Annotated(10**6, 10**6 + 1, (StatementFacts("commit"), StatementFacts("uphold")))
    judged = list(judge(make_chinese(), Gold((far,))))
    assert [each.act_right for each in judged] == [False, False]


def test_statements_behind_the_annotated_part_are_not_judged() -> None:
    assert list(judge(make_chinese(), Gold((), annotated_to=0))) == []


def test_topics_that_gold_cannot_hold_are_not_held_against_a_statement() -> None:
    extraction = make_chinese()
    start = extraction.text.raw.index("中方")
    gold = Gold((Annotated(start, start + 20, (StatementFacts("commit", topics=TOPICS[1:]),)),))
    assert next(each.all_right for each in judge(extraction, gold)) is False
    assert next(each.all_right for each in judge(extraction, gold, known_topics=TOPICS[1:])) is True


JUDGED = [
    Judged(0.5, True, False),
    Judged(0.59, False, False),
    Judged(0.9, True, True),
    Judged(1.0, True, False),
]


def test_every_statement_is_in_one_bin() -> None:
    bins = calibrate(JUDGED)
    assert [each.low for each in bins] == list(BORDERS[:-1])
    assert sum(each.count for each in bins) == len(JUDGED)
    assert {each.low: each.count for each in bins if each.count} == {0.5: 2, 0.9: 2}


def test_bins_average_what_they_hold() -> None:
    last = calibrate(JUDGED)[-1]
    assert (last.confidence, last.act_right, last.all_right) == (pytest.approx(0.95), 1.0, 0.5)


def test_calibration_error_weighs_the_gaps_of_the_bins() -> None:
    bins = calibrate(JUDGED)
    assert find_calibration_error(bins) == pytest.approx((2 * abs(0.545 - 0.5) + 2 * abs(0.95 - 1.0)) / 4)
    assert find_calibration_error(bins, strict=True) == pytest.approx((2 * 0.545 + 2 * 0.45) / 4)
    assert find_calibration_error(calibrate([])) == 0.0
