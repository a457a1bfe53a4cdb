"""Numbers at the beginnings of lines, read as series."""

import pytest

from graph_builder.model import CleanText
from graph_builder.structure.lines import split_lines
from graph_builder.structure.numbering import find_markers, parse_number


def read(words: str) -> list[tuple[str, int] | None]:
    text = CleanText(words, words, tuple(range(len(words) + 1)))
    return [(m.format.name, m.value) if m else None for m in find_markers(split_lines(text))]


@pytest.mark.parametrize(
    ("lines", "markers"),
    [
        ("一、甲\n（一）乙\n（二）丙\n二、丁", [("han", 1), ("han-bracket", 1), ("han-bracket", 2), ("han", 2)]),
        ("1. a\n1. b\n1. c", [("arabic", 1)] * 3),
        ("2025 was good\n2. b", [None, None]),
        ("1 Scope\n2 Terms", [("bare", 1), ("bare", 2)]),
        ("3 States agreed", [None]),
        ("I. One\nII. Two", [("roman", 1), ("roman", 2)]),
        ("I agree with it", [None]),
        ("a) x\nb) y\nc) z", [("letter", 1), ("letter", 2), ("letter", 3)]),
        ("i. x\nii. y\niii. z", [("small-roman", 1), ("small-roman", 2), ("small-roman", 3)]),
        ("Article 12 – Scope\n第十二条 范围", [("article", 12), ("article-zh", 12)]),
        ("1.1. A\n1.2 B", [("decimal-1", 1), ("decimal-1", 2)]),
        ("- x\n  - y\n– z", [("bullet-0", 0), ("bullet-1", 0), ("bullet-0", 0)]),
        ("Tel. 2051987", [None]),
    ],
)
def test_a_line_joins_the_series_that_expects_it(lines: str, markers: list[tuple[str, int] | None]) -> None:
    assert read(lines) == markers


@pytest.mark.parametrize(
    ("words", "value"), [("四十二", 42), ("百", 100), ("IX", 9), ("7", 7), ("1er", 1), ("?", None)]
)
def test_numbers_have_values(words: str, value: int | None) -> None:
    assert parse_number(words) == value
