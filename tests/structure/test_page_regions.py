"""What is the document on a page, and what is not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_builder.model import Registration
from graph_builder.reading import read_document
from graph_builder.settings import Settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

Segment = Callable[..., Any]
KEPT = {"body", "heading", "title"}
ACTORS = frozenset({"china", "france", "participating-countries", "people-s-daily"})
NAMES = (
    "capacity-building-action-plan.en",
    "capacity-building-action-plan.zh-Hant",
    "china-france-joint-statement-2024.zh-Hant",
    "global-ai-governance-action-plan.zh-Hant",
    "he-yin-commentary-2024.zh-Hans",
)
SENTENCES = dict(zip(NAMES, (20, 19, 25, 34, 24), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_body_of_a_bundled_text_is_found_to_the_character(settings: Settings, name: str) -> None:
    document = read_document(settings.sources / f"{name}.txt", ACTORS, frozenset({"waic-2025"}))
    text = clean_text(document.raw, document.registration.language)
    found = segment_document(text, document.registration)
    gold = load_gold(settings.root / "data" / "gold" / "regions" / f"{name}.jsonl")
    kept = {
        at
        for region in found.regions
        if region.kind in KEPT
        for at in range(text.offsets[region.span.start], text.offsets[region.span.end])
    }
    wrong = [at for at, kind in gold.items() if not document.raw[at].isspace() and (at in kept) != (kind in KEPT)]
    assert wrong == []
    inside = [gold[at] for s in found.sentences for at in (text.raw_span(s.span).start, text.raw_span(s.span).end - 1)]
    assert set(inside) == {"body"}
    assert len(found.sentences) == SENTENCES[name]


def load_gold(path: Path) -> dict[int, str]:
    """Return the kind of every raw offset inside a gold region."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {at: row["kind"] for row in rows for at in range(row["start"], row["end"])}


@pytest.mark.parametrize("name", NAMES)
def test_the_body_is_found_without_a_registry_entry_too(settings: Settings, name: str) -> None:
    raw = (settings.sources / f"{name}.txt").read_bytes().decode()
    language = name.rsplit(".", 1)[1]
    found = segment_document(clean_text(raw, language), Registration("w", ((language, "?"),), language, "commentary"))
    assert len(found.sentences) == SENTENCES[name]


@pytest.mark.parametrize("name", NAMES)
def test_regions_cover_the_text_and_sentences_lie_in_their_clauses(settings: Settings, name: str) -> None:
    document = read_document(settings.sources / f"{name}.txt", ACTORS, frozenset({"waic-2025"}))
    text = clean_text(document.raw, document.registration.language)
    found = segment_document(text, document.registration)
    borders = [0, *(region.span.end for region in found.regions)]
    assert [region.span.start for region in found.regions] == borders[:-1]
    assert borders[-1] == len(text.clean)
    clauses = {clause.path: clause.span for clause in found.clauses}
    assert len(clauses) == len(found.clauses)
    assert all(sentence.span in clauses[sentence.clause] for sentence in found.sentences)
    assert all(clause.parent is None or clauses[clause.path] in clauses[clause.parent] for clause in found.clauses)


def test_a_page_without_the_watermark_has_the_same_sentences(settings: Settings, segment: Segment) -> None:
    raw = (settings.sources / "capacity-building-action-plan.en.txt").read_bytes().decode()
    bare = raw.replace("文章源自英文巴士-https://www.en84.com/15763.html", "")
    assert segment(bare).sentences == segment(raw).sentences


PAGE = """首页> 新闻 > 正文

关于人工智能治理的声明

来源：某网 2024-05-01 10:00

导读：各方应当加强人工智能国际合作。

各方应当加强人工智能国际合作。我们呼吁各国政府完善治理。

各国应当尊重主权，保护人权。

责任编辑：某人

相关阅读

智能机器人炒股开户，人工智能概念股涨停！
"""


def test_every_excluded_line_keeps_its_reason(segment: Segment) -> None:
    found = segment(PAGE, "zh-Hans", title="关于人工智能治理的声明")
    assert [(r.kind, r.reason) for r in found.structure.regions] == [
        ("metadata", "breadcrumb"),
        ("title", "the title"),
        ("metadata", "source or editor"),
        ("duplicate", "deck: says in advance what the text says"),
        ("body", "running text"),
        ("metadata", "source or editor"),
        ("boilerplate", "list of other articles"),
        ("advert", "stock advert or market news"),
    ]
    assert len(found.sentences) == 3


@pytest.mark.parametrize(
    "line",
    [
        "各方应当交流分享最佳实践，阅读和评论相关政策，来源应当透明。",
        "中日韩加强人工智能合作，打击色情和诈骗。",
        "We will share best practices, subscribe to these principles and follow up on related news about AI.",
        "Nous partageons les données et les droits d'auteur sont protégés dans tous les pays.",
    ],
)
def test_words_of_page_furniture_inside_a_sentence_are_harmless(segment: Segment, line: str) -> None:
    other = "Governments should cooperate on the governance of AI risks."
    language = "zh-Hans" if line[0] > "\u3000" else "en"
    assert line in segment(f"{other}\n\n{line}\n\n{other[:-1]} and safety.", language).sentences


def test_front_matter_is_metadata(segment: Segment) -> None:
    found = segment(
        "---\ntitle: Statement on AI\ndate: 2024-01-01\n---\n# Statement on AI\n\nStates should protect rights.\n"
    )
    assert [kind for kind, _ in found.kinds] == ["metadata", "title", "body"]
    assert found.sentences == ["States should protect rights."]


def test_a_reprints_introduction_is_not_the_document(segment: Segment) -> None:
    found = segment(
        "The forum was held in May and adopted a statement on AI governance.\n\nStatement on AI governance\n\n"
        "States should protect human rights. States should cooperate on AI safety.\n\n"
        "We call for global governance of AI.\n",
        title="Statement on AI governance",
    )
    assert [kind for kind, _ in found.kinds] == ["metadata", "title", "body"]


@pytest.mark.parametrize("raw", ["", "\n\n", "…", "![](x.png)\n", "首页\n", "Just one line"])
def test_a_text_without_sentences_is_no_error(segment: Segment, raw: str) -> None:
    found = segment(raw)
    assert len(found.sentences) <= 1


def test_repeated_paragraphs_are_found_in_a_long_text_as_in_a_short_one(segment: Segment) -> None:
    paragraphs = [f"Party {n} recognizes that governance of artificial intelligence serves {n}." for n in range(150)]
    twice = segment("\n\n".join([*paragraphs, paragraphs[3], paragraphs[7]]))
    repeated = [words for kind, words in twice.kinds if kind == "duplicate"]
    assert repeated == [f"{paragraphs[3]}\n\n{paragraphs[7]}"]
