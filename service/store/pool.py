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
from typing import Any, cast

from service import errors
from service.store import frames
from service.store.protocol import Answer, Delta, GraphWrite, Query, Update
from service.store.reader_process import Job, Reader, ReaderDiedError, Result
from service.store.shares import Shares

logger = logging.getLogger(__name__)

_START_S = 20.0
_RETRY_S = 1.0
_DEEPEST = 4
"""So many short jobs may a reader have at a time: it need not wait for the next one, and wakes up less often."""
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


class ReaderPool:
    """Readers behind one door; start it inside the event loop that uses it."""

    def __init__(self, settings: PoolSettings, *, base: str, prefixes: Mapping[str, str]) -> None:
        self._settings = settings
        self._base = base
        self._prefixes = json.dumps(dict(prefixes))
        self._shares = Shares(settings.client_share_s)
        self._most_running = max(1, settings.workers - 1) if settings.client_share_s else settings.workers
        self._idle: list[Reader] = []
        self._busy: dict[Reader, tuple[str, float]] = {}
        self._waiting: list[Job] = []
        self._readers: set[Reader] = set()
        self._starting: set[Reader] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare: asyncio.Task[Reader] | None = None
        self._is_closing = False
        self._environment: dict[str, str] = {}
        self.ended = {"deadline": 0, "memory": 0, "gone": 0}

    @property
    def readers(self) -> frozenset[Reader]:
        """The readers that are at work, idle or standing by."""
        return frozenset(self._readers)

    @property
    def waiting(self) -> int:
        """How many queries wait for a reader."""
        return len(self._waiting)

    async def start(self) -> None:
        """Start the readers and the spare one.

        Raises:
            StoreError: a reader does not start.
        """
        self._is_closing = False
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
        self._is_closing = True
        pending = [*self._tasks, *([self._spare] if self._spare else [])]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await asyncio.gather(*(reader.end() for reader in self._readers | self._starting))
        self._readers.clear()
        self._starting.clear()

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
        result = await self._run(_make_job(frames.encode_job(payload), snapshot, query, query.limit_bytes))
        kind, media_type, encoding = result.head
        return Answer(result.length, result.body, cast("Any", kind), media_type, encoding)

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
            result = await self._run(_make_job(data, snapshot, write))
        except errors.MalformedQueryError as exc:
            if isinstance(write, Update):
                raise
            raise errors.MalformedBodyError(exc.detail, headers=None, **exc.extensions) from exc
        quads, changes = await asyncio.to_thread(result.read), result.changes
        removed = changes["removed_bytes"]
        return Delta(quads[:removed], quads[removed:], tuple(changes["created"]), tuple(changes["dropped"]))

    async def _run(self, job: Job) -> Result:
        """Have a job done; a job that is given up takes no reader's time any more."""
        reader = self._find_reader(job)
        if reader is None:
            self._enqueue(job)
        else:
            self._assign(reader, job)
        try:
            return await job.result
        except errors.DeadlineExceededError:
            self.ended["deadline"] += 1
            raise
        except asyncio.CancelledError:
            self._abandon(job)
            raise
        except ReaderDiedError:
            self.ended["memory"] += 1
            limit_mb = self._settings.memory_bytes >> 20
            raise errors.ResourcesExhaustedError(
                f"The query ended its process: it needs more than {limit_mb} MiB of memory, or nests too deep.",
                limit_mb=limit_mb,
            ) from None

    def _find_reader(self, job: Job) -> Reader | None:
        """Return a reader that takes a job now: an idle one, or one that is busy with short ones of the same client."""
        if self._idle and self._shares.running(job.client) < self._most_running:
            return self._idle.pop()
        if self._waiting or not job.is_query:
            return None
        brisk = [r for r, (client, _) in self._busy.items() if client == job.client and self._takes_more(r)]
        return min(brisk, key=lambda reader: reader.depth, default=None)

    def _takes_more(self, reader: Reader) -> bool:
        return 0 < reader.depth < _DEEPEST and reader.is_brisk

    def _assign(self, reader: Reader, job: Job) -> None:
        if job.alarm is not None:
            job.alarm.cancel()
            job.alarm = None
        if reader not in self._busy:
            self._busy[reader] = (job.client, self._shares.begin(job.client))
        reader.submit(job)

    def _enqueue(self, job: Job) -> None:
        """Let a job wait for a reader; where too many wait, the client that used most gives way.

        Raises:
            ShareExceededError: the client has used up its share, and others wait.
            PoolBusyError: too many wait.
        """
        if self._shares.is_over(job.client) and any(other.client != job.client for other in self._waiting):
            raise self._share_exceeded(job.client)
        if len(self._waiting) >= self._settings.queue_length:
            self._make_room(job.client)
        self._let_wait(len(self._waiting), job)

    def _let_wait(self, place: int, job: Job) -> None:
        job.reader = None
        job.alarm = asyncio.get_running_loop().call_later(self._settings.queue_s, self._send_away, job)
        self._waiting.insert(place, job)

    def _send_away(self, job: Job) -> None:
        """Tell a query that has waited for too long to come again."""
        if job in self._waiting:
            self._waiting.remove(job)
        if not job.result.done():
            job.result.set_exception(self._busy_error())

    def _abandon(self, job: Job) -> None:
        """Forget a job that nobody waits for any more."""
        if job in self._waiting:
            self._waiting.remove(job)
            if job.alarm is not None:
                job.alarm.cancel()
        elif job.reader is not None:
            self.ended["gone"] += 1
            job.reader.abandon(job)

    def _make_room(self, client: str) -> None:
        """Send away the last waiting query of the client that used most, unless that is the one who comes."""
        hungriest = self._shares.hungriest([*(job.client for job in self._waiting), client]) if client else client
        if hungriest == client or not self._settings.client_share_s:
            raise self._busy_error()
        victim = next(job for job in reversed(self._waiting) if job.client == hungriest)
        self._waiting.remove(victim)
        if victim.alarm is not None:
            victim.alarm.cancel()
        victim.result.set_exception(self._share_exceeded(hungriest))

    def _share_exceeded(self, client: str) -> errors.ShareExceededError:
        retry_s = max(1, math.ceil(self._shares.wait_s(client)))
        return errors.ShareExceededError(
            f"Your queries took more than {self._settings.client_share_s:g} s of the readers' time, and others wait; "
            f"try again in {retry_s} s.",
            headers={"Retry-After": str(retry_s)},
        )

    def _busy_error(self) -> errors.PoolBusyError:
        retry_s = max(1, math.ceil(self._settings.queue_s))
        return errors.PoolBusyError(
            "All readers are at work and others wait; try again later.", headers={"Retry-After": str(retry_s)}
        )

    def _note_free(self, reader: Reader) -> None:
        """A reader is done with a job: give it more, or let it go to whoever waits."""
        if reader.depth == 0:
            self._let_go(reader)
            self._idle.append(reader)
            self._serve_waiting()
            return
        client = self._busy[reader][0]
        while self._waiting and self._takes_more(reader) and all(job.client == client for job in self._waiting):
            if not self._waiting[0].is_query:
                return
            self._assign(reader, self._waiting.pop(0))

    def _note_unfit(self, reader: Reader, behind: list[Job]) -> None:
        """A reader can no longer be used: replace it, and have others do the jobs that it had not begun."""
        self._let_go(reader)
        if self._is_closing:
            return
        task = asyncio.create_task(self._replace(reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._take_back(behind)

    def _take_back(self, jobs: list[Job]) -> None:
        """Let jobs wait that stood behind one that is not short; they go first."""
        for place, job in enumerate(jobs):
            self._let_wait(place, job)
        self._serve_waiting()

    def _let_go(self, reader: Reader) -> None:
        if reader in self._busy:
            self._shares.end(*self._busy.pop(reader))

    def _serve_waiting(self) -> None:
        """Give idle readers to those who wait: least used first."""
        while self._idle and self._waiting:
            allowed = [job for job in self._waiting if self._shares.running(job.client) < self._most_running]
            if not allowed:
                return
            is_one_client = all(job.client == allowed[0].client for job in allowed)
            job = allowed[0] if is_one_client else min(allowed, key=lambda job: self._shares.used_s(job.client))
            self._waiting.remove(job)
            self._assign(self._idle.pop(), job)

    async def _replace(self, reader: Reader) -> None:
        """End a reader, put the spare one in its place, and start another spare one."""
        ending = asyncio.create_task(reader.end())
        spare, self._spare = self._spare, asyncio.create_task(self._spawn_surely())
        self._idle.append(await (spare or self._spawn_surely()))
        self._serve_waiting()
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
        reader = Reader(process, on_free=self._note_free, on_unfit=self._note_unfit, on_return=self._take_back)
        self._starting.add(reader)
        try:
            ours.setblocking(False)
            await asyncio.get_running_loop().create_unix_connection(lambda: reader, sock=ours)
            await reader.greet()
        except BaseException:
            await asyncio.shield(reader.end())
            ours.close()
            self._starting.discard(reader)
            raise
        self._starting.discard(reader)
        self._readers.add(reader)
        return reader


def _describe_environment() -> dict[str, str]:
    """Return the environment of a reader; jemalloc, where it is installed, makes the engine a fifth faster."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {"PYTHONPATH": _PACKAGES}
    if sys.platform == "linux" and (jemalloc := ctypes.util.find_library("jemalloc")):
        environment.setdefault("LD_PRELOAD", jemalloc)
    return environment


def _make_job(data: bytes, snapshot: Path, asked: Query | Update | GraphWrite, limit_bytes: int = 0) -> Job:
    result = asyncio.get_running_loop().create_future()
    is_query = isinstance(asked, Query)
    return Job(data, snapshot, asked.timeout_s, limit_bytes, asked.client, is_query, result)
