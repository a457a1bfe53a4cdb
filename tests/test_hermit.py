"""The ontology under HermiT, a complete OWL 2 DL reasoner: consistent, and every class can have members.

Slow, and of use only to whoever changes the ontology: needs Java and owlready2 (`pip install aigov[hermit]`),
and fails without them.
"""

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from rdflib import Graph
from rdflib.namespace import RDF

from graph_builder.ontology import load_vocabulary
from graph_builder.settings import Settings
from graph_builder.turtle import parse_turtle
from graph_builder.vocab import AIG, BASE

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parent / "shapes" / "sample.ttl"


@pytest.fixture(scope="module")
def owlready2() -> Any:
    if shutil.which("java") is None:
        pytest.fail("HermiT needs Java: install a JRE, or leave the slow tests out")
    try:
        return importlib.import_module("owlready2")
    except ImportError:
        pytest.fail("HermiT comes with owlready2: pip install aigov[hermit], or leave the slow tests out")


@pytest.fixture(scope="module")
def knowledge(ontology: Graph, settings: Settings) -> Graph:
    """Ontology, concepts with their classes, and a sample document. HermiT has no xsd:date: dates are left out."""
    graph = Graph() + ontology
    for subject, predicate, value in load_vocabulary(settings) + parse_turtle(SAMPLE):
        if predicate == RDF.type or (str(predicate).startswith(str(AIG._NS)) and value.startswith(BASE)):
            graph.add((subject, predicate, value))
    return graph


def reason(owlready2: Any, graph: Graph, folder: Path) -> list[str]:
    """Classify; return the names of classes that cannot have members.

    Raises:
        OwlReadyInconsistentOntologyError: the graph contradicts itself.
    """
    path = folder / "knowledge.nt"
    graph.serialize(path, format="nt", encoding="utf-8")
    world = owlready2.World()
    world.get_ontology(path.as_uri()).load()
    owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    return sorted(c.iri for c in world.inconsistent_classes() if c.iri != "http://www.w3.org/2002/07/owl#Nothing")


def test_knowledge_is_consistent_and_every_class_can_have_members(
    owlready2: Any, knowledge: Graph, tmp_path: Path
) -> None:
    assert reason(owlready2, knowledge, tmp_path) == []


def test_contradiction_is_found(owlready2: Any, knowledge: Graph, tmp_path: Path) -> None:
    facts = f"@base <{BASE}> . @prefix aig: <{AIG._NS}> . <actor/china> a aig:Principle ."
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reason(owlready2, knowledge + Graph().parse(data=facts, format="turtle"), tmp_path)


def test_class_that_cannot_have_members_is_found(owlready2: Any, ontology: Graph, tmp_path: Path) -> None:
    axiom = (
        f"@prefix aig: <{AIG._NS}> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        "aig:Impossible a owl:Class ; rdfs:subClassOf aig:Actor, aig:Principle ."
    )
    assert reason(owlready2, ontology + Graph().parse(data=axiom, format="turtle"), tmp_path) == [
        f"{AIG._NS}Impossible"
    ]
