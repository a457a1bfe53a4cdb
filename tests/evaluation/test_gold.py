"""Annotation files, and the builder's statements in their form."""

from pathlib import Path

import pytest
from extractions import make_chinese

from graph_builder.errors import AigovError
from graph_builder.evaluation import Annotated, StatementFacts, load_gold, to_annotated
from graph_builder.evaluation.gold import load_regions, load_topics
from graph_builder.iri import identifier_of
from graph_builder.ontology import load_vocabulary
from graph_builder.settings import Settings

GOOD = '{"start": 0, "end": 1, "kind": "body", "statements": []}\n'


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
    [
        "{",
        "[]",
        '{"start": 0, "end": 1}',
        '{"start": 0, "end": 1, "statements": [{"act": "call", "topics": "x"}]}',
        '{"start": 0, "end": 1, "statements": [{"topics": []}]}',
        '{"start": 3, "end": 3, "statements": []}',
        '{"start": -1, "end": 3, "statements": []}',
        '{"start": "0", "end": "9", "statements": []}',
        '{"annotated_to": "the end"}',
    ],
)
def test_broken_gold_names_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(GOOD + line + "\n", encoding="utf-8")
    with pytest.raises(AigovError, match=r"gold\.jsonl, line 2: no annotated sentence") as caught:
        load_gold(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("line", ["7", '{"start": 0, "end": 1}', '{"start": 2, "end": 1, "kind": "body"}'])
def test_broken_regions_name_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "regions.jsonl"
    path.write_text(GOOD + line + "\n", encoding="utf-8")
    with pytest.raises(AigovError, match=r"regions\.jsonl, line 2: no region"):
        load_regions(path)


def test_gold_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_bytes(b"\xff")
    with pytest.raises(AigovError, match="cannot be read as UTF-8"):
        load_gold(tmp_path / "gold.jsonl")


def test_what_lies_behind_the_annotated_part_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"start": 0, "end": 5, "statements": []}\n{"annotated_to": 9}\n', encoding="utf-8")
    gold = load_gold(path)
    call = StatementFacts("call")
    inside, outside = Annotated(0, 5, (call,)), Annotated(9, 20, (call,))
    assert (len(gold.rows), gold.cover([inside, outside])) == (1, [inside])


def test_topics_are_listed_for_a_folder_and_those_below_it(tmp_path: Path) -> None:
    assert load_topics(tmp_path / "passages") is None
    (tmp_path / "topics.txt").write_text("issue/misuse\nprinciple/fairness\n", encoding="utf-8")
    assert load_topics(tmp_path / "passages") == load_topics(tmp_path) == {"issue/misuse", "principle/fairness"}


def test_the_topics_of_annotators_are_sorted_terms_of_the_vocabulary(settings: Settings) -> None:
    listed = (settings.gold / "topics.txt").read_text(encoding="utf-8").splitlines()
    known = {identifier_of(str(subject)) for subject in load_vocabulary(settings).subjects(unique=True)}
    assert listed == sorted(set(listed))
    assert set(listed) <= known


def test_every_topic_in_the_gold_is_listed(settings: Settings) -> None:
    listed = load_topics(settings.gold) or frozenset()
    for path in settings.gold.rglob("*.jsonl"):
        if path.parent.name != "regions":
            used = {topic for row in load_gold(path).rows for facts in row.statements for topic in facts.topics}
            assert used <= listed, path.name
