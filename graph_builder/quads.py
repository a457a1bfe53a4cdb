"""Turn what documents say into RDF quads, exactly as the ontology lays down; no blank nodes, one named graph a work."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, SKOS, XSD
from rdflib.term import Node

from graph_builder.annotations import Annotation, Triple, annotate, quote_words, tag_of_clean, to_integer
from graph_builder.iri import (
    identifier_of,
    mint,
    mint_clause,
    mint_document_graph,
    mint_key,
    mint_text,
    mint_unique,
    mint_work,
)
from graph_builder.model import AlignedPair, Candidate, Extraction, Mention, Span, Statement
from graph_builder.settings import RULES_VERSION
from graph_builder.vocab import AIG, ELI, FRBR, OA, SDG

Quad = tuple[Node, Node, Node, URIRef]

Fact = Triple | Annotation
"""What a text says: a triple, or the sixteen of an annotation still in one piece."""

BUILD_ACTIVITY = mint(f"activity/build-{RULES_VERSION}")

WORK_CLASS = {"policy-instrument": AIG.PolicyInstrument, "commentary": AIG.Commentary}

TOPIC_PROPERTY = {
    "principle": AIG.invokesPrinciple,
    "domain": AIG.inDomain,
    "issue": AIG.addressesIssue,
    "mechanism": AIG.usesMechanism,
    "instrument": AIG.citesInstrument,
    "event": AIG.refersToEvent,
}
"""Scheme of a topic → the subproperty of `aig:about` that is written beside it."""

STATEMENT_CLASS = {
    act: kind
    for kind, acts in {
        AIG.Commitment: ("commit", "decide", "propose"),
        AIG.Directive: ("call", "require", "encourage", "invite", "advance"),
        AIG.Position: ("uphold", "recognize", "emphasize", "agree", "define"),
        AIG.Endorsement: ("support", "welcome"),
        AIG.Opposition: ("oppose",),
        AIG.Report: ("report",),
    }.items()
    for act in acts
}
"""Act → the defined subclass of `aig:Statement` (the ontology's definitions, applied here; a test compares)."""


@dataclass(frozen=True, slots=True)
class VocabularyLinks:
    """What the vocabulary says about ids and the quads repeat: the Sustainable Development Goals of a domain."""

    goals: Mapping[str, tuple[URIRef, ...]]


def load_links(vocabulary: Graph) -> VocabularyLinks:
    """Read the links from the vocabulary graph: `skos:relatedMatch` of domains to `http://metadata.un.org/sdg/{n}`.

    A match to a target (9.c) counts for its goal (9). Matches of principles and mechanisms are no links: they say that
    two ideas are near, not that an act in that field contributes.
    """
    goals: dict[str, set[URIRef]] = {}
    for concept, match in vocabulary.subject_objects(SKOS.relatedMatch):
        identifier = identifier_of(str(concept)) or ""
        if identifier.startswith("domain/") and str(match).startswith(SDG):
            goals.setdefault(identifier, set()).add(SDG[str(match)[len(SDG) :].split(".")[0]])
    return VocabularyLinks({identifier: tuple(sorted(matches)) for identifier, matches in goals.items()})


def to_quads(versions: Sequence[Extraction], links: VocabularyLinks) -> Iterator[Quad]:
    """Yield everything that the text versions of one work say, in the work's named graph.

    Args:
        versions: at least one, all of one work, sorted by language. A clause that several share takes number and order
            from the first, headings from all.
        links: see `VocabularyLinks`.
    """
    graph = mint_document_graph(versions[0].document.registration.work)
    for extraction in versions:
        source, language = mint_text_of(extraction), extraction.document.registration.language
        for fact in list_facts(extraction, links):
            if isinstance(fact, Annotation):
                words = quote_words(extraction.text, fact.span)
                for subject, predicate, value in annotate(fact, words, source, language):
                    yield subject, predicate, value, graph
            else:
                yield *fact, graph
    for triple in list_clauses(versions):
        yield *triple, graph


def to_alignment_quads(left: Extraction, right: Extraction, pairs: Sequence[AlignedPair]) -> Iterator[Quad]:
    """Yield that two text versions translate one another, and which of their statements say the same, both ways.

    No registry entry tells which version came first, so `eli:is_translation_of` is said both ways.
    """
    graph = mint_document_graph(left.document.registration.work)
    first, second = mint_text_of(left), mint_text_of(right)
    yield first, ELI.is_translation_of, second, graph
    yield second, ELI.is_translation_of, first, graph
    left_iris, right_iris = mint_statements(left), mint_statements(right)
    for pair in pairs:
        one, other = left_iris[pair.left], right_iris[pair.right]
        yield one, AIG.alignedWith, other, graph
        yield other, AIG.alignedWith, one, graph


def mint_statements(extraction: Extraction) -> list[URIRef]:
    """Return one IRI a statement, in order.

    The key hashes act, raw span and speakers, and how many before it share all three: a statement keeps its IRI when
    others come or go.
    """
    registration = extraction.document.registration
    seen: Counter[tuple[object, ...]] = Counter()
    iris = []
    for statement in extraction.statements:
        spans = [extraction.text.raw_range(span) for span in statement.evidence]
        parts = (statement.act, min(start for start, _ in spans), max(end for _, end in spans), statement.speakers)
        iris.append(mint_unique(f"statement/{registration.work}/{registration.language}", *parts, seen[parts]))
        seen[parts] += 1
    return iris


def mint_text_of(extraction: Extraction) -> URIRef:
    """Return the IRI of the text version that was read."""
    registration = extraction.document.registration
    return mint_text(registration.work, registration.language)


def list_facts(extraction: Extraction, links: VocabularyLinks) -> Iterator[Fact]:
    """Yield everything one text version says, but for the clauses, which versions share."""
    yield from _work_triples(extraction)
    yield from _text_triples(extraction)
    yield from _region_triples(extraction)
    mentions_by_target: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in sorted(extraction.mentions, key=_start):
        mentions_by_target[mention.target].append(mention)
    for iri, statement in zip(mint_statements(extraction), extraction.statements, strict=True):
        yield from _statement_triples(iri, statement, extraction, links)
        if statement.speaker_source == "explicit":
            for mention in _find_speakers(statement, mentions_by_target):
                yield iri, AIG.speakerMention, _mint_mention(extraction, mention.span, mint(mention.target))
    for mention in extraction.mentions:
        yield _name(mint(mention.target), mention.span, extraction)


def _work_triples(extraction: Extraction) -> Iterator[Triple]:
    registration = extraction.document.registration
    work = mint_work(registration.work)
    yield work, RDF.type, AIG.SourceWork
    yield work, RDF.type, WORK_CLASS[registration.kind]
    for language, title in registration.titles:
        yield work, DCTERMS.title, Literal(title, lang=language)
    if registration.issued is not None:
        yield work, ELI.date_document, _to_date(registration.issued)
        yield work, DCTERMS.issued, _to_date(registration.issued)
    for actor in registration.issuers:
        yield work, AIG.issuer, mint(f"actor/{actor}")
    if registration.issued_at is not None:
        yield work, AIG.issuedAt, mint(f"event/{registration.issued_at}")
    if any(not statement.speakers for statement in extraction.statements):
        yield from _unknown_issuer_triples(registration.work)


def _unknown_issuer(work: str) -> str:
    """Return the id of the actor that stands for whoever issued a work, where no registry entry says who."""
    return f"issuer-of-{work}"


def _unknown_issuer_triples(work: str) -> Iterator[Triple]:
    actor = mint(f"actor/{_unknown_issuer(work)}")
    yield actor, RDF.type, AIG.Actor
    yield actor, SKOS.prefLabel, Literal(f"Issuer of {work}", lang="en")
    yield actor, SKOS.prefLabel, Literal(f"{work} 的发布者", lang="zh-Hans")
    yield actor, SKOS.definition, Literal("Whoever issued this work; its registry entry does not say.", lang="en")
    yield actor, SKOS.definition, Literal("发布该文献者；登记条目未予说明。", lang="zh-Hans")


def _text_triples(extraction: Extraction) -> Iterator[Triple]:
    document, registration = extraction.document, extraction.document.registration
    text, file = mint_text_of(extraction), mint(f"file/{document.sha256[:16]}")
    yield text, RDF.type, AIG.TextVersion
    yield text, FRBR.realizationOf, mint_work(registration.work)
    yield text, FRBR.embodiment, file
    yield text, DCTERMS.language, Literal(registration.language)
    yield text, AIG.text, Literal(extraction.text.raw)
    for language, title in registration.titles:
        if language.split("-")[0] == registration.language.split("-")[0]:
            yield text, DCTERMS.title, Literal(title, lang=language)
    yield file, RDF.type, AIG.SourceFile
    yield file, RDFS.label, Literal(document.name)
    yield file, AIG.sha256, Literal(document.sha256)
    yield file, DCTERMS.format, Literal(document.media_type)
    yield file, DCTERMS.extent, to_integer(document.size_bytes)
    if registration.source_url is not None:
        yield file, DCTERMS.source, URIRef(quote(registration.source_url, safe=":/?#[]@!$&'()*+,;=%~"))
    if registration.publisher is not None:
        yield file, DCTERMS.publisher, Literal(registration.publisher)
    if registration.reprint is not None:
        yield file, DCTERMS.issued, _to_date(registration.reprint)
    if registration.rights is not None:
        yield file, DCTERMS.rights, Literal(registration.rights)


def list_clauses(versions: Sequence[Extraction]) -> Iterator[Triple]:
    """Yield what the text versions of one work say of its clauses; see `to_quads`."""
    described: set[str] = set()
    for extraction in versions:
        registration = extraction.document.registration
        for clause in extraction.structure.clauses:
            iri = mint_clause(registration.work, clause.path)
            if clause.heading:
                yield iri, DCTERMS.title, Literal(clause.heading, lang=tag_of_clean(registration.language))
            if clause.path in described:
                continue
            described.add(clause.path)
            yield iri, RDF.type, AIG.Clause
            yield iri, AIG.order, to_integer(clause.order)
            if clause.number:
                yield iri, AIG.clauseNumber, Literal(clause.number)
            if clause.parent is None:
                yield iri, ELI.is_part_of, mint_work(registration.work)
            else:
                yield iri, ELI.is_part_of, mint_clause(registration.work, clause.parent)


def _region_triples(extraction: Extraction) -> Iterator[Triple]:
    text = mint_text_of(extraction)
    for region in extraction.structure.excluded:
        raw = extraction.text.raw_span(region.span)
        iri = mint_unique("region", str(text), raw.start, raw.end)
        yield iri, RDF.type, AIG.ExcludedRegion
        yield iri, AIG.excludedFrom, text
        yield iri, OA.start, to_integer(raw.start)
        yield iri, OA.end, to_integer(raw.end)
        yield iri, DCTERMS.type, Literal(region.kind)
        yield iri, AIG.exclusionReason, Literal(region.reason)


def _statement_triples(
    iri: URIRef, statement: Statement, extraction: Extraction, links: VocabularyLinks
) -> Iterator[Fact]:
    registration, text = extraction.document.registration, extraction.text
    clause = extraction.structure.sentences[statement.sentence].clause
    yield iri, RDF.type, AIG.Statement
    yield iri, RDF.type, STATEMENT_CLASS[statement.act]
    yield iri, AIG.act, mint(f"act/{statement.act}")
    yield iri, AIG.force, mint(f"force/{statement.force}")
    yield iri, AIG.inText, mint_text_of(extraction)
    yield iri, AIG.inClause, mint_clause(registration.work, clause)
    yield iri, AIG.speakerSource, _to_code(statement.speaker_source)
    yield iri, AIG.polarity, _to_code(statement.polarity)
    yield iri, AIG.confidence, _to_decimal(statement.confidence)
    yield iri, PROV.wasGeneratedBy, BUILD_ACTIVITY
    if statement.cue is not None:
        cue = text.raw_span(statement.cue)
        yield iri, AIG.modalCue, Literal(text.raw[cue.start : cue.end], lang=registration.language)
    yield from _role_triples(iri, statement, registration.work)
    yield from _topic_triples(iri, statement, links)
    for candidate in statement.candidates:
        yield from _candidate_triples(iri, candidate, extraction)
    for span in statement.evidence:
        evidence = mint_unique("evidence", str(iri), *text.raw_range(span))
        yield iri, AIG.evidence, evidence
        yield Annotation(evidence, AIG.Evidence, iri, span)


def _role_triples(iri: URIRef, statement: Statement, work: str) -> Iterator[Triple]:
    for predicate, actors in (
        (AIG.speaker, statement.speakers or (_unknown_issuer(work),)),
        (AIG.reportedBy, (statement.reported_by,) if statement.reported_by else ()),
        (AIG.addressee, statement.addressees),
        (AIG.beneficiary, statement.beneficiaries),
        (AIG.partner, statement.partners),
    ):
        for actor in actors:
            yield iri, predicate, mint(f"actor/{actor}")
    if statement.deadline is not None:
        yield iri, AIG.deadline, _to_date(statement.deadline)
    if statement.deadline_precision is not None:
        yield iri, AIG.deadlinePrecision, _to_code(statement.deadline_precision)
    if statement.quantity is not None:
        yield iri, AIG.quantity, to_integer(statement.quantity)


def _find_speakers(statement: Statement, mentions_by_target: Mapping[str, Sequence[Mention]]) -> Iterator[Mention]:
    """Yield the mentions of a statement's speakers in its evidence; those of each target are sorted by their start."""
    first, last = min(span.start for span in statement.evidence), max(span.end for span in statement.evidence)
    for actor in statement.speakers:
        mentions = mentions_by_target.get(f"actor/{actor}", ())
        for mention in mentions[bisect_left(mentions, first, key=_start) : bisect_left(mentions, last, key=_start)]:
            if any(mention.span in span for span in statement.evidence):
                yield mention


def _start(mention: Mention) -> int:
    return mention.span.start


def _topic_triples(iri: URIRef, statement: Statement, links: VocabularyLinks) -> Iterator[Triple]:
    for topic in statement.topics:
        yield iri, AIG.about, mint(topic)
        yield iri, TOPIC_PROPERTY[topic.split("/")[0]], mint(topic)
        for goal in links.goals.get(topic, ()):
            yield iri, AIG.contributesTo, goal


def _candidate_triples(iri: URIRef, candidate: Candidate, extraction: Extraction) -> Iterator[Fact]:
    language = extraction.document.registration.language
    thing = mint(f"{candidate.kind}/candidate-{mint_key(candidate.kind, candidate.title)}")
    is_instrument = candidate.kind == "instrument"
    yield iri, AIG.citesCandidate if is_instrument else AIG.proposesMechanism, thing
    yield thing, RDF.type, AIG.Candidate
    yield thing, RDF.type, AIG.PolicyInstrument if is_instrument else AIG.Mechanism
    yield thing, SKOS.prefLabel, Literal(candidate.title, lang=tag_of_clean(language))
    yield _name(thing, candidate.span, extraction)


def _name(thing: URIRef, span: Span, extraction: Extraction) -> Annotation:
    return Annotation(_mint_mention(extraction, span, thing), AIG.Mention, thing, span)


def _mint_mention(extraction: Extraction, span: Span, thing: URIRef) -> URIRef:
    text = str(mint_text_of(extraction))
    return mint_unique("mention", text, *extraction.text.raw_range(span), str(thing))


def _to_date(value: date) -> Literal:
    return Literal(value.isoformat(), datatype=XSD.date, normalize=False)


@lru_cache
def _to_code(value: str) -> Literal:
    """Return a plain literal out of a closed list."""
    return Literal(value)


@lru_cache
def _to_decimal(value: float) -> Literal:
    digits = f"{value:.4f}".rstrip("0")
    return Literal(digits + "0" if digits.endswith(".") else digits, datatype=XSD.decimal, normalize=False)
