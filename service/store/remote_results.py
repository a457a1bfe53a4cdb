"""Read what a remote engine answers, whole or not at all, and write it in the form that the client takes.

One robust form is asked for: SPARQL results in JSON, and N-Triples for graphs. What it says is parsed while it comes
in and written anew, so that an answer that is cut, or has a message in its middle, ends as an error.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal, cast

import pyoxigraph as ox

from service import errors, formats
from service.store.engine import RDF_FORMAT_BY_TYPE, RESULTS_FORMAT_BY_TYPE
from service.store.frames import CHUNK_BYTES
from service.store.protocol import SPOOL_BYTES, Answer
from service.store.remote_exchange import Reply
from service.store.serialization import from_engine
from service.store.terms import Row

RESULTS_ACCEPT = "application/sparql-results+json, application/json;q=0.5"
GRAPH_ACCEPT = "application/n-triples, text/plain;q=0.5"

_RESULTS_TYPES = frozenset({formats.JSON, "application/json"})
_GRAPH_TYPES = frozenset({formats.N_TRIPLES, "text/plain"})
_BOOLEAN_BYTES = 1 << 16
_EXPANSION = 20
"""An engine may send so many times the bytes that a client may get: JSON is the longest of all forms."""
_NODE_ID = re.compile(rb'("type"\s{0,8}:\s{0,8}"bnode"\s{0,8},\s{0,8}"value"\s{0,8}:\s{0,8}")nodeID://')
_NODE_ID_BYTES = 96
_ASK_VARIABLE = "__ASK_RETVAL"
_GZIP_LEVEL = 1
_GZIP_LEAST = 1400
"""As the readers of our own store: a result that fits into one packet is not compressed."""
_TRUTH = {True: b'{"head":{},"boolean":true}', False: b'{"head":{},"boolean":false}'}


class Output:
    """A body in the making, compressed or not; refuses to become larger, uncompressed, than a client may have."""

    def __init__(self, limit_bytes: int, *, gzip: bool = False) -> None:
        self.body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 -- closed by Answer
        self.limit_bytes = limit_bytes
        self._gzip = zlib.compressobj(_GZIP_LEVEL, wbits=31) if gzip else None
        self._pending = bytearray()
        self._given = 0

    @property
    def file(self) -> IO[bytes]:
        """This, as the engine's serialisers know it."""
        return cast(IO[bytes], self)

    def write(self, data: bytes) -> int:
        """Take bytes.

        Raises:
            ResultTooLargeError: there are too many.
        """
        self._given += len(data)
        if self._given > self.limit_bytes:
            raise errors.ResultTooLargeError(
                f"The result is larger than {self.limit_bytes:,} bytes; ask for less, for instance with LIMIT.",
                limit_bytes=self.limit_bytes,
            )
        self._pending += data
        if len(self._pending) >= CHUNK_BYTES:
            self._store()
        return len(data)

    def flush(self) -> None:
        """Do nothing: the body is not read before it is complete."""

    def finish(self, kind: Literal["solutions", "boolean", "graph"], media_type: str) -> Answer:
        """Return the answer that has this body."""
        if self._given < _GZIP_LEAST:
            self._gzip = None
        self._store(is_last=True)
        length = self.body.tell()
        self.body.seek(0)
        return Answer(length, self.body, kind, media_type, "gzip" if self._gzip else "")

    def _store(self, *, is_last: bool = False) -> None:
        data = bytes(self._pending)
        self._pending.clear()
        if self._gzip:
            data = self._gzip.compress(data) + (self._gzip.flush() if is_last else b"")
        self.body.write(data)


class _Input:
    """A reply as the parser reads it: bounded; `nodeID://` of Virtuoso's JSON left out of blank node labels."""

    def __init__(self, reply: Reply, limit_bytes: int, *, is_json: bool) -> None:
        self._reply = reply
        self._left = limit_bytes
        self._is_json = is_json
        self._ready = memoryview(b"")
        self._held = b""
        self._is_over = False

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Return some bytes, as many as asked for at most, none at the end."""
        while not self._ready and not self._is_over:
            self._ready = memoryview(self._fetch())
        data, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return data

    def _fetch(self) -> bytes:
        data = self._reply.read()
        self._is_over = not data
        self._left -= len(data)
        if self._left < 0:
            raise errors.ResultTooLargeError("The result is larger than may be sent; ask for less.")
        if not self._is_json:
            return data
        joined = _NODE_ID.sub(rb"\1", self._held + data)
        end = len(joined) if self._is_over else max(0, len(joined) - _NODE_ID_BYTES)
        self._held = joined[end:]
        return joined[:end]


def write_solutions(reply: Reply, media_type: str, output: Output) -> None:
    """Write the solutions of a SELECT in another form.

    Raises:
        ServiceError: BackendFailed for an answer that is not whole; ResultTooLarge; DeadlineExceeded.
    """
    with _Parsing(reply):
        _parse_solutions(reply, output.limit_bytes).serialize(output.file, RESULTS_FORMAT_BY_TYPE[media_type])


def read_rows(reply: Reply, limit_bytes: int) -> list[Row]:
    """Return the solutions of a SELECT of our own; raises as `write_solutions`."""
    with _Parsing(reply):
        solutions = _parse_solutions(reply, limit_bytes)
        names = [variable.value for variable in solutions.variables]
        return [
            {name: from_engine(term) for name, term in zip(names, solution, strict=True) if term is not None}
            for solution in solutions
        ]


def read_truth(reply: Reply) -> bool:
    """Return the answer of an ASK; Virtuoso 7.2 gives it as solutions, one for true and none for false.

    Raises:
        BackendFailedError: it is neither.
    """
    _require_type(reply, _RESULTS_TYPES)
    try:
        document = json.loads(reply.read_all(_BOOLEAN_BYTES))
        if document["head"].get("vars") == [_ASK_VARIABLE]:
            values = [binding[_ASK_VARIABLE]["value"] for binding in document["results"]["bindings"]]
            return values not in ([], ["0"], ["false"])
        truth = document["boolean"]
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _not_well_formed() from exc
    if not isinstance(truth, bool):
        raise _not_well_formed()
    return truth


def write_truth(truth: bool, media_type: str, output: Output) -> None:
    """Write the answer of an ASK."""
    result = ox.parse_query_results(_TRUTH[truth], format=ox.QueryResultsFormat.JSON)
    if isinstance(result, ox.QueryBoolean):
        result.serialize(output.file, RESULTS_FORMAT_BY_TYPE[media_type])


def write_graph(reply: Reply, media_type: str, output: Output, prefixes: Mapping[str, str]) -> int:
    """Write the triples of a CONSTRUCT or DESCRIBE in another form; return how many the engine gave.

    N-Triples have no end of their own: an answer of which HTTP does not say the end is refused.

    Raises:
        ServiceError: as `write_solutions`.
    """
    _require_type(reply, _GRAPH_TYPES)
    if not reply.is_framed:
        raise errors.BackendFailedError("The answer of the store behind this endpoint does not say where it ends.")
    given = 0

    def triples() -> Iterator[ox.Triple]:
        nonlocal given
        source: Any = _Input(reply, output.limit_bytes * _EXPANSION, is_json=False)
        for quad in ox.parse(source, format=ox.RdfFormat.N_TRIPLES):
            given += 1
            yield quad.triple

    with _Parsing(reply):
        ox.serialize(triples(), output.file, RDF_FORMAT_BY_TYPE[media_type], prefixes=dict(prefixes))
    return given


class _Parsing:
    """A context in which errors of parsing become ours; what ended the reading counts before what came of it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self._reply.failure is not None:
            raise self._reply.failure from error
        if isinstance(error, SyntaxError | ValueError):
            raise _not_well_formed() from error


def _parse_solutions(reply: Reply, limit_bytes: int) -> ox.QuerySolutions:
    _require_type(reply, _RESULTS_TYPES)
    source: Any = _Input(reply, limit_bytes * _EXPANSION, is_json=True)
    solutions = ox.parse_query_results(source, format=ox.QueryResultsFormat.JSON)
    if not isinstance(solutions, ox.QuerySolutions):
        raise _not_well_formed()
    return solutions


def _require_type(reply: Reply, accepted: frozenset[str]) -> None:
    if reply.media_type not in accepted:
        what = reply.media_type or "no media type"
        raise errors.BackendFailedError(f"The store behind this endpoint answers in a form not asked for: {what}.")


def _not_well_formed() -> errors.BackendFailedError:
    return errors.BackendFailedError(
        "The answer of the store behind this endpoint is cut off or not well-formed; it was discarded."
    )
