"""A reader: a process that evaluates queries on a snapshot and is ended when one takes too long.

Started as `python -m service.store.reader FD MEMORY_BYTES PREFIXES_JSON`; FD is its end of a pair of sockets. It
imports nothing heavy, opens snapshots read-only, and cannot open a socket. It ends when the service does.
"""

import json
import re
import socket
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from service.store import frames, walls
from service.store.delta import (
    Changes,
    DatasetConflictError,
    GraphStateError,
    UpdateJob,
    UpdateSyntaxError,
    evaluate_graph_write,
    evaluate_update,
)
from service.store.engine import RDF_FORMAT_BY_TYPE, RESULTS_FORMAT_BY_TYPE, evaluate

_POSITION = re.compile(
    r"(?:Parser )?error at (?:line )?(\d+)(?::| column | between columns )(\d+)[^:]*: (.*)", re.DOTALL
)
_REMOTE_CONTEXT = "No LoadDocumentCallback"
_BACKSTOP_S = 2
"""So much more processor time than the deadline a job may take, before the kernel ends it."""
_GZIP_LEVEL = 1
_GZIP_LEAST = 1400
"""A result that fits into one packet is not compressed."""


class _TooLargeError(Exception):
    """The result is larger than it may be."""


class _FrameWriter:
    """A file that sends what is written to it: after a frame with what it is, frames of a fair size.

    Compressed where the client takes that and the result is worth it; which is decided when the first frame goes.
    """

    def __init__(
        self,
        channel: socket.socket,
        kind: str,
        media_type: str,
        *,
        before: bytes = b"",
        gzip: bool = False,
        limit_bytes: int = sys.maxsize,
    ) -> None:
        self._channel = channel
        self._left_bytes = limit_bytes
        self._head = f"{kind} {media_type}"
        self._before = before
        self._gzip = zlib.compressobj(_GZIP_LEVEL, wbits=31) if gzip else None
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise _TooLargeError  # the engine stops evaluating
        self._pending += data
        if len(self._pending) >= frames.CHUNK_BYTES:
            self._send(b"")
        return len(data)

    def flush(self) -> None:
        """The engine calls this; `finish` is what sends the rest."""

    def finish(self) -> None:
        """Send what is left, and that the result is whole."""
        self._send(frames.encode(frames.END))

    def _send(self, last: bytes) -> None:
        out, self._before = self._before, b""
        if self._head:
            if last and len(self._pending) < _GZIP_LEAST:
                self._gzip = None
            out += frames.encode(frames.KIND, f"{self._head} {'gzip' if self._gzip else ''}".encode())
            self._head = ""
        data = bytes(self._pending)
        self._pending.clear()
        if self._gzip:
            data = self._gzip.compress(data) + (self._gzip.flush() if last else b"")
        self._channel.sendall(out + (frames.encode(frames.DATA, data) if data else b"") + last)


def main(arguments: list[str]) -> int:
    """Serve one channel until it closes."""
    descriptor, memory_bytes, prefixes = int(arguments[0]), int(arguments[1]), json.loads(arguments[2])
    channel = socket.socket(fileno=descriptor)
    walls.forbid_core_dumps()
    walls.die_with_parent()
    standing = {"address_space": walls.bound_memory(memory_bytes), "sockets": walls.forbid_sockets()}
    try:
        channel.sendall(frames.encode_json(frames.HELLO, standing))
        with channel.makefile("rb") as incoming:
            _serve(channel, incoming, prefixes, memory_bytes)
    except (BrokenPipeError, ConnectionResetError):
        return 1
    return 0


def _serve(channel: socket.socket, incoming: BinaryIO, prefixes: Mapping[str, str], memory_bytes: int) -> None:
    snapshot, store = "", ox.Store()
    while (frame := frames.receive(incoming)) is not None:
        job = frames.decode_job(frame[1])
        walls.bound_cpu(job["timeout_s"] + _BACKSTOP_S)
        if job["snapshot"] != snapshot:
            walls.bound_memory(None)
            snapshot, store = job["snapshot"], _open_snapshot(Path(job["snapshot"]))
            walls.bound_memory(memory_bytes)
        try:
            if job["kind"] == "query":
                _answer(channel, store, job, prefixes)
            else:
                documents = _receive_documents(incoming, job)
                _send_changes(channel, _evaluate_write(store, job, documents), job)
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as exc:
            if (failure := _describe_failure(exc)) is None:
                raise
            channel.sendall(frames.encode_json(frames.FAILURE, failure))


def _receive_documents(incoming: BinaryIO, job: dict[str, Any]) -> list[tuple[bytes, str, str]]:
    documents: list[tuple[bytes, str, str]] = []
    for media_type, base in job.get("documents", ()):
        frame = frames.receive(incoming)
        documents.append((frame[1] if frame else b"", media_type, base))
    return documents


def _open_snapshot(path: Path) -> ox.Store:
    """Open a checkpoint, which is a folder, or load the N-Quads file that stands for one of a store in memory."""
    if path.is_dir():
        return ox.Store.read_only(str(path))
    return _load_dump(path)


def _load_dump(path: Path) -> ox.Store:
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
    return store


def _open_copy(path: Path) -> ox.Store:
    """Open a copy of a snapshot that belongs to this job alone."""
    return ox.Store(str(path)) if path.is_dir() else _load_dump(path)


def _answer(channel: socket.socket, store: ox.Store, job: dict[str, Any], prefixes: Mapping[str, str]) -> None:
    """Evaluate a query and send its result."""
    results = evaluate(store, job["text"], job["base"], job["default_graphs"], job["named_graphs"])
    is_graph = isinstance(results, ox.QueryTriples)
    media_type = job["graph_type"] if is_graph else job["bindings_type"]
    kind = "graph" if is_graph else "boolean" if isinstance(results, ox.QueryBoolean) else "solutions"
    if media_type is None:
        channel.sendall(frames.encode_json(frames.FAILURE, {"error": "not-acceptable", "kind": kind}))
        return
    writer: Any = _FrameWriter(channel, kind, media_type, gzip=job["gzip"], limit_bytes=job["limit_bytes"])
    if isinstance(results, ox.QueryTriples):
        ox.serialize(results, writer, RDF_FORMAT_BY_TYPE[media_type], prefixes=dict(prefixes))
    else:
        results.serialize(writer, RESULTS_FORMAT_BY_TYPE[media_type])
    writer.finish()


def _evaluate_write(store: ox.Store, job: dict[str, Any], documents: list[tuple[bytes, str, str]]) -> Changes:
    if job["kind"] == "graph-write":
        return evaluate_graph_write(job["graph"], job["action"], documents, store)
    update = UpdateJob(
        job["text"],
        job["base"],
        tuple(job["using_graphs"]),
        tuple(job["using_named_graphs"]),
        job["target"],
        job["is_union"],
    )
    return evaluate_update(update, store, lambda: _open_copy(Path(job["copy"])))


def _send_changes(channel: socket.socket, changes: Changes, job: dict[str, Any]) -> None:
    """Send a delta: removed quads, then added ones, as N-Quads."""
    removed = ox.serialize(changes.removed, format=ox.RdfFormat.N_QUADS) or b""
    added = ox.serialize(changes.added, format=ox.RdfFormat.N_QUADS) or b""
    head = {
        "removed_bytes": len(removed),
        "created": sorted(graph.value for graph in changes.created),
        "dropped": sorted(graph.value for graph in changes.dropped),
    }
    writer = _FrameWriter(channel, "delta", job["kind"], before=frames.encode_json(frames.CHANGES, head))
    for data in (removed, added):
        for start in range(0, len(data), frames.CHUNK_BYTES):
            writer.write(data[start : start + frames.CHUNK_BYTES])
    writer.finish()


def _describe_failure(exc: Exception) -> dict[str, Any] | None:
    """Return what a failure is for the other side, None for one that ends this process."""
    match exc:
        case UpdateSyntaxError() | SyntaxError():
            return {"error": "syntax", **read_position(str(exc))}
        case _TooLargeError():
            return {"error": "too-large"}
        case DatasetConflictError():
            return {"error": "protocol", "message": str(exc)}
        case GraphStateError():
            return {"error": "graph-state", "message": str(exc)}
        case RuntimeError() | ValueError():
            return {"error": "evaluation", "message": str(exc)}
        case OSError():
            return {"error": "engine", "message": str(exc)}
        case _:
            return None


def read_position(message: str) -> dict[str, Any]:
    """Take line and column out of the engine's message, where it has them."""
    if message.startswith(_REMOTE_CONTEXT):
        return {"message": "A remote @context is not fetched; put the context into the document"}
    match = _POSITION.match(message)
    if match is None:
        return {"message": message}
    return {"line": int(match[1]), "column": int(match[2]), "message": match[3]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
