"""What a release looks like on disk, and that it is whole or not there."""

import hashlib
import json
from pathlib import Path

import pyoxigraph
import pytest
from extractions import make_chinese, make_english
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from graph_builder.blank_nodes import label_blank_nodes
from graph_builder.catalog import DATASET, to_catalog_quads
from graph_builder.errors import AigovError, OntologyError
from graph_builder.iri import GRAPH_CATALOG, GRAPH_ONTOLOGY, mint
from graph_builder.quads import Quad, VocabularyLinks, to_quads
from graph_builder.release import write_release
from graph_builder.serialization import format_nquads, format_term, format_trig, format_turtle, format_turtle_block
from graph_builder.vocab import AIG

GRAPH = mint("graph/document/small-plan")
RESTRICTION = "[] a <https://e.org/A> ; <https://e.org/p> [ <https://e.org/q> ( 1 2 ) ] ."


def small_quads() -> list[Quad]:
    quads = list(to_quads([make_english(), make_chinese()], VocabularyLinks({})))
    return quads + list(to_catalog_quads(quads))


def write_turtle(quads: list[Quad]) -> str:
    return "".join(format_turtle(format_turtle_block(quads)))


def parse(text: str, syntax: pyoxigraph.RdfFormat) -> set[pyoxigraph.Quad]:
    return set(pyoxigraph.parse(text.encode(), format=syntax))


def as_read_back(term: Node) -> pyoxigraph.NamedNode | pyoxigraph.Literal:
    if isinstance(term, Literal):
        if term.language:
            return pyoxigraph.Literal(str(term), language=term.language)
        return pyoxigraph.Literal(str(term), datatype=pyoxigraph.NamedNode(str(term.datatype or XSD.string)))
    return pyoxigraph.NamedNode(str(term))


def test_dump_reads_back_as_the_same_quads() -> None:
    quads = small_quads()
    expected = {pyoxigraph.Quad(*map(as_read_back, quad)) for quad in quads}  # type: ignore[arg-type]
    assert parse("".join(format_nquads(quads)), pyoxigraph.RdfFormat.N_QUADS) == expected


def test_dump_is_sorted_and_without_repetition() -> None:
    lines = list(format_nquads(small_quads() + small_quads()))
    assert lines == sorted(set(lines))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_dump(text: str) -> None:
    quad: Quad = (mint("a"), AIG.text, Literal(text), GRAPH)
    lines = list(format_nquads([quad]))
    assert len(lines[0].splitlines()) == 1 or "\u2028" in text or "\u2029" in text or "\x85" in text
    (read,) = parse(lines[0], pyoxigraph.RdfFormat.N_QUADS)
    assert read.object.value == text  # type: ignore[union-attr]
    (read,) = parse(write_turtle([quad]), pyoxigraph.RdfFormat.TURTLE)
    assert read.object.value == text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (Literal('"\\\b\t\n\f\r\x00\x7f'), '"\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u007F"'),
        (Literal("願", lang="zh-Hant"), '"願"@zh-Hant'),
        (Literal("a", datatype=XSD.string), '"a"'),
        (Literal("10", datatype=XSD.integer), '"10"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (URIRef("https://e.org/a b"), "<https://e.org/a%20b>"),
        (BNode("b1"), "_:b1"),
    ],
)
def test_term_is_written_in_canonical_form(term: Node, written: str) -> None:
    assert format_term(term) == written


def test_trig_and_turtle_say_what_the_dump_says() -> None:
    quads = small_quads()
    groups = [(name, format_turtle_block(quad for quad in quads if quad[3] == name)) for name in (GRAPH_CATALOG, GRAPH)]
    dump = parse("".join(format_nquads(quads)), pyoxigraph.RdfFormat.N_QUADS)
    assert parse("".join(format_trig(groups)), pyoxigraph.RdfFormat.TRIG) == dump
    turtle = parse("".join(format_turtle(groups[1][1])), pyoxigraph.RdfFormat.TURTLE)
    assert {quad.triple for quad in turtle} == {quad.triple for quad in dump if quad.graph_name.value == str(GRAPH)}


def test_turtle_puts_the_class_first_and_abbreviates() -> None:
    lines = "".join(
        write_turtle([(mint("a/b"), RDF.type, AIG.Actor, GRAPH), (mint("a/b"), AIG.act, mint("c/d/1"), GRAPH)])
    )
    assert lines.endswith("<a/b> a aig:Actor ;\n    aig:act <c/d/1> .\n")


def test_dots_are_not_left_to_the_resolution_of_relative_iris() -> None:
    quad: Quad = (mint("text/x/../en"), AIG.act, mint("activity/build-0.1.0"), GRAPH)
    text = write_turtle([quad])
    assert {q.subject.value for q in parse(text, pyoxigraph.RdfFormat.TURTLE)} == {str(mint("text/x/../en"))}


def test_release_holds_dumps_graphs_report_and_sums(tmp_path: Path) -> None:
    write_release(small_quads(), {"documents": []}, tmp_path / "out")
    files = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert files == [
        "SHA256SUMS",
        "graph.nq",
        "graph.trig",
        "report.json",
        "turtle/catalog.ttl",
        "turtle/document/small-plan.ttl",
    ]
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8")) == {"documents": []}
    for line in (tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_release_does_not_depend_on_the_order_of_quads(tmp_path: Path) -> None:
    write_release(small_quads(), {}, tmp_path / "one")
    write_release(reversed(small_quads()), {}, tmp_path / "two")
    assert (tmp_path / "one" / "SHA256SUMS").read_bytes() == (tmp_path / "two" / "SHA256SUMS").read_bytes()


def test_release_replaces_an_older_release_whole(tmp_path: Path) -> None:
    write_release(small_quads(), {}, tmp_path / "out")
    (tmp_path / "out" / "turtle" / "stale.ttl").write_text("")
    write_release(small_quads(), {}, tmp_path / "out")
    assert not (tmp_path / "out" / "turtle" / "stale.ttl").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_folder_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(AigovError, match="holds no release"):
        write_release(small_quads(), {}, tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_nothing_remains_of_a_release_that_fails(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_release(small_quads(), {"unwritable": object()}, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_older_release_survives_one_that_fails(tmp_path: Path) -> None:
    write_release(small_quads(), {"number": 1}, tmp_path / "out")
    with pytest.raises(TypeError):
        write_release(small_quads(), {"unwritable": object()}, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == {"number": 1}


def test_catalogue_counts_what_is_there() -> None:
    quads = list(to_quads([make_english()], VocabularyLinks({})))
    counts = {(str(p).rpartition("#")[2], str(o)) for s, p, o, _ in to_catalog_quads(quads) if s == DATASET}
    assert ("triples", str(len(set(quads)))) in counts
    assert ("entities", str(len({quad[0] for quad in quads}))) in counts


def test_catalogue_names_licence_version_and_graphs() -> None:
    said = {(str(p).rpartition("/")[2], str(o)) for s, p, o, _ in to_catalog_quads(small_quads()) if s == DATASET}
    assert ("license", "https://creativecommons.org/licenses/by/4.0/") in said
    assert ("void#subset", str(GRAPH)) in said


def test_blank_nodes_get_labels_from_what_they_stand_for() -> None:
    one, other = (Graph().parse(data=RESTRICTION, format="turtle") for _ in range(2))
    labelled = set(label_blank_nodes(one, "x"))
    assert labelled == set(label_blank_nodes(other, "x"))
    again = Graph()
    for triple in labelled:
        again.add(triple)
    assert isomorphic(one, again)


@pytest.mark.parametrize("shared", ["<a:s> <a:p> _:x . <a:t> <a:p> _:x .", "_:x <a:p> _:y . _:y <a:p> _:x ."])
def test_blank_nodes_that_form_no_tree_are_refused(shared: str) -> None:
    with pytest.raises(OntologyError, match="give it an IRI"):
        list(label_blank_nodes(Graph().parse(data=shared, format="turtle"), str(GRAPH_ONTOLOGY)))
