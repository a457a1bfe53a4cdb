"""Bootstrap intervals: reproducible, and around the point."""

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_builder.evaluation.intervals import RESAMPLES, Interval, find_intervals
from graph_builder.evaluation.measures import MEASURES, Score, pool

RIGHT, WRONG = {"act": Score(1, 1, 1)}, {"act": Score(0, 1, 1)}


def test_same_counts_give_the_same_interval() -> None:
    texts = [[RIGHT, WRONG, RIGHT] * 5, [WRONG, RIGHT] * 4]
    assert find_intervals(texts, ("act",)) == find_intervals(texts, ("act",))


def test_interval_of_a_measure_does_not_depend_on_the_others() -> None:
    texts = [[RIGHT, WRONG, RIGHT] * 5]
    assert find_intervals(texts, ("act",))["act"] == find_intervals(texts, ("topic", *MEASURES))["act"]


def test_all_right_leaves_no_doubt() -> None:
    assert find_intervals([[RIGHT] * 10], ("act",))["act"] == Interval(1.0, 1.0)


def test_interval_of_a_share_is_that_of_the_binomial() -> None:
    interval = find_intervals([[RIGHT] * 50 + [WRONG] * 50], ("act",))["act"]
    assert abs(interval.low - 0.40) <= 0.02
    assert abs(interval.high - 0.60) <= 0.02


def test_texts_that_differ_widen_the_interval() -> None:
    apart = find_intervals([[RIGHT] * 20, [WRONG] * 20], ("act",))["act"]
    mixed = find_intervals([[RIGHT, WRONG] * 10, [RIGHT, WRONG] * 10], ("act",))["act"]
    assert (apart.low, apart.high) == (0.0, 1.0)
    assert mixed.low > 0.2


def test_nothing_to_measure_has_an_interval_too() -> None:
    assert find_intervals([], ("act",)) == find_intervals([[]], ("act",)) == {"act": Interval(1.0, 1.0)}


counts = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)).map(
    lambda drawn: {"act": Score(drawn[0], drawn[0] + drawn[1], drawn[0] + drawn[2])}
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(counts, min_size=5, max_size=12), min_size=1, max_size=3))
def test_interval_contains_the_point(texts: list[list[dict[str, Score]]]) -> None:
    interval = find_intervals(texts, ("act",))["act"]
    point = pool(table for sentences in texts for table in sentences)["act"].f1
    assert interval.low - 1e-9 <= point <= interval.high + 1e-9


def test_there_are_a_thousand_resamples() -> None:
    assert RESAMPLES == 1000
