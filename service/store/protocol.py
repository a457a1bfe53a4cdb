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
        gzip: whether the client takes the result compressed.
        client: whose share of the readers' time the query is counted to; empty for nobody's.
    """

    text: str
    bindings_type: str | None
    graph_type: str | None
    timeout_s: float
    limit_bytes: int
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    gzip: bool = False
    client: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """A SPARQL 1.1 Update request as a client may send it.

    Attributes:
        text: one request of any number of operations.
        timeout_s: the deadline of its evaluation.
        using_graphs: `using-graph-uri` of the request, maybe empty; these two take the place of USING and of the store.
        using_named_graphs: `using-named-graph-uri` of the request, maybe empty.
        target: a graph that stands for the default graph in patterns and templates, or None.
        client: as in `Query`.
    """

    text: str
    timeout_s: float
    using_graphs: tuple[str, ...] = ()
    using_named_graphs: tuple[str, ...] = ()
    target: str | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """An RDF document of one graph; relative IRIs are resolved against `base`."""

    data: bytes
    media_type: str
    base: str


@dataclass(frozen=True, slots=True)
class GraphWrite:
    """A write of the Graph Store Protocol to one graph.

    Attributes:
        graph: the graph's IRI, or None for the default graph.
        action: replace its triples by those of the documents, merge them with it, or remove it.
        documents: one or more, none for "remove"; equal blank node labels of two documents are two nodes.
        timeout_s: the deadline of reading the documents.
        client: as in `Query`.
    """

    graph: str | None
    action: Literal["replace", "merge", "remove"]
    timeout_s: float
    documents: tuple[Document, ...] = ()
    client: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """What a write changes: quads as N-Quads that the store has and will not have, or has not and will have.

    `created` and `dropped` are the graphs that begin or cease to exist, also empty ones; each sorted.
    """

    removed: bytes
    added: bytes
    created: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.removed or self.added or self.created or self.dropped)


class Gate(Protocol):
    """What a write must pass before it counts."""

    def check(self, delta: Delta) -> None:
        """Let a change pass; called in a thread, one change at a time, with the state that it is to be applied to.

        Raises:
            ServiceError: the change is refused; nothing of it is applied.
        """


class OpenGate:
    """A gate that lets everything pass."""

    def check(self, delta: Delta) -> None:
        """Let it pass."""


@dataclass(slots=True)
class Held:
    """So many bytes in memory, or in a temporary file that is at its beginning. Close it, or read it."""

    length: int
    body: bytes | SpooledTemporaryFile[bytes]

    def read(self) -> bytes:
        """Return the whole body and close."""
        if isinstance(self.body, bytes):
            return self.body
        with self.body:
            return self.body.read()

    def close(self) -> None:
        """Let go of the body."""
        if not isinstance(self.body, bytes):
            self.body.close()


@dataclass(slots=True)
class Answer(Held):
    """A whole result; `encoding` is "gzip" or empty, `length` is that of the encoded form."""

    kind: Literal["solutions", "boolean", "graph"]
    media_type: str
    encoding: str


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
    """How the store does; `readers` counts those that are alive, `walls` is None before the first one started.

    `is_ready` says whether queries are answered, `ended` how many readers were ended, by reason; `snapshots` are those
    that are kept.
    """

    kind: str
    release: str | None
    readers: int
    waiting: int
    walls: Walls | None
    sequence: int = field(default=0)
    is_ready: bool = True
    reader_pids: tuple[int, ...] = ()
    ended: Mapping[str, int] = field(default_factory=dict)
    snapshots: int = 0


class Store(Protocol):
    """A graph store. `query` may be called with anything a stranger sends; `select` only with queries of our own."""

    async def start(self) -> None:
        """Make ready to answer queries."""

    async def close(self) -> None:
        """Stop every reader and let go of the data."""

    @property
    def version(self) -> str:
        """Name the present state of the data: another name for every other state, also after a restart."""

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
        """Carry out an update, all of it or nothing; it has reached the disk on return. Writes happen one at a time.

        Raises:
            ServiceError: as `query`; DefaultGraphError where the unnamed graph is the union; what the gate raises.
        """

    async def write_graph(self, write: GraphWrite) -> bool:
        """Write a graph, all of it or nothing; it has reached the disk on return. Return whether the graph was there.

        Raises:
            ServiceError: as `update`; MalformedBodyError for documents that cannot be read; ResourceNotFoundError
                where a graph to be removed is not there.
        """

    def has_graph(self, graph: str) -> bool:
        """Tell whether a named graph is stored, be it empty."""

    def counts(self) -> Counts:
        """Count; cheap after the first time until something is written."""

    def health(self) -> Health:
        """Tell how the store does, without touching the data."""
