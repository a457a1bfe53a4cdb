"""A reader process as the service sees it: jobs go in one after the other, results come out in that order."""

import asyncio
import json
import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import Any, cast

from service import errors
from service.store import frames
from service.store.protocol import SPOOL_BYTES, Held, Walls

_START_S = 20.0
_GLANCE_S = 0.02
"""After so long the jobs behind one that is running are taken back, to be done by others."""
_BRISK_S = 0.005
"""A reader whose jobs take less on average is given the next one before it is done with the present one."""
_MEMORY = 0.2
"""How much the last job counts in that average."""


class ReaderDiedError(Exception):
    """The process is gone, and nobody ended it."""


@dataclass(slots=True)
class Result(Held):
    """What a reader sends: kind, media type and encoding, or what a write changes besides triples; and its bytes."""

    head: list[str]
    changes: dict[str, Any]


@dataclass(slots=True, eq=False)
class Job:
    """Frames for a reader, the limits of what comes back, and who waits for it; nobody any more where `turn` is done.

    Attributes:
        data: the frames.
        snapshot: the data it is about.
        timeout_s: how long it may run, from its start to the end of its result.
        limit_bytes: how long its result may be.
        client: whose share it is counted to.
        is_query: whether it may be done twice.
        result: what it gives.
        reader: who does it; None while it waits.
        alarm: what ends its waiting or running.
    """

    data: bytes
    snapshot: Path
    timeout_s: float
    limit_bytes: int
    client: str
    is_query: bool
    result: "asyncio.Future[Result]"
    reader: "Reader | None" = None
    alarm: asyncio.TimerHandle | None = None


class Reader(asyncio.Protocol):
    """One reader process.

    A job that must be stopped takes the process with it. `on_free` is called when a job is done, `on_unfit` with the
    jobs not begun when the process can no longer be used, `on_return` with jobs that others should do.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        on_free: "Callable[[Reader], None]",
        on_unfit: "Callable[[Reader, list[Job]], None]",
        on_return: "Callable[[list[Job]], None]",
    ) -> None:
        self._process = process
        self._on_free, self._on_unfit, self._on_return = on_free, on_unfit, on_return
        self._transport: asyncio.WriteTransport | None = None
        self._splitter = frames.Splitter()
        self._hello: asyncio.Future[Walls] = asyncio.get_running_loop().create_future()
        self._jobs: deque[Job | None] = deque()
        self._began = 0.0
        self._mean_s = 1.0
        self._result = Result(0, b"", [], {})
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

    @property
    def snapshots(self) -> set[Path]:
        """The snapshots that it has open, or will open for its jobs."""
        return {job.snapshot for job in self._jobs if job} | ({self.snapshot} if self.snapshot else set())

    @property
    def depth(self) -> int:
        """How many jobs it has."""
        return len(self._jobs)

    @property
    def is_brisk(self) -> bool:
        """Tell whether its last jobs were short, and the present one still is."""
        return self._mean_s < _BRISK_S and monotonic() - self._began < _BRISK_S

    async def greet(self) -> None:
        """Wait until the process is ready.

        Raises:
            ReaderDiedError, TimeoutError: it does not start.
        """
        async with asyncio.timeout(_START_S):
            await self._hello

    def submit(self, job: Job) -> None:
        """Have a job done, after those it has."""
        job.reader = self
        self._jobs.append(job)
        if self._transport is None or self._transport.is_closing():
            self._break(ReaderDiedError())
            return
        if len(self._jobs) == 1:
            self._begin(job)
        self._transport.write(job.data)

    def abandon(self, job: Job) -> None:
        """Give up a job that nobody waits for any more."""
        if self._jobs and self._jobs[0] is job:
            self._break(None)
        elif job in self._jobs:
            self._jobs[self._jobs.index(job)] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the channel."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for this reader."""
        if not self._hello.done():
            self._hello.set_exception(ReaderDiedError())
            self._hello.exception()  # it may be that nobody waits
        if self.is_fit:
            self._break(ReaderDiedError())

    def data_received(self, data: bytes) -> None:
        """Collect the frames of results."""
        for kind, payload in self._splitter.feed(data):
            if kind == frames.DATA:
                self._collect(payload)
            elif kind == frames.KIND:
                self._result.head = payload.decode().split(" ")
            elif kind == frames.CHANGES:
                self._result.changes = json.loads(payload)
            elif kind == frames.HELLO:
                self._hello.set_result(Walls(**json.loads(payload)))
            elif self._jobs:
                self._finish(json.loads(payload) if kind == frames.FAILURE else None)

    def _begin(self, job: Job | None) -> None:
        """Note that a job has begun, which nobody may wait for."""
        self._began = monotonic()
        self._result = Result(0, b"", [], {})
        loop = asyncio.get_running_loop()
        if job is None:
            loop.call_later(_GLANCE_S, self._drop_unwanted, self._began)
            return
        self.snapshot = job.snapshot
        job.alarm = loop.call_later(min(_GLANCE_S, job.timeout_s), self._glance, job)

    def _glance(self, job: Job) -> None:
        """See that nobody waits behind a job that is not short; end it at its deadline."""
        left_s = job.timeout_s - (monotonic() - self._began)
        if left_s <= 0:
            self._break(_too_late(job))
            return
        job.alarm = asyncio.get_running_loop().call_later(left_s, self._glance, job)
        behind = [other for other in list(self._jobs)[1:] if other is not None]
        if behind:
            self._jobs = deque([job, *(None for _ in range(len(self._jobs) - 1))])
            self._on_return(behind)

    def _drop_unwanted(self, began: float) -> None:
        """End the process where a job that others do takes its time."""
        if self.is_fit and self._began == began and self._jobs and self._jobs[0] is None:
            self._break(None)

    def _collect(self, payload: bytes) -> None:
        job, result = (self._jobs[0] if self._jobs else None), self._result
        if job is None:
            return
        result.length += len(payload)
        if not result.body:
            result.body = payload
            return
        if isinstance(result.body, bytes):
            begun, result.body = result.body, SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
            result.body.write(begun)
        result.body.write(payload)

    def _finish(self, failure: dict[str, Any] | None) -> None:
        job, result, self._result = self._jobs.popleft(), self._result, Result(0, b"", [], {})
        now = monotonic()
        self._mean_s += _MEMORY * (min(now - self._began, 10 * _BRISK_S) - self._mean_s)
        if job is not None:
            if job.alarm is not None:
                job.alarm.cancel()
            if not isinstance(result.body, bytes):
                result.body.seek(0)
            if job.result.done():
                result.close()
            elif now - self._began > job.timeout_s:
                result.close()
                job.result.set_exception(_too_late(job))
            elif failure is None:
                job.result.set_result(result)
            else:
                result.close()
                job.result.set_exception(_read_failure(failure, job.limit_bytes))
        if self._jobs:
            self._begin(self._jobs[0])
        self._on_free(self)

    def _break(self, failure: Exception | None) -> None:
        """Take the process out of use; the job that it is at fails, those behind go elsewhere."""
        if not self.is_fit:
            return
        self.is_fit = False
        self._result.close()
        jobs = [job for job in self._jobs if job is not None]
        running = self._jobs[0] if self._jobs else None
        self._jobs.clear()
        for job in jobs:
            if job.alarm is not None:
                job.alarm.cancel()
        if running is not None:
            jobs.remove(running)
            if failure is not None and not running.result.done():
                running.result.set_exception(failure)
        self._on_unfit(self, jobs)

    async def end(self) -> None:
        """End the process at once and wait until it is gone."""
        self.is_fit = False
        for job in self._jobs:
            if job is not None and not job.result.done():
                job.result.set_exception(ReaderDiedError())
        self._process.kill()
        if self._transport is not None:
            self._transport.abort()
        await asyncio.to_thread(self._process.wait)


def _too_late(job: Job) -> errors.DeadlineExceededError:
    message = f"The query ran longer than {job.timeout_s:g} s and was stopped; make it more selective."
    return errors.DeadlineExceededError(message, limit_s=job.timeout_s)


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
