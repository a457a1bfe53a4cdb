"""Describe the endpoint and what it holds in RDF, with nothing that it does not offer.

SPARQL 1.1 Service Description, https://www.w3.org/TR/sparql11-service-description/, and VoID,
https://www.w3.org/TR/void/: what is counted is the default graph. Limits are in terms of our own ontology.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from graph_builder.vocab import AIG, BASE, PREFIXES
from service import errors, formats
from service.queries import load_query
from service.sparql.prepare import Limits
from service.store.protocol import Counts, Query, Store
from service.store.serialization import serialize_triples
from service.store.terms import Term, Triple, iri, literal

_SD = PREFIXES["sd"]
_VOID = PREFIXES["void"]
_RDF_TYPE = iri(PREFIXES["rdf"] + "type")
_TITLE = iri(PREFIXES["dcterms"] + "title")
_XSD_INTEGER = PREFIXES["xsd"] + "integer"
_XSD_DECIMAL = PREFIXES["xsd"] + "decimal"
_FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
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
_INPUT_FORMATS = ("Turtle", "N-Triples", "RDF_XML", "JSON-LD")
_TITLES = {"en": "Default graph of aigov", "zh-Hans": "aigov 的默认图", "fr": "Graphe par défaut d'aigov"}
_SIZE_BYTES = 1 << 20
_KEPT_S = 600.0
_COUNT_S = 5.0
"""A state of the store that takes longer to count is described without."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the service offers: settings that a description speaks of; `is_remote` where the store is another server."""

    is_union: bool
    is_remote: bool
    is_writable: bool
    client_share_s: float
    limits: Limits


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the default graph is made of: the most frequent classes and properties with their sizes, some resources."""

    entities_by_class: dict[str, int]
    triples_by_property: dict[str, int]
    examples: tuple[str, ...]


class Describer:
    """Describes the service; what must be counted is counted once for each state of the store, by a reader."""

    def __init__(self, store: Store, offer: Offer) -> None:
        self._store = store
        self._offer = offer
        self._lock = asyncio.Lock()
        self._counted: tuple[str, Statistics | None] | None = None

    async def describe(self, endpoint: str, media_type: str, client: str) -> bytes:
        """Return the description in a media type of `formats.GRAPH_TYPES` other than HTML.

        Args:
            endpoint: the absolute URL of the endpoint, as the client reached it.
            media_type: as negotiated.
            client: whose share of the readers' time counting takes.

        Raises:
            ValueError: the endpoint is no IRI.
        """
        counts = await run_in_threadpool(self._store.counts)
        statistics = await self._count(client)
        triples = [*describe_service(endpoint, self._offer, counts), *describe_dataset(endpoint, counts, statistics)]
        exact = formats.serialization_of(media_type, graph=True)
        return await run_in_threadpool(serialize_triples, triples, exact, PREFIXES)

    async def _count(self, client: str) -> Statistics | None:
        """Return the statistics of the present state; None where they are not to be had within the limits.

        The states of a remote store have no names that could be compared: its statistics are kept for some minutes.
        """
        async with self._lock:
            version = str(time.monotonic() // _KEPT_S) if self._offer.is_remote else self._store.version
            if self._counted is None or self._counted[0] != version:
                try:
                    self._counted = (version, await self._load_statistics(client))
                except (errors.PoolBusyError, errors.ShareExceededError):
                    return None
                except errors.ServiceError:  # too slow, too much for a reader, or an engine that does not answer
                    self._counted = (version, None)
            return self._counted[1]

    async def _load_statistics(self, client: str) -> Statistics:
        classes, properties = await self._load("classes", client), await self._load("properties", client)
        examples = await self._load("examples", client)
        return Statistics(
            {row["term"]["value"]: int(row["size"]["value"]) for row in classes},
            {row["term"]["value"]: int(row["size"]["value"]) for row in properties},
            tuple(sorted({row["example"]["value"] for row in examples if "example" in row})),
        )

    async def _load(self, name: str, client: str) -> list[dict[str, dict[str, str]]]:
        """Return the solutions of a query of our own: variables to terms as results in JSON have them."""
        query = Query(
            text=load_query(__package__, name),
            bindings_type=formats.JSON,
            graph_type=None,
            timeout_s=min(self._offer.limits.timeout_s, _COUNT_S),
            limit_bytes=_SIZE_BYTES,
            client=client,
        )
        answer = await self._store.query(query)
        rows: list[dict[str, dict[str, str]]] = json.loads(answer.read())["results"]["bindings"]
        return rows


def describe_service(endpoint: str, offer: Offer, counts: Counts) -> Iterator[Triple]:
    """Yield what the service can do, what a client may use, and its graphs.

    Args:
        endpoint: its absolute URL.
        offer: what it offers.
        counts: sizes of the default graph and of the named graphs.
    """
    service, dataset = iri(endpoint), iri(endpoint + "#dataset")
    yield service, _RDF_TYPE, _sd("Service")
    yield service, _sd("endpoint"), service
    yield service, _sd("supportedLanguage"), _sd("SPARQL11Query")
    for name in _RESULT_FORMATS:
        yield service, _sd("resultFormat"), iri(_FORMATS + name)
    if not offer.is_remote:  # of other engines nobody knows
        yield service, _sd("feature"), _sd("EmptyGraphs")
    if offer.is_union:
        yield service, _sd("feature"), _sd("UnionDefaultGraph")
    if offer.limits.services:
        yield service, _sd("feature"), _sd("BasicFederatedQuery")
        for called in sorted(offer.limits.services):
            yield service, iri(AIG.allowsCallOf), iri(called)
    if offer.is_writable:
        yield service, _sd("supportedLanguage"), _sd("SPARQL11Update")
        yield service, iri(AIG.hasGraphStore), iri(endpoint.removesuffix("/sparql") + "/store")
        for name in _INPUT_FORMATS:
            yield service, _sd("inputFormat"), iri(_FORMATS + name)
    yield from _describe_limits(service, offer)
    yield service, _sd("defaultDataset"), dataset
    yield dataset, _RDF_TYPE, _sd("Dataset")
    yield dataset, _sd("defaultGraph"), _default_graph(endpoint)
    for number, (name, size) in enumerate(sorted(counts.by_graph.items()), start=1):
        graph, named = iri(f"{endpoint}#graph-{number}"), iri(f"{endpoint}#named-graph-{number}")
        yield dataset, _sd("namedGraph"), named
        yield named, _RDF_TYPE, _sd("NamedGraph")
        yield named, _sd("name"), iri(name)
        yield named, _sd("graph"), graph
        yield graph, _RDF_TYPE, _sd("Graph")
        yield graph, _void("triples"), _integer(size)


def describe_dataset(endpoint: str, counts: Counts, statistics: Statistics | None) -> Iterator[Triple]:
    """Yield what the default graph is made of: VoID, sections 3 and 4; sizes only where they are known."""
    graph = _default_graph(endpoint)
    yield graph, _RDF_TYPE, _sd("Graph")
    yield graph, _RDF_TYPE, _void("Dataset")
    for language, title in _TITLES.items():
        yield graph, _TITLE, literal(title, language=language)
    yield graph, _void("sparqlEndpoint"), iri(endpoint)
    yield graph, _void("uriSpace"), literal(BASE)
    yield graph, _void("triples"), _integer(counts.triples)
    if statistics is None:
        return
    for example in statistics.examples:
        yield graph, _void("exampleResource"), iri(example)
    terms = [*statistics.entities_by_class, *statistics.triples_by_property]
    for space in sorted({space for space in PREFIXES.values() if any(term.startswith(space) for term in terms)}):
        yield graph, _void("vocabulary"), iri(space)
    for kind, size_of, sizes in (
        ("class", "entities", statistics.entities_by_class),
        ("property", "triples", statistics.triples_by_property),
    ):
        for term, size in sorted(sizes.items()):
            part = iri(f"{endpoint}#{kind}-{hashlib.sha256(term.encode()).hexdigest()[:16]}")
            yield graph, _void(f"{kind}Partition"), part
            yield part, _RDF_TYPE, _void("Dataset")
            yield part, _void(kind), iri(term)
            yield part, _void(size_of), _integer(size)


def _describe_limits(service: Term, offer: Offer) -> Iterator[Triple]:
    limits = offer.limits
    yield service, iri(AIG.queryTimeLimit), _decimal(limits.timeout_s)
    yield service, iri(AIG.resultSizeLimit), _integer(limits.result_bytes)
    yield service, iri(AIG.querySizeLimit), _integer(limits.body_bytes)
    yield service, iri(AIG.requestTargetSizeLimit), _integer(limits.url_bytes)
    if offer.is_writable:
        yield service, iri(AIG.updateSizeLimit), _integer(limits.update_bytes)
    if offer.client_share_s:
        yield service, iri(AIG.clientTimeShare), _decimal(offer.client_share_s)


def _default_graph(endpoint: str) -> Term:
    return iri(endpoint + "#default-graph")


def _sd(name: str) -> Term:
    return iri(_SD + name)


def _void(name: str) -> Term:
    return iri(_VOID + name)


def _integer(number: int) -> Term:
    return literal(str(number), datatype=_XSD_INTEGER)


def _decimal(number: float) -> Term:
    return literal(f"{number:f}".rstrip("0").rstrip("."), datatype=_XSD_DECIMAL)
