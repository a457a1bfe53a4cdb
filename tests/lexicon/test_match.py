"""Mentions: which labels match, which hide which."""

import pytest
from rdflib import Graph

from graph_builder.lexicon import Lexicon, compile_lexicon, find_mentions

VOCABULARY = """
PREFIX aig: <https://w3id.org/aigov/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
BASE <https://w3id.org/aigov/>
<principle/safety> skos:prefLabel "Safety"@en, "安全"@zh-Hans ; skos:altLabel "safe"@en ;
    aig:negativeLabel "国家安全"@zh-Hans .
<issue/safety-risk> skos:prefLabel "安全风险"@zh-Hans .
<principle/bridging-divides> skos:hiddenLabel "弥合…鸿沟"@zh-Hans, "bridge … divide"@en .
<issue/digital-divide> skos:prefLabel "数字鸿沟"@zh-Hans, "Digital divide"@en .
<principle/data-protection> skos:prefLabel "数据和隐私保护"@zh-Hans .
<principle/privacy> skos:prefLabel "数据和隐私保护"@zh-Hans .
<principle/family> skos:prefLabel "合作"@zh-Hans ; aig:matchable false .
<actor/china> skos:prefLabel "中国"@zh-Hans ; aig:negativeLabel "发展中国家"@zh-Hans .
<actor/developing-countries> a aig:OpenGroup ; skos:prefLabel "发展中国家"@zh-Hans .
<actor/united-nations> skos:prefLabel "联合国"@zh-Hans .
<actor/unesco> skos:prefLabel "联合国教科文组织"@zh-Hans .
<principle/law> skos:prefLabel "宪章"@zh-Hans .
<instrument/un-charter> skos:prefLabel "联合国宪章"@zh-Hans .
<principle/voice> skos:prefLabel "发展中国家代表性"@zh-Hans .
"""


@pytest.fixture(scope="module")
def lexicons() -> dict[str, Lexicon]:
    graph = Graph()
    graph.parse(data=VOCABULARY, format="turtle")
    return compile_lexicon(graph)


@pytest.mark.parametrize(
    ("text", "language", "targets"),
    [
        ("确保安全", "zh", ["principle/safety"]),
        ("应对安全风险", "zh", ["issue/safety-risk"]),
        ("维护国家安全", "zh", []),
        ("弥合数字鸿沟", "zh", ["principle/bridging-divides", "issue/digital-divide"]),
        ("弥合。数字鸿沟", "zh", ["issue/digital-divide"]),
        ("遵守数据和隐私保护", "zh", ["principle/data-protection", "principle/privacy"]),
        ("加强合作", "zh", []),
        ("支持发展中国家", "zh", ["actor/developing-countries"]),
        ("中国和联合国教科文组织", "zh", ["actor/china", "actor/unesco"]),
        ("联合国宪章", "zh", ["instrument/un-charter"]),
        ("发展中国家代表性", "zh", ["actor/developing-countries", "principle/voice"]),
        ("Bridging the AI and digital divides", "en", ["principle/bridging-divides", "issue/digital-divide"]),
        ("To bridge it; the divide", "en", []),
        ("unsafe systems", "en", []),
    ],
)
def test_targets_found(lexicons: dict[str, Lexicon], text: str, language: str, targets: list[str]) -> None:
    assert sorted(m.target for m in find_mentions(text, lexicons[language])) == sorted(targets)


def test_spans_are_shifted_by_the_base(lexicons: dict[str, Lexicon]) -> None:
    text = "safe and safe"
    spans = [m.span for m in find_mentions(text, lexicons["en"], base=100)]
    assert [text[s.start - 100 : s.end - 100] for s in spans] == ["safe", "safe"]


def test_a_language_without_labels_finds_nothing(lexicons: dict[str, Lexicon]) -> None:
    assert find_mentions("La sécurité avant tout", lexicons["fr"]) == ()
