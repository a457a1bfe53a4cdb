"""The readers: so many processes that answer, one that stands by, and a deadline that ends the one that is late."""

import asyncio
import contextlib
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
from typing import Any

from service import errors
from service.store import frames
from service.store.protocol import SPOOL_BYTES, Answer, Query, Walls

logger = logging.getLogger(__name__)

_START_S = 20.0
_RETRY_S = 1.0
_PACKAGES = str(Path(__file__).resolve().parents[2])
_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
"""Environment variables a reader may see; secrets of the service are not among them."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many readers, what each may use, and how many queries may wait how long for one."""

    workers: int = 3
    memory_bytes: int = 2 << 30
    queue_length: int = 64
    queue_s: float = 10.0


class ReaderDiedError(Exception):
    """The process is gone, and nobody ended it."""


class Reader:
    """One reader process as the service sees it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        walls: Walls,
    ) -> None:
        self._process = process
        self._incoming, self._outgoing = stream
        self.walls = walls
        self.snapshot: Path | None = None
        self.is_fit = True

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def answer(self, query: Query, snapshot: Path, base: str) -> Answer:
        """Have a query evaluated and keep its whole result; the reader is fit for the next one only if this returns.

        Raises:
            ReaderDiedError: the process ended by itself.
            ServiceError: as `Store.query`, without the deadline.
        """
        self.is_fit = False
        self.snapshot = snapshot
        body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 -- closed by Answer
        try:
            self._outgoing.write(frames.encode_json(frames.JOB, _describe_job(query, snapshot, base)))
            await self._outgoing.drain()
            head, length = await self._collect(body, query.limit_bytes)
            body.seek(0)
            return Answer(head["kind"], head["media_type"], length, body)
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            body.close()
            raise ReaderDiedError from exc
        except BaseException:
            body.close()
            raise

    async def _collect(self, body: SpooledTemporaryFile[bytes], limit_bytes: int) -> tuple[dict[str, Any], int]:
        head: dict[str, Any] = {}
        length = 0
        while True:
            kind, payload = await frames.receive_async(self._incoming)
            if kind == frames.DATA:
                length += len(payload)
                if length > limit_bytes:
                    raise errors.ResultTooLargeError(
                        f"The result is larger than {limit_bytes:,} bytes; ask for less, for instance with LIMIT.",
                        limit_bytes=limit_bytes,
                    )
                body.write(payload)
            elif kind == frames.KIND:
                head = json.loads(payload)
            elif kind == frames.END:
                self.is_fit = True
                return head, length
            else:
                self.is_fit = True
                raise _read_failure(json.loads(payload))

    async def end(self) -> None:
        """End the process at once and wait until it is gone."""
        self.is_fit = False
        self._process.kill()
        self._outgoing.close()
        with contextlib.suppress(ConnectionError):
            await self._outgoing.wait_closed()
        await asyncio.to_thread(self._process.wait)


class ReaderPool:
    """Readers behind one door; start it inside the event loop that uses it."""

    def __init__(self, settings: PoolSettings, *, base: str, prefixes: Mapping[str, str]) -> None:
        self._settings = settings
        self._base = base
        self._prefixes = json.dumps(dict(prefixes))
        self._idle: asyncio.Queue[Reader] = asyncio.Queue()
        self._readers: set[Reader] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare: asyncio.Task[Reader] | None = None
        self._waiting = 0
        self.ended = {"deadline": 0, "memory": 0, "client-gone": 0, "result-too-large": 0}
        """How many readers were ended, by reason, since the start."""

    @property
    def readers(self) -> frozenset[Reader]:
        """The readers that are at work, idle or standing by."""
        return frozenset(self._readers)

    @property
    def waiting(self) -> int:
        """How many queries wait for a reader."""
        return self._waiting

    async def start(self) -> None:
        """Start the readers and the spare one.

        Raises:
            StoreError: a reader does not start.
        """
        try:
            for reader in await asyncio.gather(*(self._spawn() for _ in range(self._settings.workers))):
                self._idle.put_nowait(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as exc:
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
        reader = await self._take()
        try:
            async with asyncio.timeout(query.timeout_s):
                return await reader.answer(query, snapshot, self._base)
        except TimeoutError:
            self.ended["deadline"] += 1
            raise errors.DeadlineExceededError(
                f"The query ran longer than {query.timeout_s:g} s and was stopped; make it more selective.",
                limit_s=query.timeout_s,
            ) from None
        except ReaderDiedError:
            self.ended["memory"] += 1
            limit_mb = self._settings.memory_bytes >> 20
            raise errors.ResourcesExhaustedError(
                f"The query ended its process: it needs more than {limit_mb} MiB of memory, or nests too deep.",
                limit_mb=limit_mb,
            ) from None
        except errors.ResultTooLargeError:
            self.ended["result-too-large"] += 1
            raise
        except asyncio.CancelledError:
            self.ended["client-gone"] += 1
            raise
        finally:
            self._give_back(reader)

    async def _take(self) -> Reader:
        if self._idle.empty() and self._waiting >= self._settings.queue_length:
            raise self._busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._settings.queue_s):
                return await self._idle.get()
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._waiting -= 1

    def _busy(self) -> errors.PoolBusyError:
        retry_s = max(1, math.ceil(self._settings.queue_s))
        return errors.PoolBusyError(
            "All readers are at work and others wait; try again later.", headers={"Retry-After": str(retry_s)}
        )

    def _give_back(self, reader: Reader) -> None:
        if reader.is_fit:
            self._idle.put_nowait(reader)
            return
        task = asyncio.create_task(self._replace(reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, reader: Reader) -> None:
        """End a reader, put the spare one in its place, and start another spare one."""
        ending = asyncio.create_task(reader.end())
        spare, self._spare = self._spare, asyncio.create_task(self._spawn_surely())
        self._idle.put_nowait(await (spare or self._spawn_surely()))
        await ending
        self._readers.discard(reader)

    async def _spawn_surely(self) -> Reader:
        while True:
            try:
                return await self._spawn()
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                logger.exception("a reader does not start; trying again")
                await asyncio.sleep(_RETRY_S)

    async def _spawn(self) -> Reader:
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(self._settings.memory_bytes), self._prefixes]
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.store.reader", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**environment, "PYTHONPATH": _PACKAGES},
                start_new_session=True,
            )
        outgoing: asyncio.StreamWriter | None = None
        try:
            incoming, outgoing = await asyncio.open_unix_connection(sock=ours, limit=frames.CHUNK_BYTES * 4)
            async with asyncio.timeout(_START_S):
                _, hello = await frames.receive_async(incoming)
            reader = Reader(process, (incoming, outgoing), Walls(**json.loads(hello)))
        except BaseException:
            process.kill()
            process.wait()
            if outgoing is not None:
                outgoing.transport.abort()
                await asyncio.sleep(0)  # the transport closes in the next turn of the loop
            ours.close()
            raise
        self._readers.add(reader)
        return reader


def _describe_job(query: Query, snapshot: Path, base: str) -> dict[str, Any]:
    return {
        "text": query.text,
        "base": base,
        "snapshot": str(snapshot),
        "timeout_s": query.timeout_s,
        "bindings_type": query.bindings_type,
        "graph_type": query.graph_type,
        "default_graphs": query.default_graphs,
        "named_graphs": query.named_graphs,
    }


def _read_failure(failure: dict[str, Any]) -> errors.ServiceError:
    """Return the error that a reader reports."""
    message = str(failure.get("message", ""))
    match failure["error"]:
        case "syntax":
            position = {key: failure[key] for key in ("line", "column") if key in failure}
            place = f"Line {failure['line']}, column {failure['column']}: " if position else ""
            return errors.MalformedQueryError(place + _shorten_expectations(message), **position)
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
