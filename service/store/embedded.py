"""The default store: pyoxigraph, owned by this process, with readers on checkpoints of it.

All data live in named graphs. The unnamed default graph holds their union, each triple once: the engine's own union
view gives a triple once for every graph that has it, so that counts would be wrong, and it overrides FROM.

Every write happens under one lock (concurrent updates of the engine lose writes) and is flushed before it is
acknowledged.
"""

import asyncio
import hashlib
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from service.errors import StoreError
from service.store.backup import Manifest, copy_backup, read_manifest, write_backup
from service.store.directory import Generation, StoreDirectory, open_directory
from service.store.engine import RDF_FORMAT_BY_TYPE
from service.store.pool import PoolSettings, ReaderPool
from service.store.protocol import Answer, Counts, Health, Query
from service.store.serialization import from_engine, to_engine
from service.store.terms import Row, Term

_GRAPH_SIZES = "SELECT ?graph (COUNT(*) AS ?size) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
_SIZE = "SELECT (COUNT(*) AS ?size) { ?s ?p ?o }"
_REMOVE = """
DELETE { ?s ?p ?o } WHERE {
  GRAPH GRAPH_IRI { ?s ?p ?o }
  FILTER NOT EXISTS { GRAPH ?other { ?s ?p ?o } FILTER(?other != GRAPH_IRI) }
} ;
DROP SILENT GRAPH GRAPH_IRI
"""


class EmbeddedStore:
    """A `Store` on disk or in memory; `open_embedded` makes one."""

    def __init__(
        self, engine: ox.Store, folder: StoreDirectory | None, pool: ReaderPool, *, base: str, release: str | None
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._scratch = None if folder else tempfile.TemporaryDirectory(prefix="aigov-")
        self._pool = pool
        self._contributions = base + "graph/contribution/"
        self._release = release
        self._lock = threading.RLock()
        self._sequence = 1
        self._snapshot: tuple[int, Path] | None = None
        self._superseded: set[Path] = set()
        self._pins: Counter[Path] = Counter()
        self._pin_lock = threading.Lock()
        self._counts: tuple[int, Counts] | None = None

    @property
    def path(self) -> Path | None:
        """The folder of the store; None where it is held in memory."""
        return self._folder.path if self._folder else None

    async def start(self) -> None:
        """Start the readers."""
        await self._pool.start()

    async def close(self) -> None:
        """End the readers and let go of the folder."""
        await self._pool.close()
        self.release_folder()

    def release_folder(self) -> None:
        """Let go of the data, where no reader has been started."""
        with self._lock:
            self._engine = ox.Store()
            if self._folder:
                self._folder.close()
            if self._scratch:
                self._scratch.cleanup()

    async def query(self, query: Query) -> Answer:
        """Answer a query from the newest snapshot; see `Store.query`."""
        wanted = self._sequence
        while (snapshot := self._pin_snapshot(wanted)) is None:
            await asyncio.to_thread(self._make_snapshot, wanted)
        try:
            return await self._pool.answer(query, snapshot)
        finally:
            self._unpin_snapshot(snapshot)

    def select(self, text: str, /, **bindings: Term) -> list[Row]:
        """Answer a query of our own in this process; see `Store.select`."""
        substitutions: dict[ox.Variable, Any] = {ox.Variable(name): to_engine(term) for name, term in bindings.items()}
        solutions = self._engine.query(text, substitutions=substitutions)
        if not isinstance(solutions, ox.QuerySolutions):
            raise TypeError("select takes SELECT queries")
        names = [variable.value for variable in solutions.variables]
        return [
            {name: from_engine(term) for name, term in zip(names, solution, strict=True) if term is not None}
            for solution in solutions
        ]

    def load_release(self, path: Path) -> bool:
        """Load a built graph into a new generation and let that count; see `Store.load_release`.

        The present generation serves until the new one is complete, and is untouched if anything goes wrong.
        """
        release = _digest(path)
        with self._lock:
            if release == self._release:
                return False
            self._refresh_snapshot()
            if self._folder is None:
                engine = ox.Store()
                self._fill(engine, path)
            else:
                target = self._folder.next_generation()
                try:
                    engine = ox.Store(str(target))
                    self._fill(engine, path)
                    engine.optimize()
                    engine.flush()
                except BaseException:
                    engine = ox.Store()
                    shutil.rmtree(target, ignore_errors=True)
                    raise
                self._folder.commit(Generation(target, release))
            self._engine, self._release = engine, release
            self._sequence += 1
            return True

    def backup(self, target: Path) -> Manifest:
        """Write a consistent copy of the data into a new folder, while queries and writes go on.

        Raises:
            StoreError: the store is in memory, or the target cannot be used; nothing is left there.
        """
        if self._folder is None:
            raise _held_in_memory()
        if target.resolve().is_relative_to(self._folder.path.resolve()):
            raise StoreError(str(target), "lies in the folder of the store", "name a folder outside of it")

        def checkpoint(path: Path) -> str | None:
            with self._lock:
                self._engine.flush()
                self._engine.backup(str(path))
                return self._release

        return write_backup(target, checkpoint)

    def restore(self, source: Path) -> Manifest:
        """Bring the data of a backup in as a new generation; the present one serves until that is complete.

        Raises:
            StoreError: the store is in memory, or the backup is none or is damaged; the store is as before.
        """
        if self._folder is None:
            raise _held_in_memory()
        manifest = read_manifest(source)
        with self._lock:
            self._refresh_snapshot()
            target = self._folder.next_generation()
            try:
                copy_backup(source, manifest, target)
                engine = ox.Store(str(target))
            except (OSError, RuntimeError) as exc:
                shutil.rmtree(target, ignore_errors=True)
                raise StoreError(
                    str(source), f"cannot be restored ({exc})", "mend that, or use another backup"
                ) from exc
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
            self._folder.commit(Generation(target, manifest.release))
            self._engine, self._release = engine, manifest.release
            self._sequence += 1
        return manifest

    def replace_graph(self, graph: str, data: bytes, media_type: str) -> None:
        """Replace a named graph; see `Store.replace_graph`.

        Raises:
            SyntaxError: the data are not what the media type says.
            ValueError: the graph is no IRI, or the media type is unknown.
        """
        parsed = ox.parse(data, format=RDF_FORMAT_BY_TYPE[media_type], without_named_graphs=True)
        triples = ox.serialize((quad.triple for quad in parsed), format=ox.RdfFormat.N_TRIPLES) or b""
        text = triples.decode()
        name = str(ox.NamedNode(graph))
        insert = f"INSERT DATA {{ GRAPH {name} {{\n{text}}}\n{text}}}"
        self._commit(_REMOVE.replace("GRAPH_IRI", name) + ";\n" + insert)

    def remove_graph(self, graph: str) -> None:
        """Remove a named graph; see `Store.remove_graph`."""
        self._commit(_REMOVE.replace("GRAPH_IRI", str(ox.NamedNode(graph))))

    def counts(self) -> Counts:
        """Count once per state; see `Store.counts`."""
        counted, sequence = self._counts, self._sequence
        if counted is None or counted[0] != sequence:
            sizes = {row["graph"].value: int(row["size"].value) for row in self.select(_GRAPH_SIZES)}
            triples = int(self.select(_SIZE)[0]["size"].value)
            self._counts = counted = (sequence, Counts(triples, dict(sorted(sizes.items()))))
        return counted[1]

    def health(self) -> Health:
        """Tell how the store does; see `Store.health`."""
        readers = self._pool.readers
        walls = next((reader.walls for reader in readers), None)
        kind = "embedded, on disk" if self._folder else "embedded, in memory"
        return Health(
            kind,
            self._release,
            len(readers),
            self._pool.waiting,
            walls,
            self._sequence,
            is_ready=bool(readers),
            reader_pids=tuple(reader.pid for reader in readers),
            ended=dict(self._pool.ended),
            snapshots=len(self._superseded) + (self._snapshot is not None),
        )

    def _commit(self, update: str) -> None:
        """Apply an update of ground triples as one transaction."""
        with self._lock:
            self._engine.update(update)
            self._engine.flush()
            self._sequence += 1

    def _fill(self, engine: ox.Store, path: Path) -> None:
        """Put a built graph, the contributions of the present generation and the union of all into an empty engine."""
        try:
            engine.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
        except SyntaxError as exc:
            raise StoreError(str(path), f"not valid N-Quads ({exc})", "run `aigov build` again") from exc
        if next(engine.quads_for_pattern(None, None, None, ox.DefaultGraph()), None) is not None:
            raise StoreError(str(path), "holds triples outside every named graph", "run `aigov build` again")
        for graph in self._engine.named_graphs():
            if isinstance(graph, ox.NamedNode) and graph.value.startswith(self._contributions):
                engine.bulk_extend(self._engine.quads_for_pattern(None, None, None, graph))
        engine.bulk_extend(_union(engine))

    def _pin_snapshot(self, wanted: int) -> Path | None:
        """Return the newest snapshot, kept until it is unpinned; None if it is older than the wanted state."""
        with self._pin_lock:
            if self._snapshot is None or self._snapshot[0] < wanted:
                return None
            self._pins[self._snapshot[1]] += 1
            return self._snapshot[1]

    def _refresh_snapshot(self) -> None:
        """Have a snapshot of the present state before the lock is held for long, so that no query waits for one."""
        if self._snapshot:
            self._make_snapshot(self._sequence)

    def _make_snapshot(self, wanted: int) -> None:
        """Make a snapshot of the present state, unless another call just made one that is new enough."""
        with self._lock:
            if self._snapshot and self._snapshot[0] >= wanted:
                return
            path = self._snapshots / str(self._sequence)
            if self._folder:
                self._engine.backup(str(path))
            else:
                self._engine.dump(str(path), format=ox.RdfFormat.N_QUADS)
            with self._pin_lock:
                if self._snapshot:
                    self._superseded.add(self._snapshot[1])
                self._snapshot = (self._sequence, path)

    def _unpin_snapshot(self, path: Path) -> None:
        """Let go of a snapshot, and remove superseded ones that no query waits for and no reader has open."""
        with self._pin_lock:
            self._pins[path] -= 1
            if not self._superseded:
                return
            in_use = {reader.snapshot for reader in self._pool.readers} | {p for p, n in self._pins.items() if n}
            for old in self._superseded - in_use:
                self._superseded.discard(old)
                del self._pins[old]
                shutil.rmtree(old) if old.is_dir() else old.unlink()

    @property
    def _snapshots(self) -> Path:
        return self._folder.snapshots if self._folder else Path(self._scratch.name if self._scratch else "")


def open_embedded(path: Path | None, *, pool: PoolSettings, base: str, prefixes: Mapping[str, str]) -> EmbeddedStore:
    """Open a store in a folder, or in memory when there is none.

    Raises:
        StoreError: another process has the folder, or it cannot be read.
    """
    readers = ReaderPool(pool, base=base, prefixes=prefixes)
    if path is None:
        return EmbeddedStore(ox.Store(), None, readers, base=base, release=None)
    folder = open_directory(path)
    try:
        engine = ox.Store(str(folder.current.path))
    except OSError as exc:
        folder.close()
        remedy = "remove the folder; the graph is loaded anew at the next start"
        raise StoreError(str(folder.current.path), f"cannot be opened ({exc})", remedy) from exc
    return EmbeddedStore(engine, folder, readers, base=base, release=folder.current.release)


def _held_in_memory() -> StoreError:
    return StoreError("store", "is held in memory and has no backups", "serve it from a folder, with --store")


def _union(engine: ox.Store) -> Iterator[Any]:
    """Every quad of a named graph, moved to the default graph."""
    for quad in engine.quads_for_pattern(None, None, None, None):
        if not isinstance(quad.graph_name, ox.DefaultGraph):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.DefaultGraph())


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as exc:
        raise StoreError(
            str(path), "no such file", "run `aigov build` first, or name another graph with --graph"
        ) from exc
    except OSError as exc:
        raise StoreError(str(path), f"cannot be read ({exc.strerror})", "name another graph with --graph") from exc
