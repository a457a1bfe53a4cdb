"""Reload, backup and restore, while the store serves and while it does not."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serving import COMMAND, Serve, Server, clean_environment
from test_store import BASE, ONE, TWO, objects_of, open_store, put, write

from service.app import create_app
from service.errors import StoreError
from service.operations.control import ControlServer, SocketPathError, ask_server
from service.settings import Settings
from service.store.backup import MANIFEST, read_manifest, write_backup
from service.store.directory import Generation
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Document, GraphWrite, Query

MARK = "<http://e/reloaded> <http://e/number> {number} <https://w3id.org/aigov/graph/reloaded> .\n"
NUMBERS = "SELECT ?n { <http://e/reloaded> <http://e/number> ?n } ORDER BY ?n"


def aigov(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False, cwd=cwd
    )


def assert_refused(result: subprocess.CompletedProcess[str], *says: str) -> None:
    assert result.returncode != 0
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert all(words in result.stderr for words in says), result.stderr


def numbers_of(server: Server) -> list[str]:
    response = server.query(NUMBERS, "text/csv")
    assert response.status_code == 200, response.text
    return response.text.split()[1:]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def graph_write(graph: str, data: bytes) -> GraphWrite:
    return GraphWrite(graph, "replace", 10, (Document(data, "text/turtle", "http://e/"),))


class Place:
    """A server with a graph and a store of its own, which the tests of this module take turns with."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.store = folder / "store"
        self.original = (folder / "graph.nq").read_text(encoding="utf-8")

    def write(self, *numbers: int) -> Path:
        """Make the graph the fixture graph and these numbers."""
        return write(self.folder / "graph.nq", self.original + "".join(MARK.format(number=f'"{n}"') for n in numbers))

    def run(self, command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return aigov(command, *arguments, "--store", self.store)


@pytest.fixture(scope="module")
def place(serve: Serve, graph_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    shutil.copy(graph_file, folder / "graph.nq")
    arguments = ("--graph", str(folder / "graph.nq"), "--store", str(folder / "store"), "--workers", "2")
    with serve(*arguments, "--access-log", "none") as server:
        yield Place(server, folder)


@contextmanager
def load(server: Server, accepted: Callable[[list[str]], bool]) -> Iterator[list[str]]:
    """Have several clients ask all the time; yields what went wrong: a status, an exception, numbers not accepted."""
    failures: list[str] = []
    stop = threading.Event()

    def ask(number: int) -> None:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            while not stop.is_set():
                try:
                    if number == 0:  # a page, which is answered without a reader
                        assert client.get("/actor/china", follow_redirects=True).status_code == 200
                        continue
                    query = {"query": NUMBERS, "format": "csv"}
                    response = client.get("/sparql", params=query, headers={"Accept": "text/csv"})
                    found = response.text.split()[1:]
                    if response.status_code != 200 or not accepted(found):
                        failures.append(f"{response.status_code}: {response.text[:200]}")
                except (httpx.HTTPError, AssertionError) as exc:
                    failures.append(repr(exc))

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask, number) for number in range(4)]
        try:
            yield failures
        finally:
            stop.set()
    for future in asking:
        future.result()


def test_reloads_under_load_fail_no_request_and_show_the_new_data(place: Place) -> None:
    place.write(0)
    assert place.run("reload").returncode == 0
    with load(place.server, lambda found: found in (["0"], ["1"], ["2"])) as failures:
        for number in (1, 2):
            place.write(number)
            result = place.run("reload")
            assert (result.returncode, result.stdout) == (0, ""), result.stderr
            assert "loaded" in result.stderr
            assert numbers_of(place.server) == [str(number)]
    assert failures == []
    assert len(list(place.store.glob("g-*"))) <= 2, "former generations are left"


def test_a_reload_of_what_is_there_changes_nothing(place: Place) -> None:
    place.write(3)
    place.run("reload")
    before = place.server.client.get("/health").json()
    result = place.run("reload")
    assert (result.returncode, "nothing changed" in result.stderr) == (0, True)
    assert place.server.client.get("/health").json() == before


def test_a_reload_that_fails_leaves_the_old_data_serving(place: Place, tmp_path: Path) -> None:
    place.write(4)
    place.run("reload")
    assert_refused(place.run("reload", "--graph", write(tmp_path / "bad.nq", "nonsense\n")), "bad.nq", "N-Quads")
    assert_refused(place.run("reload", "--graph", tmp_path / "none.nq"), "none.nq", "no such file")
    assert numbers_of(place.server) == ["4"]


def test_reload_takes_another_graph_named_from_where_one_stands(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "other.nq", place.original + MARK.format(number='"5"'))
    assert aigov("reload", "--graph", "other.nq", "--store", place.store, cwd=tmp_path).returncode == 0
    assert numbers_of(place.server) == ["5"]


def test_a_reload_needs_a_server(tmp_path: Path) -> None:
    assert_refused(aigov("reload", "--store", tmp_path), str(tmp_path), "no server", "aigov serve")


def test_backup_and_restore_while_serving(place: Place, tmp_path: Path) -> None:
    place.write(6)
    place.run("reload")
    with load(place.server, lambda found: found in (["6"], ["7"])) as failures:
        assert place.run("backup", tmp_path / "backup").returncode == 0
        made = digests(tmp_path / "backup")
        place.write(7)
        place.run("reload")
        assert numbers_of(place.server) == ["7"]
        result = place.run("restore", tmp_path / "backup")
        assert (result.returncode, "restored" in result.stderr) == (0, True), result.stderr
        assert numbers_of(place.server) == ["6"]
    assert failures == []
    assert digests(tmp_path / "backup") == made
    assert place.server.client.get("/health").json()["release"] == read_manifest(tmp_path / "backup").release


def test_what_cannot_be_backed_up_to_is_refused_by_the_server(place: Place, tmp_path: Path) -> None:
    assert_refused(place.run("backup", tmp_path), "exists already")
    assert_refused(place.run("backup", place.store / "backup"), "in the folder of the store")
    assert_refused(place.run("backup", tmp_path / "none" / "backup"), "cannot be written")
    assert_refused(place.run("restore", tmp_path), "not a backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"nonsense\n", b"[]\n", b'{"command": "serve"}\n', b"x" * 100_000 + b"\n"]
)
def test_the_socket_survives_what_it_does_not_know(place: Place, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.connect(str(place.store / "control.sock"))
        channel.settimeout(10)
        channel.sendall(line)
        channel.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: channel.recv(1 << 16), b""))
    assert not answer or json.loads(answer)["ok"] is False
    assert "loaded" in str(ask_server(place.store, "reload", None))


def test_only_the_owner_may_use_the_socket(place: Place) -> None:
    assert stat.S_IMODE((place.store / "control.sock").stat().st_mode) == 0o600


def talk(store: Path, then: Callable[[], object]) -> tuple[str | None, object]:
    """Return the remark of a control server, and what a function returns or raises while it listens."""

    async def reload(path: Path | None) -> str:
        return f"reloaded {path}"

    async def run() -> tuple[str | None, object]:
        control = ControlServer(store, {"reload": reload})
        remark = await control.start()
        try:
            return remark, await asyncio.to_thread(then)
        finally:
            await control.close()

    return asyncio.run(run())


def test_a_socket_of_a_killed_server_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    assert ask_server(tmp_path, "reload", None) is None
    assert talk(tmp_path, lambda: ask_server(tmp_path, "reload", None)) == (None, "reloaded None")
    assert not (tmp_path / "control.sock").exists()


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    store = open_store(folder)
    remark, _ = talk(folder, lambda: None)
    assert "shorter path" in str(remark)
    with pytest.raises(SocketPathError, match="shorter path"):
        ask_server(folder, "reload", None)
    assert_refused(aigov("backup", tmp_path / "backup", "--store", folder), "too long", "shorter path")
    store.release_folder()
    assert aigov("backup", tmp_path / "backup", "--store", folder).returncode == 0


def test_backup_and_restore_without_a_server(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    store.release_folder()
    result = aigov("backup", "backup", "--store", "store", cwd=tmp_path)
    assert (result.returncode, "1 quads in 1 graphs" in result.stderr) == (0, True), result.stderr
    assert aigov("restore", "backup", "--store", "other", cwd=tmp_path).returncode == 0
    restored = open_store(tmp_path / "other")
    assert objects_of(restored) == ["http://e/b"]
    assert restored.load_release(tmp_path / "graph.nq") is False
    restored.release_folder()


def test_a_restored_store_is_opened_without_a_build(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    store.release_folder()
    settings = Settings(store=tmp_path / "store", graph=tmp_path / "lost.nq", access_log="none")
    app = create_app(settings)
    assert ["lost.nq" in remark for remark in app.lifecycle.remarks] == [True]

    async def start_and_stop() -> int:
        async with app.pages.router.lifespan_context(app.pages):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return (await client.get("/health")).json()["triples"]

    assert asyncio.run(start_and_stop()) == 1


def test_there_is_nothing_to_back_up_where_there_is_no_store(tmp_path: Path) -> None:
    assert_refused(aigov("backup", tmp_path / "backup", "--store", tmp_path / "none"), "holds no store", "--store")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def backed_up(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A store that holds TWO, and a backup of it when it held ONE."""
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    store.backup(tmp_path / "backup")
    store.load_release(write(tmp_path / "graph.nq", TWO))
    yield store
    store.release_folder()


def test_writes_to_a_restored_store_leave_the_backup_as_it_is(backed_up: EmbeddedStore, tmp_path: Path) -> None:
    before = digests(tmp_path / "backup")
    asyncio.run(backed_up.restore(tmp_path / "backup"))
    put(backed_up, "http://e/g3", b"<http://e/a> <http://e/p> <http://e/d> .")
    assert objects_of(backed_up) == ["http://e/b", "http://e/d"]
    asyncio.run(backed_up.restore(tmp_path / "backup"))
    assert objects_of(backed_up) == ["http://e/b"]
    assert digests(tmp_path / "backup") == before
    backed_up.release_folder()
    again = open_store(tmp_path / "store")
    assert objects_of(again) == ["http://e/b"]
    again.release_folder()


def _flip(backup: Path) -> None:
    largest = max((backup / "data").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.unlink()  # it is a hard link to the store's own
    largest.write_bytes(data)


def _edit(backup: Path, **changes: object) -> None:
    document = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    (backup / MANIFEST).write_text(json.dumps(document | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_flip, "damaged"),
        (lambda backup: next((backup / "data").glob("*.sst")).unlink(), "missing"),
        (lambda backup: shutil.rmtree(backup / "data"), "missing"),
        (lambda backup: (backup / MANIFEST).unlink(), "not a backup"),
        (lambda backup: (backup / MANIFEST).write_text("{}"), "not the manifest"),
        (lambda backup: (backup / MANIFEST).write_bytes(b"\xff"), "not the manifest"),
        (lambda backup: _edit(backup, format="other"), "not the manifest"),
        (lambda backup: _edit(backup, version=2), "version 2"),
        (lambda backup: _edit(backup, files={"../x": {"bytes": 0, "sha256": ""}}), "not the manifest"),
        (lambda backup: _edit(backup, files={}), "cannot be restored"),
        (lambda backup: _edit(backup, quads=2), "other data"),
        (shutil.rmtree, "not a backup"),
    ],
)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    backed_up: EmbeddedStore, tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(tmp_path / "backup")
    folders = sorted(path.name for path in (tmp_path / "store").iterdir())
    with pytest.raises(StoreError, match=says):
        asyncio.run(backed_up.restore(tmp_path / "backup"))
    assert objects_of(backed_up) == ["http://e/c"]
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == folders


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> Generation:
        path.mkdir()
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        write_backup(tmp_path / "backup", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_memory_has_no_backups(store: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--store"):
        store.backup(tmp_path / "backup")


def test_a_backup_under_writes_holds_one_moment(tmp_path: Path) -> None:
    """Each write replaces ten triples by ten others: a backup holds ten, all of one write."""

    written: list[int] = []

    async def write_and_back_up(store: EmbeddedStore) -> int:
        await store.start()
        backing_up = asyncio.create_task(asyncio.to_thread(back_up, store))
        number = 0
        while not backing_up.done():
            written.append(number)
            triples = "".join(f"<http://e/a> <http://e/p> <http://e/{number}/{n}> .\n" for n in range(10))
            await store.write_graph(graph_write("http://e/g", triples.encode()))
            number += 1
        await backing_up
        await store._pool.close()
        return number

    def back_up(store: EmbeddedStore) -> None:
        for number in range(3):
            while len(written) < 2 * (number + 1):  # the writer goes on between two backups
                time.sleep(0.01)
            assert store.backup(tmp_path / f"backup-{number}").quads in (0, 10)

    store = open_store(tmp_path / "store")
    assert asyncio.run(write_and_back_up(store)) > 3
    for number in range(3):
        asyncio.run(store.restore(tmp_path / f"backup-{number}"))
        found = objects_of(store)
        assert len(found) in (0, 10)
        assert len({value.split("/")[3] for value in found}) <= 1
    store.release_folder()


def test_a_restored_store_knows_what_was_written_and_what_was_built(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    built = store.version
    store.backup(tmp_path / "built")
    put(store, "http://e/mine", b"<http://e/a> <http://e/p> <http://e/mine> .")
    written = store.version
    store.backup(tmp_path / "written")
    store.release_folder()
    other = open_store(tmp_path / "other")
    asyncio.run(other.restore(tmp_path / "built"))
    assert other.version == built
    asyncio.run(other.restore(tmp_path / "written"))
    assert other.version not in (built, written), "two histories must not share their tags"
    other.load_release(write(tmp_path / "graph.nq", TWO))
    assert objects_of(other) == ["http://e/c", "http://e/mine"], "the next build replaces the build alone"
    other.release_folder()


def test_a_write_does_not_cost_the_former_generation_its_grace(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    before = store._folder and store._folder.current.path
    put(store, "http://e/mine", b"<http://e/a> <http://e/p> <http://e/mine> .")
    store.load_release(write(tmp_path / "graph.nq", TWO))
    assert before is not None
    assert before.exists()
    store.release_folder()


def test_a_stored_default_graph_is_backed_up_and_restored_as_one(tmp_path: Path) -> None:
    def open_stored(name: str) -> EmbeddedStore:
        return open_embedded(tmp_path / name, pool=PoolSettings(workers=1), base=BASE, prefixes={}, is_union=False)

    store = open_stored("store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    store.release_folder()
    assert aigov("backup", tmp_path / "backup", "--store", tmp_path / "store").returncode == 0
    assert aigov("restore", tmp_path / "backup", "--store", tmp_path / "other").returncode == 0
    other = open_stored("other")
    assert set(other.counts().by_graph) == {"http://e/g1"}
    other.release_folder()
    union = open_store(tmp_path / "union")
    with pytest.raises(StoreError, match="--default-graph stored"):
        asyncio.run(union.restore(tmp_path / "backup"))
    union.release_folder()


def test_a_backup_on_another_file_system_is_a_copy(backed_up: EmbeddedStore, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path  # a second file system, where there is one
    target = elsewhere / f"aigov-{tmp_path.name}-{time.monotonic_ns()}"
    try:
        backed_up.backup(target)
        backed_up.load_release(write(tmp_path / "graph.nq", ONE))
        asyncio.run(backed_up.restore(target))
        assert objects_of(backed_up) == ["http://e/c"]
    finally:
        shutil.rmtree(target, ignore_errors=True)


def test_a_reload_lets_a_query_finish_on_the_data_it_began_with(tmp_path: Path) -> None:
    slow = "SELECT ?o { ?s <http://e/p> ?o . { SELECT (COUNT(*) AS ?n) { %s FILTER(SHA512(STR(?x + ?y)) != 'x') } } }"
    values = " ".join(str(number) for number in range(1500))
    text = slow % f"VALUES ?x {{ {values} }} VALUES ?y {{ {values} }}"

    async def reload_meanwhile() -> tuple[bytes, bytes]:
        store = open_store(tmp_path / "store")
        store.load_release(write(tmp_path / "graph.nq", ONE))
        await store.start()
        try:
            query = Query(text, "text/csv", None, 30, 1 << 20)
            early = asyncio.create_task(store.query(query))
            while store.health().snapshots == 0:
                await asyncio.sleep(0.01)
            await store.reload(write(tmp_path / "new.nq", TWO))
            assert not early.done(), "the query was over before the reload: nothing was tried"
            late = await store.query(Query("SELECT ?o { ?s ?p ?o }", "text/csv", None, 30, 1 << 20))
            return (await early).read(), late.read()
        finally:
            await store.close()

    early, late = asyncio.run(reload_meanwhile())
    assert (early.split(), late.split()) == ([b"o", b"http://e/b"], [b"o", b"http://e/c"])


def test_a_query_after_a_write_does_not_wait_for_a_reload(tmp_path: Path) -> None:
    lines = "".join(f"<http://e/{n}> <http://e/p> <http://e/o> <http://e/g1> .\n" for n in range(20_000))
    big = write(tmp_path / "big.nq", lines)

    async def write_and_reload() -> bytes:
        store = open_store(tmp_path / "store")
        store.load_release(write(tmp_path / "graph.nq", ONE))
        await store.start()
        try:
            query = Query("SELECT ?o { <http://e/a> ?p ?o } ORDER BY ?o", "text/csv", None, 30, 1 << 20)
            (await store.query(query)).read()
            await store.write_graph(graph_write("http://e/g2", b"<http://e/a> <http://e/p> <http://e/new> ."))
            loading = asyncio.create_task(store.reload(big))
            while not (tmp_path / "store" / "g-0003").exists():
                await asyncio.sleep(0.002)
            answer = await store.query(query)
            assert not loading.done(), "the query waited, or the load was too quick to try anything"
            await loading
            return answer.read()
        finally:
            await store.close()

    assert asyncio.run(write_and_reload()).split() == [b"o", b"http://e/b", b"http://e/new"]


@pytest.mark.slow
def test_a_server_killed_in_a_command_is_said(serve: Serve, graph_file: Path, tmp_path: Path) -> None:
    lines = "".join(f"<http://e/{n}> <http://e/p> <http://e/o> <http://e/g> .\n" for n in range(100_000))
    big = write(tmp_path / "big.nq", lines)
    with serve("--store", str(tmp_path / "store"), "--workers", "1") as server, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(aigov, "reload", "--graph", big, "--store", tmp_path / "store")
        deadline = time.monotonic() + 20
        while not (tmp_path / "store" / "g-0003").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(server.pid, signal.SIGKILL)
        assert_refused(asked.result(), "ended before it answered")
