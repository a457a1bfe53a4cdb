"""The readers: so many processes that answer, one that stands by, and a deadline that ends the one that is late."""

import asyncio
import ctypes.util
import json
import logging
import math
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from service import errors
from service.store import frames
from service.store.protocol import SPOOL_BYTES, Answer, Delta, GraphWrite, Query, Update, Walls
from service.store.shares import Shares

logger = logging.getLogger(__name__)

_START_S = 20.0
_RETRY_S = 1.0
_DELTA_BYTES = 1 << 30
_PACKAGES = str(Path(__file__).resolve().parents[2])
_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
"""Environment variables a reader may see; secrets of the service are not among them."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many readers, what each may use, how many queries may wait how long for one, and a client's share of them."""

    workers: int = 3
    memory_bytes: int = 2 << 30
    queue_length: int = 64
    queue_s: float = 10.0
    client_share_s: float = 0.0


class ReaderDiedError(Exception):
    """The process is gone, and nobody ended it."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Frames for a reader, and the limits of what comes back."""

    data: bytes
    timeout_s: float
    limit_bytes: int
    client: str


@dataclass(slots=True)
class _Result:
    """What a reader sends: what it is, and its bytes, in memory as long as they are few."""

    head: list[str]
    changes: dict[str, Any]
    length: int
    body: bytes | SpooledTemporaryFile[bytes]

    def read(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        with self.body:
            return self.body.read()


class Reader(asyncio.Protocol):
    """One reader process as the service sees it; one job at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._transport: asyncio.WriteTransport | None = None
        self._splitter = frames.Splitter()
        self._hello: asyncio.Future[Walls] = asyncio.get_running_loop().create_future()
        self._waiting: asyncio.Future[_Result] | None = None
        self._result = _Result([], {}, 0, b"")
        self._limit_bytes = 0
        self.snapshot: Path | None = None
        self.is_fit = True

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def walls(self) -> Walls:
        """What holds it back, once it has started."""
        return self._hello.result()

    async def greet(self) -> None:
        """Wait until the process is ready.

        Raises:
            ReaderDiedError, TimeoutError: it does not start.
        """
        async with asyncio.timeout(_START_S):
            await self._hello

    def run(self, job: _Job, snapshot: Path) -> "asyncio.Future[_Result]":
        """Have a job done; the reader is fit for the next one only if the future has a result or a ServiceError.

        The future fails with ReaderDiedError where the process ends by itself.
        """
        self.is_fit = False
        self.snapshot = snapshot
        self._result, self._limit_bytes = _Result([], {}, 0, b""), job.limit_bytes
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            self._waiting.set_exception(ReaderDiedError())
        else:
            self._transport.write(job.data)
        return self._waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the channel."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for this reader."""
        for waiting in (self._hello, self._waiting):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ReaderDiedError())

    def data_received(self, data: bytes) -> None:
        """Collect the frames of a result."""
        for kind, payload in self._splitter.feed(data):
            if kind == frames.DATA:
                self._collect(payload)
            elif kind == frames.KIND:
                self._result.head = payload.decode().split(" ")
            elif kind == frames.CHANGES:
                self._result.changes = json.loads(payload)
            elif kind == frames.HELLO:
                self._hello.set_result(Walls(**json.loads(payload)))
            else:
                failure = None if kind == frames.END else _read_failure(json.loads(payload), self._limit_bytes)
                self._finish(failure)

    def _collect(self, payload: bytes) -> None:
        result, waiting = self._result, self._waiting
        if waiting is None or waiting.done():
            return
        result.length += len(payload)
        if result.length > self._limit_bytes:
            waiting.set_exception(_too_large(self._limit_bytes))
        elif not result.body:
            result.body = payload
        else:
            if isinstance(result.body, bytes):
                begun, result.body = result.body, SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
                result.body.write(begun)
            result.body.write(payload)

    def _finish(self, failure: errors.ServiceError | None) -> None:
        waiting, result = self._waiting, self._result
        if waiting is None or waiting.done():
            return
        self.is_fit = True
        if not isinstance(result.body, bytes):
            result.body.seek(0)
        if failure is None:
            waiting.set_result(result)
        else:
            waiting.set_exception(failure)

    async def end(self) -> None:
        """End the process at once and wait until it is gone."""
        self.is_fit = False
        self._process.kill()
        if self._transport is not None:
            self._transport.abort()
        await asyncio.to_thread(self._process.wait)


@dataclass(slots=True)
class _Waiter:
    """A query that waits for a reader."""

    client: str
    turn: "asyncio.Future[Reader]"


class ReaderPool:
    """Readers behind one door; start it inside the event loop that uses it."""

    def __init__(self, settings: PoolSettings, *, base: str, prefixes: Mapping[str, str]) -> None:
        self._settings = settings
        self._base = base
        self._prefixes = json.dumps(dict(prefixes))
        self._shares = Shares(settings.client_share_s)
        self._most_running = max(1, settings.workers - 1) if settings.client_share_s else settings.workers
        self._idle: list[Reader] = []
        self._waiters: list[_Waiter] = []
        self._readers: set[Reader] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare: asyncio.Task[Reader] | None = None
        self._environment: dict[str, str] = {}
        self.ended = {"deadline": 0, "memory": 0, "gone": 0}

    @property
    def readers(self) -> frozenset[Reader]:
        """The readers that are at work, idle or standing by."""
        return frozenset(self._readers)

    @property
    def waiting(self) -> int:
        """How many queries wait for a reader."""
        return len(self._waiters)

    async def start(self) -> None:
        """Start the readers and the spare one.

        Raises:
            StoreError: a reader does not start.
        """
        self._environment = await asyncio.to_thread(_describe_environment)
        try:
            self._idle += await asyncio.gather(*(self._spawn() for _ in range(self._settings.workers)))
        except (OSError, TimeoutError, ReaderDiedError) as exc:
            await self.close()
            raise errors.StoreError(
                "reader process", "does not start", f"try `{sys.executable} -m service.store.reader` to see why"
            ) from exc
        self._spare = asyncio.create_task(self._spawn_surely())

    async def close(self) -> None:
        """End every reader."""
        pending = [*self._tasks, *([self._spare] if self._spare else [])]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await asyncio.gather(*(reader.end() for reader in self._readers))
        self._readers.clear()

    async def answer(self, query: Query, snapshot: Path) -> Answer:
        """Answer a query by the first free reader; a reader that is late, or whose client has gone, is ended."""
        payload = {
            "kind": "query",
            "text": query.text,
            "base": self._base,
            "snapshot": str(snapshot),
            "timeout_s": query.timeout_s,
            "bindings_type": query.bindings_type,
            "graph_type": query.graph_type,
            "default_graphs": query.default_graphs,
            "named_graphs": query.named_graphs,
            "limit_bytes": query.limit_bytes,
            "gzip": query.gzip,
        }
        job = _Job(frames.encode_job(payload), query.timeout_s, query.limit_bytes, query.client)
        result = await self._run(job, snapshot)
        kind, media_type, encoding = result.head
        return Answer(cast("Any", kind), media_type, encoding, result.length, result.body)

    async def work_out(self, write: Update | GraphWrite, snapshot: Path, copy: Path | None, *, is_union: bool) -> Delta:
        """Return what a write changes; the limits are those of a query.

        Args:
            write: what the client sent.
            snapshot: the present state.
            copy: a copy of it that the reader may write, for an update of several operations.
            is_union: whether the default graph is the union of the others.
        """
        payload: dict[str, Any] = {"base": self._base, "snapshot": str(snapshot), "timeout_s": write.timeout_s}
        documents: tuple[bytes, ...] = ()
        if isinstance(write, Update):
            payload |= {
                "kind": "update",
                "text": write.text,
                "using_graphs": write.using_graphs,
                "using_named_graphs": write.using_named_graphs,
                "target": write.target,
                "is_union": is_union,
                "copy": str(copy),
            }
        else:
            documents = tuple(frames.encode(frames.DATA, document.data) for document in write.documents)
            types = [(document.media_type, document.base) for document in write.documents]
            payload |= {"kind": "graph-write", "graph": write.graph, "action": write.action, "documents": types}
        data = frames.encode_job(payload) + b"".join(documents)
        try:
            result = await self._run(_Job(data, write.timeout_s, _DELTA_BYTES, write.client), snapshot)
        except errors.MalformedQueryError as exc:
            if isinstance(write, Update):
                raise
            raise errors.MalformedBodyError(exc.detail, headers=None, **exc.extensions) from exc
        quads, changes = await asyncio.to_thread(result.read), result.changes
        removed = changes["removed_bytes"]
        return Delta(quads[:removed], quads[removed:], tuple(changes["created"]), tuple(changes["dropped"]))

    async def _run(self, job: _Job, snapshot: Path) -> _Result:
        reader = self._take(job.client) or await self._wait(job.client)
        began = self._shares.begin(job.client)
        running = reader.run(job, snapshot)
        alarm = asyncio.get_running_loop().call_later(job.timeout_s, _expire, running, job.timeout_s)
        try:
            return await running
        except errors.DeadlineExceededError:
            self.ended["deadline"] += 1
            raise
        except asyncio.CancelledError:
            self.ended["gone"] += 1
            raise
        except ReaderDiedError:
            self.ended["memory"] += 1
            limit_mb = self._settings.memory_bytes >> 20
            raise errors.ResourcesExhaustedError(
                f"The query ended its process: it needs more than {limit_mb} MiB of memory, or nests too deep.",
                limit_mb=limit_mb,
            ) from None
        finally:
            alarm.cancel()
            self._shares.end(job.client, began)
            self._give_back(reader)

    def _take(self, client: str) -> Reader | None:
        """Return an idle reader where the client may have one now."""
        if self._idle and self._shares.running(client) < self._most_running:
            return self._idle.pop()
        return None

    async def _wait(self, client: str) -> Reader:
        """Wait for a reader; where too many wait, the client that used most gives way.

        Raises:
            ShareExceededError: the client has used up its share, and others wait.
            PoolBusyError: too many wait, or it takes too long.
        """
        if self._shares.is_over(client) and any(waiter.client != client for waiter in self._waiters):
            raise self._share_exceeded(client)
        if len(self._waiters) >= self._settings.queue_length:
            self._make_room(client)
        loop = asyncio.get_running_loop()
        waiter = _Waiter(client, loop.create_future())
        self._waiters.append(waiter)
        alarm = loop.call_later(self._settings.queue_s, self._send_away, waiter)
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._give_back(waiter.turn.result())
            raise
        finally:
            alarm.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _send_away(self, waiter: _Waiter) -> None:
        """Tell a query that has waited for too long to come again."""
        if not waiter.turn.done():
            waiter.turn.set_exception(self._busy())

    def _make_room(self, client: str) -> None:
        """Send away the last waiting query of the client that used most, unless that is the one who comes."""
        hungriest = self._shares.hungriest([*(waiter.client for waiter in self._waiters), client]) if client else client
        if hungriest == client or not self._settings.client_share_s:
            raise self._busy()
        victim = next(waiter for waiter in reversed(self._waiters) if waiter.client == hungriest)
        self._waiters.remove(victim)
        victim.turn.set_exception(self._share_exceeded(hungriest))

    def _share_exceeded(self, client: str) -> errors.ShareExceededError:
        retry_s = max(1, math.ceil(self._shares.wait_s(client)))
        return errors.ShareExceededError(
            f"Your queries took more than {self._settings.client_share_s:g} s of the readers' time, and others wait; "
            f"try again in {retry_s} s.",
            headers={"Retry-After": str(retry_s)},
        )

    def _busy(self) -> errors.PoolBusyError:
        retry_s = max(1, math.ceil(self._settings.queue_s))
        return errors.PoolBusyError(
            "All readers are at work and others wait; try again later.", headers={"Retry-After": str(retry_s)}
        )

    def _give_back(self, reader: Reader) -> None:
        if reader.is_fit:
            self._hand_on(reader)
            return
        task = asyncio.create_task(self._replace(reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hand_on(self, reader: Reader) -> None:
        """Give a free reader, and any idle ones, to those who wait: least used first."""
        self._idle.append(reader)
        while self._idle and self._waiters:
            allowed = [w for w in self._waiters if self._shares.running(w.client) < self._most_running]
            if not allowed:
                return
            is_one_client = all(waiter.client == allowed[0].client for waiter in allowed)
            waiter = allowed[0] if is_one_client else min(allowed, key=lambda w: self._shares.used_s(w.client))
            self._waiters.remove(waiter)
            if not waiter.turn.done():
                waiter.turn.set_result(self._idle.pop())

    async def _replace(self, reader: Reader) -> None:
        """End a reader, put the spare one in its place, and start another spare one."""
        ending = asyncio.create_task(reader.end())
        spare, self._spare = self._spare, asyncio.create_task(self._spawn_surely())
        self._hand_on(await (spare or self._spawn_surely()))
        await ending
        self._readers.discard(reader)

    async def _spawn_surely(self) -> Reader:
        while True:
            try:
                return await self._spawn()
            except (OSError, TimeoutError, ReaderDiedError):
                logger.exception("a reader does not start; trying again")
                await asyncio.sleep(_RETRY_S)

    async def _spawn(self) -> Reader:
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(self._settings.memory_bytes), self._prefixes]
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.store.reader", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=self._environment,
                start_new_session=True,
            )
        reader = Reader(process)
        try:
            ours.setblocking(False)
            await asyncio.get_running_loop().create_unix_connection(lambda: reader, sock=ours)
            await reader.greet()
        except BaseException:
            await asyncio.shield(reader.end())
            ours.close()
            raise
        self._readers.add(reader)
        return reader


def _describe_environment() -> dict[str, str]:
    """Return the environment of a reader; jemalloc, where it is installed, makes the engine a fifth faster."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {"PYTHONPATH": _PACKAGES}
    if sys.platform == "linux" and (jemalloc := ctypes.util.find_library("jemalloc")):
        environment.setdefault("LD_PRELOAD", jemalloc)
    return environment


def _expire(running: "asyncio.Future[_Result]", limit_s: float) -> None:
    if not running.done():
        message = f"The query ran longer than {limit_s:g} s and was stopped; make it more selective."
        running.set_exception(errors.DeadlineExceededError(message, limit_s=limit_s))


def _too_large(limit_bytes: int) -> errors.ResultTooLargeError:
    message = f"The result is larger than {limit_bytes:,} bytes; ask for less, for instance with LIMIT."
    return errors.ResultTooLargeError(message, limit_bytes=limit_bytes)


def _read_failure(failure: dict[str, Any], limit_bytes: int) -> errors.ServiceError:
    """Return the error that a reader reports."""
    message = str(failure.get("message", ""))
    match failure["error"]:
        case "syntax":
            position = {key: failure[key] for key in ("line", "column") if key in failure}
            place = f"Line {failure['line']}, column {failure['column']}: " if position else ""
            return errors.MalformedQueryError(place + _shorten_expectations(message), **position)
        case "too-large":
            return _too_large(limit_bytes)
        case "protocol":
            return errors.MalformedRequestError(message + ".")
        case "graph-state":
            return errors.GraphStateError(message + ".")
        case "evaluation":
            return errors.QueryFailedError(message)
        case "not-acceptable":
            what = "RDF" if failure["kind"] == "graph" else "results"
            return errors.NotAcceptableError(
                f"The query gives {what}, and none of the accepted media types can carry that."
            )
        case _:
            return errors.InternalError("The engine could not read its data.")


def _shorten_expectations(message: str) -> str:
    """Leave character classes out of a parser's message; a full sentence in it says all."""
    expected = message.removeprefix("expected one of ").removeprefix("expected ")
    if expected == message:
        return message
    tokens = [token.strip() for token in expected.replace("\n", " ").split(", ")]
    sentence = next((token for token in tokens if token.startswith(("The ", "A ", "An ")) and " " in token), None)
    words = [token for token in tokens if not token.startswith("[") and "'\\u" not in token and "|" not in token]
    return sentence or ("expected " + ("one of " if len(words) > 1 else "") + ", ".join(words) if words else message)
