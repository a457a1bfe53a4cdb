"""The questions the graph is there to answer, asked of the graph of the bundled texts.

Answers are compared with `golden/cqNN.csv`; `pytest --update-golden` rewrites these, and review reads the difference.
"""

import csv
import io
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH

from graph_builder.iri import identifier_of, mint
from graph_builder.settings import load_settings
from graph_builder.turtle import format_turtle, parse_turtle
from graph_builder.vocab import SCHEMA

QUESTIONS = sorted((load_settings().ontology / "questions").glob("*.ttl"))
GOLDEN = Path(__file__).parent / "golden"

by_name = pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def store(release: Path) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.bulk_load(path=str(release / "graph.nq"), format=pyoxigraph.RdfFormat.N_QUADS)
    return store


def find_question(graph: Graph) -> URIRef:
    question = graph.value(None, RDF.type, SH.SPARQLExecutable, any=False)
    assert isinstance(question, URIRef)
    return question


def ask(store: pyoxigraph.Store, query: str) -> str:
    """Return the solutions as CSV: own IRIs by their id, literals by their lexical form, rows sorted."""
    solutions = store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    header = [variable.value for variable in solutions.variables]
    rows = sorted(["" if term is None else shorten(term) for term in solution] for solution in solutions)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


def shorten(term: pyoxigraph.NamedNode | pyoxigraph.Literal | pyoxigraph.BlankNode | pyoxigraph.Triple) -> str:
    assert not isinstance(term, pyoxigraph.Triple)
    return identifier_of(term.value) or term.value if isinstance(term, pyoxigraph.NamedNode) else term.value


def test_there_are_questions() -> None:
    assert len(QUESTIONS) >= 12


@by_name
def test_question_is_put_in_words_in_three_languages(path: Path) -> None:
    graph = parse_turtle(path)
    question = find_question(graph)
    assert question == mint(f"question/{path.stem}")
    words = {
        value.language: str(value) for value in graph.objects(question, RDFS.comment) if isinstance(value, Literal)
    }
    assert set(words) == {"en", "zh-Hans", "fr"}
    assert words["en"].endswith("?")
    assert words["zh-Hans"].endswith("？")
    assert words["fr"].endswith(" ?")
    assert list(graph.objects(question, SCHEMA.keywords))


@by_name
def test_question_is_in_canonical_turtle(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == format_turtle(parse_turtle(path))


@by_name
def test_answer_is_the_golden_one(path: Path, store: pyoxigraph.Store, update_golden: bool) -> None:
    graph = parse_turtle(path)
    answer = ask(store, str(graph.value(find_question(graph), SH.select)))
    golden = GOLDEN / f"{path.stem}.csv"
    if update_golden:
        golden.write_text(answer, encoding="utf-8", newline="\n")
    assert golden.is_file(), f"{golden.name} is missing: run pytest --update-golden and read what it writes"
    assert answer == golden.read_text(encoding="utf-8")
    assert len(answer.splitlines()) > 1, "a question without an answer asks nothing"


def test_every_golden_answer_has_its_question() -> None:
    assert {path.stem for path in GOLDEN.glob("*.csv")} == {path.stem for path in QUESTIONS}
