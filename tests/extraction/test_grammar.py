"""The grammar files: loaded, complete, and strict about mistakes."""

from pathlib import Path

import pytest
from rdflib import RDF, Graph

from graph_builder.errors import GrammarError
from graph_builder.extraction import grammar
from graph_builder.lexicon import Lexicon
from graph_builder.ontology import load_vocabulary
from graph_builder.settings import Settings
from graph_builder.vocab import AIG, BASE


@pytest.fixture(scope="module")
def vocabulary(settings: Settings) -> Graph:
    return load_vocabulary(settings)


def test_acts_and_forces_are_those_of_the_vocabulary(vocabulary: Graph) -> None:
    acts = grammar.load_acts()
    known = {
        str(s).removeprefix(BASE) for kind in (AIG.SpeechAct, AIG.Force) for s in vocabulary.subjects(RDF.type, kind)
    }
    assert {f"act/{act}" for act in acts} <= known
    assert {f"force/{rule.force}" for rule in acts.values()} <= known
    for language in ("zh", "en", "fr"):
        cues = [cue for found in grammar.load_grammar(language).cues.values() for cue in found]
        assert {f"force/{cue.force}" for cue in cues} <= known


@pytest.mark.parametrize("language", ["zh", "en", "fr"])
def test_every_act_has_a_cue_in_every_language(language: str) -> None:
    cued = {cue.act for found in grammar.load_grammar(language).cues.values() for cue in found}
    assert cued == set(grammar.load_acts()) - {"advance"}  # a programme needs no cue: its verbs say so


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("language: [", "not valid YAML"),
        ("- a list", "not a mapping"),
        ("cues: [{act: shout, mode: clausal, at: any, words: [hey]}]", "unknown act, mode or place"),
    ],
)
def test_a_mistake_in_a_grammar_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, message: str
) -> None:
    (tmp_path / "grammar").mkdir()
    (tmp_path / "grammar" / "xx.yaml").write_text(content, encoding="utf-8")
    grammar.load_acts()
    monkeypatch.setattr(grammar.resources, "files", lambda _: tmp_path)
    with pytest.raises(GrammarError, match=message):
        grammar.load_grammar("xx")


def test_lexicons_exist_for_every_grammar(lexicons: dict[str, Lexicon]) -> None:
    assert set(lexicons) == {"zh", "en", "fr"}
