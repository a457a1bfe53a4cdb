"""A store behind this service: any engine that speaks the SPARQL 1.1 Protocol, through SPARQLWrapper.

https://www.w3.org/TR/sparql11-protocol/

Nothing is kept here. An engine cannot be made to stop from outside: at its deadline a query loses its connection, and
what the engine does then is its own affair. `docs/scaling.md` says which engines have been tried, and their limits.
"""

import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from service import errors
from service.store.protocol import Answer, Counts, GraphWrite, Health, Query, Update
from service.store.remote_engine import RemoteEngine
from service.store.remote_exchange import Backend
from service.store.remote_text import GRAPH_FORMS, bind, prepare_query
from service.store.remote_threads import RemoteSettings, RemoteThreads
from service.store.serialization import to_engine
from service.store.terms import Row, Term

_COUNTS_S = 60.0
_HEALTH_S = 5.0
_HEALTH_TIMEOUT_S = 2.0
_ALL_SIZE = "SELECT (COUNT(*) AS ?size) WHERE { ?s ?p ?o }"
_GRAPH_SIZES = "SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"


class RemoteStore:
    """A `Store` that is another server; `open_remote` makes one."""

    def __init__(
        self,
        engine: RemoteEngine,
        settings: RemoteSettings,
        *,
        base: str,
        is_union: bool,
        is_writable: bool,
    ) -> None:
        self._engine = engine
        self._limit_bytes = settings.limit_bytes
        self._workers = settings.workers
        self._threads = RemoteThreads(settings)
        self._base = base
        self._is_union = is_union
        self._is_writable = is_writable
        self._counting = threading.Lock()
        self._counts: tuple[float, Counts] | None = None
        self._answers: tuple[float, bool] | None = None

    async def start(self) -> None:
        """Make ready to send requests; nothing is sent yet."""
        self._threads.start()

    async def close(self) -> None:
        """Cut what is going on."""
        self._threads.close()

    @property
    def version(self) -> str:
        """Return a name that is never the same, as others may write to the engine at any time."""
        return uuid.uuid4().hex

    async def query(self, query: Query) -> Answer:
        """Pass a query on and keep its whole result; see `Store.query`."""
        prepared = prepare_query(query.text, self._base)
        is_graph = prepared.form in GRAPH_FORMS
        media_type = query.graph_type if is_graph else query.bindings_type
        if media_type is None:
            what = "RDF" if is_graph else "results"
            raise errors.NotAcceptableError(
                f"The query gives {what}, and none of the accepted media types can carry that."
            )
        return await self._threads.run(
            lambda deadline: self._engine.answer(query, prepared, media_type, deadline), query.timeout_s, query.client
        )

    def select(self, text: str, /, **bindings: Term) -> list[Row]:
        """Pass a query of our own on; see `Store.select`.

        Raises:
            ValueError: a term that is not well-formed, or a blank node, which has no name in another request.
        """
        if any(term.kind == "bnode" for term in bindings.values()):
            raise ValueError("a blank node cannot be bound")
        bound = bind(text, {name: str(to_engine(term)) for name, term in bindings.items()})
        with self._threads.own_turn() as deadline:
            return self._engine.select(bound, self._limit_bytes, deadline)

    def load_release(self, path: Path) -> bool:
        """Refuse: an engine is loaded by its own tools."""
        raise errors.StoreError(str(path), "is not loaded into a backend", "load it there, as docs/scaling.md says")

    async def update(self, update: Update) -> None:
        """Pass an update on as one request; whether it is applied whole is up to the engine; see `Store.update`."""
        self._require_writable()
        if update.target is not None:
            raise errors.UnsupportedError(
                "The store behind this endpoint cannot take a named graph for the default graph of an update; "
                "write GRAPH or WITH in the update."
            )
        try:
            await self._threads.run(
                lambda deadline: self._engine.update(update, deadline), update.timeout_s, update.client
            )
        finally:
            self._counts = None

    async def write_graph(self, write: GraphWrite) -> bool:
        """Write a graph by one update request; see `Store.write_graph`.

        Another writer may come between the look whether the graph is there and the write.
        """
        self._require_writable()
        if write.graph is None and self._is_union:
            raise errors.DefaultGraphError(
                "The default graph is the union of the named graphs and cannot be written; name a graph with ?graph=."
            )
        try:
            return await self._threads.run(
                lambda deadline: self._engine.write(write, deadline), write.timeout_s, write.client
            )
        finally:
            self._counts = None

    def has_graph(self, graph: str) -> bool:
        """Tell whether a named graph is stored; an empty one only where the engine knows empty graphs."""
        try:
            with self._threads.own_turn() as deadline:
                return self._engine.has_graph(graph, deadline)
        except errors.MalformedRequestError:
            return False

    def counts(self) -> Counts:
        """Have the engine count, once a minute; a triple of two graphs counts twice where its union does so."""
        with self._counting:
            if self._counts is None or time.monotonic() - self._counts[0] > _COUNTS_S:
                sizes = {row["graph"].value: int(row["size"].value) for row in self.select(_GRAPH_SIZES)}
                triples = int(self.select(_ALL_SIZE)[0]["size"].value)
                self._counts = (time.monotonic(), Counts(triples, dict(sorted(sizes.items()))))
            return self._counts[1]

    def health(self) -> Health:
        """Tell whether the engine answers, asked at most every few seconds; `readers` is 0 where it does not.

        Call it in a thread: it waits for the engine, though not long.
        """
        if self._answers is None or time.monotonic() - self._answers[0] > _HEALTH_S:
            try:
                with self._threads.timed(_HEALTH_TIMEOUT_S) as deadline:
                    is_there = self._engine.ask("ASK {}", deadline)
            except errors.ServiceError:
                is_there = False
            self._answers = (time.monotonic(), is_there)
        is_there = self._answers[1]
        kind = "remote" if is_there else "remote, does not answer"
        readers = self._workers if is_there else 0
        return Health(kind, None, readers, self._threads.waiting, None, sequence=1, is_ready=is_there)

    def _require_writable(self) -> None:
        if not self._is_writable:
            raise errors.ReadOnlyError("Updates are not accepted; this endpoint answers queries only.")


def open_remote(
    query_url: str,
    *,
    update_url: str = "",
    authorization: str = "",
    parameters: str = "",
    settings: RemoteSettings,
    base: str,
    prefixes: Mapping[str, str],
    is_union: bool = True,
) -> RemoteStore:
    """Return the store of a SPARQL 1.1 endpoint; nothing is sent yet.

    Args:
        query_url: the query endpoint, http or https.
        update_url: the update endpoint; empty for a store that is only read.
        authorization: an Authorization header, or `Digest USER:PASSWORD`; sent to both endpoints.
        parameters: further protocol parameters of every query, as in a URL: `union-default-graph=true`.
        settings: how much of the engine is used.
        base: relative IRIs are resolved against it.
        prefixes: used by the RDF formats that have prefixes.
        is_union: whether the engine's default graph is the union of its named graphs, and so cannot be written.

    Raises:
        StoreError: an address or the parameters cannot be used.
    """
    for url in (query_url, update_url) if update_url else (query_url,):
        _check_url(url)
    try:
        fields = parse_qsl(parameters, keep_blank_values=True, strict_parsing=bool(parameters))
    except ValueError as exc:
        raise errors.StoreError(parameters, "are no parameters", "write name=value, joined by &") from exc
    if not authorization.isprintable() or not authorization.isascii():
        raise errors.StoreError("the authorization of the backend", "is no header", "write `Bearer …` or `Digest …`")
    engine = RemoteEngine(Backend(query_url, update_url, authorization), fields, base=base, prefixes=prefixes)
    return RemoteStore(engine, settings, base=base, is_union=is_union, is_writable=bool(update_url))


def _check_url(url: str) -> None:
    remedy = "name the address of a SPARQL endpoint, like http://127.0.0.1:7878/query"
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as exc:
        raise errors.StoreError(url, "is no address", remedy) from exc
    if "@" in parts.netloc:
        raise errors.StoreError(parts.hostname or "", "has credentials in its address", "put them into a variable")
    is_plain = url.isascii() and url.isprintable() and " " not in url and not parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine or not is_plain:
        raise errors.StoreError(url, "is no address", remedy)
