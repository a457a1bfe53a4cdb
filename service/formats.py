"""The media types that the service speaks: names, extensions and the order in which they are offered.

Only registered media types; `application/json`, `application/xml` and `text/xml` are offered besides the exact names,
because clients ask for them, and are answered under the name that was asked for.
"""

from dataclasses import dataclass

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
CSV = "text/csv"
TSV = "text/tab-separated-values"
TURTLE = "text/turtle"
JSON_LD = "application/ld+json"
N_TRIPLES = "application/n-triples"
RDF_XML = "application/rdf+xml"
N_QUADS = "application/n-quads"
TRIG = "application/trig"
HTML = "text/html"

BINDINGS_TYPES: tuple[str, ...] = (JSON, XML, CSV, TSV, "application/json", "application/xml", "text/xml", HTML)
"""Offered for SELECT and ASK, best first."""

GRAPH_TYPES: tuple[str, ...] = (
    TURTLE,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    N_QUADS,
    TRIG,
    "application/json",
    "application/xml",
    "text/xml",
    HTML,
)
"""Offered for CONSTRUCT and DESCRIBE, best first."""

ENTITY_TYPES: tuple[str, ...] = (TURTLE, HTML, JSON_LD, N_TRIPLES, RDF_XML)
"""Offered for a resource, best first: a client that accepts anything is a program."""

EXTENSION_BY_TYPE: dict[str, str] = {TURTLE: "ttl", JSON_LD: "jsonld", N_TRIPLES: "nt", RDF_XML: "rdf"}
TYPE_BY_EXTENSION: dict[str, str] = {extension: media_type for media_type, extension in EXTENSION_BY_TYPE.items()}

_GENERIC_BINDINGS = {"application/json": JSON, "application/xml": XML, "text/xml": XML, HTML: JSON}
_GENERIC_GRAPH = {"application/json": JSON_LD, "application/xml": RDF_XML, "text/xml": RDF_XML, HTML: TURTLE}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a `format=` parameter stands for; None where the format cannot carry that kind of result."""

    bindings: str | None
    graph: str | None


CHOICE_BY_NAME: dict[str, Choice] = {
    "json": Choice(JSON, JSON_LD),
    "xml": Choice(XML, RDF_XML),
    "csv": Choice(CSV, None),
    "tsv": Choice(TSV, None),
    "turtle": Choice(None, TURTLE),
    "jsonld": Choice(None, JSON_LD),
    "ntriples": Choice(None, N_TRIPLES),
    "rdfxml": Choice(None, RDF_XML),
    "nquads": Choice(None, N_QUADS),
    "trig": Choice(None, TRIG),
    "html": Choice(HTML, HTML),
}
"""Values of `format=`, for links and forms, which cannot set a header."""


def serialization_of(media_type: str, *, graph: bool) -> str:
    """Return the exact serialisation behind a media type that may be general; HTML is made from JSON or Turtle."""
    return (_GENERIC_GRAPH if graph else _GENERIC_BINDINGS).get(media_type, media_type)


def content_type(media_type: str) -> str:
    """Return the Content-Type header: text types say their charset, the others are UTF-8 by definition."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
