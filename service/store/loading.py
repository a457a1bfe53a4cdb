"""Load a built graph into an engine of its own, with what was written beside the build before it."""

import contextlib
import ctypes
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from service.errors import StoreError

_DEFAULT = ox.DefaultGraph()


def fill(
    engine: ox.Store, path: Path, former: ox.Store, *, replaced: frozenset[str], is_union: bool
) -> tuple[str, ...]:
    """Put a built graph into an empty engine, the graphs that it does not replace, and the union.

    Args:
        engine: what is filled.
        path: the build, N-Quads.
        former: the data so far; what was written there to other graphs is kept.
        replaced: the graphs of the former build.
        is_union: whether the default graph is the union; else the former one is kept.

    Returns:
        The graphs of the build, sorted.

    Raises:
        StoreError: the build cannot be read, or has triples outside every named graph.
    """
    try:
        engine.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
    except SyntaxError as exc:
        raise StoreError(str(path), f"not valid N-Quads ({exc})", "run `aigov build` again") from exc
    if next(engine.quads_for_pattern(None, None, None, _DEFAULT), None) is not None:
        raise StoreError(str(path), "holds triples outside every named graph", "run `aigov build` again")
    built = tuple(sorted(graph.value for graph in engine.named_graphs()))
    for graph in former.named_graphs():
        if isinstance(graph, ox.NamedNode) and graph.value not in replaced and graph.value not in built:
            engine.add_graph(graph)
            engine.bulk_extend(former.quads_for_pattern(None, None, None, graph))
    if is_union:
        engine.bulk_extend(_union(engine))
    else:
        engine.bulk_extend(former.quads_for_pattern(None, None, None, _DEFAULT))
    return built


def _union(engine: ox.Store) -> Iterator[Any]:
    """Every quad of a named graph, moved to the default graph."""
    for quad in engine.quads_for_pattern(None, None, None, None):
        if not isinstance(quad.graph_name, ox.DefaultGraph):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.DefaultGraph())


def return_memory() -> None:
    """Give memory that is free back to the system, which glibc does when it is asked to; after a load that is most."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as exc:
        raise StoreError(
            str(path), "no such file", "run `aigov build` first, or name another graph with --graph"
        ) from exc
    except OSError as exc:
        raise StoreError(str(path), f"cannot be read ({exc.strerror})", "name another graph with --graph") from exc
