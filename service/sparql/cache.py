"""Results of the present state of the store, kept in memory up to a bound; the next state empties it."""

from collections import OrderedDict
from collections.abc import Hashable

from service.sparql.asgi import Whole

_LARGEST_SHARE = 4
"""A result that takes more than this part of the bound is not kept."""
_OVERHEAD_BYTES = 1000


class ResultCache:
    """Least recently used goes first. Keys say all that a response depends on, except the state of the store."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[Hashable, Whole] = OrderedDict()
        self._version = ""
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0

    def find(self, key: Hashable, version: str) -> Whole | None:
        """Return the response kept for a key in this state of the store."""
        if version != self._version:
            self._entries.clear()
            self._version, self.size_bytes = version, 0
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return found

    @property
    def largest_bytes(self) -> int:
        """The largest body that is kept."""
        return self._limit_bytes // _LARGEST_SHARE - _OVERHEAD_BYTES

    def keep(self, key: Hashable, version: str, response: Whole) -> None:
        """Keep a response that was worked out in a state of the store; one of a former state is forgotten at once."""
        size = len(response.body) + _OVERHEAD_BYTES
        if version != self._version or len(response.body) > self.largest_bytes or key in self._entries:
            return
        self._entries[key] = response
        self.size_bytes += size
        while self.size_bytes > self._limit_bytes:
            _, dropped = self._entries.popitem(last=False)
            self.size_bytes -= len(dropped.body) + _OVERHEAD_BYTES
