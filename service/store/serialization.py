"""Between the engine's terms and ours, and triples to bytes."""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from service.store.engine import RDF_FORMAT_BY_TYPE
from service.store.terms import Term, Triple, literal


def from_engine(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> Term:
    """Return our form of an engine's term."""
    if isinstance(term, ox.NamedNode):
        return Term("iri", term.value)
    if isinstance(term, ox.BlankNode):
        return Term("bnode", term.value)
    return literal(term.value, language=term.language or "", datatype=term.datatype.value)


def to_engine(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return the engine's form of our term.

    Raises:
        ValueError: an IRI, a language tag or a blank node label that is not well-formed.
    """
    if term.kind == "iri":
        return ox.NamedNode(term.value)
    if term.kind == "bnode":
        return ox.BlankNode(term.value)
    if term.language:
        return ox.Literal(term.value, language=term.language)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype)) if term.datatype else ox.Literal(term.value)


def serialize_triples(triples: Iterable[Triple], media_type: str, prefixes: Mapping[str, str]) -> bytes:
    """Write triples in the order given; the same bytes for the same triples.

    Args:
        triples: subject, predicate and object; no literal subjects, no predicate but an IRI.
        media_type: an exact RDF type of `formats`.
        prefixes: used by the formats that have prefixes; only those that occur are declared.
    """
    listed = list(triples)
    spaces = {term.value for triple in listed for term in triple if term.kind == "iri"}
    spaces |= {term.datatype for *_, term in listed if term.datatype}
    used = {name: space for name, space in prefixes.items() if any(value.startswith(space) for value in spaces)}
    statements = (ox.Triple(*(to_engine(term) for term in triple)) for triple in listed)  # type: ignore[arg-type]
    data = ox.serialize(statements, format=RDF_FORMAT_BY_TYPE[media_type], prefixes=used)
    return data if data is not None else b""
