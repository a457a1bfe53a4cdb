"""Describe a resource within bounds, the same triples for every format and for the page.

The description of a resource holds: its outgoing triples; those of its parts, which are IRIs made of its own and a
fragment; for a statement, those of its evidence with its parts; one page of the triples that lead to it; and the labels
of the resources at the other ends. The ontology is one document, and holds the whole of its graph.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph_builder.vocab import AIG, BASE
from service.queries import load_query
from service.store.protocol import Store
from service.store.terms import Term, Triple, iri, literal

INCOMING_PER_PAGE = 100
_MOST_EVIDENCE = 50
_BATCH = 500
_ONTOLOGY = BASE + "ontology"
_GRAPHS = BASE + "graph/"
_VOID_TRIPLES = iri("http://rdfs.org/ns/void#triples")
_XSD_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_IRI = re.compile(r'[^<>"{}|^`\\\x00-\x20]+')

Properties = tuple[tuple[Term, Term], ...]
"""Predicate and object, sorted, each pair once."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One page of the links to a resource: predicate and subject, by predicate; pages stay the same until a write."""

    links: Properties
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.total / INCOMING_PER_PAGE))


@dataclass(frozen=True, slots=True)
class Description:
    """What is known about one resource.

    Attributes:
        resource: its IRI.
        nodes: properties of the resource and of its parts; the resource comes first.
        evidence: properties of the evidence of a statement and of its parts.
        labels: triples that label other resources, predicates included, by resource.
        words: the quoted words of statements, evidence and mentions among the other resources.
        graph_size: how many triples a named graph holds, None for everything else.
    """

    resource: Term
    nodes: Mapping[Term, Properties]
    evidence: Mapping[Term, Properties]
    incoming: Incoming
    labels: Mapping[Term, Properties]
    words: Mapping[Term, Term]
    graph_size: int | None

    def triples(self) -> list[Triple]:
        """Return the triples of the description, sorted, each once."""
        own = {
            (node, *pair) for nodes in (self.nodes, self.evidence) for node, pairs in nodes.items() for pair in pairs
        }
        own |= {(subject, predicate, self.resource) for predicate, subject in self.incoming.links}
        ends = {end for subject, _, end in own if end.kind == "iri"} | {subject for subject, *_ in own}
        own |= {(end, *pair) for end in ends for pair in self.labels.get(end, ())}
        if self.graph_size is not None:
            own.add((self.resource, _VOID_TRIPLES, literal(str(self.graph_size), datatype=_XSD_INTEGER)))
        return sorted(own)


def is_known(store: Store, resource: Term) -> bool:
    """Tell whether the store says anything of a resource, refers to it, or has a graph of that name."""
    tests = (load_query(__package__, name) for name in ("stated", "referred", "contained"))
    return any(store.select(test, resource=resource) for test in tests)


def load_description(store: Store, resource: Term, page: int = 1) -> Description | None:
    """Return the description of a resource, or None when nothing is known about it.

    Args:
        store: where to look.
        resource: an IRI.
        page: page of the incoming links, from 1; one that does not exist is empty.
    """
    nodes = _load_ontology(store, resource) if resource.value == _ONTOLOGY else _load_nodes(store, resource)
    incoming = _load_incoming(store, resource, page)
    sizes = store.select(load_query(__package__, "graph_size"), resource=resource) if _is_graph(resource) else []
    graph_size = int(sizes[0]["size"].value) if sizes else None
    if not any(nodes.values()) and not incoming.total and graph_size is None:
        return None
    evidence: dict[Term, Properties] = {}
    for predicate, term in nodes[resource][:_MOST_EVIDENCE] if resource in nodes else ():
        if predicate.value == str(AIG.evidence) and term.kind == "iri":
            evidence |= _load_nodes(store, term)
    named = {
        term
        for node, pairs in (*nodes.items(), *evidence.items(), (resource, incoming.links))
        for term in (node, *(end for pair in pairs for end in pair))
        if term.kind == "iri"
    }
    return Description(
        resource,
        nodes,
        {node: pairs for node, pairs in evidence.items() if node not in nodes},
        incoming,
        _load_labels(store, named),
        _load_words(store, {term for term in named if term.is_own}),
        graph_size,
    )


def _is_graph(resource: Term) -> bool:
    return resource.value.startswith(_GRAPHS)


def _load_nodes(store: Store, resource: Term) -> dict[Term, Properties]:
    """Return the properties of a resource and of the parts that hang on it."""
    nodes: dict[Term, Properties] = {}
    waiting = [resource]
    while waiting:
        node = waiting.pop()
        if node in nodes:
            continue
        rows = store.select(load_query(__package__, "outgoing"), resource=node)
        nodes[node] = tuple(sorted({(row["predicate"], row["object"]) for row in rows}))
        waiting += [o for _, o in nodes[node] if o.kind == "iri" and o.value.startswith(resource.value + "#")]
    return {resource: nodes[resource], **dict(sorted(nodes.items()))}


def _load_ontology(store: Store, resource: Term) -> dict[Term, Properties]:
    """Return the properties of everything that the ontology's graph speaks of."""
    pairs_by_node: dict[Term, set[tuple[Term, Term]]] = {resource: set()}
    for row in store.select(load_query(__package__, "ontology")):
        pairs_by_node.setdefault(row["resource"], set()).add((row["predicate"], row["object"]))
    ordered = [resource, *sorted(pairs_by_node.keys() - {resource})]
    return {node: tuple(sorted(pairs_by_node[node])) for node in ordered}


def _load_incoming(store: Store, resource: Term, page: int) -> Incoming:
    sizes = sorted(
        (row["predicate"], int(row["size"].value))
        for row in store.select(load_query(__package__, "incoming_sizes"), resource=resource)
        if "predicate" in row
    )
    skip, room = (page - 1) * INCOMING_PER_PAGE, INCOMING_PER_PAGE
    links: list[tuple[Term, Term]] = []
    for predicate, size in sizes:
        if skip < size and room:
            window = f" LIMIT {room} OFFSET {skip}"
            rows = store.select(load_query(__package__, "incoming") + window, resource=resource, predicate=predicate)
            links += sorted((predicate, row["subject"]) for row in rows)
            room -= len(rows)
        skip = max(0, skip - size)
    return Incoming(tuple(links), sum(size for _, size in sizes), page)


def _load_labels(store: Store, resources: Iterable[Term]) -> dict[Term, Properties]:
    pairs_by_resource: dict[Term, set[tuple[Term, Term]]] = {}
    for query in _in_batches("labels", resources):
        for row in store.select(query):
            pairs_by_resource.setdefault(row["resource"], set()).add((row["predicate"], row["label"]))
    return {resource: tuple(sorted(pairs)) for resource, pairs in sorted(pairs_by_resource.items())}


def _load_words(store: Store, resources: Iterable[Term]) -> dict[Term, Term]:
    """Return the first words, in order, of each resource that has some."""
    words: dict[Term, Term] = {}
    for query in _in_batches("words", resources):
        for row in store.select(query):
            words[row["resource"]] = min(row["label"], words.get(row["resource"], row["label"]))
    return words


def _in_batches(name: str, resources: Iterable[Term]) -> Iterable[str]:
    """Put IRIs, which no substitution can carry as a list, into a query; only well-formed ones are let in."""
    names = sorted(f"<{term.value}>" for term in resources if _IRI.fullmatch(term.value))
    query = load_query(__package__, name)
    for start in range(0, len(names), _BATCH):
        yield query.replace("RESOURCES", " ".join(names[start : start + _BATCH]))
