"""The engine: its serialisations by media type, and how a query is evaluated."""

from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox

from service import formats

RDF_FORMAT_BY_TYPE: dict[str, ox.RdfFormat] = {
    formats.TURTLE: ox.RdfFormat.TURTLE,
    formats.JSON_LD: ox.RdfFormat.JSON_LD,
    formats.N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    formats.RDF_XML: ox.RdfFormat.RDF_XML,
    formats.N_QUADS: ox.RdfFormat.N_QUADS,
    formats.TRIG: ox.RdfFormat.TRIG,
}

RESULTS_FORMAT_BY_TYPE: dict[str, ox.QueryResultsFormat] = {
    formats.JSON: ox.QueryResultsFormat.JSON,
    formats.XML: ox.QueryResultsFormat.XML,
    formats.CSV: ox.QueryResultsFormat.CSV,
    formats.TSV: ox.QueryResultsFormat.TSV,
}


def evaluate(
    store: ox.Store, text: str, base: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None
) -> ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean:
    """Evaluate a query on a data set, which takes the place of the query's own; None for the graphs of the store.

    Several default graphs are merged first: the engine would give a triple once for every graph that has it.
    """
    if default_graphs is None:
        return store.query(text, base_iri=base)
    default: list[Any] = [ox.NamedNode(graph) for graph in default_graphs]
    named: list[Any] | None = None if named_graphs is None else [ox.NamedNode(graph) for graph in named_graphs]
    if len(default) > 1:
        merged = ox.Store()
        for graph in default:
            quads = store.quads_for_pattern(None, None, None, graph)
            merged.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        for graph in store.named_graphs() if named is None else named:
            merged.bulk_extend(store.quads_for_pattern(None, None, None, graph))
        store, default = merged, [ox.DefaultGraph()]
    return store.query(text, base_iri=base, default_graph=default, named_graphs=named)
