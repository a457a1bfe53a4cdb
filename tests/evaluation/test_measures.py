"""Precision, recall and F1 as the annotation guide counts them."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graph_builder.evaluation import (
    MEASURES,
    Annotated,
    Score,
    StatementFacts,
    load_gold,
    pool,
    score,
)
from graph_builder.evaluation.measures import tally

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


def test_tallies_name_every_gold_sentence_and_each_place_outside() -> None:
    tables = tally(GOLD, [Annotated(100, 110, (CALL,)), Annotated(110, 115, (CALL,)), Annotated(200, 210, (CALL,))])
    assert list(tables) == [(False, 0), (False, 1), (True, 2), (True, 5)]
    assert tables[True, 2]["act"] == Score(0, 0, 1)


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
