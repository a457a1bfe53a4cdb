"""Snapshots: unchanging copies of the data for the readers, one a state, kept as long as anybody needs them."""

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path


class Snapshots:
    """The snapshots of a store. A snapshot is made when a query first asks for a state that has none."""

    def __init__(
        self,
        folder: Path,
        lock: threading.RLock,
        *,
        sequence: Callable[[], int],
        take: Callable[[Path], None],
        opened: Callable[[], set[Path]],
    ) -> None:
        """Begin without any.

        Args:
            folder: where they lie; each is a folder or a file there, named by the number of its state.
            lock: held while one is taken; nothing is written meanwhile.
            sequence: returns the number of the present state, which grows with each write.
            take: writes the present state to a path.
            opened: returns the snapshots that readers have open.
        """
        self.folder = folder
        self._lock = lock
        self._sequence, self._take, self._opened = sequence, take, opened
        self._newest: tuple[int, Path] | None = None
        self._superseded: set[Path] = set()
        self._pins: Counter[Path] = Counter()
        self._pin_lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many lie there."""
        return len(self._superseded) + (self._newest is not None)

    def pin(self, wanted: int | None = None) -> Path | None:
        """Return the newest snapshot, kept until `unpin`; None if it is older than the wanted or the present state."""
        wanted = self._sequence() if wanted is None else wanted
        with self._pin_lock:
            if self._newest is None or self._newest[0] < wanted:
                return None
            self._pins[self._newest[1]] += 1
            return self._newest[1]

    async def pin_fresh(self) -> Path:
        """Return a snapshot of the present state or a later one, made where there is none; kept until `unpin`."""
        wanted = self._sequence()
        while (snapshot := self.pin(wanted)) is None:
            await asyncio.to_thread(self._make, wanted)
        return snapshot

    def unpin(self, path: Path) -> None:
        """Let go of a snapshot, and remove superseded ones that no query waits for and no reader has open."""
        with self._pin_lock:
            self._pins[path] -= 1
            if not self._superseded:
                return
            in_use = self._opened() | {pinned for pinned, times in self._pins.items() if times}
            for old in self._superseded - in_use:
                self._superseded.discard(old)
                del self._pins[old]
                shutil.rmtree(old) if old.is_dir() else old.unlink()

    def refresh(self) -> None:
        """Have a snapshot of the present state before the lock is held for long, so that no query waits for one."""
        if self._newest:
            self._make(self._sequence())

    def _make(self, wanted: int) -> None:
        """Make a snapshot of the present state, unless another call just made one that is new enough."""
        with self._lock:
            if self._newest and self._newest[0] >= wanted:
                return
            number = self._sequence()
            path = self.folder / str(number)
            self._take(path)
            with self._pin_lock:
                if self._newest:
                    self._superseded.add(self._newest[1])
                self._newest = (number, path)
