"""Read Turtle and try queries with the engine's own parsers, beside any store."""

import pyoxigraph as ox

from service.store.engine import RDF_FORMAT_BY_TYPE
from service.store.serialization import from_engine
from service.store.terms import Triple


def parse_triples(data: bytes, media_type: str) -> list[Triple]:
    """Return the triples of a document, sorted, each once; language tags come out in lower case.

    Args:
        data: a document without relative IRIs.
        media_type: an exact RDF type of `formats`.

    Raises:
        ValueError: the document is malformed; the message says where.
    """
    try:
        quads = list(ox.parse(data, format=RDF_FORMAT_BY_TYPE[media_type]))
        return sorted({(from_engine(q.subject), from_engine(q.predicate), from_engine(q.object)) for q in quads})
    except SyntaxError as exc:
        raise ValueError(str(exc.msg)) from exc


def check_query(text: str) -> None:
    """Let the engine parse a query and do nothing with it.

    Raises:
        ValueError: the text is not SPARQL 1.1 Query; the message says where.
    """
    try:
        ox.Store().query(text)
    except SyntaxError as exc:
        raise ValueError(str(exc.msg)) from exc
