"""What a remote engine is asked, one request after the other: queries with whole results, and writes.

All of it blocks, and runs in a thread until its deadline.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service import errors
from service.store import remote_results as results
from service.store.deadline import Deadline
from service.store.protocol import Answer, GraphWrite, Query, Update
from service.store.remote_exchange import Backend, Fields, Reply, Transport
from service.store.remote_graph_write import name_graph, write_operations
from service.store.remote_text import (
    GRAPH_FORMS,
    PreparedQuery,
    head_of_update,
    leave_loads_out,
    prepare_query,
    refuse_extensions,
)
from service.store.terms import Row

_CEILINGS_S = 300.0
_CEILINGS = """SELECT (bif:virtuoso_ini_item_value('SPARQL', 'ResultSetMaxRows') AS ?rows)
(bif:virtuoso_ini_item_value('SPARQL', 'MaxConstructTriples') AS ?triples) WHERE {}"""
_UNKNOWN_CEILING = 1000
"""A larger graph from a Virtuoso that hides its limits is not trusted."""
_SMALL_BYTES = 1 << 16
_UPDATE_BYTES = 1 << 20
"""More than any engine says of an update."""
_DATASET_PARAMETERS = frozenset({"default-graph-uri", "named-graph-uri", "union-default-graph"})
_NO_GRAPH = "urn:x-aigov:no-graph"


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Where a Virtuoso cuts graphs off without an error: `sizes` of such graphs, None where it does not tell."""

    is_virtuoso: bool = False
    sizes: frozenset[int] | None = frozenset()

    def check(self, given: int) -> None:
        """Refuse a graph that ends where the engine cuts graphs off.

        Raises:
            BackendTruncatedError: it has so many triples.
        """
        if given in self.sizes if self.sizes is not None else given >= _UNKNOWN_CEILING:
            raise errors.BackendTruncatedError(
                f"The store behind this endpoint sent {given:,} triples, and more may be missing: that is where it "
                "cuts a graph off, or it does not say where it does. Ask for less, or ask the operator to raise the "
                "limit.",
                limit_rows=given,
            )


class RemoteEngine:
    """One engine; may be used from several threads."""

    def __init__(self, backend: Backend, parameters: Fields, *, base: str, prefixes: Mapping[str, str]) -> None:
        self._transport = Transport(backend)
        self._parameters = tuple(parameters)
        self._base = base
        self._prefixes = prefixes
        self._ceilings: tuple[float, Ceilings] | None = None

    def answer(self, query: Query, prepared: PreparedQuery, media_type: str, deadline: Deadline) -> Answer:
        """Pass a client's query on and keep its whole result in this form; see `Store.query`."""
        ceilings = self._learn_ceilings(deadline)
        if ceilings.is_virtuoso:
            refuse_extensions(query.text)
        fields = self._choose_dataset(query.default_graphs, query.named_graphs, is_virtuoso=ceilings.is_virtuoso)
        output = results.Output(query.limit_bytes, gzip=query.gzip)
        try:
            if prepared.form in GRAPH_FORMS:
                with self._send(prepared, fields, results.GRAPH_ACCEPT, deadline) as reply:
                    ceilings.check(results.write_graph(reply, media_type, output, self._prefixes))
                return output.finish("graph", media_type)
            if prepared.form == "ask":
                with self._send(prepared, fields, results.RESULTS_ACCEPT, deadline) as reply:
                    results.write_truth(results.read_truth(reply), media_type, output)
                return output.finish("boolean", media_type)
            with self._send(prepared, fields, results.RESULTS_ACCEPT, deadline) as reply:
                results.write_solutions(reply, media_type, output)
            self._check_number(reply, prepared, fields, deadline)
            return output.finish("solutions", media_type)
        except BaseException:
            output.body.close()
            raise

    def select(self, text: str, limit_bytes: int, deadline: Deadline) -> list[Row]:
        """Return all solutions of a SELECT of our own."""
        prepared = prepare_query(text, self._base)
        with self._send(prepared, self._parameters, results.RESULTS_ACCEPT, deadline) as reply:
            rows = results.read_rows(reply, limit_bytes)
        self._check_number(reply, prepared, self._parameters, deadline)
        return rows

    def ask(self, text: str, deadline: Deadline) -> bool:
        """Return the answer of an ASK of our own."""
        prepared = prepare_query(text, self._base)
        with self._send(prepared, self._parameters, results.RESULTS_ACCEPT, deadline) as reply:
            return results.read_truth(reply)

    def has_graph(self, graph: str | None, deadline: Deadline) -> bool:
        """Tell whether a graph is stored, be it empty where the engine knows empty graphs; the default graph always is.

        Raises:
            MalformedRequestError: it is no IRI.
        """
        name = name_graph(graph)
        if name is None:
            return True
        pattern = f"{{ GRAPH {name} {{ ?s ?p ?o }} }}"
        if not self._learn_ceilings(deadline).is_virtuoso:  # to which every graph is there, even this one
            pattern += f" UNION {{ GRAPH {name} {{}} FILTER NOT EXISTS {{ GRAPH <{_NO_GRAPH}> {{}} }} }}"
        return self.ask(f"ASK {{ {pattern} }}", deadline)

    def update(self, update: Update, deadline: Deadline) -> None:
        """Pass an update on as one request; see `Store.update`."""
        if self._learn_ceilings(deadline).is_virtuoso:
            refuse_extensions(update.text)
        fields = [("using-graph-uri", graph) for graph in update.using_graphs]
        fields += [("using-named-graph-uri", graph) for graph in update.using_named_graphs]
        self._send_update(leave_loads_out(update.text), fields, deadline)

    def write(self, write: GraphWrite, deadline: Deadline) -> bool:
        """Write a graph by one update request; return whether it was there.

        Raises:
            ServiceError: as `Store.write_graph`.
        """
        operations = write_operations(write)
        existed = self.has_graph(write.graph, deadline)
        if write.action == "remove" and not existed:
            raise errors.ResourceNotFoundError(f"There is no graph <{write.graph}>.")
        if operations:
            self._send_update(" ;\n".join(operations), (), deadline)
        return existed

    @contextlib.contextmanager
    def _send(self, prepared: PreparedQuery, fields: Fields, accept: str, deadline: Deadline) -> Iterator[Reply]:
        """Send a query; positions in the engine's complaints are made those of the client's text.

        Raises:
            BackendTruncatedError: Virtuoso ran out of its time and sent what it had, with status 200.
        """
        try:
            with self._transport.query(prepared.text, fields, accept, deadline) as reply:
                if reply.header("X-SQL-State"):
                    raise errors.BackendTruncatedError(
                        "The store behind this endpoint ran out of its time and sent a part of the result; make the "
                        "query more selective."
                    )
                yield reply
        except errors.MalformedQueryError as error:
            raise _shift_position(error, prepared.shift) from error

    def _check_number(self, reply: Reply, prepared: PreparedQuery, fields: Fields, deadline: Deadline) -> None:
        """Have the rows counted, after an answer of exactly as many as a Virtuoso ever sends; it says so in a header.

        Raises:
            BackendTruncatedError: there are more, or they cannot be counted.
        """
        most = reply.header("X-SPARQL-MaxRows")
        if not most.isdecimal():
            return
        counted = None
        complaints = (errors.MalformedQueryError, errors.BackendFailedError, LookupError, ValueError)
        with (
            contextlib.suppress(*complaints),
            self._transport.query(prepared.counting, fields, results.RESULTS_ACCEPT, deadline) as count,
        ):
            counted = int(results.read_rows(count, _SMALL_BYTES)[0]["rows"].value)
        if counted is None or counted > int(most):
            has = f"{counted:,} rows" if counted else f"{int(most):,} rows or more"
            raise errors.BackendTruncatedError(
                f"The result has {has}, and the store behind this endpoint sends {int(most):,} at most; ask for less, "
                "for instance with LIMIT and OFFSET.",
                limit_rows=int(most),
            )

    def _send_update(self, text: str, fields: Fields, deadline: Deadline) -> None:
        head = head_of_update(text, self._base)
        try:
            with self._transport.update(head + text, fields, deadline) as reply:
                reply.read_all(_UPDATE_BYTES)
        except errors.MalformedQueryError as error:
            raise _shift_position(error, len(head)) from error
        except errors.DeadlineExceededError as error:
            raise errors.DeadlineExceededError(
                f"The store behind this endpoint did not confirm the update within {deadline.limit_s:g} s; look "
                "whether it has been applied.",
                limit_s=deadline.limit_s,
            ) from error

    def _learn_ceilings(self, deadline: Deadline) -> Ceilings:
        """Ask whether this is a Virtuoso, and where it cuts answers off, every few minutes.

        Its CONSTRUCT ends one triple after ResultSetMaxRows and says nothing (7.2.5; later versions have
        MaxConstructTriples and an error). Other engines do not know the function, and say so.
        """
        if self._ceilings is None or time.monotonic() - self._ceilings[0] > _CEILINGS_S:
            self._ceilings = (time.monotonic(), self._ask_ceilings(deadline))
        return self._ceilings[1]

    def _ask_ceilings(self, deadline: Deadline) -> Ceilings:
        is_virtuoso = False
        try:
            with self._transport.query(_CEILINGS, (), results.RESULTS_ACCEPT, deadline) as reply:
                is_virtuoso = reply.header("Server").startswith("Virtuoso")
                row = results.read_rows(reply, _SMALL_BYTES)[0]
        except (errors.MalformedQueryError, errors.BackendFailedError, LookupError):
            return Ceilings(is_virtuoso, None if is_virtuoso else frozenset())
        given = [int(term.value) for term in row.values() if term.value.isdecimal() and int(term.value)]
        return Ceilings(bool(row) or is_virtuoso, frozenset(n + extra for n in given for extra in (0, 1)))

    def _choose_dataset(
        self, default: tuple[str, ...] | None, named: tuple[str, ...] | None, *, is_virtuoso: bool
    ) -> Fields:
        """Return the parameters of a query; the operator's that choose a data set give way to the query's own.

        Virtuoso takes a data set without named graphs for one with all of them; it gets one that is empty.
        """
        if default is None and named is None:
            return self._parameters
        fields = [field for field in self._parameters if field[0] not in _DATASET_PARAMETERS]
        fields += [("default-graph-uri", graph) for graph in default or ()]
        fields += [("named-graph-uri", graph) for graph in named or ((_NO_GRAPH,) if is_virtuoso else ())]
        return fields


def _shift_position(error: errors.MalformedQueryError, shift: int) -> errors.MalformedQueryError:
    """Return the error with its position in the text before our BASE was put in front of its first line."""
    line, column = error.extensions.get("line"), error.extensions.get("column")
    if not isinstance(line, int) or not isinstance(column, int):
        return error
    column = max(1, column - shift) if line == 1 else column
    return errors.MalformedQueryError(f"Line {line}, column {column}: {error.detail}", line=line, column=column)
