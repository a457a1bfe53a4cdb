"""Share the readers fairly among clients: by the time their queries take, not by their number.

Each client has a bucket of reader time that leaks one second a second. As long as readers are idle nobody is refused;
where queries wait, the client that used least goes first, and one whose bucket is full is told to come back later.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_MOST_CLIENTS = 10_000
"""Above this, clients whose buckets have run empty are forgotten."""


@dataclass(slots=True)
class _Bucket:
    used_s: float = 0.0
    at: float = 0.0
    running: list[float] = field(default_factory=list)


class Shares:
    """What each client has used; clients are names, the empty one is nobody and has no bucket."""

    def __init__(self, capacity_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with empty buckets.

        Args:
            capacity_s: seconds of reader time that a bucket holds; 0 for no buckets at all.
            clock: seconds, never going back.
        """
        self._capacity_s = capacity_s
        self._clock = clock
        self._bucket_by_client: dict[str, _Bucket] = {}

    def used_s(self, client: str) -> float:
        """Return the seconds in a client's bucket, those of its running queries included."""
        bucket = self._bucket_by_client.get(client)
        if bucket is None:
            return 0.0
        now = self._clock()
        return max(0.0, bucket.used_s - (now - bucket.at)) + sum(now - start for start in bucket.running)

    def running(self, client: str) -> int:
        """Return how many queries of a client are running; none of nobody's."""
        bucket = self._bucket_by_client.get(client)
        return len(bucket.running) if bucket else 0

    def begin(self, client: str) -> float:
        """Note that a query begins; return the moment, for `end`."""
        now = self._clock()
        if client and self._capacity_s:
            if len(self._bucket_by_client) >= _MOST_CLIENTS:
                self._forget()
            self._bucket_by_client.setdefault(client, _Bucket(at=now)).running.append(now)
        return now

    def end(self, client: str, began: float) -> None:
        """Note that a query has ended; its time goes into the bucket."""
        bucket = self._bucket_by_client.get(client)
        if bucket is None or began not in bucket.running:
            return
        now = self._clock()
        bucket.running.remove(began)
        bucket.used_s, bucket.at = max(0.0, bucket.used_s - (now - bucket.at)) + now - began, now

    def is_over(self, client: str) -> bool:
        """Tell whether a client's bucket is full."""
        return bool(self._capacity_s) and self.used_s(client) > self._capacity_s

    def wait_s(self, client: str) -> float:
        """Return the seconds until a client's bucket is no longer full, were nothing of it running."""
        return max(0.0, self.used_s(client) - self._capacity_s)

    def hungriest(self, clients: Iterable[str]) -> str:
        """Return the client of these, at least one, that has used most; the last one among equals."""
        return max(reversed(list(clients)), key=self.used_s)

    def _forget(self) -> None:
        for client in [c for c, b in self._bucket_by_client.items() if not b.running and not self.used_s(c)]:
            del self._bucket_by_client[client]
