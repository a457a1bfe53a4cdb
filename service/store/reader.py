"""A reader: a process that evaluates queries on a snapshot and is ended when one takes too long.

Started as `python -m service.store.reader FD MEMORY_BYTES PREFIXES_JSON`; FD is its end of a pair of sockets. It
imports nothing heavy, opens snapshots read-only, and cannot open a socket. It ends when the service does.
"""

import json
import re
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from service.store import frames, walls
from service.store.engine import RDF_FORMAT_BY_TYPE, RESULTS_FORMAT_BY_TYPE

_POSITION = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_BACKSTOP_S = 2
"""So long after the deadline the kernel ends a reader whose service has died and cannot."""


class _FrameWriter:
    """A file that sends what is written to it, in frames of a fair size."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._pending += data
        if len(self._pending) >= frames.CHUNK_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._pending:
            self._channel.sendall(frames.encode(frames.DATA, bytes(self._pending)))
            self._pending.clear()


def main(arguments: list[str]) -> int:
    """Serve one channel until it closes."""
    descriptor, memory_bytes, prefixes = int(arguments[0]), int(arguments[1]), json.loads(arguments[2])
    channel = socket.socket(fileno=descriptor)
    walls.forbid_core_dumps()
    standing = {"address_space": walls.bound_memory(memory_bytes), "sockets": walls.forbid_sockets()}
    try:
        channel.sendall(frames.encode_json(frames.HELLO, standing))
        _serve(channel, prefixes, memory_bytes)
    except (BrokenPipeError, ConnectionResetError):
        return 1
    return 0


def _serve(channel: socket.socket, prefixes: Mapping[str, str], memory_bytes: int) -> None:
    snapshot, store = "", ox.Store()
    while (frame := frames.receive(channel)) is not None:
        job = json.loads(frame[1])
        signal.setitimer(signal.ITIMER_REAL, job["timeout_s"] + _BACKSTOP_S)
        if job["snapshot"] != snapshot:
            walls.bound_memory(None)
            snapshot, store = job["snapshot"], _open_snapshot(Path(job["snapshot"]))
            walls.bound_memory(memory_bytes)
        channel.sendall(_answer(channel, store, job, prefixes))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _open_snapshot(path: Path) -> ox.Store:
    """Open a checkpoint, which is a folder, or load the N-Quads file that stands for one of a store in memory."""
    if path.is_dir():
        return ox.Store.read_only(str(path))
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
    return store


def _answer(channel: socket.socket, store: ox.Store, job: dict[str, Any], prefixes: Mapping[str, str]) -> bytes:
    """Evaluate a job, send its result, and return the last frame."""
    try:
        results = _evaluate(store, job)
        is_graph = isinstance(results, ox.QueryTriples)
        media_type = job["graph_type"] if is_graph else job["bindings_type"]
        kind = "graph" if is_graph else "boolean" if isinstance(results, ox.QueryBoolean) else "solutions"
        if media_type is None:
            return frames.encode_json(frames.FAILURE, {"error": "not-acceptable", "kind": kind})
        channel.sendall(frames.encode_json(frames.KIND, {"kind": kind, "media_type": media_type}))
        writer: Any = _FrameWriter(channel)
        if isinstance(results, ox.QueryTriples):
            ox.serialize(results, writer, RDF_FORMAT_BY_TYPE[media_type], prefixes=dict(prefixes))
        else:
            results.serialize(writer, RESULTS_FORMAT_BY_TYPE[media_type])
        writer.flush()
    except SyntaxError as exc:
        return frames.encode_json(frames.FAILURE, {"error": "syntax", **_read_position(str(exc))})
    except (RuntimeError, ValueError) as exc:
        return frames.encode_json(frames.FAILURE, {"error": "evaluation", "message": str(exc)})
    except (BrokenPipeError, ConnectionResetError):
        raise
    except OSError:
        return frames.encode_json(frames.FAILURE, {"error": "engine"})
    return frames.encode(frames.END)


def _evaluate(store: ox.Store, job: dict[str, Any]) -> ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean:
    """Evaluate a query on the data set of the job, which takes the place of the query's own; by default on the store.

    Several default graphs are merged first: the engine would give a triple once for every graph that has it.
    """
    if job["default_graphs"] is None:
        return store.query(job["text"], base_iri=job["base"])
    default: list[Any] = [ox.NamedNode(graph) for graph in job["default_graphs"]]
    named = [ox.NamedNode(graph) for graph in job["named_graphs"]]
    if len(default) > 1:
        merged = ox.Store()
        for graph in default:
            quads = store.quads_for_pattern(None, None, None, graph)
            merged.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        for graph in named:
            merged.bulk_extend(store.quads_for_pattern(None, None, None, graph))
        store, default = merged, [ox.DefaultGraph()]
    return store.query(job["text"], base_iri=job["base"], default_graph=default, named_graphs=list(named))


def _read_position(message: str) -> dict[str, Any]:
    """Take line and column out of the engine's message, where it has them."""
    match = _POSITION.match(message)
    if match is None:
        return {"message": message}
    return {"line": int(match[1]), "column": int(match[2]), "message": match[3]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
