"""The embedded store on disk: loading, replacing, snapshots, crashes."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import pytest
from serving import ROOT

from service.errors import MalformedBodyError, StoreError
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Document, GraphWrite, Query
from service.store.terms import iri

BASE = "https://w3id.org/aigov/"
ONE = "<http://e/a> <http://e/p> <http://e/b> <http://e/g1> .\n"
TWO = "<http://e/a> <http://e/p> <http://e/c> <http://e/g2> .\n"
CONTRIBUTION = BASE + "graph/contribution/1"


def open_store(folder: Path | None) -> EmbeddedStore:
    return open_embedded(folder, pool=PoolSettings(workers=1), base=BASE, prefixes={})


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def objects_of(store: EmbeddedStore) -> list[str]:
    return sorted(row["o"].value for row in store.select("SELECT ?s ?o { ?s <http://e/p> ?o }", s=iri("http://e/a")))


def test_a_release_is_loaded_once(tmp_path: Path) -> None:
    graph = write(tmp_path / "graph.nq", ONE)
    store = open_store(tmp_path / "store")
    assert store.load_release(graph) is True
    assert store.load_release(graph) is False
    store.release_folder()
    again = open_store(tmp_path / "store")
    assert again.load_release(graph) is False
    assert objects_of(again) == ["http://e/b"]
    again.release_folder()


def put(
    store: EmbeddedStore, graph: str, *data: bytes, action: Literal["replace", "merge", "remove"] = "replace"
) -> bool:
    """Write a graph, with readers just for that."""

    async def write_graph() -> bool:
        await store.start()
        try:
            documents = tuple(Document(each, "text/turtle", "http://e/") for each in data)
            return await store.write_graph(GraphWrite(graph, action, 10, documents))
        finally:
            await store._pool.close()

    return asyncio.run(write_graph())


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_new_release_replaces_the_old_and_keeps_what_was_written(tmp_path: Path, on_disk: bool) -> None:
    store = open_store(tmp_path / "store" if on_disk else None)
    store.load_release(write(tmp_path / "graph.nq", ONE))
    assert put(store, CONTRIBUTION, b"<http://e/a> <http://e/p> <http://e/mine> .") is False
    assert store.load_release(write(tmp_path / "graph.nq", TWO)) is True
    assert objects_of(store) == ["http://e/c", "http://e/mine"]
    assert set(store.counts().by_graph) == {"http://e/g2", CONTRIBUTION}
    store.release_folder()


def test_the_union_counts_a_triple_once_and_forgets_it_last(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE + ONE.replace("g1", "g2")))
    assert (store.counts().triples, sum(store.counts().by_graph.values())) == (1, 2)
    put(store, "http://e/g1", action="remove")
    assert store.counts().triples == 1
    put(store, "http://e/g2", action="remove")
    assert (store.counts().triples, store.counts().by_graph) == (0, {})
    assert not store.has_graph("http://e/g1")
    store.release_folder()


def test_a_replaced_graph_holds_exactly_the_new_triples(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    put(store, "http://e/g", b"<http://e/a> <http://e/p> <http://e/b>, [ ] .")
    assert put(store, "http://e/g", '<http://e/a> <http://e/p> <http://e/b>, "é\\n\'"@fr .'.encode()) is True
    assert objects_of(store) == ["http://e/b", "é\n'"]
    with pytest.raises(MalformedBodyError, match="Line 1"):
        put(store, "http://e/g", b"<http://e/a> .")
    assert store.counts().triples == 2
    assert store.counts() == store.recount()
    store.release_folder()


def test_the_name_of_the_state_is_another_for_other_data_even_after_a_restart(tmp_path: Path) -> None:
    graph = write(tmp_path / "graph.nq", ONE)
    names = []
    for _ in range(2):
        store = open_store(tmp_path / "store")
        store.load_release(graph)
        names.append(store.version)
        store.release_folder()
    assert names[0] == names[1], "as long as nothing is written, every process gives the same name"
    for number in range(2):
        store = open_store(tmp_path / "store")
        put(store, "http://e/g", b"<http://e/a> <http://e/p> %d ." % number)
        names.append(store.version)
        store.release_folder()
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<http://e/a> nonsense .\n", "not valid N-Quads"),
        ("<http://e/a> <http://e/p> <http://e/b> .\n", "outside every named graph"),
    ],
)
def test_a_bad_release_leaves_the_store_as_it_was(tmp_path: Path, text: str, says: str) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    with pytest.raises(StoreError, match=says):
        store.load_release(write(tmp_path / "bad.nq", text))
    assert objects_of(store) == ["http://e/b"]
    store.release_folder()
    again = open_store(tmp_path / "store")
    assert objects_of(again) == ["http://e/b"]
    again.release_folder()


def test_a_missing_release_says_what_to_do(tmp_path: Path) -> None:
    store = open_store(None)
    with pytest.raises(StoreError, match="run `aigov build` first"):
        store.load_release(tmp_path / "none.nq")
    store.release_folder()


def test_one_store_has_one_owner(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    with pytest.raises(StoreError, match="another process has this store open"):
        open_store(tmp_path / "store")
    store.release_folder()
    open_store(tmp_path / "store").release_folder()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"generation": 1}'])
def test_a_damaged_note_is_reported_in_one_line(tmp_path: Path, text: str) -> None:
    open_store(tmp_path / "store").release_folder()
    write(tmp_path / "store" / "current.json", text)
    with pytest.raises(StoreError, match="remove the folder"):
        open_store(tmp_path / "store")


LOAD = """
import sys
from pathlib import Path
from service.store.embedded import open_embedded
from service.store.pool import PoolSettings
store = open_embedded(Path(sys.argv[1]), pool=PoolSettings(), base="https://w3id.org/aigov/", prefixes={})
sys.stdout.write("open\\n"); sys.stdout.flush()
store.load_release(Path(sys.argv[2]))
"""


def test_a_load_that_is_killed_is_done_again_and_harms_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    store.load_release(write(tmp_path / "graph.nq", ONE))
    store.release_folder()
    lines = (f"<http://e/a> <http://e/p> <http://e/n{number}> <http://e/g> .\n" for number in range(20_000))
    big = write(tmp_path / "big.nq", "".join(lines))
    for delay_s in (0.0, 0.08):
        arguments = [sys.executable, "-c", LOAD, str(tmp_path / "store"), str(big)]
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay_s)
            process.send_signal(signal.SIGKILL)
        reopened = open_store(tmp_path / "store")
        assert objects_of(reopened) in (["http://e/b"], sorted(f"http://e/n{number}" for number in range(20_000)))
        reopened.release_folder()
    final = open_store(tmp_path / "store")
    final.load_release(big)
    assert final.counts().triples == 20_000
    final.release_folder()


async def _read(store: EmbeddedStore) -> str:
    query = Query("SELECT ?o { ?s ?p ?o } ORDER BY ?o", "text/csv", None, 10, 1 << 20)
    return (await store.query(query)).read().decode()


@pytest.mark.parametrize("on_disk", [True, False])
def test_readers_see_every_write_that_was_acknowledged(tmp_path: Path, on_disk: bool) -> None:
    async def write_and_read() -> list[str]:
        store = open_store(tmp_path / "store" if on_disk else None)
        await store.start()
        seen = []
        try:
            for number in range(5):
                document = Document(f"<http://e/a> <http://e/p> {number} .".encode(), "text/turtle", "http://e/")
                await store.write_graph(GraphWrite("http://e/g", "replace", 10, (document,)))
                seen.append(await _read(store))
                await asyncio.gather(*(_read(store) for _ in range(5)))
            assert len(list(store._snapshots.folder.iterdir())) <= 2
        finally:
            await store.close()
        return seen

    assert asyncio.run(write_and_read()) == [f"o\r\n{number}\r\n" for number in range(5)]
