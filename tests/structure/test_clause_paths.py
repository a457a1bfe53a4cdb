"""Clauses: paths by position, headings, list items and what leads them in."""

from collections.abc import Callable
from typing import Any

Segment = Callable[..., Any]

ENGLISH = """Plan

China calls on all parties to cooperate on the governance of AI.

I. Goals

  1. Connect infrastructure

Improve the global governance of AI infrastructure.

  1. Train people

Promote AI capacity and human rights.

II. Actions

– China will cooperate with developing countries on AI.

– China will share data with all countries.
"""
CHINESE = """计划

中国呼吁各方就人工智能治理加强合作。

一、目标

（一）联通设施

完善全球人工智能基础设施治理。

（二）培养人才

促进人工智能能力建设和权利保护。

二、行动

（一）中方愿同发展中国家开展人工智能合作。

（二）中方愿同各国共享数据。
"""


def test_two_languages_of_one_work_have_the_same_paths(segment: Segment) -> None:
    english, chinese = segment(ENGLISH, title="Plan"), segment(CHINESE, "zh-Hans", title="计划")
    assert english.paths == chinese.paths == ["0", "1", "1/1", "1/2", "2", "2/1", "2/2"]
    assert [path for path, _ in english.placed] == [path for path, _ in chinese.placed]
    assert [c.heading for c in english.structure.clauses][1:4] == ["Goals", "Connect infrastructure", "Train people"]
    assert [c.number for c in english.structure.clauses] == [None, "I.", "1.", "1.", "II.", None, None]


def test_headings_and_markers_are_no_part_of_sentences(segment: Segment) -> None:
    assert segment(CHINESE, "zh-Hans", title="计划").sentences == [
        "中国呼吁各方就人工智能治理加强合作。",
        "完善全球人工智能基础设施治理。",
        "促进人工智能能力建设和权利保护。",
        "中方愿同发展中国家开展人工智能合作。",
        "中方愿同各国共享数据。",
    ]


def test_a_text_without_numbers_is_divided_by_paragraphs(segment: Segment) -> None:
    found = segment("We recognise the risks of AI. We agree.\n\nStates should cooperate on safety.\n")
    assert found.paths == ["1", "2"]
    assert [path for path, _ in found.placed] == ["1", "1", "2"]


def test_a_short_first_sentence_of_numbered_points_is_a_heading(segment: Segment) -> None:
    found = segment(
        "一、把握机遇。呼吁各国政府加强人工智能合作。\n二、促进创新。鼓励国际合作，完善治理。\n三、维护安全。应对人工智能风险。\n",
        "zh-Hans",
    )
    assert [clause.heading for clause in found.structure.clauses] == ["把握机遇", "促进创新", "维护安全"]
    assert found.placed == [
        ("1", "呼吁各国政府加强人工智能合作。"),
        ("2", "鼓励国际合作，完善治理。"),
        ("3", "应对人工智能风险。"),
    ]


def test_list_items_know_the_sentence_that_leads_them_in(segment: Segment) -> None:
    found = segment(
        "States believe in responsible AI. They will:\n\n- implement the measures;\n- report on safety:\n"
        "  - every year;\n- engage governments.\n\nThe States recognise the principles.\n"
    )
    assert [(s.clause, s.lead_in, s.item) for s in found.structure.sentences] == [
        ("1", None, False),
        ("1", None, False),
        ("1/1", 1, True),
        ("1/2", 1, True),
        ("1/2/1", 3, True),
        ("1/3", 1, True),
        ("2", None, False),
    ]


def test_short_numbered_points_in_a_row_are_sentences(segment: Segment) -> None:
    found = segment("The principles of AI governance are:\n\n1. Safety and trust\n2. Rights\n3. Transparency\n")
    assert found.sentences[1:] == ["Safety and trust", "Rights", "Transparency"]
    assert [s.lead_in for s in found.structure.sentences] == [None, 0, 0, 0]


def test_articles_nest_in_chapters_and_letters_in_paragraphs(segment: Segment) -> None:
    found = segment(
        "Chapter I – Principles\n\nArticle 1 – Purpose\n\n1\tEach Party shall protect human rights, and:\n\n"
        "a\trespect privacy;\n\nb\tpromote equality.\n\n2\tEach Party shall report.\n\n"
        "Article 2 – Scope\n\nThis Convention covers AI systems.\n"
    )
    assert found.paths == ["1", "1/1", "1/1/1", "1/1/1/1", "1/1/1/2", "1/1/2", "1/2"]
    assert [clause.number for clause in found.structure.clauses[:3]] == ["Chapter I", "Article 1", "1"]
