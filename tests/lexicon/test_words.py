"""Words of Latin script: tokens and the keys under which their inflections meet."""

import pytest

from graph_builder.lexicon.words import key_of, words_of


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("bridging", "bridges", "en"),
        ("laboratories", "laboratory", "en"),
        ("organisation", "organizations", "en"),
        ("programme", "program", "en"),
        ("centre", "centers", "en"),
        ("labour", "labor", "en"),
        ("encouragent", "encourager", "fr"),
        ("droits", "droit", "fr"),
        ("algorithmiques", "algorithmique", "fr"),
        ("deepfakes", "deepfake", "en"),
        ("du", "des", "fr"),
    ],
)
def test_forms_of_one_word_have_one_key(one: str, other: str, language: str) -> None:
    assert key_of(one, language) == key_of(other, language)


@pytest.mark.parametrize(
    ("one", "other"), [("safe", "safety"), ("international", "internal"), ("WHO", "who"), ("ITU", "itu"), ("US", "us")]
)
def test_different_words_have_different_keys(one: str, other: str) -> None:
    assert key_of(one, "en") != key_of(other, "en")


@pytest.mark.parametrize(
    ("text", "language", "surfaces"),
    [
        ("China's people-centred AI", "en", ["China", "people", "centred", "AI"]),
        ("the rule of law", "en", ["rule", "of", "law"]),
        ("A/RES/78/311", "en", ["RES", "78", "311"]),
        ("the U.N. Charter", "en", ["U.N.", "Charter"]),
        ("l'intelligence d'une machine", "fr", ["intelligence", "d'", "machine"]),
    ],
)
def test_determiners_and_possessives_are_no_words(text: str, language: str, surfaces: list[str]) -> None:
    assert [word.surface for word in words_of(text, language)] == surfaces


def test_spans_give_the_surface_back() -> None:
    text = "l'accès aux données d'entraînement"
    for word in words_of(text, "fr", base=0):
        assert text[word.span.start : word.span.end] == word.surface
