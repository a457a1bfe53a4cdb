"""The folder of a store on disk: a lock, generations of data, and which generation counts.

```
lock                 held by the one process that owns the store
current.json         {"generation": "g-0002", "release": sha-256 of the loaded file, …}: a `Generation`
g-0002/              the data (RocksDB)
snapshots/7/         checkpoints that readers have open
```
A generation that `current.json` does not name was never finished, or is a former one; it is removed at the next start.
"""

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from service.errors import StoreError


@dataclass(frozen=True, slots=True)
class Generation:
    """A folder of data and what is in it.

    Attributes:
        path: the folder.
        release: SHA-256 of the release it was built from; None where it was built from none.
        graphs: the named graphs of that release; the next release replaces these and keeps the others.
        is_written: whether anything was written since.
        is_union: whether the default graph is the union of the named graphs.
    """

    path: Path
    release: str | None
    graphs: tuple[str, ...] = ()
    is_written: bool = False
    is_union: bool = True


class StoreDirectory:
    """The folder of a store, locked for this process until `close`."""

    def __init__(self, path: Path, lock: IO[str], current: Generation) -> None:
        self.path = path
        self._lock = lock
        self.current = current
        self._former: Path | None = None

    @property
    def snapshots(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "snapshots"

    def next_generation(self) -> Path:
        """Return the path of a generation that does not exist yet; a half-made one there is removed first."""
        number = int(self.current.path.name.removeprefix("g-")) + 1
        path = self.path / f"g-{number:04d}"
        shutil.rmtree(path, ignore_errors=True)
        return path

    def commit(self, generation: Generation) -> None:
        """Let a finished generation count from now on, whatever happens next.

        The one before it is kept, as somebody may still read it; the one before that is removed.
        """
        _write_current(self.path, generation)
        if generation.path != self.current.path:
            former, self._former = self._former, self.current.path
            if former is not None:
                shutil.rmtree(former, ignore_errors=True)
        self.current = generation

    def close(self) -> None:
        """Let go of the lock; the checkpoints are removed."""
        shutil.rmtree(self.snapshots, ignore_errors=True)
        self._lock.close()


def open_directory(path: Path, *, is_union: bool = True) -> StoreDirectory:
    """Open or make the folder of a store, and clear away what a former process left half-done.

    Raises:
        StoreError: another process has it, it is no folder, it cannot be written, or its default graph is of the
            other kind than `is_union` says.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("w", encoding="utf-8")
    except OSError as exc:
        raise StoreError(str(path), f"cannot be used ({exc.strerror})", "name another folder with --store") from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        lock.close()
        raise StoreError(
            str(path), "another process has this store open", "stop it, or name another folder with --store"
        ) from exc
    try:
        current = _read_current(path, is_union=is_union)
    except StoreError:
        lock.close()
        raise
    for folder in [*path.glob("g-*"), path / "snapshots"]:
        if folder != current.path:
            shutil.rmtree(folder, ignore_errors=True)
    (path / "snapshots").mkdir()
    return StoreDirectory(path, lock, current)


def find_kind(path: Path) -> bool | None:
    """Tell whether the default graph of the store in a folder is the union; None where there is no such note."""
    try:
        return bool(json.loads((path / "current.json").read_text(encoding="utf-8"))["is_union"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_current(path: Path, *, is_union: bool) -> Generation:
    try:
        entry = json.loads((path / "current.json").read_text(encoding="utf-8"))
        if "graphs" not in entry:  # of a version that did not note them, and could not be written to
            number = int(entry["generation"].removeprefix("g-"))
            return Generation(path / f"g-{number + 1:04d}", None, is_union=is_union)
        current = Generation(path / entry.pop("generation"), **{**entry, "graphs": tuple(entry["graphs"])})
    except FileNotFoundError:
        return Generation(path / "g-0001", None, is_union=is_union)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        remedy = "remove the folder; the graph is loaded anew at the next start"
        raise StoreError(str(path / "current.json"), "cannot be read", remedy) from exc
    if current.is_union != is_union:
        kind = "union" if current.is_union else "stored"
        raise StoreError(str(path), f"was made with --default-graph {kind}", "use that, or another --store")
    return current


def _write_current(path: Path, generation: Generation) -> None:
    entry = {"generation": generation.path.name, **asdict(replace(generation, path=Path()))}
    del entry["path"]
    text = json.dumps(entry, indent=1) + "\n"
    temporary = path / "current.json.new"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path / "current.json")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
