"""The default store: pyoxigraph, owned by this process, with readers on checkpoints of it.

All built data live in named graphs. As a rule the unnamed default graph holds their union, each triple once: the
engine's own union view gives a triple once for every graph that has it, so that counts would be wrong, and it overrides
FROM.

A write is worked out by a reader against the newest snapshot, passes the gate, and is applied as one transaction.
Writes happen one at a time (concurrent updates of the engine lose writes) and are flushed before they are acknowledged.
"""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pyoxigraph as ox

from service import errors
from service.errors import StoreError
from service.store.backup import Manifest, copy_backup, read_manifest, write_backup
from service.store.commit import read_delta
from service.store.directory import Generation, StoreDirectory, open_directory
from service.store.loading import digest, fill, return_memory
from service.store.pool import PoolSettings, ReaderPool
from service.store.protocol import Answer, Counts, Delta, Gate, GraphWrite, Health, OpenGate, Query, Update
from service.store.serialization import from_engine, to_engine
from service.store.snapshots import Snapshots
from service.store.terms import Row, Term
from service.store.update_request import UpdateNotReadError, split_update

_GRAPH_SIZES = "SELECT ?graph (COUNT(*) AS ?size) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
_SIZE = "SELECT (COUNT(*) AS ?size) { ?s ?p ?o }"
_DEFAULT = ox.DefaultGraph()
_LARGE_BYTES = 1 << 20
"""After a larger write memory is given back."""


class EmbeddedStore:
    """A `Store` on disk or in memory; `open_embedded` makes one."""

    def __init__(
        self,
        engine: ox.Store,
        folder: StoreDirectory | None,
        pool: ReaderPool,
        *,
        base: str,
        release: str | None,
        is_union: bool,
        gate: Gate,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._scratch = None if folder else tempfile.TemporaryDirectory(prefix="aigov-")
        self._pool = pool
        self._release = release
        self._graphs = folder.current.graphs if folder else ()
        self._is_union = is_union
        self._gate = gate
        self._lock = threading.RLock()
        self._write_lock = asyncio.Lock()
        self._start_mark = token_hex(8)
        self._has_writes = folder is not None and folder.current.is_written
        self._sequence = 1
        self._snapshots = Snapshots(
            folder.snapshots if folder else Path(self._scratch.name if self._scratch else ""),
            self._lock,
            sequence=lambda: self._sequence,
            take=self._take_snapshot,
            opened=lambda: {reader.snapshot for reader in pool.readers if reader.snapshot},
        )
        self._counts: tuple[int, Counts] | None = None

    @property
    def version(self) -> str:
        """Name the present state: the release as long as nothing was written, the same in every process."""
        if self._release and not self._has_writes:
            return self._release if self._is_union else f"{self._release}-stored"
        return f"{self._start_mark}-{self._sequence}"

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
        snapshot = self._snapshots.pin() or await self._snapshots.pin_fresh()
        try:
            return await self._pool.answer(query, snapshot)
        finally:
            self._snapshots.unpin(snapshot)

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
        release = digest(path)
        with self._lock:
            if release == self._release:
                return False
            self._snapshots.refresh()
            if self._folder is None:
                engine = ox.Store()
                graphs = fill(engine, path, self._engine, replaced=frozenset(self._graphs), is_union=self._is_union)
            else:
                target = self._folder.next_generation()
                try:
                    engine = ox.Store(str(target))
                    graphs = fill(engine, path, self._engine, replaced=frozenset(self._graphs), is_union=self._is_union)
                    engine.optimize()
                    engine.flush()
                    engine = ox.Store()  # what the load took is given back before the data are opened again
                    return_memory()
                    engine = ox.Store(str(target))
                except BaseException:
                    engine = ox.Store()
                    shutil.rmtree(target, ignore_errors=True)
                    raise
                self._folder.commit(replace(self._folder.current, path=target, release=release, graphs=graphs))
            self._engine, self._release, self._graphs = engine, release, graphs
            self._sequence += 1
            return True

    async def reload(self, path: Path) -> bool:
        """Load a built graph while serving, between two writes; see `Store.load_release`."""
        async with self._write_lock:
            return await asyncio.to_thread(self.load_release, path)

    def backup(self, target: Path) -> Manifest:
        """Write a consistent copy of the data into a new folder, while queries and writes go on.

        Raises:
            StoreError: the store is in memory, or the target cannot be used; nothing is left there.
        """
        folder = self._expect_folder()
        if target.resolve().is_relative_to(folder.path.resolve()):
            raise StoreError(str(target), "lies in the folder of the store", "name a folder outside of it")

        def checkpoint(path: Path) -> Generation:
            with self._lock:
                self._engine.flush()
                self._engine.backup(str(path))
                return folder.current

        return write_backup(target, checkpoint)

    async def restore(self, source: Path) -> Manifest:
        """Bring the data of a backup in as a new generation, between two writes; the present one serves until then.

        Raises:
            StoreError: the store is in memory, or the backup is none, is damaged or has a default graph of the other
                kind; the store is as before.
        """
        async with self._write_lock:
            return await asyncio.to_thread(self._restore, source)

    def _restore(self, source: Path) -> Manifest:
        folder, manifest = self._expect_folder(), read_manifest(source)
        if manifest.is_union != self._is_union:
            kind = "union" if manifest.is_union else "stored"
            raise StoreError(str(source), f"was made with --default-graph {kind}", "use that, or another --store")
        with self._lock:
            self._snapshots.refresh()
            target = folder.next_generation()
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
            folder.commit(
                Generation(
                    target, manifest.release, manifest.release_graphs, manifest.is_written, is_union=self._is_union
                )
            )
            self._engine, self._release, self._graphs = engine, manifest.release, manifest.release_graphs
            self._has_writes = manifest.is_written
            self._sequence += 1
        return manifest

    def _expect_folder(self) -> StoreDirectory:
        if self._folder is None:
            raise StoreError("store", "is held in memory and has no backups", "serve it from a folder, with --store")
        return self._folder

    async def update(self, update: Update) -> None:
        """Carry out an update; see `Store.update`."""
        try:
            needs_copy = any(operation.needs_state for operation in split_update(update.text)[1:])
        except UpdateNotReadError:
            needs_copy = False  # the reader says what is wrong
        await asyncio.shield(self._write(update, needs_copy=needs_copy))

    async def write_graph(self, write: GraphWrite) -> bool:
        """Write a graph; see `Store.write_graph`."""
        return await asyncio.shield(self._write(write, needs_copy=False))

    async def _write(self, write: Update | GraphWrite, *, needs_copy: bool) -> bool:
        """Work a write out, have it checked and apply it; return whether the graph of a graph write was there."""
        async with self._write_lock:
            graph = write.graph if isinstance(write, GraphWrite) else None
            existed = graph is None or self.has_graph(graph)
            if not existed and isinstance(write, GraphWrite) and write.action == "remove":
                raise errors.ResourceNotFoundError(f"There is no graph <{graph}>.")
            snapshot = await self._snapshots.pin_fresh()
            copy = await asyncio.to_thread(self._copy_snapshot) if needs_copy else None
            try:
                delta = await self._pool.work_out(write, snapshot, copy, is_union=self._is_union)
            finally:
                self._snapshots.unpin(snapshot)
                if copy and copy != snapshot:
                    await asyncio.to_thread(shutil.rmtree, copy, True)
            if delta:
                await asyncio.to_thread(self._apply, delta)
            return existed

    def has_graph(self, graph: str) -> bool:
        """Tell whether a named graph is stored; see `Store.has_graph`."""
        try:
            return self._engine.contains_named_graph(ox.NamedNode(graph))
        except ValueError:  # not an IRI
            return False

    def counts(self) -> Counts:
        """Count once per state; see `Store.counts`."""
        counted, sequence = self._counts, self._sequence
        if counted is None or counted[0] != sequence:
            self._counts = counted = (sequence, self.recount())
        return counted[1]

    def recount(self) -> Counts:
        """Count everything; `counts` remembers and goes on counting."""
        sizes = {row["graph"].value: int(row["size"].value) for row in self.select(_GRAPH_SIZES)}
        return Counts(int(self.select(_SIZE)[0]["size"].value), dict(sorted(sizes.items())))

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
            snapshots=self._snapshots.count,
        )

    def _apply(self, delta: Delta) -> None:
        """Let a delta pass the gate, and apply it as one transaction that has reached the disk on return.

        Raises:
            DefaultGraphError: it touches the default graph, and that is the union.
            ServiceError: what the gate raises.
        """
        commit = read_delta(delta)
        if self._is_union and commit.touches_default_graph:
            raise errors.DefaultGraphError(
                "The default graph is the union of the named graphs and cannot be written; name a graph, "
                "with GRAPH or WITH in an update, with ?graph= in the graph store."
            )
        self._gate.check(delta)
        with self._lock:
            if self._is_union:
                commit = commit.with_union(self._engine)
            counted = self._counts if self._counts and self._counts[0] == self._sequence else None
            self._note_write()
            commit.apply(self._engine)
            self._counts = (self._sequence + 1, commit.count_on(counted[1])) if counted else None
            self._sequence += 1
        if len(delta.removed) + len(delta.added) > _LARGE_BYTES:
            return_memory()

    def _note_write(self) -> None:
        """Note on disk, once, that the data are no longer those of the release alone."""
        if not self._has_writes and self._folder:
            self._folder.commit(replace(self._folder.current, is_written=True))
        self._has_writes = True

    def _copy_snapshot(self) -> Path:
        """Make a copy of the present state that one reader may write; of a store in memory, the snapshot serves."""
        with self._lock:
            path = self._snapshots.folder / f"copy-{token_hex(8)}"
            if self._folder:
                self._engine.backup(str(path))
            return path if self._folder else self._snapshots.folder / str(self._sequence)

    def _take_snapshot(self, path: Path) -> None:
        """Write the present state, for readers to open: a checkpoint, or a dump where there are no files."""
        if self._folder:
            self._engine.backup(str(path))
        else:
            self._engine.dump(str(path), format=ox.RdfFormat.N_QUADS)


def open_embedded(
    path: Path | None,
    *,
    pool: PoolSettings,
    base: str,
    prefixes: Mapping[str, str],
    is_union: bool = True,
    gate: Gate | None = None,
) -> EmbeddedStore:
    """Open a store in a folder, or in memory when there is none.

    Args:
        path: the folder; it belongs to this store until it is closed.
        pool: how queries are answered.
        base: what relative IRIs in queries are resolved against.
        prefixes: declared in results that have prefixes.
        is_union: whether the default graph is the union of the named graphs; else it is a graph of its own.
        gate: what a write must pass; None lets all pass.

    Raises:
        StoreError: another process has the folder, it cannot be read, or its default graph is of the other kind.
    """
    readers = ReaderPool(pool, base=base, prefixes=prefixes)
    if path is None:
        engine, folder, release = ox.Store(), None, None
    else:
        folder = open_directory(path, is_union=is_union)
        release = folder.current.release
        try:
            engine = ox.Store(str(folder.current.path))
        except OSError as exc:
            folder.close()
            remedy = "remove the folder; the graph is loaded anew at the next start"
            raise StoreError(str(folder.current.path), f"cannot be opened ({exc})", remedy) from exc
    return EmbeddedStore(
        engine, folder, readers, base=base, release=release, is_union=is_union, gate=gate or OpenGate()
    )
