"""What every store offers, embedded or remote; the rest of the service knows nothing else of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Literal, Protocol

from service.store.terms import Row, Term

SPOOL_BYTES = 1 << 20
"""A result up to this size is kept in memory, a larger one in a temporary file until it is sent."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as a client may send it, with the limits it runs under.

    Attributes:
        text: SPARQL 1.1 Query; relative IRIs are resolved against the base of the graph.
        default_graphs: stored graphs whose merge is the default graph; None where request and query name no data set.
        named_graphs: stored graphs that GRAPH may reach; None exactly when `default_graphs` is None.
        bindings_type: exact result format for SELECT and ASK, or None where the client accepts none.
        graph_type: exact RDF format for CONSTRUCT and DESCRIBE, or None where the client accepts none.
        timeout_s: the deadline, counted from the start of the evaluation to the last byte of the result.
        limit_bytes: a longer result is an error.
    """

    text: str
    bindings_type: str | None
    graph_type: str | None
    timeout_s: float
    limit_bytes: int
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A SPARQL 1.1 Update request as a client may send it.

    Attributes:
        text: SPARQL 1.1 Update; relative IRIs are resolved against the base of the graph.
        timeout_s: the deadline of the whole request.
        using_graphs: graphs of the protocol parameter `using-graph-uri`; None where none is given.
        using_named_graphs: graphs of the protocol parameter `using-named-graph-uri`; None where none is given.
        target: a graph that stands for the default graph; None where the default graph is meant.
    """

    text: str
    timeout_s: float
    using_graphs: tuple[str, ...] | None = None
    using_named_graphs: tuple[str, ...] | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class GraphWrite:
    """One write of the SPARQL 1.1 Graph Store HTTP Protocol.

    Attributes:
        graph: the graph, None for the default graph.
        action: put the data in the place of the graph, add them to it, or remove the graph.
        data: the triples, in the syntax of `media_type`; relative IRIs are resolved against `base`.
        timeout_s: the deadline of the whole write.
    """

    graph: str | None
    action: Literal["replace", "merge", "remove"]
    data: bytes = b""
    media_type: str = ""
    base: str = ""
    timeout_s: float = 30.0


@dataclass(slots=True)
class Answer:
    """A whole result, at its beginning. Close it."""

    kind: Literal["solutions", "boolean", "graph"]
    media_type: str
    length: int
    body: SpooledTemporaryFile[bytes]

    def read(self) -> bytes:
        """Return the whole body and close."""
        with self.body:
            return self.body.read()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds: triples of the union, each counted once, and triples of each named graph."""

    triples: int
    by_graph: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Walls:
    """What holds a reader back: what forbids sockets; how many bytes of address space a query may take, or None."""

    sockets: str
    address_space: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """How the store does; `readers` counts those that are alive, `walls` is None before the first one started."""

    kind: str
    release: str | None
    readers: int
    waiting: int
    walls: Walls | None
    sequence: int = field(default=0)


class Store(Protocol):
    """A graph store. `query` may be called with anything a stranger sends; `select` only with queries of our own."""

    async def start(self) -> None:
        """Make ready to answer queries."""

    async def close(self) -> None:
        """Stop every reader and let go of the data."""

    async def query(self, query: Query) -> Answer:
        """Answer a query within its limits, from a consistent snapshot.

        Raises:
            ServiceError: the query is malformed, fails, gives what the client does not accept, is late, needs too much
                memory, gives too much, or finds no free reader.
        """

    def select(self, text: str, /, **bindings: Term) -> list[Row]:
        """Answer a bounded SELECT query of our own from the present state; bound variables must be projected."""

    def load_release(self, path: Path) -> bool:
        """Replace the built graphs by those of an N-Quads file, keeping contributions; False if it is loaded already.

        Raises:
            StoreError: the file cannot be read; the store is as before.
        """

    async def update(self, update: Update) -> None:
        """Apply an update request whole or not at all.

        Raises:
            ServiceError: the request is malformed, is late, cannot be done, or this store cannot be written.
        """

    async def write_graph(self, write: GraphWrite) -> bool:
        """Apply a graph store write whole or not at all; True if the graph existed before.

        Raises:
            ServiceError: the data are not what the media type says; ResourceNotFound to remove what is not there.
        """

    def has_graph(self, graph: str) -> bool:
        """Tell whether a named graph is stored."""

    def counts(self) -> Counts:
        """Count; cheap after the first time until something is written."""

    def health(self) -> Health:
        """Tell how the store does, without touching the data."""
