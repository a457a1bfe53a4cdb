"""The clean reading: what each step does to the words, and that the way back to the raw text is exact."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_builder.model import Span
from graph_builder.text import clean_text

PIECES = (
    *"人工智能國發展數據着著乾於的。，、；：？！《》“”（）",
    *("(shè)", "(lǜ)", "(一)", "(MRI)", "(AI for good)", "??", "?", ",", " ", "  ", "\u3000", "\u00a0", "\u200b"),
    *("\ufeff", "\n", "\r\n", "\r", "\f", "\t", "**", "[", "](", ")", "- ", "1. ", "# ", "AI", "safe"),
    *("trust-\nworthy", "’s", "2,5", "\ue27eH"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
LANGUAGES = st.sampled_from(["zh-Hant", "zh-Hans", "en", "fr"])


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("建設(shè)普惠計(jì)劃", "建设普惠计划"),
        ("戰略(lüè)和全(quan)球", "战略和全球"),
        ("新領域 ,是重要力量 。", "新领域，是重要力量。"),
        ("三 、推動", "三、推动"),
        ("決議(A/RES/78/311),推動", "决议（A/RES/78/311），推动"),
        ("《契約》(4P)。", "《契约》（4P）。"),
        ("向善(AI for good)的", "向善（AI for good）的"),
        ("(一)促進", "（一）促进"),
        ("成像(MRI)的", "成像（MRI）的"),
        ("為什么要治理?如何治理?", "为什么要治理？如何治理？"),
        ("    ??為此,", "      为此，"),
        ("時間12:52:59與2,000人", "时间12:52:59与2,000人"),
        ("沿著著作權之路,乾坤未定", "沿着著作权之路，乾坤未定"),
        ("**三、加快創新**", "三、加快创新"),
    ],
)
def test_chinese_is_read_in_one_form(raw: str, clean: str) -> None:
    assert clean_text(raw, "zh-Hant").clean == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("world’s\u00a0best", "world's best"),
        ("decision‐making", "decision-making"),
        ("**Fairness**: see [the guide](https://example.org/a_(b)).", "Fairness: see the guide."),
        ("the develop-\nment of AI", "the development of AI"),
        ("the UN Secretary-\nGeneral", "the UN Secretary-General"),
        ("risk-based and risk-\nbased", "risk-based and risk-based"),
        ("price (de) stays, ok?", "price (de) stays, ok?"),
    ],
)
def test_latin_text_is_read_in_one_form(raw: str, clean: str) -> None:
    assert clean_text(raw, "en").clean == clean


def test_wrapped_lines_are_one_paragraph_and_headings_are_not() -> None:
    words = "We recognise the importance of interoperability between the governance frameworks of all the parties"
    row = f"{words[:72]}\n{words[72:]}\n"
    raw = "Common Principles\n" + "".join(f"{number}. {row}to the statement.\n" for number in range(1, 7))
    lines = clean_text(raw, "en").clean.splitlines()
    assert lines[0] == "Common Principles"
    assert [line[:2] for line in lines[1:]] == ["1.", "2.", "3.", "4.", "5.", "6."]


def test_chinese_lines_of_one_width_are_joined_without_a_space() -> None:
    raw = "\n".join(["各方强调人工智能全球治理应当坚持发展与安全并重的原则以推动"] * 6) + "\n落实。\n第二段。"
    clean = clean_text(raw, "zh-Hans").clean
    assert clean.splitlines()[-1] == "第二段。"
    assert len(clean.splitlines()) == 2


def test_fragments_that_begin_alike_stay_lines_of_their_own() -> None:
    raw = (
        "for users, what the system is doing and why it does so\nfor creators, including those who validate the system"
    )
    assert clean_text(raw, "en").clean == raw


def test_a_line_between_pages_is_a_header_only_where_it_recurs() -> None:
    pages = "the parties\n\n{}\nPlan of {}\nagree to work"
    assert "parties agree" in clean_text(f"{pages.format(1, 'Action')}\n\n{pages.format(2, 'Action')}", "en").clean
    assert "Plan of Peace" in clean_text(f"{pages.format(1, 'War')}\n\n{pages.format(2, 'Peace')}", "en").clean


def test_every_word_of_a_chain_broken_at_line_ends_is_joined() -> None:
    assert clean_text("the state-\nof-\nthe-\nart state-of-the-art systems", "en").clean.count("state-of-the-art") == 2


@pytest.mark.parametrize(
    ("raw", "damaged"),
    [
        ("推動適當?shù)膰\ue27eH治理至關", ["?shù)膰\ue27eH"]),
        ("請?jiān)谧髌", ["?jiān)"]),
        ("對?2025?年市場", ["?", "?"]),
        ("怎么办?如何治理?", []),
        ("建設(shè)計(jì)劃", []),
    ],
)
def test_damaged_places_are_flagged_and_kept(raw: str, damaged: list[str]) -> None:
    text = clean_text(raw, "zh-Hant")
    assert [raw[span.start : span.end] for span in text.corrupted] == damaged
    assert all(raw[span.start : span.end].strip("?") in raw for span in text.corrupted)


def test_a_quote_holds_the_glosses_inside_it_but_not_the_one_after_it() -> None:
    raw = "中國提出人工智能能力建設(shè)普惠計(jì)劃"
    text = clean_text(raw, "zh-Hant")
    start = text.clean.index("能力建设")
    span = text.raw_span(Span(start, start + len("能力建设普惠计")))
    assert raw[span.start : span.end] == "能力建設(shè)普惠計"


@settings(deadline=None)  # the first hyphenated word loads a dictionary
@given(TEXTS, LANGUAGES)
def test_offsets_increase_and_end_with_the_raw_text(raw: str, language: str) -> None:
    text = clean_text(raw, language)
    assert len(text.offsets) == len(text.clean) + 1
    assert all(a < b for a, b in zip(text.offsets, text.offsets[1:], strict=False))
    assert text.offsets[-1] == len(raw)


@settings(deadline=None)  # the first hyphenated word loads a dictionary
@given(TEXTS, LANGUAGES)
def test_a_clean_reading_cleaned_again_is_itself(raw: str, language: str) -> None:
    clean = clean_text(raw, language).clean
    assert clean_text(clean, language).clean == clean


@settings(deadline=None)
@given(st.lists(st.sampled_from("人工智能國發展數據和與"), min_size=1, max_size=20), st.data())
def test_a_raw_span_cleans_to_the_words_it_came_from(chars: list[str], data: st.DataObject) -> None:
    raw = "".join(char + data.draw(st.sampled_from(["", "(shè)", "\u200b"])) for char in chars)
    text = clean_text(raw, "zh-Hant")
    start = data.draw(st.integers(0, len(text.clean) - 1))
    end = data.draw(st.integers(start + 1, len(text.clean)))
    span = text.raw_span(Span(start, end))
    assert span.start < span.end
    assert clean_text(raw[span.start : span.end], "zh-Hant").clean == text.clean[start:end]


@settings(deadline=None)
@given(st.text(max_size=80), LANGUAGES)
def test_any_text_can_be_cleaned(raw: str, language: str) -> None:
    text = clean_text(raw, language)
    assert len(text.offsets) == len(text.clean) + 1
    assert clean_text(text.clean, language).clean == text.clean
