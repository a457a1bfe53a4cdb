"""What could be added to the vocabulary: list items, titles, phrases, with their places."""

import json
import re
from collections.abc import Mapping
from datetime import date

import pytest

from graph_builder.model import (
    Candidate,
    CleanText,
    DocumentStructure,
    Extraction,
    Mention,
    Registration,
    Sentence,
    SourceDocument,
    Span,
    Statement,
)
from graph_builder.suggestions import KINDS, Suggestion, render_suggestions, suggest, to_json
from graph_builder.suggestions.wording import load_wording

KNOWN = {
    "zh": {"数据安全": "principle/privacy", "公平": "principle/fairness", "巴黎宪章": "instrument/paris-charter"},
    "en": {"transparency": "principle/transparency", "Paris Charter": "instrument/paris-charter"},
    "fr": {"transparence": "principle/transparency"},
}


def read(
    raw: str,
    language: str = "zh",
    *,
    known: Mapping[str, str] | None = None,
    candidates: tuple[str, ...] = (),
    name: str = "a.txt",
) -> Extraction:
    """Make an extraction whose sentences are the lines of `raw` and whose mentions are all the known words in it."""
    spans = [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]+", raw)]
    mentions = [
        Mention(Span(m.start(), m.end()), target)
        for words, target in (KNOWN[language] if known is None else known).items()
        for m in re.finditer(re.escape(words), raw)
    ]
    found = tuple(Candidate(Span(raw.index(c), raw.index(c) + len(c)), "instrument", c) for c in candidates)
    statement = Statement(0, "report", "reports", None, (), "unresolved", (spans[0],), 1.0, candidates=found)
    registration = Registration("a", (), language, "policy-instrument", issued=date(2026, 1, 1))
    return Extraction(
        SourceDocument(name, raw, "0" * 64, len(raw.encode()), "text/plain", registration),
        CleanText(raw, raw, tuple(range(len(raw) + 1))),
        DocumentStructure(None, (), (), tuple(Sentence(i, span, "1", i) for i, span in enumerate(spans))),
        tuple(sorted(mentions, key=lambda m: (m.span, m.target))),
        (statement,),
    )


def words_of(kind: str, *texts: Extraction) -> list[str]:
    return [s.words for s in suggest(texts) if s.kind == kind]


@pytest.mark.parametrize(
    ("language", "raw", "expected"),
    [
        pytest.param("zh", "加强数据安全、模型备案、算力普惠。", ["模型备案", "算力普惠"], id="enumeration-comma"),
        pytest.param("zh", "推动模型备案、数据安全和算力券等工作。", ["模型备案", "算力券"], id="open-ends"),
        pytest.param("zh", "推动模型备案、算力券、语料开放。", [], id="nothing-known"),
        pytest.param("zh", "坚持公平、推动、发展。", [], id="ordinary-words"),
        pytest.param("en", "We promote transparency, watermarking and red teaming.", ["red teaming", "watermarking"],
                     id="serial-comma"),
        pytest.param("en", "Watermarking and transparency are key.", ["Watermarking"], id="pair"),
        pytest.param("en", "In Paris, transparency matters.", [], id="a-comma-alone-makes-no-list"),
        pytest.param("fr", "La transparence, la frugalité et le bilinguisme.", ["bilinguisme", "frugalité"], id="fr"),
    ],
)  # fmt: skip
def test_unknown_members_of_a_list_with_a_known_one(language: str, raw: str, expected: list[str]) -> None:
    assert words_of("list item", read(raw, language)) == expected


def test_a_label_with_a_gap_does_not_cover_what_stands_in_the_gap() -> None:
    text = read("开放、可溯源、共享。", known={"开放、可溯源、共享": "principle/openness-sharing"})
    assert words_of("list item", text) == ["可溯源"]


@pytest.mark.parametrize(
    ("language", "raw", "expected"),
    [
        pytest.param("zh", "发布《全球算力宣言》和《巴黎宪章》。", ["全球算力宣言"], id="title"),
        pytest.param("zh", "《报告》指出。", [], id="short-name"),
        pytest.param("zh", "反对“小院高墙”，维护“数据安全”。", ["小院高墙"], id="quoted-term"),
        pytest.param("zh", "他说：“我们愿意同所有国家一道继续努力。”", [], id="quotation"),
        pytest.param("en", 'The "Paris Charter" and the “Lima Compute Pledge”.', ["Lima Compute Pledge"], id="en"),
        pytest.param("fr", "Le « Pacte de Lima » est adopté.", ["Pacte de Lima"], id="fr"),
    ],
)
def test_titles_and_quoted_terms_without_an_id(language: str, raw: str, expected: list[str]) -> None:
    assert words_of("title", read(raw, language)) == expected


def test_titles_that_the_extraction_found_are_suggested_once() -> None:
    raw = "They adopted the Lima Compute Pledge and the “Quito Accord”."
    text = read(raw, "en", candidates=("Lima Compute Pledge", "Quito Accord"))
    assert words_of("title", text) == ["Lima Compute Pledge", "Quito Accord"]


def test_a_phrase_is_frequent_by_times_or_texts() -> None:
    once = read("热核聚变。", name="b.txt")
    twice = read("谈热核聚变。\n看热核聚变。")
    assert words_of("phrase", twice) == []
    assert words_of("phrase", once, twice) == ["热核聚变"]
    assert words_of("phrase", read("热核聚变。\n讨论热核聚变。\n看热核聚变。")) == ["热核聚变"]


def test_words_of_a_phrase_are_compared_by_lemma() -> None:
    texts = read("They audit a sandbox.", "en"), read("We like the sandboxes.", "en", name="b.txt")
    assert words_of("phrase", *texts)[:1] == ["sandbox"]


def test_a_phrase_inside_a_longer_one_of_the_same_frequency_is_left_out() -> None:
    raw = "A watermark registry opens.\nThe watermark registry grows.\nOur watermark registry stays."
    assert words_of("phrase", read(raw, "en")) == ["watermark registry"]


def test_known_words_are_neither_suggested_nor_cut() -> None:
    assert words_of("phrase", read("数据安全。\n谈数据安全。\n论数据安全。")) == []


def test_the_subject_of_all_texts_is_known() -> None:
    assert words_of("phrase", read("人工智能。\n谈人工智能。\n论人工智能。")) == []


def test_offsets_quote_the_source_exactly() -> None:
    text = read("公平、热核聚变。\n“热核聚变”。\n看热核聚变。\n谈热核聚变。")
    found = suggest([text])
    assert {s.kind for s in found} == set(KINDS)
    for occurrence in (o for s in found for o in s.occurrences):
        assert text.document.raw[occurrence.start : occurrence.end] == occurrence.quote == "热核聚变"


def test_the_order_of_texts_does_not_matter() -> None:
    texts = [read("谈热核聚变、公平。", name="a.txt"), read("热核聚变。", name="b.txt"), read("A “Lima Pact”.", "en")]
    assert suggest(texts) == suggest(texts[::-1])


def test_a_text_without_sentences_suggests_nothing() -> None:
    assert suggest([]) == []
    assert render_suggestions([], limit=3) == "nothing to suggest\n"


@pytest.fixture
def found() -> list[Suggestion]:
    return suggest([read("公平、热核聚变、量子云。", name="a.txt"), read("热核聚变。\n《利马宪章》。", name="b.txt")])


def test_tables_tell_of_all_texts_and_of_each(found: list[Suggestion]) -> None:
    report = render_suggestions(found, limit=1)
    assert report.startswith("zh, 2 texts: members of lists beside known ones (1 of 2)\n")
    assert "    2      2  热核聚变  …公平、[热核聚变]、量子云。…  a.txt:3-7\n" in report
    assert "\nb.txt: titles and quoted terms without an id (1)\n" in report


def test_json_holds_every_place(found: list[Suggestion]) -> None:
    content = json.loads(json.dumps(to_json(found)))
    assert sorted(content["documents"]) == ["a.txt", "b.txt"]
    titles = [s for s in content["suggestions"] if s["kind"] == "title"]
    assert [(o["file"], o["start"], o["end"]) for o in titles[0]["occurrences"]] == [("b.txt", 7, 11)]
    assert content["suggestions"][content["documents"]["b.txt"][-1]]["words"] == "热核聚变"


@pytest.mark.parametrize(
    ("language", "keys", "sound"),
    [
        ("zh", tuple("热核聚变"), True),
        ("zh", tuple("推动热核聚变"), False),
        ("zh", tuple("不可分割"), True),
        ("zh", tuple("全球治理体系"), False),
        ("en", ("red", "teaming"), True),
        ("en", ("of", "teaming"), False),
        ("en", ("policy", "framework"), False),
        ("en", ("gradually",), False),
        ("fr", ("frugalité",), True),
        ("fr", ("être", "frugal"), False),
    ],
)
def test_words_decide_what_may_be_suggested(language: str, keys: tuple[str, ...], sound: bool) -> None:
    assert load_wording(language).is_sound(keys) is sound
