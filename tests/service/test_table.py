import doctest

import pytest

from service import table
from service.table import format_results

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def literal(value: str, **more: str) -> dict[str, str]:
    return {"type": "literal", "value": value, **more}


def results(names: list[str], *bindings: dict[str, object]) -> dict[str, object]:
    return {"head": {"vars": names}, "results": {"bindings": list(bindings)}}


def test_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(table).failed == 0


def test_wide_characters_take_two_columns() -> None:
    first = {"words": literal("将于2025年底前"), "n": literal("10", datatype=INTEGER)}
    second = {"words": literal("by 2025"), "n": literal("7", datatype=INTEGER)}
    assert format_results(results(["words", "n"], first, second)).splitlines() == [
        "words            n",
        "--------------  --",
        "将于2025年底前  10",
        "by 2025          7",
    ]


def test_combining_marks_take_none() -> None:
    row = {"a": literal("e\u0301te\u0301"), "b": literal("x")}
    assert format_results(results(["a", "b"], row)).splitlines()[1] == "---  -"


def test_terms_are_shown_short() -> None:
    row = {
        "own": {"type": "uri", "value": "https://w3id.org/aigov/actor/china"},
        "term": {"type": "uri", "value": "http://www.w3.org/2004/02/skos/core#prefLabel"},
        "other": {"type": "uri", "value": "http://example.org/a"},
        "node": {"type": "bnode", "value": "b1"},
        "tagged": literal("原则", **{"xml:lang": "zh"}),
        "old": {"type": "typed-literal", "value": "1", "datatype": INTEGER},
    }
    line = format_results(results([*row, "unbound"], row)).splitlines()[-1]
    assert line.split() == ["actor/china", "skos:prefLabel", "http://example.org/a", "_:b1", "原则", "1"]


@pytest.mark.parametrize("text", ["a\nb", "a\r\n\tb", "a\u2028b", "a \x1b\x07b", "\u202ea b"])
def test_a_cell_stays_on_its_line_and_steers_no_terminal(text: str) -> None:
    assert format_results(results(["x"], {"x": literal(text)})).splitlines()[2] == "a b"


@pytest.mark.parametrize(("truth", "word"), [(True, "yes\n"), (False, "no\n")])
def test_a_truth_is_a_word(truth: bool, word: str) -> None:
    assert format_results({"head": {}, "boolean": truth}) == word


def test_no_rows_leave_the_head() -> None:
    assert format_results(results(["a", "bc"])) == "a  bc\n-  --\n"


def test_no_columns_at_all() -> None:
    assert format_results(results([], {})) == "\n\n\n"


def test_cells_are_wrapped_into_a_terminal_and_nothing_is_lost() -> None:
    words = "完善全球可互操作的人工智能和数字基础设施布局"
    row = {"id": literal("s1"), "words": literal(words), "english": literal("Improve the global layout of it all")}
    lines = format_results(results(["id", "words", "english"], row), width=40).splitlines()
    assert lines[1] == "--  -----------------  -----------------"
    assert all(table.width_of(line) <= 40 for line in lines)
    assert "".join(line[4:].split("  ")[0] for line in lines[2:]).replace(" ", "").startswith("完善全球可互操")
    assert all(character in "".join(lines) for character in words)
    assert format_results(results(["id"], row), width=40) == format_results(results(["id"], row))


def test_columns_stay_readable_in_a_narrow_terminal() -> None:
    row = {name: literal("0123456789") for name in "abc"}
    assert format_results(results(["a", "b", "c"], row), width=5).splitlines()[1:4] == [
        "--------  --------  --------",
        "01234567  01234567  01234567",
        "89        89        89",
    ]
