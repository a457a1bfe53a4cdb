"""Where sentences begin and end."""

import pytest

from graph_builder.structure.cues import load_cues
from graph_builder.structure.sentences import split_sentences


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        ("We agree. We act!", ["We agree.", "We act!"]),
        ("the U.N. General Assembly adopted it.", ["the U.N. General Assembly adopted it."]),
        ("under the U.N. that day. Next", ["under the U.N. that day.", "Next"]),
        ("It met at the U.N. The parties agreed.", ["It met at the U.N.", "The parties agreed."]),
        ("See Art. 5, No. 3 and e.g. Annex 2.1 of it.", ["See Art. 5, No. 3 and e.g. Annex 2.1 of it."]),
        ("genders, etc., during use. Stop", ["genders, etc., during use.", "Stop"]),
        ("Mr. J. Biden spoke.", ["Mr. J. Biden spoke."]),
        ("protect rights; promote safety; and", ["protect rights;", "promote safety;"]),
        ("He said “we agree.” They left.", ["He said “we agree.”", "They left."]),
        ("as shown.[3] Then more.", ["as shown.[3]", "Then more."]),
        ("norms. (1) Enhance well-being. (2) Promote justice.", ["norms.", "Enhance well-being.", "Promote justice."]),
        ("La loi ; le droit. « Oui. » Non.", ["La loi ;", "le droit.", "« Oui. »", "Non."]),
        (
            "individuals, communities or groups.Principles apply",
            ["individuals, communities or groups.", "Principles apply"],
        ),
    ],
)
def test_latin_sentences(words: str, sentences: list[str]) -> None:
    spans = split_sentences(words, chinese=False, cues=load_cues())
    assert [words[start:end] for start, end in spans] == sentences


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        ("认识到挑战；注意到机遇。", ["认识到挑战；", "注意到机遇。"]),
        ("坚持“智能向善。”我们呼吁！", ["坚持“智能向善。”", "我们呼吁！"]),
        ("秉持“绝不！”的态度。", ["秉持“绝不！”的态度。"]),
        ("各方（包括企业；智库）合作。", ["各方（包括企业；智库）合作。"]),
        ("为什么？《治理？》如何？", ["为什么？", "《治理？》如何？"]),
        ("适当?H治理。", ["适当?H治理。"]),
    ],
)
def test_chinese_sentences(words: str, sentences: list[str]) -> None:
    spans = split_sentences(words, chinese=True, cues=load_cues())
    assert [words[start:end] for start, end in spans] == sentences
