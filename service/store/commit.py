"""Apply a delta as one transaction, and tell what it means for the union in the default graph and for the counts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from service.store.protocol import Counts, Delta

_NAMED = "GRAPH ?g { ?s ?p ?o }"
_UNNAMED = "?s ?p ?o"
_DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Commit:
    """Quads to be removed, then quads to be added, and graphs that cease or begin to exist."""

    removed: list[Any]
    added: list[Any]
    dropped: tuple[str, ...]
    created: tuple[str, ...]

    @property
    def touches_default_graph(self) -> bool:
        """Tell whether a quad of the default graph comes or goes."""
        return any(quad.graph_name == _DEFAULT for quad in (*self.removed, *self.added))

    def with_union(self, engine: ox.Store) -> "Commit":
        """Return it with what it means for a default graph that is the union of the named graphs."""
        gone = set(self.removed)
        leaving = {_unnamed(quad) for quad in self.removed if not _is_elsewhere(engine, quad, gone)}
        coming = {_unnamed(quad) for quad in self.added}
        new = {quad for quad in coming if quad not in engine}
        return Commit([*self.removed, *(leaving - coming)], [*self.added, *new], self.dropped, self.created)

    def apply(self, engine: ox.Store) -> None:
        """Apply it in one transaction, and have it reach the disk."""
        functions: dict[Any, Any] = {}
        operations = [
            *_write_operations("DELETE", self.removed, functions),
            *(f"DROP SILENT GRAPH {ox.NamedNode(graph)}" for graph in self.dropped),
            *_write_operations("INSERT", self.added, functions),
            *(f"CREATE SILENT GRAPH {ox.NamedNode(graph)}" for graph in self.created),
        ]
        engine.update(" ;\n".join(operations), custom_functions=functions)
        engine.flush()

    def count_on(self, counts: Counts) -> Counts:
        """Return the counts after it, from those before; the default graph's quads must be in it."""
        sizes = Counter(dict(counts.by_graph))
        triples = counts.triples
        for quads, step in ((self.removed, -1), (self.added, 1)):
            for quad in quads:
                if quad.graph_name == _DEFAULT:
                    triples += step
                else:
                    sizes[quad.graph_name.value] += step
        return Counts(triples, dict(sorted((+sizes).items())))


def read_delta(delta: Delta) -> Commit:
    """Return what a delta says; blank nodes keep their labels."""
    return Commit(_parse_quads(delta.removed), _parse_quads(delta.added), delta.dropped, delta.created)


def _parse_quads(data: bytes) -> list[Any]:
    return list(ox.parse(data, format=ox.RdfFormat.N_QUADS))


def _unnamed(quad: Any) -> Any:
    return ox.Quad(quad.subject, quad.predicate, quad.object, _DEFAULT)


def _is_elsewhere(engine: ox.Store, quad: Any, gone: set[Any]) -> bool:
    """Tell whether a named graph has the triple of a quad when all of these quads are gone."""
    return any(
        other.graph_name != _DEFAULT and other not in gone
        for other in engine.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
    )


def _write_operations(verb: str, quads: list[Any], functions: dict[Any, Any]) -> Iterator[str]:
    """Yield operations that delete or insert quads; custom functions carry the terms in, so that blank nodes are kept.

    An update is one transaction; the other ways to write are one for each call, and DELETE DATA takes no blank nodes.
    """
    named = [quad for quad in quads if quad.graph_name != _DEFAULT]
    unnamed = [quad for quad in quads if quad.graph_name == _DEFAULT]
    for kind, listed, template in (("named", named, _NAMED), ("unnamed", unnamed, _UNNAMED)):
        if not listed:
            continue
        place = f"urn:{verb.lower()}:{kind}:"
        for part in ("subject", "predicate", "object", "graph_name"):
            functions[ox.NamedNode(place + part)] = _Column(listed, part)
        bindings = " ".join(
            f"BIND(<{place}{part}>(?i) AS ?{name})"
            for part, name in (("subject", "s"), ("predicate", "p"), ("object", "o"), ("graph_name", "g"))
            if kind == "named" or name != "g"
        )
        rows = " ".join(map(str, range(len(listed))))
        yield f"{verb} {{ {template} }} WHERE {{ VALUES ?i {{ {rows} }} {bindings} }}"


class _Column:
    """A custom function from the number of a quad to one of its terms."""

    def __init__(self, quads: list[Any], part: str) -> None:
        self._quads = quads
        self._part = part

    def __call__(self, number: Any) -> Any:
        return getattr(self._quads[int(number.value)], self._part)
