"""Updates: what a reader works out is what the engine would do; writes are atomic, one after the other, and durable."""

import asyncio
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from serving import Serve, Server

from service import errors
from service.sparql.guard import refuse_egress
from service.store.delta import Changes, UpdateJob, apply_changes, evaluate_update
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Delta, Document, GraphWrite, Query, Update
from service.store.update_request import UpdateNotReadError, split_update
from service.writers import hash_token

TOKEN = "a token for tests"
BASE = "http://e/"
DATA = """
PREFIX : <http://e/>
:a :p 1 .
:g { :a :p "x"@en-gb . _:b :p :a ; :q _:c }
:h { :a :p 1 }
"""
UPDATES = {
    "insert data": "INSERT DATA { <a> <p> 2 . GRAPH <g> { <a> <p> 3 } GRAPH <new> { <a> <p> [ <q> 4 ] } }",
    "delete data": "PREFIX : <http://e/> DELETE DATA { :a :p 1 . GRAPH :h { :a :p 1 } GRAPH :g { :none :p 1 } }",
    "delete where": "DELETE WHERE { GRAPH ?g { ?s <p> ?o } }",
    "a blank node stays itself": "INSERT { GRAPH <g> { ?s <r> ?o } } WHERE { GRAPH <g> { ?s <q> ?o } }",
    "a new blank node a solution": "INSERT { ?s <has> [ <v> ?o ] } WHERE { GRAPH ?g { ?s <p> ?o } }",
    "delete and insert": "DELETE { ?s <p> ?o } INSERT { ?s <p> ?n } WHERE { ?s <p> ?o BIND(?o + 1 AS ?n) }",
    "with": "WITH <g> DELETE { ?s <p> ?o } INSERT { ?s <was> ?o } WHERE { ?s <p> ?o }",
    "using": "INSERT { GRAPH <new> { ?s ?p ?o } } USING <g> USING <h> USING NAMED <h> WHERE { ?s ?p ?o }",
    "unbound is left out": "INSERT { ?s <p> ?none . ?s <ok> 1 } WHERE { ?s <p> 1 OPTIONAL { ?s <none> ?none } }",
    "a literal is no subject": "INSERT { ?o <p> ?s } WHERE { GRAPH <g> { ?s <p> ?o } }",
    "no solutions": "DELETE { ?s ?p ?o } INSERT { <x> <y> 1 } WHERE { ?s <none> ?o }",
    "clear": "CLEAR GRAPH <g>",
    "clear default": "CLEAR DEFAULT",
    "drop all": "DROP ALL",
    "drop named": "DROP NAMED",
    "create": "CREATE GRAPH <new>",
    "add": "ADD <g> TO <h>",
    "copy": "COPY <g> TO DEFAULT",
    "move": "MOVE <g> TO <h>",
    "move onto itself": "MOVE <g> TO <g>",
    "silent": "DROP SILENT GRAPH <none> ; CREATE SILENT GRAPH <g>",
    "later operations see earlier ones": """
        INSERT DATA { <c> <n> 1 } ;
        DELETE { ?s <n> ?o } INSERT { ?s <n> ?m } WHERE { ?s <n> ?o BIND(?o + 1 AS ?m) } ;
        INSERT { GRAPH <log> { ?s <n> ?o } } WHERE { ?s <n> ?o } ;
        DROP GRAPH <h> ; CREATE GRAPH <h> ; INSERT DATA { GRAPH <h> { <d> <n> 1 } }""",
    "what comes and goes": "INSERT DATA { <z> <z> 1 } ; DELETE DATA { <z> <z> 1 } ; DELETE DATA { <a> <p> 1 } ; "
    "INSERT DATA { <a> <p> 1 }",
    "braces in strings and comments": 'INSERT DATA { <a> <p> "}; {" , """;"}""" } # } ;\n ; INSERT DATA { <a> <p> 5 }',
    "nothing": "",
}
by_name = pytest.mark.parametrize("text", UPDATES.values(), ids=UPDATES.keys())


def make_store() -> ox.Store:
    store = ox.Store()
    store.extend(ox.parse(DATA, format=ox.RdfFormat.TRIG))
    return store


def canonical(store: ox.Store) -> tuple[set[str], set[str]]:
    """The quads with blank nodes named by what is around them, and the graphs."""
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}, {str(graph) for graph in store.named_graphs()}


def copy_of(store: ox.Store) -> ox.Store:
    copy = ox.Store()
    copy.extend(store)
    for graph in store.named_graphs():
        copy.add_graph(graph)
    return copy


def work_out(text: str, store: ox.Store, **job: object) -> Changes:
    return evaluate_update(UpdateJob(text, BASE, **job), store, lambda: copy_of(store))  # type: ignore[arg-type]


@by_name
def test_a_delta_gives_what_the_engine_gives(text: str) -> None:
    expected, actual = make_store(), make_store()
    expected.update(text, base_iri=BASE)
    changes = work_out(text, actual)
    assert canonical(actual) == canonical(make_store()), "working out changes nothing"
    apply_changes(changes, actual)
    assert canonical(actual) == canonical(expected)


@by_name
def test_a_delta_is_no_larger_than_the_change(text: str) -> None:
    store = make_store()
    changes = work_out(text, store)
    assert all(quad in store for quad in changes.removed)
    assert all(quad not in store for quad in changes.added)


def test_a_prologue_may_stand_before_each_operation() -> None:
    text = "PREFIX a: <http://e/> INSERT DATA { a:x a:p 1 } ; PREFIX b: <http://f/> INSERT DATA { a:x b:p 2 }"
    assert {str(quad.predicate) for quad in work_out(text, make_store()).added} == {"<http://e/p>", "<http://f/p>"}


def test_a_target_takes_the_place_of_the_default_graph() -> None:
    changes = work_out(
        "DELETE { ?s <p> ?o } INSERT { ?s <q> ?o } WHERE { ?s <p> ?o }", make_store(), target="http://e/h"
    )
    assert {str(quad) for quad in changes.added} == {
        '<http://e/a> <http://e/q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/h>'
    }


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("INSERT DATA { <a> <b> }", "error at 1:23"),
        ("INSERT DATA { <a> <b> 1 } ;\nINSERT DATA { <a> <b> }", "error at 2:23"),
        ("INSERT DATA { <a> <b> 1 } ; INSERT DATA { <a> <b> }", "error at 1:51"),
        ("INSERT DATA { ?x <b> 1 }", "error at 1"),
        ("INSERT DATA { <a> <b> _:x } ; INSERT DATA { <a> <b> _:x }", "cannot be shared"),
        ("INSERT { <a> <b> 1 }", "error at"),
        ("SELECT * {}", "error at 1:"),
        ("INSERT DATA { <a> <b> 1 } }", "error at"),
    ],
)
def test_a_syntax_error_has_its_place_in_the_request(text: str, place: str) -> None:
    with pytest.raises(SyntaxError, match=place):
        work_out(text, make_store())


@pytest.mark.parametrize("text", ["}", "; ;", "{ }", "INSERT", "DROP", "COPY <a>", "WITH <a> WHERE {}", "USING <a> {}"])
def test_what_is_no_sequence_of_operations_is_not_taken_apart(text: str) -> None:
    with pytest.raises(UpdateNotReadError):
        split_update(text)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://e/>",
        "load<http://e/>INTO GRAPH <http://e/g>",
        "INSERT DATA { <a> <b> 1 } ; LOAD <http://e/>",
        "INSERT { <a> <b> ?o } WHERE { SERVICE <http://e/> { ?s ?p ?o } }",
        "LOAD SILENT <http://e/> ; INSERT { <a> <b> ?o } WHERE { SERVICESILENT<http://e/> { ?s ?p ?o } }",
        "LOADSILENT <http://e/>",
    ],
)
def test_an_update_that_reaches_out_is_refused(text: str) -> None:
    with pytest.raises(errors.EgressRefusedError):
        refuse_egress(text)


def test_load_silent_fails_silently() -> None:
    refuse_egress("LOAD SILENT <http://127.0.0.1:9/>")
    assert not work_out("LOAD SILENT <http://127.0.0.1:9/>", make_store()).added


Work = Callable[[EmbeddedStore], object]


def run_in_store(folder: Path | None, work: Work, **options: object) -> object:
    """Open a store, do something with it, close it."""

    async def run() -> object:
        pool = PoolSettings(workers=1)
        store = open_embedded(folder, pool=pool, base=BASE, prefixes={}, **options)  # type: ignore[arg-type]
        await store.start()
        try:
            return await work(store)  # type: ignore[misc]
        finally:
            await store.close()

    return asyncio.run(run())


class ShutGate:
    """A gate that refuses everything, and notes what came."""

    def __init__(self) -> None:
        self.seen: list[Delta] = []

    def check(self, delta: Delta) -> None:
        self.seen.append(delta)
        raise errors.MalformedBodyError("not today")


def test_nothing_passes_a_shut_gate(tmp_path: Path) -> None:
    gate = ShutGate()

    async def work(store: EmbeddedStore) -> bytes:
        with pytest.raises(errors.MalformedBodyError):
            await store.update(Update("INSERT DATA { GRAPH <g> { <a> <p> 1 } }", 10))
        with pytest.raises(errors.MalformedBodyError):
            await store.write_graph(
                GraphWrite(BASE + "g", "replace", 10, (Document(b"<a> <p> 2 .", "text/turtle", BASE),))
            )
        await store.update(Update("DELETE WHERE { ?s ?p ?o }", 10))
        return (await store.query(Query("ASK { ?s ?p ?o }", "text/csv", None, 10, 1000))).read()

    assert run_in_store(tmp_path / "store", work, gate=gate) == b"false"
    assert [delta.created for delta in gate.seen] == [(BASE + "g",), (BASE + "g",)]
    assert b"<http://e/a> <http://e/p>" in gate.seen[0].added


@pytest.mark.parametrize("on_disk", [True, False])
def test_the_union_is_kept_by_updates(tmp_path: Path, on_disk: bool) -> None:
    async def work(store: EmbeddedStore) -> list[int]:
        sizes = []
        for text in (
            "INSERT DATA { GRAPH <g> { <a> <p> 1, 2 } GRAPH <h> { <a> <p> 1 } }",
            "DELETE DATA { GRAPH <g> { <a> <p> 1 } }",
            "MOVE <h> TO <g>",
            "DELETE DATA { GRAPH <g> { <a> <p> 1 } } ; INSERT DATA { GRAPH <i> { <a> <p> 1 } }",
            "DROP ALL",
        ):
            await store.update(Update(text, 10))
            assert store.counts() == store.recount()
            sizes.append(store.counts().triples)
        for text in ("INSERT DATA { <a> <p> 1 }", "INSERT DATA { GRAPH <g> { <a> <p> 1 } } ; COPY <g> TO DEFAULT"):
            with pytest.raises(errors.DefaultGraphError):
                await store.update(Update(text, 10))
        assert store.counts().triples == 0
        return sizes

    assert run_in_store(tmp_path / "store" if on_disk else None, work) == [2, 2, 1, 1, 0]


def test_a_default_graph_keeps_its_kind(tmp_path: Path) -> None:
    async def work(store: EmbeddedStore) -> int:
        await store.update(Update("INSERT DATA { <a> <p> 1 }", 10))
        return store.counts().triples

    assert run_in_store(tmp_path / "store", work, is_union=False) == 1
    with pytest.raises(errors.StoreError, match="--default-graph stored"):
        run_in_store(tmp_path / "store", work, is_union=True)


@pytest.fixture(scope="module")
def writable(serve: Serve) -> Iterator[Server]:
    """A server that may be written, with a store of its own."""
    environment = {"AIGOV_TOKEN_SHA256": hash_token(TOKEN)}
    with serve("--workers", "2", "--writable", "--timeout", "5", environment=environment) as running:
        running.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield running


def update(server: Server, text: str, **options: object) -> httpx.Response:
    return server.client.post("/sparql", data={"update": text}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("", 401), ("Bearer", 401), ("Bearer wrong", 401), (f"Basic {TOKEN}", 401), (f"bearer {TOKEN}", 204)],
)
def test_writing_needs_the_token(writable: Server, authorization: str, status: int) -> None:
    response = update(writable, "INSERT DATA {}", headers={"Authorization": authorization})
    assert response.status_code == status
    assert (status == 401) == ("www-authenticate" in response.headers)


def test_a_server_is_read_only_unless_told_otherwise(server: Server) -> None:
    for response in (
        update(server, "INSERT DATA {}", headers={"Authorization": f"Bearer {TOKEN}"}),
        server.client.put("/store?graph=http://e/g", content=b"", headers={"Content-Type": "text/turtle"}),
        server.client.delete("/store?graph=http://e/g"),
    ):
        assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (403, "read-only")


def test_an_update_is_seen_by_the_next_query(writable: Server) -> None:
    query = "SELECT ?o { <http://e/seen> <http://e/p> ?o }"
    for number in range(3):
        text = "DROP SILENT GRAPH <http://e/s> ; INSERT DATA { GRAPH <http://e/s> { <http://e/seen> <http://e/p> %d } }"
        assert update(writable, text % number).status_code == 204
        assert writable.query(query, "text/csv").text == f"o\r\n{number}\r\n"


@pytest.mark.parametrize(
    ("text", "fields", "status"),
    [
        ("INSERT DATA { <a> }", {}, 400),
        ("INSERT DATA { <http://e/a> <http://e/p> 1 }", {}, 403),
        ("DROP GRAPH <http://e/none>", {}, 409),
        ("LOAD <http://127.0.0.1:9/>", {}, 403),
        (
            "INSERT { GRAPH <http://e/x> { ?s ?p ?o } } USING <http://e/g> WHERE { ?s ?p ?o }",
            {"using-graph-uri": "http://e/g"},
            400,
        ),
        (
            "INSERT { GRAPH <http://e/x> { ?s ?p ?o } } WHERE { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
            {"timeout": "0.3"},
            504,
        ),
    ],
)
def test_a_refused_update_changes_nothing(writable: Server, text: str, fields: dict[str, str], status: int) -> None:
    before = writable.client.get("/health").json()["triples"]
    response = (
        update(writable, text) if not fields else writable.client.post("/sparql", data={"update": text, **fields})
    )
    assert response.status_code == status, response.text
    assert writable.client.get("/health").json()["triples"] == before


def count_up(server: Server, times: int) -> None:
    """Read a number and write the next one, in one update, so many times."""
    text = (
        "DELETE { GRAPH <http://e/c> { <http://e/c> <http://e/n> ?n } } "
        "INSERT { GRAPH <http://e/c> { <http://e/c> <http://e/n> ?m } } "
        "WHERE { GRAPH <http://e/c> { <http://e/c> <http://e/n> ?n } BIND(?n + 1 AS ?m) }"
    )
    for _ in range(times):
        assert update(server, text).status_code == 204


def count_together(server: Server, clients: int, times: int) -> str:
    update(
        server, "DROP SILENT GRAPH <http://e/c> ; INSERT DATA { GRAPH <http://e/c> { <http://e/c> <http://e/n> 0 } }"
    )
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(lambda _: count_up(server, times), range(clients)))
    return server.query("SELECT ?n { <http://e/c> <http://e/n> ?n }", "text/csv").text


def test_concurrent_updates_lose_nothing(writable: Server) -> None:
    assert count_together(writable, 4, 25) == "n\r\n100\r\n"


@pytest.mark.slow
def test_two_thousand_concurrent_updates_lose_nothing(writable: Server) -> None:
    assert count_together(writable, 4, 500) == "n\r\n2000\r\n"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A writable server on an empty store that may be killed."""
    from serving import clean_environment, command

    process = subprocess.Popen(
        command("--store", str(folder), "--empty", "--writable", "--port", "0", "--workers", "1"),
        env=clean_environment() | {"AIGOV_TOKEN_SHA256": hash_token(TOKEN)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    url = process.stderr.readline().split()[-1].rstrip("/")
    try:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def write_until_killed(process: subprocess.Popen[str], client: httpx.Client, delay_s: float, first: int) -> int:
    """Write numbers, each in two graphs at once, until the server is killed; return the last that was acknowledged."""
    acknowledged = first - 1
    killer = threading.Timer(delay_s, process.send_signal, (signal.SIGKILL,))
    killer.start()
    try:
        while True:
            number = acknowledged + 1
            text = "INSERT DATA { GRAPH <_/a> { <_> <_/p> 1 } GRAPH <_/b> { <_> <_/p> 2 } }"
            client.post("/sparql", data={"update": text.replace("_", f"http://e/{number}")}).raise_for_status()
            acknowledged = number
    except httpx.TransportError:
        return acknowledged
    finally:
        killer.join()


@pytest.mark.parametrize("delays", [(0.15, 0.4), pytest.param([0.1 * n for n in range(1, 13)], marks=pytest.mark.slow)])
def test_a_kill_loses_nothing_acknowledged_and_leaves_nothing_half_written(
    tmp_path: Path, delays: tuple[float, ...]
) -> None:
    last = -1
    for delay_s in delays:
        with serving(tmp_path / "store") as (process, client):
            last = write_until_killed(process, client, delay_s, last + 1)
        with serving(tmp_path / "store") as (_, client):
            query = "SELECT ?s (COUNT(?o) AS ?n) (COUNT(?g) AS ?m) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?s"
            rows = client.get("/sparql", params={"query": query}).json()["results"]["bindings"]
            union = client.get("/sparql", params={"query": "SELECT ?s { ?s ?p ?o }"}).json()["results"]["bindings"]
        written = {int(row["s"]["value"].rpartition("/")[2]) for row in rows}
        assert all(row["n"]["value"] == "2" for row in rows), "half written"
        assert set(range(last + 1)) <= written, "an acknowledged write is lost"
        assert len(union) == 2 * len(rows), "the union is another than the graphs"
        last = max(written, default=-1)
    assert last >= 0, "nothing was written before the kill: the test shows nothing"
