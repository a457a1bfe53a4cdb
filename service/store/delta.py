"""Work out what an update would change, without changing anything: a reader's part of a write.

Each operation becomes queries over the state before it and a ground delta (https://www.w3.org/TR/sparql11-update/,
section 4.3); the engine does all reading, matching and filling in of templates. The delta can then be checked, and
applied in one transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import pyoxigraph as ox

from service.store.engine import RDF_FORMAT_BY_TYPE, evaluate
from service.store.update_request import Operation, UpdateNotReadError, split_update

_ABSENT = f"urn:uuid:{'0' * 8}-0000-4000-8000-{'0' * 12}"
_MARKER = f"DROP GRAPH <{_ABSENT}> ; "
"""Put before an operation, it lets the engine read all of it and then stop before it does anything."""
_DEFAULT = ox.DefaultGraph()
Quads = set[Any]


class UpdateSyntaxError(SyntaxError):
    """An operation is no SPARQL; the message is the engine's, with its position in the whole request."""


class GraphStateError(ValueError):
    """CREATE of a graph that is there, or CLEAR, DROP, ADD, MOVE or COPY of one that is not, without SILENT."""


class DatasetConflictError(ValueError):
    """The request names a data set, and an operation in it has USING or WITH: SPARQL 1.1 Protocol, section 2.2.3."""


@dataclass(slots=True)
class Changes:
    """What a sequence of operations changes: first the removals happen, then the additions."""

    removed: Quads = field(default_factory=set)
    added: Quads = field(default_factory=set)
    created: set[Any] = field(default_factory=set)
    dropped: set[Any] = field(default_factory=set)

    def follow(self, later: "Changes") -> None:
        """Add what comes later."""
        self.removed |= later.removed
        self.added = (self.added - later.removed) | later.added
        self.created = (self.created - later.dropped) | later.created
        self.dropped = (self.dropped | later.dropped) - later.created

    def against(self, store: ox.Store) -> "Changes":
        """Return what is left of it for a store: only what is there can go, only what is not can come."""
        graphs = set(store.named_graphs())
        added = {quad for quad in self.added if quad not in store}
        removed = {quad for quad in self.removed - self.added if quad in store}
        created = {quad.graph_name for quad in self.added if not isinstance(quad.graph_name, ox.DefaultGraph)}
        return Changes(removed, added, (self.created | created) - graphs, self.dropped & graphs - created)


def syntax_errors(text: str, base: str) -> None:
    """Have the engine read every operation of a request.

    Raises:
        UpdateSyntaxError: one is no SPARQL, or the request is no sequence of operations.
    """
    try:
        operations = split_update(text)
    except UpdateNotReadError as exc:
        _read_only(text, 0, base)
        raise UpdateSyntaxError(str(exc)) from exc
    seen: set[str] = set()
    for operation in operations:
        _read_only(operation.prologue + operation.text, len(operation.prologue), base)
        if operation.kind == "insert data":
            if shared := seen & operation.blank_nodes:
                raise UpdateSyntaxError(f"The blank node {min(shared)} cannot be shared by several operations")
            seen |= operation.blank_nodes


def _read_only(text: str, start: int, base: str) -> None:
    """Let the engine read an operation that begins at `start`, and not carry it out."""
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    try:
        ox.Store().update(text[:start] + _MARKER + text[start:], base_iri=base)
    except SyntaxError as exc:
        raise UpdateSyntaxError(_move_back(str(exc), line, column)) from exc
    except RuntimeError:
        return  # the graph of the marker does not exist


def _move_back(message: str, line: int, column: int) -> str:
    """Take the marker's length off a position behind it."""
    head, _, rest = message.partition(": ")
    place = head.removeprefix("error at ").split(":")
    if not head.startswith("error at ") or len(place) != 2 or int(place[0]) != line or int(place[1]) <= column:
        return message
    return f"error at {line}:{max(column, int(place[1]) - len(_MARKER))}: {rest}"


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """An update with the data set of its request, see `protocol.Update`, and whether the default graph is the union."""

    text: str
    base: str
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    target: str | None = None
    is_union: bool = False


def evaluate_update(job: UpdateJob, state: ox.Store, open_copy: Callable[[], ox.Store]) -> Changes:
    """Return what an update changes, against the state.

    Args:
        job: the update; the engine has not read it yet.
        state: what is stored; only read.
        open_copy: opens a copy of the state that may be written; called when an operation must see what those before it
            did.

    Raises:
        UpdateSyntaxError, GraphStateError, DatasetConflictError: the request is wrong.
        RuntimeError, ValueError: an operation cannot be evaluated.
    """
    syntax_errors(job.text, job.base)
    changes, current, pending = Changes(), state, Changes()
    for number, operation in enumerate(split_update(job.text)):
        if number and operation.needs_state:
            current = open_copy() if current is state else current
            apply_changes(pending, current)
            pending = Changes()
        step = _Step(job, operation, current).evaluate()
        changes.follow(step)
        pending.follow(step)
    return changes.against(state)


def apply_changes(changes: Changes, store: ox.Store) -> None:
    """Carry changes out in a copy, where it need not be one transaction."""
    for quad in changes.removed:
        store.remove(quad)
    for graph in changes.dropped:
        store.remove_graph(graph)
    store.extend(changes.added)
    for graph in changes.created:
        store.add_graph(graph)


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation over one state."""

    job: UpdateJob
    operation: Operation
    state: ox.Store

    def evaluate(self) -> Changes:
        match self.operation.kind:
            case "insert data":
                return Changes(added=self._ground(self.operation.insert))
            case "delete data":
                return Changes(removed=self._ground(self.operation.delete))
            case "modify" | "delete where":
                return self._modify()
            case "create":
                return self._create()
            case "load":
                return self._refuse("Nothing is loaded from elsewhere")
            case "clear" | "drop":
                return self._clear()
            case _:
                return self._transfer()

    def _ground(self, data: str) -> Quads:
        """Return the quads of INSERT DATA or DELETE DATA."""
        scratch = ox.Store()
        scratch.update(f"{self.operation.prologue}INSERT DATA {data}", base_iri=self.job.base)
        return self._targeted(scratch)

    def _modify(self) -> Changes:
        variables, solutions = self._solve()
        return Changes(
            removed=self._fill(self.operation.delete, variables, solutions),
            added=self._fill(self.operation.insert, variables, solutions),
        )

    def _solve(self) -> tuple[list[str], list[list[Any]]]:
        """Return the names of the variables in WHERE, and the solutions."""
        default, named = self._dataset()
        text = f"{self.operation.prologue}SELECT * WHERE {self.operation.pattern}"
        results = evaluate(self.state, text, self.job.base, default, named)
        if not isinstance(results, ox.QuerySolutions):
            raise TypeError("a SELECT query gives solutions")
        names = [variable.value for variable in results.variables]
        return names, [list(solution) for solution in results]

    def _dataset(self) -> tuple[list[str] | None, list[str] | None]:
        """Return the graphs of the default graph and the named ones, None for those of the store: section 3.1.3."""
        job, operation = self.job, self.operation
        if job.using or job.using_named:
            if operation.using or operation.using_named or operation.with_graph:
                raise DatasetConflictError("The request has using-graph-uri, and the update USING or WITH; use one")
            return list(job.using), list(job.using_named)
        if operation.using or operation.using_named:
            return self._resolve(operation.using), self._resolve(operation.using_named)
        if operation.with_graph:
            return self._resolve((operation.with_graph,)), None
        return ([job.target], None) if job.target else (None, None)

    def _fill(self, template: str, variables: list[str], solutions: list[list[Any]]) -> Quads:
        """Return the quads of a template for all solutions: the engine inserts them into an empty store.

        Custom functions carry the terms in, so that a blank node stays the one that is stored.
        """
        if not template or not solutions:
            return set()
        row = f"row_{token_hex(4)}"
        functions = {
            ox.NamedNode(f"urn:column:{column}"): (lambda i, column=column: solutions[int(i.value)][column])
            for column in range(len(variables))
        }
        bindings = " ".join(f"BIND(<urn:column:{n}>(?{row}) AS ?{name})" for n, name in enumerate(variables))
        rows = " ".join(map(str, range(len(solutions))))
        graph = f"WITH {self.operation.with_graph} " if self.operation.with_graph else ""
        scratch = ox.Store()
        scratch.update(
            f"{self.operation.prologue}{graph}INSERT {template} WHERE {{ VALUES ?{row} {{ {rows} }} {bindings} }}",
            base_iri=self.job.base,
            custom_functions=functions,
        )
        return self._targeted(scratch)

    def _create(self) -> Changes:
        (graph,) = self._resolved()
        if self.state.contains_named_graph(graph):
            return self._refuse(f"The graph {graph} exists already")
        return Changes(created={graph})

    def _clear(self) -> Changes:
        (name,) = self.operation.graphs
        is_drop = self.operation.kind == "drop"
        if name in ("default", "all", "named"):
            is_named = name == "named" or (name == "all" and self.job.is_union)
            removed = set() if is_named else self._triples(self._default())
            graphs = [] if name == "default" else list(self.state.named_graphs())
        else:
            graphs = self._resolved()
            if not self.state.contains_named_graph(graphs[0]):
                return self._refuse(f"The graph {graphs[0]} does not exist")
            removed = set()
        for graph in graphs:
            removed |= self._triples(graph)
        return Changes(removed=removed, dropped=set(graphs) if is_drop else set())

    def _transfer(self) -> Changes:
        """ADD, MOVE and COPY: sections 3.2.3 to 3.2.5."""
        source, target = self._resolved()
        if not isinstance(source, ox.DefaultGraph) and not self.state.contains_named_graph(source):
            return self._refuse(f"The graph {source} does not exist")
        if source == target:
            return Changes()
        kept = self._triples(source)
        changes = Changes(added={ox.Quad(q.subject, q.predicate, q.object, target) for q in kept})
        if self.operation.kind != "add":
            changes.removed = self._triples(target) - changes.added
        if not isinstance(target, ox.DefaultGraph):
            changes.created = {target}
        if self.operation.kind == "move":
            changes.removed |= kept
            changes.dropped = set() if isinstance(source, ox.DefaultGraph) else {source}
        return changes

    def _refuse(self, reason: str) -> Changes:
        if self.operation.is_silent:
            return Changes()
        raise GraphStateError(f"{reason}; SILENT would let it pass")

    def _triples(self, graph: Any) -> Quads:
        return set(self.state.quads_for_pattern(None, None, None, graph))

    def _default(self) -> Any:
        return ox.NamedNode(self.job.target) if self.job.target else _DEFAULT

    def _resolved(self) -> list[Any]:
        """Return the graphs that the operation names, in order."""
        return [
            self._default() if graph == "default" else ox.NamedNode(*self._resolve((graph,)))
            for graph in self.operation.graphs
        ]

    def _resolve(self, graphs: Iterable[str]) -> list[str]:
        """Return the IRIs of graphs as written; the engine resolves them."""
        resolved: list[str] = []
        for graph in graphs:
            scratch = ox.Store()
            scratch.update(f"{self.operation.prologue}CREATE GRAPH {graph}", base_iri=self.job.base)
            resolved += [name.value for name in scratch.named_graphs() if isinstance(name, ox.NamedNode)]
        return resolved

    def _targeted(self, scratch: ox.Store) -> Quads:
        """Return the quads of a scratch store; the target takes the place of the default graph."""
        if self.job.target is None:
            return set(scratch)
        graph = ox.NamedNode(self.job.target)
        return {_in_graph(q, graph) if isinstance(q.graph_name, ox.DefaultGraph) else q for q in scratch}


def read_documents(documents: Iterable[tuple[bytes, str, str]], graph: str | None) -> Quads:
    """Return the quads of RDF documents in one graph; the blank nodes of each are its own.

    Args:
        documents: data, exact media type and base of each.
        graph: the graph they go to, None for the default graph.

    Raises:
        SyntaxError: one is not what its media type says; the message has the position.
    """
    name = _DEFAULT if graph is None else ox.NamedNode(graph)
    quads: Quads = set()
    for data, media_type, base in documents:
        rdf_format = RDF_FORMAT_BY_TYPE[media_type]
        parsed = ox.parse(data, format=rdf_format, base_iri=base, without_named_graphs=True, rename_blank_nodes=True)
        quads.update(_in_graph(quad, name) for quad in parsed)
    return quads


def evaluate_graph_write(
    graph: str | None, action: str, documents: Iterable[tuple[bytes, str, str]], state: ox.Store
) -> Changes:
    """Return what a write of the Graph Store Protocol changes: https://www.w3.org/TR/sparql11-http-rdf-update/.

    Raises:
        SyntaxError: a document cannot be read.
    """
    name = _DEFAULT if graph is None else ox.NamedNode(graph)
    stored = set(state.quads_for_pattern(None, None, None, name))
    changes = Changes(added=read_documents(documents, graph))
    if action != "merge":
        changes.removed = stored
    if graph is not None:
        changes.created, changes.dropped = (set(), {name}) if action == "remove" else ({name}, set())
    return changes.against(state)


def _in_graph(quad: Any, graph: Any) -> Any:
    return ox.Quad(quad.subject, quad.predicate, quad.object, graph)
