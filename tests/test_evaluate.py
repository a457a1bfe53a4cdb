"""Precision, recall and F1 as the annotation guide counts them."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from extractions import make_chinese

from graph_builder.errors import AigovError
from graph_builder.evaluate import (
    MEASURES,
    Annotated,
    Score,
    StatementFacts,
    format_table,
    load_gold,
    pool,
    score,
    to_annotated,
)

CALL = StatementFacts("call", topics=("principle/fairness",), speakers=("china",), addressees=("all-parties",))
SUPPORT = StatementFacts(
    "support", topics=("mechanism/funding", "issue/misuse"), speakers=("china",), deadline="2025-12-31"
)
GOLD = [Annotated(0, 10, (CALL,)), Annotated(20, 40, (SUPPORT,))]


def test_gold_against_itself_is_perfect() -> None:
    table = score(GOLD, GOLD)
    assert tuple(table) == MEASURES
    assert {value.f1 for value in table.values()} == {1.0}


def test_missed_sentence_costs_recall_and_invented_one_precision() -> None:
    table = score(GOLD, [GOLD[0], Annotated(100, 110, (CALL,))])
    assert table["sentence"] == Score(1, 2, 2)
    assert (table["sentence"].precision, table["sentence"].recall) == (0.5, 0.5)


def test_statement_counts_for_the_sentence_it_overlaps_most() -> None:
    assert score(GOLD, [Annotated(8, 30, (SUPPORT,))])["act"] == Score(1, 2, 1)


def test_topic_under_the_wrong_act_is_a_topic_but_no_act_topic() -> None:
    table = score(GOLD, [Annotated(0, 10, (replace(CALL, act="support"),))])
    assert (table["topic"].right, table["act-topic"].right) == (1, 0)


def test_role_counts_with_its_actor() -> None:
    found = replace(CALL, addressees=(), beneficiaries=("all-parties",))
    assert score(GOLD, [Annotated(0, 10, (found,))])["roles"] == Score(0, 1, 1)


def test_nothing_to_find_and_nothing_found_is_perfect() -> None:
    assert score([], [])["values"].f1 == 1.0
    assert Score(0, 1, 0).f1 == 0.0


def test_pool_adds_the_counts_up() -> None:
    table = score(GOLD, GOLD[:1])
    assert pool([table, table])["sentence"] == Score(2, 4, 2)


def test_table_has_a_line_for_each_measure() -> None:
    lines = format_table(score(GOLD, GOLD[:1])).splitlines()
    assert lines[0] == "sentence   P 1.000  R 0.500  F1 0.667   (1 of 2 gold, 1 system)"
    assert len(lines) == len(MEASURES)


def test_extraction_is_read_in_the_frame_of_the_raw_text() -> None:
    rows = to_annotated(make_chinese())
    raw = make_chinese().text.raw
    assert [raw[row.start : row.end] for row in rows] == ["中方(zhōngfāng)願同各國共建聯合實驗室", "堅持公平"]
    assert rows[0].statements[0].deadline == "2025-12-31"
    assert rows[0].statements[0].quantity == "10"


def test_topics_that_gold_cannot_hold_may_be_left_out() -> None:
    rows = to_annotated(make_chinese(), known_topics={"mechanism/joint-laboratory"})
    assert rows[0].statements[0].topics == ("mechanism/joint-laboratory",)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"start": 0, "end": 1}', '{"start": 0, "end": 1, "statements": [{"act": "call", "topics": "x"}]}'],
)
def test_broken_gold_names_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"start": 0, "end": 1, "statements": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(AigovError, match=r"gold\.jsonl, line 2: no annotated sentence"):
        load_gold(path)


@pytest.fixture(scope="module")
def scorer(shared: Path) -> ModuleType:
    path = shared / "tools" / "score.py"
    spec = importlib.util.spec_from_file_location("reference_scorer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def distort(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a poor system might find: sentences missed, moved, split, with other acts and topics."""
    found = []
    for index, row in enumerate(rows):
        if index % 5 == 4:
            continue
        for number, statement in enumerate(row["statements"]):
            changed = dict(statement, topics=statement["topics"][number:], partners=[*statement["partners"], "women"])
            if index % 3 == 0:
                changed = dict(changed, act="report", deadline="2030-12-31")
            shift = 30 * (index % 4)
            found.append({"start": row["start"] + shift, "end": row["end"] + shift, "statements": [changed]})
    return [*found, {"start": 10**6, "end": 10**6 + 5, "statements": [{"act": "call"}]}]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["he-yin-commentary-2024.zh-Hans", "capacity-building-action-plan.en"])
def test_scores_are_those_of_the_reference_scorer(scorer: ModuleType, shared: Path, tmp_path: Path, name: str) -> None:
    gold_path = shared / "gold" / f"{name}.jsonl"
    raw_gold = [json.loads(line) for line in gold_path.read_text(encoding="utf-8").splitlines()]
    raw_system = distort(raw_gold)
    system_path = tmp_path / "system.jsonl"
    system_path.write_text("".join(json.dumps(row) + "\n" for row in raw_system), encoding="utf-8")
    expected = {
        measure: Score(numbers["tp"], numbers["gold"], numbers["system"])
        for measure, numbers in scorer.compare(raw_gold, raw_system).items()
    }
    table = score(load_gold(gold_path).rows, load_gold(system_path).rows)
    assert table == expected
    assert 0 < table["act-topic"].f1 < 1


def test_what_lies_behind_the_annotated_part_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"start": 0, "end": 5, "statements": []}\n{"annotated_to": 9}\n', encoding="utf-8")
    gold = load_gold(path)
    inside, outside = Annotated(0, 5, (CALL,)), Annotated(9, 20, (CALL,))
    assert (len(gold.rows), gold.cover([inside, outside])) == (1, [inside])
