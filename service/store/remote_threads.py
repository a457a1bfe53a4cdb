"""Work that blocks until a remote engine has answered: a few pieces at a time in threads, each until its deadline."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from service import errors
from service.store.deadline import Deadline
from service.store.protocol import Answer
from service.store.turns import Turns

ResultT = TypeVar("ResultT")

_GRACE_S = 1.0
"""What cannot be cut, such as the resolution of a name, is waited for so long after the deadline."""


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """How the engine is used: requests at a time, how many may wait how long, and limits of queries of our own.

    `client_share_s` is as in `PoolSettings`.
    """

    workers: int = 3
    queue_length: int = 64
    queue_s: float = 10.0
    client_share_s: float = 60.0
    timeout_s: float = 30.0
    limit_bytes: int = 64 << 20


class RemoteThreads:
    """Threads for what clients ask, and turns for the threads of those who ask for us; each has as many."""

    def __init__(self, settings: RemoteSettings) -> None:
        self._settings = settings
        self._turns = Turns(
            settings.workers,
            queue_length=settings.queue_length,
            queue_s=settings.queue_s,
            client_share_s=settings.client_share_s,
        )
        self._threads: ThreadPoolExecutor | None = None
        self._own_turns = threading.BoundedSemaphore(settings.workers)
        self._deadlines: set[Deadline] = set()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a thread."""
        return self._turns.waiting

    def start(self) -> None:
        """Make ready."""
        self._threads = ThreadPoolExecutor(self._settings.workers, thread_name_prefix="backend")

    def close(self) -> None:
        """Cut what is going on."""
        with self._lock:
            running = list(self._deadlines)
        for deadline in running:
            deadline.cut()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[[Deadline], ResultT], limit_s: float, client: str) -> ResultT:
        """Do work in a thread until its deadline, or until nobody waits for it.

        Raises:
            ServiceError: the deadline has passed; too many wait; what the work raises.
        """
        if self._threads is None:
            raise errors.InternalError("The store has not been started.")
        began = await self._turns.take(client)
        loop = asyncio.get_running_loop()
        deadline = Deadline(limit_s)
        job = self._threads.submit(self._work, work, deadline)
        job.add_done_callback(lambda _: _call_soon(loop, lambda: self._turns.give_back(client, began)))
        try:
            async with asyncio.timeout(limit_s + _GRACE_S):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            job.add_done_callback(_discard)
            raise deadline.exceeded() from None
        except asyncio.CancelledError:
            job.add_done_callback(_discard)
            deadline.cut()
            raise

    @contextlib.contextmanager
    def own_turn(self) -> Iterator[Deadline]:
        """Wait, in a thread of the caller's, for the turn of a query of our own, and give it a deadline.

        Raises:
            PoolBusyError: it takes too long.
        """
        if not self._own_turns.acquire(timeout=self._settings.queue_s):
            raise self._turns.busy()
        try:
            with self.timed(self._settings.timeout_s) as deadline:
                yield deadline
        finally:
            self._own_turns.release()

    @contextlib.contextmanager
    def timed(self, limit_s: float) -> Iterator[Deadline]:
        """Give what happens in a thread of the caller's a deadline, without waiting for a turn."""
        deadline = Deadline(limit_s)
        with self._registered(deadline):
            yield deadline

    def _work(self, work: Callable[[Deadline], ResultT], deadline: Deadline) -> ResultT:
        with self._registered(deadline):
            return work(deadline)

    @contextlib.contextmanager
    def _registered(self, deadline: Deadline) -> Iterator[None]:
        """Let `close` cut it while it runs."""
        with self._lock:
            self._deadlines.add(deadline)
        try:
            with deadline:
                yield
        finally:
            with self._lock:
                self._deadlines.discard(deadline)


def _discard(job: "Future[Any]") -> None:
    """Close an answer that came too late."""
    if not job.cancelled() and job.exception() is None and isinstance(job.result(), Answer):
        job.result().close()


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(function)
