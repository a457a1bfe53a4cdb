"""Answer queries that call other endpoints: SPARQL 1.1 Federated Query, https://www.w3.org/TR/sparql11-federated-query/.

Besides the store's own backend nobody else is sent requests, and only endpoints that the operator allows are. Readers
cannot; so each call is made here, and its result takes its place in the query as VALUES, which by the algebra is the
same: SERVICE is evaluated on its own and joined (section 4). A call within EXISTS, too, is evaluated once.
"""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool

from graph_builder.vocab import BASE
from service import errors, formats
from service.sparql.calls import Call, query_of, scope_query_of, with_blocks, without_calls
from service.sparql.guard import refuse_unwanted
from service.store.deadline import Deadline
from service.store.protocol import Answer, Query, Store
from service.store.remote_exchange import Backend, Reply, Transport
from service.store.serialization import to_engine
from service.store.terms import Term, iri, literal

MOST_ROWS = 50_000
MOST_BYTES = 8 << 20
"""The most that a call may bring back, in JSON; more is an error, never a part."""
GENID = BASE + ".well-known/genid/"
"""Blank nodes of other endpoints become IRIs below this one: RDF 1.1 Concepts, section 3.5."""
_MOST_AT_ONCE = 8
_MOST_OF_A_CLIENT = 4
_GRACE_S = 0.2
"""So much later than the query a call gives up, so that it is the query of which the deadline is reported."""
_BACKEND = re.compile("the store behind this endpoint", re.IGNORECASE)
_CUT_OFF = "x-sparql-maxrows"
_PARTIAL = "x-sql-state"
"""How Virtuoso says that it stopped at its row limit, or early; it sends 200 all the same."""
ResultT = TypeVar("ResultT")


class Federation:
    """Answers queries with calls: asks the other endpoints, and then the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._slots_by_client: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._reading = threading.Lock()

    async def answer(self, query: Query, calls: Sequence[Call]) -> Answer:
        """Answer a query within its limits; the calls, made at the same time, count towards its deadline.

        Args:
            query: its text has the calls in it; SILENT ones that fail count as one solution without bindings.
            calls: in order, all of them allowed.

        Raises:
            ServiceError: CallFailed for a call that is not SILENT; ResultTooLarge and DeadlineExceeded also for one
                that is; else as `Store.query`.
        """
        deadline = time.monotonic() + query.timeout_s
        try:
            async with asyncio.timeout(query.timeout_s):
                blocks = await self._call_all(query, calls, deadline)
            text = with_blocks(query.text, calls, blocks)
            await run_in_threadpool(refuse_unwanted, text)
            left_s = max(deadline - time.monotonic(), 0.01)
            try:
                return await self._store.query(replace(query, text=text, timeout_s=left_s))
            except errors.MalformedQueryError:
                await self._blame(query, calls)
                raise
        except (TimeoutError, errors.DeadlineExceededError) as exc:
            message = f"The query and the endpoints that it calls took longer than {query.timeout_s:g} s."
            raise errors.DeadlineExceededError(message, limit_s=query.timeout_s) from exc

    async def _call_all(self, query: Query, calls: Sequence[Call], deadline: float) -> list[str]:
        """Return the blocks that take the places of the calls; the first failure ends the others."""
        tasks = [asyncio.ensure_future(self._call(query, call, deadline)) for call in calls]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _call(self, query: Query, call: Call, deadline: float) -> str:
        names = await self._find_variables(query, call, deadline)
        text = query_of(query.text, call, BASE)

        def work() -> str:
            limit_s = max(deadline - time.monotonic(), 0.0) + _GRACE_S
            body, row_limit = _ask(call.endpoint, text, limit_s)
            with self._reading:  # what is read takes many times its bytes
                return to_block(_parse(body, row_limit, call.endpoint), names, call.endpoint)

        try:
            return await self._in_thread(work, query.client)
        except errors.CallFailedError:
            if not call.is_silent:
                raise
            return f"VALUES ({_variables(names)}) {{ ({' '.join('UNDEF' for _ in names)}) }}"

    async def _find_variables(self, query: Query, call: Call, deadline: float) -> list[str]:
        """Return the variables in scope in the group of a call, which our engine reads before anything is sent.

        Raises:
            MalformedQueryError: it cannot, with the place in the query.
        """
        asked = replace(
            query,
            text=scope_query_of(query.text, call),
            bindings_type=formats.JSON,
            graph_type=None,
            default_graphs=(),
            named_graphs=(),
            timeout_s=max(deadline - time.monotonic(), 0.01),
            gzip=False,
        )
        answer = await self._store.query(asked)
        names: list[str] = json.loads(answer.read())["head"]["vars"]
        return names

    async def _blame(self, query: Query, calls: Sequence[Call]) -> None:
        """Say what is wrong with a query of which the filled-in text is malformed, at its place in the query as sent.

        Raises:
            MalformedQueryError: the query was malformed already.
            CallFailedError: it was not.
        """
        answer = await self._store.query(replace(query, text=without_calls(query.text, calls)))
        answer.close()
        endpoints = ", ".join(f"<{call.endpoint}>" for call in calls)
        raise errors.CallFailedError(f"What came from {endpoints} cannot be used here.", endpoint=calls[0].endpoint)

    async def _in_thread(self, work: Callable[[], ResultT], client: str) -> ResultT:
        """Run what blocks in a thread that nobody waits for at the end; no more than some at once, fewer of a client.

        A place is taken until the thread ends, also where the client has gone.
        """
        own = self._slots_by_client.setdefault(client, asyncio.Semaphore(_MOST_OF_A_CLIENT))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ResultT] = loop.create_future()

        def settle(result: ResultT | None, error: BaseException | None) -> None:
            self._slots.release()
            own.release()
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as exc:
                error = exc
            with suppress(RuntimeError):  # the service has ended
                loop.call_soon_threadsafe(settle, result, error)

        await own.acquire()
        try:
            await self._slots.acquire()
        except BaseException:
            own.release()
            raise
        threading.Thread(target=run, name="call", daemon=True).start()
        return await future


def to_block(document: Any, names: Sequence[str], endpoint: str) -> str:
    """Return the VALUES block of a result in JSON: https://www.w3.org/TR/sparql11-results-json/.

    A blank node becomes an IRI that is new for each call; in one result, the same node has the same IRI.

    Args:
        document: the parsed result.
        names: the variables that it may have, and that the block gets, in order.
        endpoint: named in errors.

    Raises:
        CallFailedError: it is no such result, or has variables or terms that VALUES cannot have.
        ResultTooLargeError: it has too many rows.
    """
    try:
        rows = document["results"]["bindings"]
        unknown = {name for row in rows for name in row}.union(document["head"]["vars"]) - set(names)
        if unknown:
            raise ValueError(f"variables that were not asked for: {', '.join(sorted(unknown))[:100]}")
        if len(rows) > MOST_ROWS:
            raise errors.ResultTooLargeError(
                f"<{endpoint}> gives more than {MOST_ROWS:,} solutions; ask it for less, for instance with LIMIT in a "
                "subquery within SERVICE.",
                limit_rows=MOST_ROWS,
            )
        nodes = _Nodes()
        written = (" ".join(nodes.write(row[name]) if name in row else "UNDEF" for name in names) for row in rows)
        return f"VALUES ({_variables(names)}) {{ {' '.join(f'({row})' for row in written)} }}"
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        message = f"<{endpoint}> sent no result that can be used ({type(exc).__name__}: {str(exc)[:200]})."
        raise errors.CallFailedError(message, endpoint=endpoint) from exc


class _Nodes:
    """Terms of one result, and the IRIs of its blank nodes."""

    def __init__(self) -> None:
        self._mark = token_hex(8)
        self._iri_by_label: dict[str, str] = {}

    def write(self, binding: dict[str, str]) -> str:
        """Return a term as it is written in SPARQL; the engine checks that it is one.

        Raises:
            ValueError, TypeError, KeyError: it is not.
        """
        return str(to_engine(self._read(binding)))

    def _read(self, binding: dict[str, str]) -> Term:
        match binding["type"]:
            case "uri":
                return iri(binding["value"])
            case "bnode":
                number = len(self._iri_by_label)
                return iri(self._iri_by_label.setdefault(binding["value"], f"{GENID}{self._mark}-{number}"))
            case "literal" | "typed-literal" if "its:dir" not in binding:
                return literal(
                    binding["value"], language=binding.get("xml:lang", ""), datatype=binding.get("datatype", "")
                )
            case kind:
                raise ValueError(f"a term of type {str(kind)[:40]!r}")


def _variables(names: Sequence[str]) -> str:
    return " ".join(f"?{name}" for name in names)


def _ask(endpoint: str, query: str, limit_s: float) -> tuple[bytes, int | None]:
    """Send a query to another endpoint and return its result, and the rows at which that may be cut off.

    Called in a thread. No redirects, no proxies of the environment.

    Raises:
        CallFailedError: there is no whole result in JSON.
        ResultTooLargeError: it is too long.
    """
    try:
        with (
            Deadline(limit_s) as deadline,
            Transport(Backend(endpoint)).query(query, (), formats.JSON, deadline) as reply,
        ):
            if reply.media_type not in (formats.JSON, "application/json"):
                raise _failed(endpoint, f"it sends {reply.media_type or 'nothing'} in the place of {formats.JSON}")
            if state := reply.header(_PARTIAL):
                raise _failed(endpoint, f"it sends a part of the result, {_PARTIAL}: {state}")
            limit = reply.header(_CUT_OFF)
            return _read_whole(reply, endpoint), int(limit) if limit.isdecimal() else None
    except (errors.CallFailedError, errors.ResultTooLargeError):
        raise
    except errors.ServiceError as exc:
        raise _failed(endpoint, _BACKEND.sub("it", exc.detail).rstrip(".")) from exc
    except (ValueError, OverflowError) as exc:  # an address that is none for the system
        raise _failed(endpoint, str(exc)) from exc


def _failed(endpoint: str, why: str) -> errors.CallFailedError:
    message = f"<{endpoint}> gave no result ({why[:300]}); with SERVICE SILENT the query goes on without it."
    return errors.CallFailedError(message, endpoint=endpoint)


def _read_whole(reply: Reply, endpoint: str) -> bytes:
    body = bytearray()
    while part := reply.read():
        body += part
        if len(body) > MOST_BYTES:
            raise errors.ResultTooLargeError(
                f"<{endpoint}> sends more than {MOST_BYTES:,} bytes; ask it for less, for instance with LIMIT in a "
                "subquery within SERVICE.",
                limit_bytes=MOST_BYTES,
            )
    return bytes(body)


def _parse(body: bytes, row_limit: int | None, endpoint: str) -> Any:
    """Return a result in JSON, parsed.

    Raises:
        CallFailedError: it is not JSON, or is cut off.
    """
    try:
        document = json.loads(body)
        is_cut = row_limit is not None and len(document["results"]["bindings"]) >= row_limit
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise _failed(endpoint, f"what it sends is no result in JSON, {type(exc).__name__}: {exc}") from exc
    if is_cut:
        raise _failed(endpoint, f"its result stops at {row_limit} rows, where that endpoint cuts results off")
    return document
