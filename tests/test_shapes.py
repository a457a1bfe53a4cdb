"""Every shape: speaks two languages, accepts the sample, and finds what it is there to find.

`shapes/sample.ttl` is the good example: it conforms, and every shape has something to look at in it. `shapes/*.toml`
hold the bad ones, one file for each file of shapes: triples to remove from the sample and to add to it, the shape that
must find it (and which others it cannot but trip), and the message.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyshacl.graph_abstraction import DataGraph
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH

from graph_builder.checks import Shapes, check_graph, load_shapes, prepare_shapes
from graph_builder.iri import mint
from graph_builder.turtle import format_turtle, parse_turtle
from graph_builder.vocab import AIG, BASE, PREFIXES

FOLDER = Path(__file__).parent / "shapes"
SHAPES = Path(__file__).resolve().parent.parent / "shapes"
PARTS = sorted(path.stem for path in SHAPES.glob("*.ttl"))
EXAMPLES = [
    pytest.param(path.stem, example, id=f"{path.stem}-{number}-{example['shape']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for number, example in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["bad"], start=1)
]
HEADER = f"@base <{BASE}> .\n" + "".join(f"@prefix {prefix}: <{name}> .\n" for prefix, name in PREFIXES.items())


@cache
def read_shapes(part: str) -> Shapes:
    """The shapes of one file, with those that the others refer to."""
    return prepare_shapes(parse_turtle(SHAPES / f"{part}.ttl") + parse_turtle(SHAPES / "languages.ttl"))


@cache
def read_sample() -> Graph:
    """The sample with the class hierarchy of the ontology, which targets and sh:class need."""
    sample = parse_turtle(FOLDER / "sample.ttl")
    ontology = parse_turtle(SHAPES.parent / "ontology" / "aigov.ttl")
    for child, parent in ontology.subject_objects(RDFS.subClassOf):
        if isinstance(child, URIRef):
            sample.add((child, RDFS.subClassOf, parent))
    return sample


def parse_snippet(turtle: str) -> Graph:
    return Graph(bind_namespaces="none").parse(data=HEADER + turtle, format="turtle")


def list_shapes(part: str) -> set[str]:
    """Everything in a file that reports in its own name: shapes with a target, and SPARQL constraints."""
    graph = parse_turtle(SHAPES / f"{part}.ttl")
    return {str(s) for s in (*graph.subjects(SH.targetClass), *graph.subjects(RDF.type, SH.SPARQLConstraint))}


@pytest.mark.parametrize("part", PARTS)
def test_shapes_are_in_canonical_turtle(part: str) -> None:
    text = (SHAPES / f"{part}.ttl").read_text(encoding="utf-8")
    assert text == format_turtle(parse_turtle(SHAPES / f"{part}.ttl"))


@pytest.mark.parametrize("part", PARTS)
def test_shape_has_one_message_in_each_language(part: str) -> None:
    graph = parse_turtle(SHAPES / f"{part}.ttl")
    named = {s for s in graph.subjects(RDF.type) if isinstance(s, URIRef)}
    assert set(map(URIRef, list_shapes(part))) <= named
    for shape in named:
        messages = [m for m in graph.objects(shape, SH.message) if isinstance(m, Literal)]
        assert sorted(str(m.language) for m in messages) == ["en", "zh-Hans"], shape


def test_messages_are_unique_to_their_shape() -> None:
    seen: dict[str, str] = {}
    for part in PARTS:
        for shape, message in parse_turtle(SHAPES / f"{part}.ttl").subject_objects(SH.message):
            assert seen.setdefault(str(message), str(shape)) == str(shape), message


@pytest.mark.parametrize("part", PARTS)
def test_shapes_use_targets_by_class_and_nothing_advanced(part: str) -> None:
    graph = parse_turtle(SHAPES / f"{part}.ttl")
    used = set(graph.predicates()) & {SH.target, SH.rule, SH.js, SH.expression, SH.targetObjectsOf, SH.targetSubjectsOf}
    assert not used
    assert not set(graph.objects(None, RDF.type)) - {SH.NodeShape, SH.PropertyShape, SH.SPARQLConstraint}


def test_every_class_of_the_ontology_is_the_target_of_a_shape(ontology: Graph) -> None:
    targets = {c for part in PARTS for c in parse_turtle(SHAPES / f"{part}.ttl").objects(None, SH.targetClass)}
    own = {c for c in ontology.subjects(RDF.type, OWL.Class) if str(c).startswith(str(AIG._NS))}
    assert own
    assert not {c for c in own if not targets & set(ontology.transitive_objects(c, RDFS.subClassOf))}


def test_sample_conforms(settings: Any) -> None:
    assert check_graph(read_sample(), load_shapes(settings.shapes)).findings == ()


@pytest.mark.parametrize("part", PARTS)
def test_every_shape_has_something_to_look_at_in_the_sample(part: str) -> None:
    """Or the sample would be a good example of nothing; only what must not be there may be absent."""
    shapes, target = read_shapes(part), DataGraph.from_rdflib(read_sample())
    for shape in shapes.prepared.shapes:
        if not list(shape.target_classes()):
            continue
        focus = shape.focus_nodes(target)
        assert focus, shape.node
        if shape.is_property_shape and (shape.node, SH.maxCount, Literal(0)) not in shapes.graph:
            values = shape.value_nodes(target, list(focus))
            assert any(values.values()), f"{shape.node}: the path leads nowhere in the sample"


def test_every_shape_has_a_bad_example() -> None:
    for part in PARTS:
        named = {str(mint(f"shape/{e.values[1]['shape']}")) for e in EXAMPLES if e.values[0] == part}
        assert named == list_shapes(part)


@pytest.mark.parametrize(("part", "example"), EXAMPLES)
def test_bad_example_is_found_and_told(part: str, example: dict[str, Any]) -> None:
    broken = Graph() + read_sample()
    for triple in parse_snippet(example.get("remove", "")):
        assert triple in broken, "the sample does not hold what the example removes"
        broken.remove(triple)
    broken += parse_snippet(example.get("add", ""))
    findings = check_graph(broken, read_shapes(part)).findings
    expected = {str(mint(f"shape/{slug}")) for slug in (example["shape"], *example.get("also", ()))}
    assert {finding.shape for finding in findings} == expected
    assert example["message"] in {f.message for f in findings if f.shape == str(mint(f"shape/{example['shape']}"))}
