"""What the graph says of one work."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from extractions import CHINESE_RAW, ENGLISH_RAW, make_chinese, make_english
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, PROV, RDF, RDFS, SKOS, XSD

from graph_builder.iri import identifier_of, mint, mint_document_graph
from graph_builder.model import AlignedPair
from graph_builder.quads import (
    STATEMENT_CLASS,
    TOPIC_PROPERTY,
    Quad,
    VocabularyLinks,
    load_links,
    mint_statements,
    to_alignment_quads,
    to_quads,
)
from graph_builder.vocab import AIG, ELI, FRBR, OA, SDG

WORK = mint("instrument/small-plan")
CHINESE, ENGLISH = mint("text/small-plan/zh-Hant"), mint("text/small-plan/en")
LINKS = VocabularyLinks({"domain/health": (SDG["3"],)})


def to_graph(quads: Iterable[Quad]) -> Graph:
    graph = Graph()
    for subject, predicate, value, _ in quads:
        graph.add((subject, predicate, value))
    return graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    return to_graph(to_quads([make_english(), make_chinese()], LINKS))


def statement_by_act(graph: Graph, act: str) -> URIRef:
    found = graph.value(None, AIG.act, mint(f"act/{act}"), any=False)
    assert isinstance(found, URIRef)
    return found


def values(graph: Graph, subject: URIRef, predicate: URIRef) -> set[str | None]:
    return {identifier_of(str(value)) or str(value) for value in graph.objects(subject, predicate)}


def test_everything_is_in_the_graph_of_the_work() -> None:
    graphs = {quad[3] for quad in to_quads([make_english(), make_chinese()], LINKS)}
    assert graphs == {mint_document_graph("small-plan")}


def test_no_term_is_a_blank_node(graph: Graph) -> None:
    assert not [term for triple in graph for term in triple if isinstance(term, BNode)]


@pytest.mark.parametrize(
    ("kind", "expected"), [("policy-instrument", AIG.PolicyInstrument), ("commentary", AIG.Commentary)]
)
def test_work_has_the_class_of_its_kind(kind: str, expected: URIRef) -> None:
    graph = to_graph(to_quads([make_english(kind=kind)], LINKS))
    assert set(graph.objects(WORK, RDF.type)) == {AIG.SourceWork, expected}


def test_work_has_titles_dates_issuers_and_occasion(graph: Graph) -> None:
    issued = Literal("2024-09-25", datatype=XSD.date)
    assert set(graph.objects(WORK, DCTERMS.title)) == {
        Literal("Small Plan", lang="en"),
        Literal("小计划", lang="zh-Hans"),
    }
    assert graph.value(WORK, ELI.date_document) == issued
    assert graph.value(WORK, DCTERMS.issued) == issued
    assert values(graph, WORK, AIG.issuer) == {"actor/china"}
    assert values(graph, WORK, AIG.issuedAt) == {"event/waic-2025"}


def test_text_version_carries_the_raw_text(graph: Graph) -> None:
    assert graph.value(CHINESE, AIG.text) == Literal(CHINESE_RAW)
    assert graph.value(CHINESE, DCTERMS.language) == Literal("zh-Hant")
    assert graph.value(CHINESE, FRBR.realizationOf) == WORK


def test_source_file_says_who_reprinted_it_when_and_with_what_rights(graph: Graph) -> None:
    file = graph.value(CHINESE, FRBR.embodiment)
    assert str(graph.value(file, AIG.sha256)).startswith(str(identifier_of(str(file))).removeprefix("file/"))
    assert graph.value(file, DCTERMS.publisher) == Literal("某网")
    assert graph.value(file, DCTERMS.issued) == Literal("2024-10-09", datatype=XSD.date)
    assert graph.value(file, DCTERMS.rights) == Literal("© 发布者")


def test_source_address_with_a_space_becomes_a_valid_iri(graph: Graph) -> None:
    assert graph.value(graph.value(ENGLISH, FRBR.embodiment), DCTERMS.source) == URIRef("https://example.org/a%20b")


def test_clause_is_shared_by_the_versions_and_has_one_place(graph: Graph) -> None:
    clause = mint("clause/small-plan/1")
    assert list(graph.objects(clause, AIG.order)) == [Literal("1", datatype=XSD.integer)]
    assert list(graph.objects(clause, AIG.clauseNumber)) == [Literal("I.")]
    assert set(graph.objects(clause, DCTERMS.title)) == {Literal("Vision", lang="en"), Literal("愿景", lang="zh-Hans")}
    assert graph.value(clause, ELI.is_part_of) == WORK
    assert graph.value(mint("clause/small-plan/1/1"), ELI.is_part_of) == clause


def test_excluded_region_gives_its_place_and_reason(graph: Graph) -> None:
    region = graph.value(None, RDF.type, AIG.ExcludedRegion, any=False)
    assert CHINESE_RAW[int(str(graph.value(region, OA.start))) : int(str(graph.value(region, OA.end)))] == "頁眉 廣告"
    assert graph.value(region, AIG.excludedFrom) == CHINESE
    assert graph.value(region, DCTERMS.type) == Literal("advert")
    assert graph.value(region, AIG.exclusionReason) == Literal("an advert before the title")


def test_statement_says_who_does_what_about_what(graph: Graph) -> None:
    graph = to_graph(to_quads([make_chinese()], LINKS))
    offer = statement_by_act(graph, "commit")
    assert set(graph.objects(offer, RDF.type)) == {AIG.Statement, AIG.Commitment}
    assert values(graph, offer, AIG.force) == {"force/is-ready-to"}
    assert set(graph.objects(offer, AIG.modalCue)) == {Literal("願", lang="zh-Hant")}
    assert values(graph, offer, AIG.speaker) == {"actor/china"}
    assert values(graph, offer, AIG.speakerSource) == {"explicit"}
    assert values(graph, offer, AIG.about) == {"domain/health", "mechanism/joint-laboratory"}
    assert values(graph, offer, AIG.inDomain) == {"domain/health"}
    assert values(graph, offer, AIG.usesMechanism) == {"mechanism/joint-laboratory"}
    assert values(graph, offer, AIG.partner) == {"actor/all-countries"}
    assert graph.value(offer, AIG.deadline) == Literal("2025-12-31", datatype=XSD.date)
    assert values(graph, offer, AIG.deadlinePrecision) == {"year"}
    assert graph.value(offer, AIG.quantity) == Literal("10", datatype=XSD.integer)
    assert values(graph, offer, AIG.polarity) == {"+"}
    assert set(graph.objects(offer, AIG.contributesTo)) == {SDG["3"]}
    assert values(graph, offer, AIG.inClause) == {"clause/small-plan/1"}
    assert values(graph, offer, AIG.inText) == {"text/small-plan/zh-Hant"}
    assert graph.value(offer, AIG.confidence) == Literal("0.9", datatype=XSD.decimal)
    assert graph.value(offer, PROV.wasGeneratedBy) is not None


def test_explicit_speaker_is_tied_to_the_words_that_name_it(graph: Graph) -> None:
    graph = to_graph(to_quads([make_chinese()], LINKS))
    (mention,) = graph.objects(statement_by_act(graph, "commit"), AIG.speakerMention)
    assert graph.value(mention, OA.hasBody) == mint("actor/china")
    assert not list(graph.objects(statement_by_act(graph, "uphold"), AIG.speakerMention))


def test_reported_statement_names_the_reporter(graph: Graph) -> None:
    position = statement_by_act(graph, "uphold")
    assert values(graph, position, AIG.reportedBy) == {"actor/people-s-daily"}
    assert values(graph, position, AIG.speaker) == {"actor/china", "actor/france"}
    assert values(graph, position, AIG.invokesPrinciple) == {"principle/fairness"}


@pytest.mark.parametrize("confidence", ["0.85", "1.0", "0.0", "0.1234"])
def test_confidence_is_a_plain_decimal(confidence: str) -> None:
    chinese = make_chinese()
    statement = replace(chinese.statements[0], confidence=float(confidence))
    graph = to_graph(to_quads([replace(chinese, statements=(statement,))], LINKS))
    assert [str(value) for value in graph.objects(None, AIG.confidence)] == [confidence]


def test_every_quote_is_the_slice_of_the_raw_text_at_its_offsets(graph: Graph) -> None:
    raw_by_text = {CHINESE: CHINESE_RAW, ENGLISH: ENGLISH_RAW}
    checked = 0
    for target in graph.subjects(RDF.type, OA.SpecificResource):
        raw = raw_by_text[graph.value(target, OA.hasSource)]  # type: ignore[index]
        position, quote = (URIRef(str(target).replace("#target", part)) for part in ("#position", "#quote"))
        start, end = (int(str(graph.value(position, edge))) for edge in (OA.start, OA.end))
        assert str(graph.value(quote, OA.exact)) == raw[start:end]
        assert str(graph.value(quote, OA.prefix)) == raw[max(0, start - 32) : start]
        assert str(graph.value(quote, OA.suffix)) == raw[end : end + 32]
        checked += 1
    assert checked == 9  # 4 pieces of evidence, 4 mentions, 1 candidate


def test_quote_keeps_the_gloss_that_the_normalized_quote_leaves_out(graph: Graph) -> None:
    evidence = graph.value(statement_by_act(graph, "uphold"), AIG.evidence)
    assert graph.value(evidence, OA.hasBody) == statement_by_act(graph, "uphold")
    assert graph.value(evidence, AIG.normalizedQuote) == Literal("坚持公平", lang="zh-Hans")
    assert graph.value(URIRef(f"{evidence}#quote"), OA.exact) == Literal("堅持公平", lang="zh-Hant")
    offer = to_graph(to_quads([make_chinese()], LINKS))
    evidence = offer.value(statement_by_act(offer, "commit"), AIG.evidence)
    assert "(zhōngfāng)" in str(offer.value(URIRef(f"{evidence}#quote"), OA.exact))


def test_candidate_is_an_individual_with_its_words_and_no_topic(graph: Graph) -> None:
    candidate = graph.value(None, RDF.type, AIG.Candidate, any=False)
    assert set(graph.objects(candidate, RDF.type)) == {AIG.Candidate, AIG.Mechanism}
    assert graph.value(candidate, SKOS.prefLabel) == Literal("联合实验室", lang="zh-Hans")
    assert list(graph.subjects(AIG.proposesMechanism, candidate))
    assert not list(graph.subjects(AIG.about, candidate))
    assert graph.value(None, OA.hasBody, candidate) is not None


def test_equal_statements_of_one_sentence_have_iris_of_their_own() -> None:
    iris = mint_statements(make_english())
    assert len(set(iris)) == 2
    assert all(iri.startswith("https://w3id.org/aigov/statement/small-plan/en/") for iri in iris)


def test_statement_keeps_its_iri_when_another_goes() -> None:
    chinese = make_chinese()
    assert mint_statements(chinese)[1:] == mint_statements(replace(chinese, statements=chinese.statements[1:]))


def test_alignment_is_said_both_ways() -> None:
    english, chinese = make_english(), make_chinese()
    graph = to_graph(to_alignment_quads(english, chinese, [AlignedPair(1, 0, 0.9)]))
    one, other = mint_statements(english)[1], mint_statements(chinese)[0]
    assert set(graph.subject_objects(AIG.alignedWith)) == {(one, other), (other, one)}
    assert set(graph.subject_objects(ELI.is_translation_of)) == {(ENGLISH, CHINESE), (CHINESE, ENGLISH)}


def test_links_are_the_goals_of_domains_and_nothing_else() -> None:
    vocabulary = Graph()
    vocabulary.add((mint("domain/health"), SKOS.relatedMatch, SDG["3"]))
    vocabulary.add((mint("domain/health"), SKOS.relatedMatch, URIRef("https://example.org/3")))
    vocabulary.add((mint("domain/data"), SKOS.relatedMatch, SDG["9.c"]))
    vocabulary.add((mint("domain/water"), SKOS.exactMatch, SDG["6"]))
    vocabulary.add((mint("principle/gender-equality"), SKOS.relatedMatch, SDG["5"]))
    assert load_links(vocabulary).goals == {"domain/health": (SDG["3"],), "domain/data": (SDG["9"],)}


def test_statement_classes_are_those_of_the_ontology(ontology: Graph) -> None:
    defined = {}
    for restriction, act in ontology.subject_objects(OWL.hasValue):
        if ontology.value(restriction, OWL.onProperty) == AIG.act:
            kind = ontology.value(restriction, RDFS.subClassOf) or ontology.value(
                None, OWL.equivalentClass, restriction
            )
            defined[str(identifier_of(str(act))).removeprefix("act/")] = kind
    assert defined == STATEMENT_CLASS


def test_topic_properties_are_the_subproperties_of_about(ontology: Graph) -> None:
    assert set(TOPIC_PROPERTY.values()) == set(ontology.subjects(RDFS.subPropertyOf, AIG.about))
