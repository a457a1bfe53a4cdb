"""Describe the data set in itself: DCAT 3, VoID and the provenance of the build. No clock: versions, not dates.

Sources: https://www.w3.org/TR/vocab-dcat-3/ , https://www.w3.org/TR/void/ , https://www.w3.org/TR/prov-o/
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDF, RDFS, VOID
from rdflib.term import Node

from graph_builder.annotations import Triple, to_integer
from graph_builder.iri import GRAPH_CATALOG, mint, mint_key
from graph_builder.quads import BUILD_ACTIVITY, Quad
from graph_builder.settings import RULES_VERSION
from graph_builder.vocab import BASE

DATASET = mint("dataset/aigov")
BUILDER = mint(f"agent/graph-builder-{RULES_VERSION}")
LICENCE = URIRef("https://creativecommons.org/licenses/by/4.0/")

_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_DISTRIBUTIONS = {"graph.nq": "application/n-quads", "graph.trig": "application/trig"}
_TITLES = {
    "en": "aigov: a knowledge graph of AI governance",
    "zh-Hans": "aigov:人工智能治理知识图谱",
    "fr": "aigov : un graphe de connaissances de la gouvernance de l'IA",
}
_DESCRIPTIONS = {
    "en": "Who says what about AI governance: statements from policy texts, each with the exact words it rests on.",
    "zh-Hans": "谁就人工智能治理说了什么:取自政策文本的陈述,每一条都附有所依据的原文。",
    "fr": "Qui dit quoi de la gouvernance de l'IA : des énoncés, chacun avec les mots exacts qui le fondent.",
}


def to_catalog_quads(quads: Sequence[Quad]) -> Iterator[Quad]:
    """Yield the catalogue of `quads` (all graphs but the catalogue itself) in `graph/catalog`."""
    for triples in (_dataset_triples(), _void_triples(quads), _provenance_triples()):
        for subject, predicate, value in triples:
            yield subject, predicate, value, GRAPH_CATALOG


def _dataset_triples() -> Iterator[Triple]:
    yield DATASET, RDF.type, DCAT.Dataset
    yield DATASET, RDF.type, VOID.Dataset
    for language, title in _TITLES.items():
        yield DATASET, DCTERMS.title, Literal(title, lang=language)
    for language, description in _DESCRIPTIONS.items():
        yield DATASET, DCTERMS.description, Literal(description, lang=language)
    yield DATASET, DCTERMS.license, LICENCE
    yield DATASET, URIRef(f"{DCAT}version"), Literal(RULES_VERSION)
    yield DATASET, VOID.uriSpace, Literal(BASE)
    yield DATASET, PROV.wasGeneratedBy, BUILD_ACTIVITY
    for name, media_type in _DISTRIBUTIONS.items():
        distribution = mint(f"distribution/{name}")
        yield DATASET, DCAT.distribution, distribution
        yield distribution, RDF.type, DCAT.Distribution
        yield distribution, DCTERMS.title, Literal(name)
        yield distribution, DCTERMS.license, LICENCE
        yield distribution, DCAT.mediaType, URIRef(_MEDIA_TYPES + media_type)


def _void_triples(quads: Sequence[Quad]) -> Iterator[Triple]:
    triples_by_graph: Counter[URIRef] = Counter()
    triples_by_property: Counter[Node] = Counter()
    entities_by_class: defaultdict[Node, set[Node]] = defaultdict(set)
    subjects: set[Node] = set()
    for subject, predicate, value, graph in set(quads):
        triples_by_graph[graph] += 1
        triples_by_property[predicate] += 1
        subjects.add(subject)
        if predicate == RDF.type:
            entities_by_class[value].add(subject)
    yield DATASET, VOID.triples, to_integer(triples_by_graph.total())
    yield DATASET, VOID.entities, to_integer(len(subjects))
    for graph, count in triples_by_graph.items():
        yield DATASET, VOID.subset, graph
        yield graph, RDF.type, VOID.Dataset
        yield graph, VOID.triples, to_integer(count)
    for kind, entities in entities_by_class.items():
        part = URIRef(f"{DATASET}#class-{mint_key(str(kind))}")
        yield DATASET, VOID.classPartition, part
        yield part, VOID["class"], kind
        yield part, VOID.entities, to_integer(len(entities))
    for predicate, count in triples_by_property.items():
        part = URIRef(f"{DATASET}#property-{mint_key(str(predicate))}")
        yield DATASET, VOID.propertyPartition, part
        yield part, VOID.property, predicate
        yield part, VOID.triples, to_integer(count)


def _provenance_triples() -> Iterator[Triple]:
    yield BUILD_ACTIVITY, RDF.type, PROV.Activity
    yield BUILD_ACTIVITY, RDFS.label, Literal(f"Build with rules {RULES_VERSION}", lang="en")
    yield BUILD_ACTIVITY, RDFS.label, Literal(f"以规则集 {RULES_VERSION} 构建", lang="zh-Hans")
    yield BUILD_ACTIVITY, PROV.wasAssociatedWith, BUILDER
    yield BUILD_ACTIVITY, PROV.generated, DATASET
    yield BUILDER, RDF.type, PROV.Agent
    yield BUILDER, RDF.type, PROV.SoftwareAgent
    yield BUILDER, FOAF.name, Literal(f"aigov graph_builder, rules {RULES_VERSION}")
