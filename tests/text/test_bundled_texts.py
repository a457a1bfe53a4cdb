"""The five texts of the project, cleaned."""

import re

import pytest

from graph_builder.settings import Settings
from graph_builder.text import clean_text

GLOSS = re.compile(r"[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+[)）]")


@pytest.mark.parametrize(
    ("name", "glosses", "left"),
    [
        ("capacity-building-action-plan.zh-Hant", 294, ["（fā）"]),  # glued to the damage before it
        ("global-ai-governance-action-plan.zh-Hant", 193, []),
        ("china-france-joint-statement-2024.zh-Hant", 89, []),
        ("he-yin-commentary-2024.zh-Hans", 0, []),
    ],
)
def test_every_gloss_goes(settings: Settings, name: str, glosses: int, left: list[str]) -> None:
    raw = (settings.sources / f"{name}.txt").read_bytes().decode()
    assert len(GLOSS.findall(raw)) == glosses
    assert GLOSS.findall(clean_text(raw, name.rsplit(".", 1)[1]).clean) == left
