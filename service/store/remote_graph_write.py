"""A write of the Graph Store Protocol as operations of SPARQL Update: https://www.w3.org/TR/sparql11-http-rdf-update/.

Its documents are parsed here, strictly, before anything is sent.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from service import errors
from service.store.engine import RDF_FORMAT_BY_TYPE
from service.store.protocol import Document, GraphWrite
from service.store.reader import read_position

_BATCH = 1000
"""Triples of one INSERT DATA: Virtuoso 7.2 reads fewer than 5,000 (measured), and any number of operations."""


def write_operations(write: GraphWrite) -> list[str]:
    """Return the operations of a write, maybe none; the blank nodes of each document are its own.

    Raises:
        MalformedBodyError: a document cannot be read.
        MalformedRequestError: the graph is no IRI.
    """
    name = name_graph(write.graph)
    ground: dict[str, None] = {}
    blank: dict[str, None] = {}
    for document in write.documents:
        for triple in _parse_document(document):
            # a literal with these characters does no harm among the triples with blank nodes
            (blank if "_:" in str(triple) else ground)[f"{triple} ."] = None
    operations = [] if write.action == "merge" else [f"DROP SILENT {f'GRAPH {name}' if name else 'DEFAULT'}"]
    if name and write.action != "remove" and not ground and not blank:
        operations.append(f"CREATE SILENT GRAPH {name}")
    return operations + list(_insertions(name, ground, blank))


def name_graph(graph: str | None) -> str | None:
    """Return a graph's IRI in angle brackets, None for the default graph.

    Raises:
        MalformedRequestError: it is no IRI.
    """
    try:
        return None if graph is None else str(ox.NamedNode(graph))
    except ValueError as exc:
        raise errors.MalformedRequestError(f"The graph is no IRI: {exc}.") from exc


def _parse_document(document: Document) -> Iterator[ox.Triple]:
    form = RDF_FORMAT_BY_TYPE[document.media_type]
    base = document.base or None
    try:
        for quad in ox.parse(
            document.data, format=form, base_iri=base, without_named_graphs=True, rename_blank_nodes=True
        ):
            yield quad.triple
    except SyntaxError as exc:
        position = read_position(str(exc.msg))
        message = position.pop("message")
        place = f"Line {position['line']}, column {position['column']}: " if position else ""
        raise errors.MalformedBodyError(place + message, **position) from exc


def _insertions(graph: str | None, ground: Iterable[str], blank: Iterable[str]) -> Iterator[str]:
    """Return the operations that add triples to a graph.

    Args:
        graph: an IRI in angle brackets, None for the default graph.
        ground: triples without blank nodes, as lines of N-Triples.
        blank: triples with blank nodes; they stay in one operation, which is the scope of their labels. Virtuoso does
            not take them in INSERT DATA (SPARQL 1.1 Update, 3.1.1 does), but in the template of an INSERT.
    """
    opening, closing = (f"GRAPH {graph} {{\n", "\n}") if graph else ("\n", "\n")
    lines = iter(ground)
    while batch := list(islice(lines, _BATCH)):
        yield f"INSERT DATA {{ {opening}{chr(10).join(batch)}{closing} }}"
    if listed := list(blank):
        yield f"INSERT {{ {opening}{chr(10).join(listed)}{closing} }} WHERE {{}}"
