"""The ontology: agrees with the code, keeps to OWL 2 RL, is consistent, and a contradiction would be noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from owlrl.Namespaces import ERRNS
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS, XSD
from rdflib.term import Node

from graph_builder.errors import OntologyError
from graph_builder.iri import mint
from graph_builder.ontology import load_ontology, load_vocabulary
from graph_builder.settings import Settings
from graph_builder.turtle import format_turtle, parse_turtle
from graph_builder.vocab import AIG, BASE, PREFIXES

SAMPLE = Path(__file__).parent / "shapes" / "sample.ttl"
OWN = str(AIG._NS)
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)

SUPERCLASS_FORBIDS = {
    OWL.unionOf,
    OWL.someValuesFrom,
    OWL.oneOf,
    OWL.hasSelf,
    OWL.minCardinality,
    OWL.minQualifiedCardinality,
    OWL.cardinality,
    OWL.qualifiedCardinality,
}
SUBCLASS_FORBIDS = {
    OWL.allValuesFrom,
    OWL.complementOf,
    OWL.hasSelf,
    OWL.minCardinality,
    OWL.minQualifiedCardinality,
    OWL.maxCardinality,
    OWL.maxQualifiedCardinality,
    OWL.cardinality,
    OWL.qualifiedCardinality,
}
EQUIVALENT_FORBIDS = SUPERCLASS_FORBIDS | SUBCLASS_FORBIDS
AXIOMS_FORBIDDEN = {OWL.disjointUnionOf, OWL.onDatatype, OWL.datatypeComplementOf, OWL.withRestrictions}
DATATYPES = {
    RDF.PlainLiteral,
    RDFS.Literal,
    *(XSD[name] for name in ("string", "boolean", "decimal", "integer", "nonNegativeInteger", "anyURI", "dateTime")),
}
"""Those of the profile that we may need; `xsd:date` is none of them (OWL 2 Web Ontology Language Profiles, 4.2.1)."""


def nested(graph: Graph, node: Node) -> Iterator[Node]:
    """The node and the blank nodes below it: one class expression."""
    yield node
    if isinstance(node, BNode):
        for value in graph.objects(node):
            if isinstance(value, BNode):
                yield from nested(graph, value)


def find_profile_violations(graph: Graph) -> list[str]:
    """What breaks the syntax of OWL 2 RL, as far as we could break it (https://www.w3.org/TR/owl2-profiles/#OWL_2_RL)."""
    found = []

    def look(node: Node, forbidden: set[URIRef], place: str) -> None:
        if node == OWL.Thing:
            found.append(f"owl:Thing in {place}")
        for part in nested(graph, node):
            found.extend(f"{term} in {place}" for term in graph.predicates(part) if term in forbidden)
            for term in (OWL.maxCardinality, OWL.maxQualifiedCardinality):
                for number in graph.objects(part, term):
                    if int(str(number)) > 1:
                        found.append(f"{term} {number} in {place}")

    for child, parent in graph.subject_objects(RDFS.subClassOf):
        look(child, SUBCLASS_FORBIDS, "a subclass")
        look(parent, SUPERCLASS_FORBIDS, "a superclass")
    for term in (RDFS.domain, RDFS.range):
        for value in graph.objects(None, term):
            look(value, SUPERCLASS_FORBIDS, "a domain or range")
    for pair in graph.subject_objects(OWL.equivalentClass):
        for side in pair:
            look(side, EQUIVALENT_FORBIDS, "an equivalent class")
    for pair in graph.subject_objects(OWL.disjointWith):
        for side in pair:
            look(side, SUBCLASS_FORBIDS, "a disjoint class")
    found.extend(f"{term} is used" for term in set(graph.predicates()) & AXIOMS_FORBIDDEN)
    if (None, RDF.type, OWL.ReflexiveProperty) in graph:
        found.append("owl:ReflexiveProperty")
    for prop in graph.subjects(RDF.type, OWL.DatatypeProperty):
        found.extend(f"datatype {kind} of {prop}" for kind in graph.objects(prop, RDFS.range) if kind not in DATATYPES)
    for kind, other in ((OWL.ObjectProperty, OWL.DatatypeProperty), (OWL.ObjectProperty, OWL.AnnotationProperty)):
        both = set(graph.subjects(RDF.type, kind)) & set(graph.subjects(RDF.type, other))
        found.extend(f"{term} is of two kinds of property" for term in both)
    return found


def find_contradictions(graph: Graph) -> list[str]:
    """Close the graph under OWL 2 RL and return the errors that the rules report."""
    closure = Graph(bind_namespaces="none")
    for triple in graph:
        closure.add(triple)
    DeductiveClosure(OWLRL_Semantics).expand(closure)
    return sorted({str(message) for message in closure.objects(None, ERRNS.error)})


def without_words(graph: Graph) -> Graph:
    """The logic of a graph: what closes is slow, and labels and texts say nothing to a reasoner."""
    logic = Graph(bind_namespaces="none")
    wordy = {RDFS.label, RDFS.isDefinedBy, SKOS.prefLabel, SKOS.definition, SKOS.scopeNote}
    for subject, predicate, value in graph:
        if predicate not in wordy and not (isinstance(value, Literal) and value.language):
            logic.add((subject, predicate, value))
    return logic


@pytest.fixture(scope="module")
def logic(ontology: Graph) -> Graph:
    return without_words(ontology)


def test_code_and_ontology_have_the_same_terms(ontology: Graph) -> None:
    stated = {str(term).removeprefix(OWN) for term in ontology.subjects(RDFS.isDefinedBy, mint("ontology"))}
    assert stated == set(AIG.__annotations__) - {"_NS", "_fail"}


def test_every_own_term_is_of_one_kind(ontology: Graph) -> None:
    for term in ontology.subjects(RDFS.isDefinedBy, mint("ontology")):
        assert len([kind for kind in KINDS if (term, RDF.type, kind) in ontology]) == 1, term


def test_every_own_term_is_labelled_and_defined_in_english_and_chinese(ontology: Graph) -> None:
    for term in ontology.subjects(RDFS.isDefinedBy, mint("ontology")):
        for predicate in (RDFS.label, SKOS.prefLabel, SKOS.definition):
            texts = [text for text in ontology.objects(term, predicate) if isinstance(text, Literal)]
            assert sorted(str(text.language) for text in texts) == ["en", "zh-Hans"], term


def test_every_own_class_but_the_roots_has_a_superclass_and_no_circle(ontology: Graph) -> None:
    own = {term for term in ontology.subjects(RDF.type, OWL.Class) if str(term).startswith(OWN)}
    roots = {AIG.Candidate, AIG.Mechanism}
    for term in own:
        above = set(ontology.objects(term, RDFS.subClassOf))
        assert bool(above) is (term not in roots), term
        assert not any(term in set(ontology.transitive_objects(parent, RDFS.subClassOf)) for parent in above), term


def test_nothing_is_imported(ontology: Graph) -> None:
    assert not list(ontology.objects(None, OWL.imports))


def test_prefixes_file_declares_the_prefixes_of_the_code(settings: Settings) -> None:
    graph = parse_turtle(settings.ontology / "prefixes.ttl")
    declared = {
        str(graph.value(node, SH.prefix)): str(graph.value(node, SH.namespace))
        for node in graph.objects(mint("prefixes"), SH.declare)
    }
    assert declared == PREFIXES


@pytest.mark.parametrize("name", ["aigov.ttl", "prefixes.ttl"])
def test_ontology_is_in_canonical_turtle(name: str, settings: Settings) -> None:
    path = settings.ontology / name
    assert path.read_text(encoding="utf-8") == format_turtle(parse_turtle(path))


def test_every_act_of_the_vocabulary_makes_one_class_of_statement(ontology: Graph, settings: Settings) -> None:
    acts = parse_turtle(settings.ontology / "vocabulary" / "acts.ttl")
    leaves = set(acts.subjects(SKOS.broader)) - set(acts.objects(None, SKOS.broader))
    values = list(ontology.objects(None, OWL.hasValue))
    assert set(values) == leaves
    assert len(values) == len(leaves)


def test_ontology_keeps_to_owl_2_rl(ontology: Graph) -> None:
    assert find_profile_violations(ontology) == []


@pytest.mark.parametrize(
    "axiom",
    [
        "aig:Actor rdfs:subClassOf [ owl:unionOf ( aig:State aig:Person ) ] .",
        "aig:Statement rdfs:subClassOf [ owl:onProperty aig:speaker ; owl:someValuesFrom aig:Actor ] .",
        "aig:Statement rdfs:subClassOf [ owl:onProperty aig:act ; owl:minCardinality 1 ] .",
        "aig:Statement rdfs:subClassOf [ owl:onProperty aig:act ; owl:maxCardinality 2 ] .",
        "[ owl:onProperty aig:act ; owl:allValuesFrom aig:SpeechAct ] rdfs:subClassOf aig:Statement .",
        "aig:about rdfs:range [ owl:unionOf ( aig:Principle aig:Issue ) ] .",
        "aig:Report owl:equivalentClass [ owl:onProperty aig:act ; owl:someValuesFrom aig:SpeechAct ] .",
        "aig:deadline rdfs:range xsd:date .",
        "aig:Thing rdfs:subClassOf owl:Thing . owl:Thing rdfs:subClassOf aig:Actor .",
        "aig:about a owl:ReflexiveProperty .",
        "aig:about a owl:DatatypeProperty .",
        "aig:Actor owl:disjointUnionOf ( aig:State aig:Person ) .",
    ],
)
def test_axiom_outside_the_profile_is_found(axiom: str, ontology: Graph) -> None:
    header = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in ("aig", "owl", "rdfs", "xsd"))
    broken = ontology + Graph().parse(data=header + axiom, format="turtle")
    assert find_profile_violations(broken)


def test_ontology_vocabulary_and_sample_are_consistent(logic: Graph, settings: Settings) -> None:
    """Every concept with its class and place, and one whole document; labels left out."""
    vocabulary = Graph(bind_namespaces="none")
    for subject, predicate, value in load_vocabulary(settings):
        if predicate in (RDF.type, AIG.mechanismType, AIG.hasStatus, AIG.statusKind, AIG.issuer, AIG.ordinal):
            vocabulary.add((subject, predicate, value))
    assert len(vocabulary) > 800
    assert find_contradictions(logic + vocabulary + without_words(parse_turtle(SAMPLE))) == []


@pytest.mark.parametrize(
    "facts",
    [
        "<actor/china> a aig:State, aig:Principle .",
        "<actor/x> a aig:OpenGroup, aig:CountryGrouping .",
        "<s> aig:act <act/oppose> ; aig:act <act/commit> .",
        "<s> aig:invokesPrinciple <domain/health> . <domain/health> a aig:PolicyDomain .",
        "<s> aig:alignedWith <s> .",
        "<m> aig:mechanismType <principle/fairness> . <principle/fairness> a aig:Principle .",
    ],
)
def test_contradiction_is_found(facts: str, logic: Graph) -> None:
    header = f"@base <{BASE}> . @prefix aig: <{OWN}> .\n"
    assert find_contradictions(logic + Graph().parse(data=header + facts, format="turtle"))


def test_missing_file_of_the_ontology_is_told(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match=r"aigov\.ttl: missing"):
        load_ontology(Settings(tmp_path))


def test_broken_file_of_the_ontology_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "aigov.ttl").write_text("@prefix a: <urn:a:> .\n\na:b a:c .\n", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"aigov\.ttl, line 3"):
        load_ontology(Settings(tmp_path))


def test_folder_without_vocabulary_is_told(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="no vocabulary file"):
        load_vocabulary(Settings(tmp_path))
