"""The rules: what they make of the sample of the shapes, and of small cases."""

from pathlib import Path

import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import PROV, RDF, RDFS

from graph_builder.checks import check_graph, load_shapes
from graph_builder.errors import OntologyError
from graph_builder.iri import GRAPH_DERIVED, mint, mint_document_graph, mint_key
from graph_builder.quads import Quad
from graph_builder.rules import Rule, apply_rules, derive, load_rules
from graph_builder.settings import Settings
from graph_builder.turtle import parse_turtle
from graph_builder.vocab import AIG, BASE, CITO, PREFIXES

SAMPLE = Path(__file__).parent / "shapes" / "sample.ttl"
GRAPH = mint_document_graph("plan")
HEADER = f"@base <{BASE}> .\n@prefix aig: <{PREFIXES['aig']}> .\n@prefix skos: <{PREFIXES['skos']}> .\n"


def to_quads(turtle: str) -> list[Quad]:
    graph = Graph(bind_namespaces="none").parse(data=HEADER + turtle, format="turtle")
    return [(s, p, o, GRAPH) for s, p, o in graph]


def derive_edges(turtle: str, settings: Settings) -> set[tuple[str, str, str]]:
    """The short edges that follow, without their records, as the ends of the IRIs."""
    shorten = {str(term): name for name, term in ((name, AIG[name]) for name in AIG.__annotations__ if name[0] != "_")}
    return {
        (str(s).removeprefix(BASE), shorten[str(p)], str(o).removeprefix(BASE))
        for s, p, o, _ in derive(to_quads(turtle), settings)
        if str(p) in shorten
    }


CASES = [
    pytest.param(
        '<s/1> aig:act <act/uphold> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p> .',
        {("actor/a", "endorses", "principle/p")},
        id="who-upholds-a-principle-endorses-it",
    ),
    pytest.param(
        '<s/1> aig:act <act/call> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p> .',
        set(),
        id="what-one-asks-of-others-is-no-stand",
    ),
    pytest.param(
        '<s/1> aig:act <act/uphold> ; aig:polarity "-" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p> .',
        set(),
        id="who-rejects-a-principle-does-not-endorse-it",
    ),
    pytest.param(
        '<s/1> aig:act <act/uphold> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p> ;'
        " aig:reportedBy <actor/b> .",
        {("actor/a", "endorses", "principle/p")},
        id="a-reported-statement-is-the-speakers-and-not-the-reporters",
    ),
    pytest.param(
        '<s/1> aig:act <act/oppose> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:addressesIssue <issue/i> ;'
        " aig:invokesPrinciple <principle/p> .",
        {("actor/a", "opposes", "issue/i")},
        id="who-opposes-an-issue-opposes-it-and-no-principle",
    ),
    pytest.param(
        '<s/1> aig:act <act/require> ; aig:polarity "-" ; aig:speaker <actor/a> ; aig:usesMechanism <mechanism/m> .',
        {("actor/a", "opposes", "mechanism/m")},
        id="who-rejects-a-mechanism-opposes-it",
    ),
    pytest.param(
        '<s/1> aig:act <act/commit> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:usesMechanism <mechanism/m> ;'
        " aig:citesInstrument <instrument/i> ; aig:inDomain <domain/d> .",
        {
            ("actor/a", "commitsTo", "mechanism/m"),
            ("actor/a", "commitsTo", "instrument/i"),
            ("actor/a", "supportsMechanism", "mechanism/m"),
        },
        id="who-commits-to-a-mechanism-supports-it-too",
    ),
    pytest.param(
        '<s/1> aig:act <act/invite> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:addressee <actor/b> .'
        '<s/2> aig:act <act/commit> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:addressee <actor/c> .',
        {("actor/a", "callsOn", "actor/b")},
        id="who-invites-calls-on-and-who-commits-does-not",
    ),
    pytest.param(
        '<s/1> aig:act <act/agree> ; aig:polarity "+" ; aig:speaker <actor/a>, <actor/b> ;'
        " aig:invokesPrinciple <principle/p> .",
        {
            ("actor/a", "endorses", "principle/p"),
            ("actor/b", "endorses", "principle/p"),
            ("actor/a", "sharesPrincipleWith", "actor/b"),
            ("actor/b", "sharesPrincipleWith", "actor/a"),
        },
        id="who-endorse-one-principle-share-it-both-ways",
    ),
    pytest.param(
        "<domain/d> a aig:PolicyDomain ; skos:relatedMatch <http://metadata.un.org/sdg/3>, <https://example.org/x> ."
        "<s/1> aig:inDomain <domain/d> .",
        {("s/1", "contributesTo", "http://metadata.un.org/sdg/3")},
        id="a-statement-contributes-to-the-goals-of-its-domain",
    ),
]


@pytest.mark.parametrize(("turtle", "expected"), CASES)
def test_rule_makes_these_edges(turtle: str, expected: set[tuple[str, str, str]], settings: Settings) -> None:
    assert derive_edges(turtle, settings) == expected


def test_derived_edge_names_the_statements_it_rests_on(settings: Settings) -> None:
    body = 'aig:act <act/uphold> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p>'
    derived = Graph()
    for s, p, o, _ in derive(to_quads(f"<s/1> {body} . <s/2> {body} ."), settings):
        derived.add((s, p, o))
    key = mint_key(str(mint("actor/a")), str(AIG.endorses), str(mint("principle/p")))
    edge = mint(f"derived/{key}")
    assert derived.value(edge, RDF.subject) == mint("actor/a")
    assert derived.value(edge, RDF.predicate) == AIG.endorses
    assert derived.value(edge, RDF.object) == mint("principle/p")
    assert set(derived.objects(edge, PROV.wasDerivedFrom)) == {mint("s/1"), mint("s/2")}


def test_what_is_stated_already_is_not_derived_again(settings: Settings) -> None:
    stated = to_quads(
        '<s/1> aig:act <act/uphold> ; aig:polarity "+" ; aig:speaker <actor/a> ; aig:invokesPrinciple <principle/p> .'
    )
    once = derive(stated, settings)
    assert {graph for *_, graph in once} == {GRAPH_DERIVED}
    assert once == sorted(once)
    assert derive([*stated, *once], settings) == []


def sample_with_ontology(ontology: Graph) -> list[Quad]:
    """The sample without what rules are to find: topics, edges and their records."""
    sample = parse_turtle(SAMPLE)
    sample.remove((None, AIG.about, None))
    for term in (AIG.endorses, AIG.opposes, AIG.commitsTo, AIG.supportsMechanism, AIG.callsOn, AIG.sharesPrincipleWith):
        sample.remove((None, term, None))
    sample.remove((mint("derived/1"), None, None))
    sample.remove((mint("statement/1"), AIG.alignedWith, None))
    return [(s, p, o, GRAPH) for s, p, o in sample + ontology]


def test_rules_agree_with_owl_rl_where_they_overlap(settings: Settings, ontology: Graph) -> None:
    """Types and properties of our own namespace that owlrl finds for the sample, no more and no fewer."""
    quads = sample_with_ontology(ontology)
    closure = Graph(bind_namespaces="none")
    for s, p, o, _ in quads:
        closure.add((s, p, o))
    stated = set(closure)
    DeductiveClosure(OWLRL_Semantics).expand(closure)
    instances = {s for s, _, _, _ in quads if str(s).startswith(BASE) and not str(s).startswith(str(AIG._NS))}
    own = str(AIG._NS)
    expected = {
        (s, p, o)
        for s, p, o in set(closure) - stated
        if s in instances and (str(p).startswith(own) or (p == RDF.type and str(o).startswith(own)))
    }
    entailments = {"about", "statement-class", "superclass", "symmetric"}
    rules = [rule for rule in load_rules(settings.ontology / "rules") if rule.path.stem in entailments]
    derived = {(s, p, o) for s, p, o, _ in apply_rules(quads, rules)}
    assert (mint("statement/1"), RDF.type, AIG.Commitment) in derived
    assert (mint("statement/1"), AIG.about, mint("principle/fairness")) in derived
    assert (mint("statement/1"), AIG.alignedWith, mint("statement/2")) in derived
    assert derived <= expected
    assert {p for _, p, _ in expected - derived} <= {RDF.type}, "by domains and ranges only owlrl types"


def test_what_rules_derive_conforms_to_the_shapes(settings: Settings, ontology: Graph) -> None:
    quads = sample_with_ontology(ontology)
    graph = Graph(bind_namespaces="none")
    for s, p, o, _ in [*quads, *derive(quads, settings)]:
        graph.add((s, p, o))
    assert (mint("actor/china"), AIG.commitsTo, mint("principle/fairness")) in graph
    assert check_graph(graph, load_shapes(settings.shapes)).findings == ()


def test_sample_states_itself_what_rules_would_add_to_about(settings: Settings, ontology: Graph) -> None:
    quads = [(s, p, o, GRAPH) for s, p, o in parse_turtle(SAMPLE) + ontology]
    assert not [quad for quad in derive(quads, settings) if quad[1] == AIG.about]


def test_a_literal_as_result_is_refused() -> None:
    rule = Rule(Path("x.rq"), "CONSTRUCT { ?s ?p ?o } WHERE { ?o ?p ?s }")
    stated: list[Quad] = [(mint("a"), RDFS.label, Literal("a"), GRAPH)]
    with pytest.raises(OntologyError, match=r"x\.rq"):
        apply_rules(stated, [Rule(rule.path, "CONSTRUCT { ?s ?p 1 } WHERE { ?s ?p ?o }")])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"CONSTRUCT {", "not valid SPARQL"),
        (b"SELECT * {}", "not a CONSTRUCT query"),
        (b"CONSTRUCT {} WHERE { # \xff\n }", "not UTF-8"),
    ],
)
def test_a_broken_rule_is_told_with_its_file(text: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "broken.rq").write_bytes(text)
    with pytest.raises(OntologyError, match=what) as caught:
        load_rules(tmp_path)
    assert "broken.rq" in str(caught.value)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="no rule"):
        load_rules(tmp_path)


def test_language_tags_and_numbers_of_the_input_do_not_come_back_changed(settings: Settings) -> None:
    """Oxigraph lower-cases tags and rewrites numbers; nothing of that may reach the graph."""
    stated = to_quads(
        '<s/1> aig:act <act/uphold> ; aig:modalCue "坚持"@zh-Hans ; aig:confidence 0.90 ; aig:polarity "+" .'
    )
    assert all(isinstance(term, URIRef) for quad in derive(stated, settings) for term in quad)


def test_a_work_cites_what_its_statements_cite(settings: Settings) -> None:
    turtle = (
        "<s/1> aig:citesInstrument <instrument/a>, <instrument/b> ; aig:inText <text/a/en> ."
        " <text/a/en> <http://purl.org/vocab/frbr/core#realizationOf> <instrument/a> ."
    )
    cited = {(s, o) for s, p, o, _ in derive(to_quads(turtle), settings) if p == CITO.cites}
    assert cited == {(mint("instrument/a"), mint("instrument/b"))}
