"""The report of the bundled texts: made twice it is the same, and the page in `docs` is it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_builder.evaluation import load_gold
from graph_builder.evaluation.documents import TextScores, parse_record, to_record
from graph_builder.evaluation.sets import load_scores
from graph_builder.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PASSAGES = ROOT / "data" / "gold" / "passages"
UNRELATED = sorted(path.stem for path in PASSAGES.glob("*.jsonl") if not path.read_bytes().strip())


def evaluate(*arguments: str, seed: str) -> str:
    command = [sys.executable, "-m", "graph_builder.cli", "evaluate", *arguments]
    variables = os.environ | {"PYTHONHASHSEED": seed}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def report() -> str:
    return evaluate(seed="1")


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(evaluate("--json", seed="2"))
    return found


def test_the_page_in_docs_says_what_an_evaluation_says_now(report: str) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert page == report, "docs/evaluation.md is out of date: run make evaluate"


def test_json_and_report_agree(report: str, numbers: dict[str, Any]) -> None:
    for name, scores in numbers["sets"].items():
        for measure, value in scores["all"].items():
            if measure not in ("texts", "annotated") and value["gold"]:
                counts = rf"\| {value['f1']:.3f} +\| +{value['right']} \| +{value['gold']} \| +{value['system']} \|"
                assert re.search(rf"\| {name} +\| {measure} +\| .*{counts}", report), (name, measure)


def test_intervals_contain_their_points(numbers: dict[str, Any]) -> None:
    tables = [scores["all"] for scores in numbers["sets"].values()] + [text["scores"] for text in numbers["texts"]]
    for table in tables:
        for measure, value in table.items():
            if measure not in ("texts", "annotated"):
                assert value["low"] <= value["f1"] <= value["high"], (table, measure)


def test_calibration_counts_every_statement(numbers: dict[str, Any]) -> None:
    for name, scores in numbers["sets"].items():
        statements = sum(text["statements"] for text in numbers["texts"] if text["set"] == name)
        assert sum(each["count"] for each in scores["calibration"]["bins"]) == statements


def test_records_go_there_and_back(numbers: dict[str, Any]) -> None:
    for record in numbers["texts"]:
        text = parse_record(record, "here")
        assert isinstance(text, TextScores)
        assert to_record(text).items() <= record.items()


def test_six_pages_are_unrelated(numbers: dict[str, Any]) -> None:
    assert len(numbers["sets"]["passages"]["unrelated"]) == len(UNRELATED) == 6


@pytest.mark.parametrize("name", UNRELATED)
def test_an_unrelated_page_yields_nothing(numbers: dict[str, Any], name: str) -> None:
    page, language = name.rsplit(".", 1)
    assert numbers["sets"]["passages"]["unrelated"][f"passage-{page} {language}"] == 0


def test_scores_of_independent_texts_belong_to_their_annotations(settings: Settings) -> None:
    readme = (settings.gold / "independent" / "README.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"^\| `(\S+)` .*`([0-9a-f]{16})…` \|$", readme, re.MULTILINE))
    measured = {f"{text.work}.{text.language}": text for text in load_scores(settings.gold)}
    assert {name: text.sha256[:16] for name, text in measured.items()} == hashes
    for name, text in measured.items():
        assert text.annotated == len(load_gold(settings.gold / "independent" / f"{name}.jsonl").rows), name
