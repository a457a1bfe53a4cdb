"""Where two language versions of one work differ, in which words."""

from dataclasses import replace
from datetime import date

import pytest
from extractions import make_chinese, make_english

from graph_builder.comparison import Comparison, Difference, compare, render_comparison
from graph_builder.errors import AigovError
from graph_builder.extraction import extract
from graph_builder.lexicon import compile_lexicon
from graph_builder.model import Extraction
from graph_builder.ontology import load_vocabulary
from graph_builder.reading import read_document
from graph_builder.settings import Settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

WORK = "capacity-building-action-plan"


@pytest.fixture
def small() -> tuple[Extraction, Extraction]:
    """The offer of the small work in both languages; nothing else is said."""
    chinese, english = make_chinese(), make_english()
    return replace(chinese, statements=chinese.statements[:1]), replace(english, statements=english.statements[:1])


def differences(left: Extraction, right: Extraction) -> dict[str, Difference]:
    (pair,) = compare(left, right).pairs
    return {difference.aspect: difference for difference in pair.differences}


def change(extraction: Extraction, **changes: object) -> Extraction:
    return replace(extraction, statements=(replace(extraction.statements[0], **changes),))  # type: ignore[arg-type]


def test_a_version_says_the_same_as_itself() -> None:
    chinese = make_chinese()
    registration = replace(chinese.document.registration, language="zh-Hans")
    twin = replace(chinese, document=replace(chinese.document, registration=registration))
    comparison = compare(chinese, twin)
    assert comparison.is_same
    assert len(comparison.pairs) == len(chinese.statements)
    assert "the same: 2, differing: 0" in render_comparison(comparison)


def test_topics_roles_and_values_of_one_side_are_told(small: tuple[Extraction, Extraction]) -> None:
    assert differences(*small) == {
        "topics": Difference("topics", ("domain/health",), ()),
        "partners": Difference("partners", ("all-countries",), ()),
        "deadline": Difference("deadline", ("2025-12-31",), ()),
        "quantity": Difference("quantity", ("10",), ()),
    }


@pytest.mark.parametrize(
    ("field", "value", "left", "right"),
    [
        ("act", "call", ("commit",), ("call",)),
        ("force", "will", ("is-ready-to",), ("will",)),
        ("speakers", ("china", "france"), (), ("france",)),
        ("deadline", date(2026, 12, 31), ("2025-12-31",), ("2026-12-31",)),
        ("quantity", 11, ("10",), ("11",)),
        ("polarity", "-", ("+",), ("-",)),
    ],
)
def test_each_aspect_is_compared(
    small: tuple[Extraction, Extraction], field: str, value: object, left: tuple[str, ...], right: tuple[str, ...]
) -> None:
    chinese, english = small
    assert differences(chinese, change(english, **{field: value}))[field] == Difference(field, left, right)


def test_both_sides_are_quoted_with_their_cues_as_they_stand(small: tuple[Extraction, Extraction]) -> None:
    chinese, english = small
    (pair,) = compare(chinese, english).pairs
    assert (pair.left.cue, pair.right.cue) == ("願", "is ready to")
    assert pair.left.quote == "中方(zhōngfāng)願同各國共建聯合實驗室"
    assert chinese.document.raw[pair.left.start : pair.left.end] == pair.left.quote
    assert (pair.left.clause, pair.left.number) == ("1", "一、")


def test_a_statement_without_counterpart_is_kept_with_its_words() -> None:
    comparison = compare(make_chinese(), replace(make_english(), statements=()))
    assert [quoted.act for quoted in comparison.only_left] == ["commit", "uphold"]
    assert comparison.only_right == ()
    assert not comparison.is_same


def test_a_topic_said_in_another_statement_of_the_sentence_is_told(small: tuple[Extraction, Extraction]) -> None:
    chinese, english = small
    offer = english.statements[0]
    english = replace(english, statements=(offer, replace(offer, act="call", force="will", topics=("domain/health",))))
    (pair,) = compare(chinese, english).pairs
    assert pair.differences[0] == Difference("topics", ("domain/health",), (), elsewhere=("domain/health",))


def test_another_work_is_refused() -> None:
    with pytest.raises(AigovError, match="not the same work"):
        compare(make_chinese(), make_english(work="another"))


def test_the_same_language_twice_is_refused() -> None:
    with pytest.raises(AigovError, match="the same language"):
        compare(make_chinese(), make_chinese())


@pytest.fixture(scope="module")
def bundled(settings: Settings) -> tuple[Extraction, Extraction, Comparison]:
    lexicons = compile_lexicon(load_vocabulary(settings))
    found = []
    for name in (f"{WORK}.zh-Hant.txt", f"{WORK}.en.txt"):
        document = read_document(settings.sources / name, frozenset({"china"}), frozenset())
        text = clean_text(document.raw, document.registration.language)
        found.append(extract(document, text, segment_document(text, document.registration), lexicons))
    return found[0], found[1], compare(found[0], found[1])


def test_every_statement_of_the_bundled_versions_is_in_the_comparison(
    bundled: tuple[Extraction, Extraction, Comparison],
) -> None:
    chinese, english, comparison = bundled
    assert len(comparison.pairs) + len(comparison.only_left) == len(chinese.statements)
    assert len(comparison.pairs) + len(comparison.only_right) == len(english.statements)


def test_quotes_and_cues_of_the_bundled_versions_are_exact(
    bundled: tuple[Extraction, Extraction, Comparison],
) -> None:
    chinese, english, comparison = bundled
    for pair in comparison.pairs:
        for quoted, extraction in ((pair.left, chinese), (pair.right, english)):
            assert extraction.document.raw[quoted.start : quoted.end] == quoted.quote
            assert quoted.cue is None or quoted.cue in quoted.quote


def test_the_report_begins_with_the_counts_and_shows_both_wordings(
    bundled: tuple[Extraction, Extraction, Comparison],
) -> None:
    comparison = bundled[2]
    report = render_comparison(comparison)
    lines = report.splitlines()
    assert lines[0] == WORK
    assert lines[3].startswith(f"pairs: {len(comparison.pairs)}, the same: ")
    assert all(f"\n{n}. " in report for n in range(1, len(comparison.differing) + 1))
    assert max(map(len, lines)) <= 120
