"""Where annotations are looked for."""

import json
from pathlib import Path

import pytest
from extractions import make_chinese

from graph_builder.errors import AigovError
from graph_builder.evaluation import find_gold, load_scores
from graph_builder.evaluation.documents import measure_text
from graph_builder.evaluation.gold import Annotated, Gold


def put(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_texts_without_annotations_are_left_out_where_others_have_them(tmp_path: Path) -> None:
    put(tmp_path / "a" / "small.zh.jsonl")
    text, readme = put(tmp_path / "a" / "small.zh.txt"), put(tmp_path / "a" / "README.md")
    alone = put(tmp_path / "b" / "other.txt")
    kept, gold = find_gold([readme, text, alone], tmp_path / "gold")
    assert kept == [text, alone]
    assert gold.find(make_chinese()) == text.with_suffix(".jsonl")


def test_named_folders_replace_what_lies_beside(tmp_path: Path) -> None:
    put(tmp_path / "a" / "small.zh.jsonl")
    named = put(tmp_path / "mine" / "small-plan.zh-Hant.jsonl")
    _, gold = find_gold([put(tmp_path / "a" / "small.zh.txt")], tmp_path / "gold", [named.parent])
    assert gold.find(make_chinese()) == named
    measured = gold.measure(make_chinese())
    assert measured is not None
    assert measured.gold_set == "mine"


def test_development_and_independent_annotations_are_found_by_work_and_language(tmp_path: Path) -> None:
    _, gold = find_gold([], tmp_path)
    assert gold.find(make_chinese()) is None
    independent = put(tmp_path / "independent" / "small-plan.zh-Hant.jsonl")
    assert gold.find(make_chinese()) == independent
    development = put(tmp_path / "small-plan.zh-Hant.jsonl")
    assert gold.find(make_chinese()) == development
    measured = gold.measure(make_chinese())
    assert measured is not None
    assert measured.gold_set == "development"


def test_a_folder_named_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AigovError, match="no gold annotations"):
        find_gold([], tmp_path, [tmp_path])


def test_two_annotated_texts_of_one_name_are_refused(tmp_path: Path) -> None:
    texts = []
    for folder in ("a", "b"):
        put(tmp_path / folder / "x.jsonl")
        texts.append(put(tmp_path / folder / "x.txt"))
    with pytest.raises(AigovError, match="a second annotated text of this name"):
        find_gold(texts, tmp_path)


def test_annotations_of_another_copy_are_refused() -> None:
    with pytest.raises(AigovError, match=r"small\.zh\.txt: its annotations reach to 9999"):
        measure_text(make_chinese(), Gold((Annotated(0, 9999, ()),)), gold_set="x")


@pytest.mark.parametrize("content", ["{", "[]", "{}", json.dumps({"texts": [{"work": "x"}]})])
def test_malformed_scores_are_named(tmp_path: Path, content: str) -> None:
    put(tmp_path / "independent" / "scores.json", content)
    with pytest.raises(AigovError, match=r"scores\.json: no scores") as caught:
        list(load_scores(tmp_path))
    assert len(str(caught.value).splitlines()) == 1
