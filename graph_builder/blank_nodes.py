"""Give the blank nodes of a graph labels that depend on nothing but what they stand for."""

from collections.abc import Iterator

from rdflib import BNode, Graph
from rdflib.term import Node

from graph_builder.annotations import Triple
from graph_builder.errors import OntologyError
from graph_builder.iri import mint_key


def label_blank_nodes(graph: Graph, name: str) -> Iterator[Triple]:
    """Yield the triples of `graph` with stable labels (`b` and a hash) for its blank nodes.

    A label hashes the way to the node and what hangs below it, so blank nodes must form trees, as those of lists,
    restrictions and nested brackets do. Two equal trees in one place become one: they say the same.

    Raises:
        OntologyError: a blank node is used in two places or in a circle; `name` says in which graph.
    """
    nodes = {term for triple in graph for term in triple if isinstance(term, BNode)}
    parents = {node: sorted(graph.subject_predicates(node), key=str) for node in nodes}
    for uses in parents.values():
        if len(uses) > 1:
            raise _complain(name, uses)
    contents: dict[Node, str] = {}
    labels: dict[Node, BNode] = {}
    heads = [node for node, uses in parents.items() if not uses or not isinstance(uses[0][0], BNode)]
    while heads:
        node = heads.pop()
        way = [(labels.get(subject, subject).n3(), predicate.n3()) for subject, predicate in parents[node]]
        labels[node] = BNode(f"b{mint_key(way, _hash_content(graph, node, contents))}")
        heads.extend(value for value in graph.objects(node) if isinstance(value, BNode))
    if len(labels) < len(nodes):  # a circle has no head
        raise _complain(name, [use for node in nodes - labels.keys() for use in parents[node]])
    for subject, predicate, value in graph:
        yield labels.get(subject, subject), predicate, labels.get(value, value)


def _complain(name: str, uses: list[tuple[Node, Node]]) -> OntologyError:
    predicates = ", ".join(sorted({predicate.n3() for _, predicate in uses}))
    return OntologyError(name, f"a blank node is used twice or in a circle (by {predicates})", "give it an IRI")


def _hash_content(graph: Graph, node: BNode, contents: dict[Node, str]) -> str:
    if node not in contents:
        parts = []
        for predicate, value in graph.predicate_objects(node):
            below = _hash_content(graph, value, contents) if isinstance(value, BNode) else value.n3()
            parts.append((predicate.n3(), below))
        contents[node] = mint_key(sorted(parts))
    return contents[node]
