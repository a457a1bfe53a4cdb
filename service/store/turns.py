"""Turns: at most so many pieces of work at a time, and where some wait, the client that used least goes first."""

import asyncio
import math
from dataclasses import dataclass

from service import errors
from service.store.shares import Shares


@dataclass(slots=True)
class _Waiter:
    client: str
    turn: "asyncio.Future[float]"


class Turns:
    """Turns of clients; for one event loop. Clients are names as in `Shares`."""

    def __init__(self, most: int, *, queue_length: int, queue_s: float, client_share_s: float) -> None:
        """Start with all turns free.

        Args:
            most: turns at a time; one client has at most one less, where there are shares and more than one turn.
            queue_length: how many may wait.
            queue_s: how long they may wait.
            client_share_s: as in `PoolSettings`; 0 for no shares.
        """
        self._free = most
        self._most_of_one = max(1, most - 1) if client_share_s else most
        self._queue_length = queue_length
        self._queue_s = queue_s
        self._share_s = client_share_s
        self._shares = Shares(client_share_s)
        self._waiters: list[_Waiter] = []

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiters)

    async def take(self, client: str) -> float:
        """Wait for a turn; return the moment it began, for `give_back`.

        Raises:
            ShareExceededError: the client has used up its share, and others wait.
            PoolBusyError: too many wait, or it takes too long.
        """
        if self._free and self._shares.running(client) < self._most_of_one:
            self._free -= 1
            return self._shares.begin(client)
        if self._shares.is_over(client) and any(waiter.client != client for waiter in self._waiters):
            raise self._share_exceeded(client)
        if len(self._waiters) >= self._queue_length:
            self._make_room(client)
        waiter = _Waiter(client, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._queue_s):
                return await waiter.turn
        except BaseException as exc:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.give_back(client, waiter.turn.result())
            if isinstance(exc, TimeoutError):
                raise self.busy() from None
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def give_back(self, client: str, began: float) -> None:
        """End a turn, and give it to one of those who wait."""
        self._shares.end(client, began)
        self._free += 1
        while self._free:
            allowed = [w for w in self._waiters if self._shares.running(w.client) < self._most_of_one]
            if not allowed:
                return
            waiter = min(allowed, key=lambda w: self._shares.used_s(w.client))
            self._waiters.remove(waiter)
            if not waiter.turn.done():
                self._free -= 1
                waiter.turn.set_result(self._shares.begin(waiter.client))

    def busy(self) -> errors.PoolBusyError:
        """Return the error that says that too many wait."""
        retry_s = max(1, math.ceil(self._queue_s))
        return errors.PoolBusyError(
            "Too many queries are on their way to the store behind this endpoint; try again later.",
            headers={"Retry-After": str(retry_s)},
        )

    def _make_room(self, client: str) -> None:
        """Send away the last who waits of the client that used most, unless that is the one who comes."""
        hungriest = self._shares.hungriest([*(waiter.client for waiter in self._waiters), client])
        if not client or hungriest == client or not self._share_s:
            raise self.busy()
        victim = next(waiter for waiter in reversed(self._waiters) if waiter.client == hungriest)
        self._waiters.remove(victim)
        victim.turn.set_exception(self._share_exceeded(hungriest))

    def _share_exceeded(self, client: str) -> errors.ShareExceededError:
        retry_s = max(1, math.ceil(self._shares.wait_s(client)))
        return errors.ShareExceededError(
            f"Your queries took more than {self._share_s:g} s of the time of the store behind this endpoint, and "
            f"others wait; try again in {retry_s} s.",
            headers={"Retry-After": str(retry_s)},
        )
