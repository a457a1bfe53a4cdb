"""Derive short edges and entailments from the statements, by the CONSTRUCT rules of `ontology/rules/`."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pyoxigraph
from rdflib import URIRef

from graph_builder.errors import OntologyError
from graph_builder.iri import GRAPH_DERIVED
from graph_builder.quads import Quad
from graph_builder.serialization import format_nquads
from graph_builder.settings import Settings

_DERIVED = pyoxigraph.NamedNode(str(GRAPH_DERIVED))


def derive(quads: Sequence[Quad], settings: Settings) -> list[Quad]:
    """Return the quads of `graph/derived`, sorted: what the rules add, applied until nothing new comes.

    Rules see the union of all graphs. They may construct IRIs only: the store rewrites literals and language tags.

    Raises:
        OntologyError: a rule is not a SPARQL CONSTRUCT query, or constructs something other than IRIs.
    """
    store = pyoxigraph.Store()
    store.bulk_load("".join(format_nquads(quads)).encode("utf-8"), format=pyoxigraph.RdfFormat.N_QUADS)
    rules = [(path, path.read_text(encoding="utf-8")) for path in sorted(settings.ontology.glob("rules/*.rq"))]
    found: set[tuple[str, str, str]] = set()
    while added := {triple for path, rule in rules for triple in _apply(store, path, rule)} - found:
        found |= added
        store.extend(_to_quad(triple) for triple in added)
    return [(_iri(s), _iri(p), _iri(o), GRAPH_DERIVED) for s, p, o in sorted(found)]


def _apply(store: pyoxigraph.Store, path: Path, rule: str) -> Iterable[tuple[str, str, str]]:
    """Yield the triples a rule constructs and no graph but the derived one holds."""
    try:
        triples = store.query(rule, use_default_graph_as_union=True)
    except (SyntaxError, ValueError) as exc:
        what = f"not a SPARQL query ({' '.join(str(exc).split())})"
        raise OntologyError(str(path), what, "mend the syntax there") from exc
    if not isinstance(triples, pyoxigraph.QueryTriples):
        raise OntologyError(str(path), "not a CONSTRUCT query", "rules construct triples")
    for triple in triples:
        terms = (triple.subject, triple.predicate, triple.object)
        if not all(isinstance(term, pyoxigraph.NamedNode) for term in terms):
            raise OntologyError(str(path), f"constructs {triple.object}, which is no IRI", "rules construct IRIs only")
        if not any(quad.graph_name != _DERIVED for quad in store.quads_for_pattern(*terms, None)):
            yield triple.subject.value, triple.predicate.value, triple.object.value


def _to_quad(triple: tuple[str, str, str]) -> pyoxigraph.Quad:
    subject, predicate, value = (pyoxigraph.NamedNode(iri) for iri in triple)
    return pyoxigraph.Quad(subject, predicate, value, _DERIVED)


@cache
def _iri(value: str) -> URIRef:
    return URIRef(value)
