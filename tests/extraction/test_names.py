"""Instruments by their short names, and titles nobody knows."""

from sentences import Read


def test_a_short_name_means_the_instrument_named_before(read: Read) -> None:
    statements = read("支持《全球人工智能治理倡议》。", "中国积极落实倡议。")
    assert [s.topics for s in statements] == [("instrument/global-ai-governance-initiative",)] * 2


def test_a_short_name_without_a_name_before_means_nothing(read: Read) -> None:
    assert read("中国积极落实倡议。") == ()


def test_an_unknown_title_is_a_candidate_and_no_topic(read: Read) -> None:
    (statement,) = read("支持《火星人工智能公约》。")
    assert (statement.topics, [c.title for c in statement.candidates]) == ((), ["火星人工智能公约"])


def test_an_unknown_english_title_is_a_candidate(read: Read) -> None:
    (statement,) = read("We welcome the Lunar Declaration on Robot Ethics.", language="en")
    assert [c.title for c in statement.candidates] == ["Lunar Declaration on Robot Ethics"]


def test_titles_joined_are_two_candidates(read: Read) -> None:
    (statement,) = read(
        "We welcome the Bridgetown Understanding on AI and the Leuven Memorandum for transparency.", language="en"
    )
    assert [c.title for c in statement.candidates] == ["Bridgetown Understanding on AI", "Leuven Memorandum"]


def test_a_title_that_opens_a_sentence_is_whole_and_without_article_or_verb(read: Read) -> None:
    for opening in ("", "The ", "Recalling the ", "Welcomes the "):
        sentence = f"{opening}Paris Manifesto on Robots protects privacy and promotes transparency."
        found = {c.title for statement in read(sentence, language="en") for c in statement.candidates}
        assert found == {"Paris Manifesto on Robots"}, opening


def test_an_unknown_french_title_is_a_candidate(read: Read) -> None:
    (statement,) = read("Nous saluons la Charte d'Abidjan, qui protège la vie privée.", language="fr")
    assert [c.title for c in statement.candidates] == ["Charte d'Abidjan"]


def test_a_noun_without_a_name_is_no_candidate(read: Read) -> None:
    (statement,) = read("Recalling this Declaration, member States support transparency.", language="en")
    assert statement.candidates == ()


def test_a_known_title_is_no_candidate(read: Read) -> None:
    (statement,) = read("欢迎《全球数字契约》。")
    assert (statement.topics, statement.candidates) == (("instrument/global-digital-compact",), ())
