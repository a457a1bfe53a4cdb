"""Who performs which act in a sentence: rules of the language, on sentences that stand in no bundled text."""

import pytest
from sentences import Read

CHINESE = [
    ("加快算力建设，支持开源，反对技术垄断。", ["advance china", "support china", "oppose china"]),
    ("中方愿推动能力建设，深化国际合作。", ["commit china"]),
    ("呼吁各方支持能力建设，反对技术垄断。", ["call china"]),
    ("各国应尊重主权，加强国际合作。", ["require china"]),
    ("中国主张坚持智能向善，弥合数字鸿沟。", ["uphold china"]),
    ("秉持以人为本理念，加强能力建设。", ["uphold china", "advance china"]),
    ("鼓励企业加强国际合作，支持开源社区。", ["encourage china"]),
    ("鼓励创新发展，加强国际合作。", ["encourage china", "advance china"]),
    ("我们认识到人工智能的风险，一致认为应加强国际合作。", ["recognize china", "agree china"]),
    ("我们强调能力建设至关重要，呼吁各方加大资金投入。", ["emphasize china", "call china"]),
    ("对通过《全球数字契约》表示欢迎。", ["welcome china"]),
    ("加强国际合作有助于弥合数字鸿沟。", ["recognize china"]),
    ("人工智能将带来就业风险。", ["recognize china"]),
    ("将于2026年底前举办十期研讨班。", ["commit china"]),
    ("应用人工智能促进教育公平。", ["advance china"]),
    ("人工智能的风险不容忽视。", ["emphasize china"]),
    ("本倡议旨在弥合数字鸿沟。", ["commit china"]),
    ("今天天气很好。", []),
]


@pytest.mark.parametrize(("sentence", "acts"), CHINESE)
def test_acts_of_a_chinese_sentence(read: Read, sentence: str, acts: list[str]) -> None:
    assert [f"{s.act} {'+'.join(s.speakers)}" for s in read(sentence)] == acts


ENGLISH = [
    ("China is ready to promote capacity-building and to bridge the digital divide.", ["commit china"]),
    ("We call on all parties to support capacity-building and reject technological monopolies.", ["call china"]),
    ("We acknowledge the risks of AI, welcome the Global Digital Compact, and oppose discrimination.",
     ["recognize china", "welcome china", "oppose china"]),
    ("Promote AI literacy, support open source, and share best practices.", ["advance china", "support china"]),
    ("Recognizing the risks of AI, we will strengthen international cooperation.", ["recognize china", "commit china"]),
    ("AI actors should respect human rights and ensure transparency.", ["require china"]),
    ("We reaffirm our commitment to advance safety and call on developers to ensure transparency.",
     ["emphasize china", "call china"]),
    ("Encourages Member States to develop regulatory frameworks and to promote transparency;", ["encourage china"]),
    ("AI will change the world of work.", ["recognize china"]),
    ("France proposes an ethical guideline and calls for transparency.", ["propose france", "call france"]),
    ("We welcome and support capacity-building in AI.", ["welcome china", "support china"]),
    ("Governments are urged to protect privacy.", ["call china"]),
    ("Bridging the digital divide is essential for sustainable development.", ["emphasize china"]),
    ("Students are entitled to an explanation of automated decisions.", ["require china"]),
    ("Publishing impact assessments of AI systems;", ["advance china"]),
    ("It recommends that all governments promote transparency.", ["call china"]),
    ("The weather is fine today.", []),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "acts"), ENGLISH)
def test_acts_of_an_english_sentence(read: Read, sentence: str, acts: list[str]) -> None:
    assert [f"{s.act} {'+'.join(s.speakers)}" for s in read(sentence, language="en")] == acts


FRENCH = [
    ("Nous réaffirmons la transparence et soutenons les travaux de l'UNESCO sur les droits de l'homme.",
     ["emphasize france", "support france"]),
    ("La Chine et la France s'engagent à promouvoir la transparence, et appellent toutes les parties à respecter les "
     "droits de l'homme.", ["commit china+france", "call china+france"]),
    ("Reconnaissant les risques de l'IA, nous appelons à renforcer la coopération internationale.",
     ["recognize france", "call france"]),
    ("Les États devraient protéger la vie privée et lutter contre la désinformation.", ["require france"]),
    ("Promouvoir l'accessibilité de l'IA ;", ["advance france"]),
    ("Nous nous sommes engagés à promouvoir la transparence.", ["report france"]),
    ("Nous mesurerons l'empreinte carbone de l'IA.", ["commit france"]),
    ("Un comité suivra la mise en œuvre des lignes directrices éthiques.", ["commit france"]),
    ("Nous notons les risques de l'IA, tout en soulignant le besoin de transparence.",
     ["recognize france", "emphasize france"]),
    ("Préserver les droits de l'homme est une priorité.", ["emphasize france"]),
    ("Les États sont invités à protéger la vie privée.", ["invite france"]),
    ("Il fait beau aujourd'hui.", []),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "acts"), FRENCH)
def test_acts_of_a_french_sentence(read: Read, sentence: str, acts: list[str]) -> None:
    statements = read(sentence, language="fr", issuers=("france",))
    assert [f"{s.act} {'+'.join(s.speakers)}" for s in statements] == acts


FORCES = [
    ("zh-Hans", "中方愿加强能力建设。", "is-ready-to", "愿"),
    ("zh-Hans", "中方将加强能力建设。", "will", "将"),
    ("zh-Hans", "我们致力于能力建设。", "commits", "致力于"),
    ("en", "China is ready to strengthen capacity-building.", "is-ready-to", "is ready to"),
    ("en", "China will strengthen capacity-building.", "will", "will"),
    ("fr", "La France s'engage à renforcer les capacités.", "commits", "s'engage à"),
]


@pytest.mark.parametrize(("language", "sentence", "force", "cue"), FORCES)
def test_the_cue_decides_the_force(read: Read, language: str, sentence: str, force: str, cue: str) -> None:
    (statement,) = read(sentence, language=language)
    assert statement.cue is not None
    assert (statement.force, sentence[statement.cue.start : statement.cue.end]) == (force, cue)


def test_an_undertaking_behind_an_offer_is_a_statement_of_its_own(read: Read) -> None:
    statements = read("中方愿加强能力建设，将于2026年底前举办十期研讨班。")
    assert [(s.force, s.quantity) for s in statements] == [("is-ready-to", None), ("will", 10)]


def test_topics_stay_with_their_act(read: Read) -> None:
    support, oppose = read("支持开源社区，反对算法歧视。")
    assert support.topics == ("mechanism/open-source-community",)
    assert oppose.topics == ("issue/algorithmic-bias", "issue/discrimination")


def test_an_opening_purpose_serves_every_act(read: Read) -> None:
    for statement in read("为弥合数字鸿沟，坚持多边主义，加强能力建设。"):
        assert "principle/bridging-divides" in statement.topics


def test_items_inherit_from_their_lead_in(read: Read) -> None:
    (item,) = read("We commit to:", "transparency and accountability", language="en", lead_in=True)
    assert (item.act, item.speaker_source) == ("commit", "item")


def test_a_lead_in_before_infinitives_governs_its_items_wholly(read: Read) -> None:
    lead = "We call on governments to promote transparency and to:"
    items = read(lead, "Publicize how they will protect human rights", language="en", lead_in=True)[1:]
    assert [(s.act, s.speaker_source) for s in items] == [("call", "item")]


def test_a_lead_in_without_an_act_of_its_own_leaves_its_items_theirs(read: Read) -> None:
    items = read("为此，我们倡议：", "各国应尊重主权，加强国际合作。", "各国反对技术垄断。", lead_in=True)
    assert [s.act for s in items] == ["require", "oppose"]


def test_an_item_with_a_participle_has_an_act_of_its_own(read: Read) -> None:
    items = read("Such measures on transparency include:", "Strengthening accountability", language="en", lead_in=True)
    assert items[-1].act == "advance"


@pytest.mark.parametrize(
    "sentence",
    [
        "Assessing the risks of AI that may arise, including which stakeholders will be affected.",
        "Strengthening accountability where it must be ensured.",
    ],
)
def test_a_modal_in_a_relative_clause_performs_nothing(read: Read, sentence: str) -> None:
    assert [s.act for s in read(sentence, language="en")] == ["advance"]


@pytest.mark.parametrize(
    ("sentence", "act"),
    [
        ("RECOMMENDS that governments ensure transparency.", "call"),
        ("CALLS ON all AI actors to ensure transparency.", "call"),
    ],
)
def test_a_verb_in_capitals_is_a_verb(read: Read, sentence: str, act: str) -> None:
    assert [s.act for s in read(sentence, language="en")] == [act]


def test_a_part_of_a_list_cut_at_a_semicolon_goes_on_with_its_act(read: Read) -> None:
    statements = read("We intend to ensure transparency;", "the monitoring of AI risks;", language="en")
    assert [s.act for s in statements] == ["commit", "commit"]


def test_a_sentence_that_only_includes_goes_on_with_the_one_before(read: Read) -> None:
    statements = read("AI actors should respect values.", "These include fairness and human rights.", language="en")
    assert [(s.act, s.addressees) for s in statements[-1:]] == [("require", ("ai-actors",))]


@pytest.mark.parametrize(
    ("sentence", "act"),
    [("我们认为能力建设至关重要。", "emphasize"), ("我们认为各国面临数字鸿沟。", "recognize")],
)
def test_what_is_held_to_be_weighty_is_emphasised(read: Read, sentence: str, act: str) -> None:
    assert [s.act for s in read(sentence)] == [act]


@pytest.mark.parametrize(
    "sentence",
    ["合作是必由之路，应加强能力建设。", "发展中国家面临数字鸿沟。"],
)
def test_a_noun_at_the_head_is_no_verb_of_a_programme(read: Read, sentence: str) -> None:
    assert "advance" not in [s.act for s in read(sentence)]
