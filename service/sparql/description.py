"""Describe the endpoint in RDF: SPARQL 1.1 Service Description, https://www.w3.org/TR/sparql11-service-description/."""

from service import formats
from service.store.protocol import Counts
from service.store.serialization import serialize_triples
from service.store.terms import Term, Triple, iri, literal

_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_RDF_TYPE = iri("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_XSD_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_FORMATS = "http://www.w3.org/ns/formats/"
_FORMAT_NAMES = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "N-Quads",
    "TriG",
    "RDF_XML",
    "JSON-LD",
)


def describe_service(endpoint: str, counts: Counts) -> list[Triple]:
    """Return the triples of the service description.

    Args:
        endpoint: the absolute URL of the endpoint, as the client reached it.
        counts: sizes of the default graph, which is the union, and of the named graphs.
    """
    service, dataset = iri(endpoint), iri(endpoint + "#dataset")
    default = iri(endpoint + "#default-graph")
    triples = [
        (service, _RDF_TYPE, iri(_SD + "Service")),
        (service, iri(_SD + "endpoint"), service),
        (service, iri(_SD + "supportedLanguage"), iri(_SD + "SPARQL11Query")),
        (service, iri(_SD + "feature"), iri(_SD + "UnionDefaultGraph")),
        *((service, iri(_SD + "resultFormat"), iri(_FORMATS + name)) for name in _FORMAT_NAMES),
        (service, iri(_SD + "defaultDataset"), dataset),
        (dataset, _RDF_TYPE, iri(_SD + "Dataset")),
        (dataset, iri(_SD + "defaultGraph"), default),
        *_describe_graph(default, counts.triples),
    ]
    for number, (name, size) in enumerate(sorted(counts.by_graph.items()), start=1):
        graph = iri(f"{endpoint}#graph-{number}")
        named = iri(f"{endpoint}#named-graph-{number}")
        triples += [
            (dataset, iri(_SD + "namedGraph"), named),
            (named, _RDF_TYPE, iri(_SD + "NamedGraph")),
            (named, iri(_SD + "name"), iri(name)),
            (named, iri(_SD + "graph"), graph),
            *_describe_graph(graph, size),
        ]
    return triples


def _describe_graph(graph: Term, size: int) -> list[Triple]:
    return [
        (graph, _RDF_TYPE, iri(_SD + "Graph")),
        (graph, iri(_VOID + "triples"), literal(str(size), datatype=_XSD_INTEGER)),
    ]


def serialize_description(endpoint: str, counts: Counts, media_type: str, prefixes: dict[str, str]) -> bytes:
    """Return the service description in a media type of `formats.GRAPH_TYPES` other than HTML."""
    exact = formats.serialization_of(media_type, graph=True)
    return serialize_triples(describe_service(endpoint, counts), exact, prefixes)
