"""The service over another engine gives what it gives over its own: two real engines on loopback."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree

import httpx
import pytest
from engines import VIRTUOSO_ROWS, Engine, run_oxigraph, run_virtuoso
from rdflib.compare import isomorphic
from serving import Serve, Server, parse_graph

from graph_builder.vocab import BASE, PREFIXES
from service import errors
from service.store.protocol import Document, GraphWrite, Query, Update
from service.store.remote import RemoteStore, open_remote
from service.store.remote_threads import RemoteSettings
from service.store.terms import Term, iri, literal

ResultT = TypeVar("ResultT")

LABELS = (
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> SELECT ?principle ?label WHERE "
    "{ ?principle a <https://w3id.org/aigov/ontology#Principle> ; skos:prefLabel ?label } ORDER BY ?label ?principle"
)
OPTIONAL = "SELECT ?s ?no WHERE { ?s a <https://w3id.org/aigov/ontology#State> OPTIONAL { ?s <http://e/none> ?no } }"
FRANCE = "CONSTRUCT WHERE { <https://w3id.org/aigov/actor/france> ?p ?o }"
RESTRICTION = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <graph/ontology> { ?s ?p ?o } }"
RELATIVE = "# a comment\nBASE <https://w3id.org/> ASK { GRAPH <aigov/graph/vocabulary> { <aigov/actor/france> ?p ?o } }"
VOCABULARY = "https://w3id.org/aigov/graph/vocabulary"
COUNT = "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a <https://w3id.org/aigov/ontology#Principle> }"
NAMED = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s a <https://w3id.org/aigov/ontology#Principle> } }"
NUMBERS = "SELECT ?o WHERE { ?s <https://w3id.org/aigov/ontology#ordinal> ?o } ORDER BY ?o"

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
PARSER_BY_TYPE = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
    "application/n-quads": "nquads",
    "application/trig": "trig",
}

REQUESTS: list[tuple[str, dict[str, str]]] = [
    *((JSON, {"query": query}) for query in (LABELS, OPTIONAL, "ASK { ?s ?p ?o }", "ASK { ?s <u:no> ?o }", RELATIVE)),
    *((media_type, {"query": LABELS}) for media_type in (XML, "text/csv", "text/tab-separated-values")),
    *((media_type, {"query": "ASK {}"}) for media_type in (XML, "text/csv", "text/tab-separated-values")),
    *((media_type, {"query": FRANCE}) for media_type in PARSER_BY_TYPE),
    ("application/n-triples", {"query": RESTRICTION}),
    (JSON, {"query": COUNT, "default-graph-uri": VOCABULARY}),
    (JSON, {"query": COUNT, "default-graph-uri": "https://w3id.org/aigov/graph/ontology"}),
    (JSON, {"query": COUNT.replace("WHERE", f"FROM <{VOCABULARY}> WHERE")}),
    (JSON, {"query": COUNT, "named-graph-uri": VOCABULARY}),
    (JSON, {"query": NAMED, "named-graph-uri": VOCABULARY}),
    (JSON, {"query": NAMED, "default-graph-uri": VOCABULARY}),
    (JSON, {"query": NAMED}),
    (JSON, {"query": NUMBERS}),
    (JSON, {"query": "SELECT ?x WHERE { VALUES ?x { '100 % + ü & 中文\\n' } }"}),
    (JSON, {"query": "SELECT * WHERE { ?s ?p ?o } LIMIT 0"}),
    ("text/turtle", {"query": LABELS}),
    (JSON, {"query": FRANCE}),
    (JSON, {"query": "SELECT * WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}),
    (JSON, {"query": "DELETE WHERE { ?s ?p ?o }"}),
    (JSON, {"query": "SELECT * FROM <http://e/not-stored> WHERE { ?s ?p ?o }"}),
    (JSON, {"query": LABELS, "timeout": "nothing"}),
]

PAGES = [
    "actor/china",
    "principle/fairness",
    "ontology",
    "graph/vocabulary",
    "statement/model-plan/en/s1",
    "actor/none",
]


def read_answer(response: httpx.Response) -> Any:
    """What an answer says, the same for the same result, whatever the order and the names of blank nodes.

    Rows are compared as sets: in the unions of these engines a triple of two graphs counts twice.
    """
    media_type = response.headers["content-type"].partition(";")[0]
    if media_type in PARSER_BY_TYPE:
        return parse_graph(response.text, PARSER_BY_TYPE[media_type])
    if media_type == JSON:
        document = response.json()
        if "boolean" in document:
            return document["boolean"]
        rows = document["results"]["bindings"]
        return sorted(document["head"]["vars"]), {json.dumps(row, sort_keys=True) for row in rows}
    if media_type in ("text/csv", "text/tab-separated-values"):
        rows = list(csv.reader(io.StringIO(response.text), delimiter="," if "csv" in media_type else "\t"))
        return rows[:1], set(map(tuple, rows[1:]))
    if media_type == XML:
        root = ElementTree.fromstring(response.content)
        tree = [ElementTree.canonicalize(ElementTree.tostring(element)) for element in root.iterfind("{*}results/*")]
        return sorted(tree) or [element.text for element in root.iterfind("{*}boolean")]
    if media_type == "application/problem+json":
        return {name: response.json()[name] for name in ("type", "title", "status")}
    return response.text


def assert_same(ours: httpx.Response, theirs: httpx.Response) -> None:
    assert (theirs.status_code, theirs.headers["content-type"]) == (ours.status_code, ours.headers["content-type"])
    expected, given = read_answer(ours), read_answer(theirs)
    assert isomorphic(expected, given) if hasattr(expected, "triples") else given == expected


def open_engine(engine: Engine, authorization: str = "", *, is_union: bool = True) -> RemoteStore:
    return open_remote(
        engine.query_url,
        update_url=engine.update_url,
        parameters=engine.parameters,
        authorization=authorization,
        settings=RemoteSettings(),
        base=BASE,
        prefixes=PREFIXES,
        is_union=is_union,
    )


def run_with(store: RemoteStore, work: Callable[[RemoteStore], Awaitable[ResultT]]) -> ResultT:
    """Do something with a store that has been started."""

    async def run() -> ResultT:
        await store.start()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def ask_rows(store: RemoteStore, text: str) -> list[tuple[Term, ...]]:
    return sorted(tuple(row.values()) for row in store.select(text))


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory: pytest.TempPathFactory, graph_file: Path) -> Iterator[Engine]:
    with run_oxigraph(tmp_path_factory.mktemp("oxigraph"), graph_file) as engine:
        yield engine


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory, graph_file: Path) -> Iterator[Engine]:
    with run_virtuoso(tmp_path_factory.mktemp("virtuoso"), graph_file) as engine:
        yield engine


@pytest.fixture(scope="module", params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the engines."""
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def remote_server(engine: Engine, serve: Serve) -> Iterator[Server]:
    with serve(*engine.arguments, environment=engine.environment) as running:
        yield running


@pytest.mark.parametrize(("accept", "fields"), REQUESTS)
def test_a_client_gets_the_same_answer(
    server: Server, remote_server: Server, accept: str, fields: dict[str, str]
) -> None:
    ours, theirs = (s.client.post("/sparql", data=fields, headers={"Accept": accept}) for s in (server, remote_server))
    assert_same(ours, theirs)


@pytest.mark.parametrize("path", PAGES)
def test_a_resource_has_the_same_description(server: Server, remote_server: Server, path: str) -> None:
    headers = {"Accept": "application/n-triples"}
    ours, theirs = (s.client.get(f"/{path}", headers=headers, follow_redirects=True) for s in (server, remote_server))
    assert_same(ours, theirs)


@pytest.mark.parametrize("path", ["/", "/sparql", "/actor/china"])
def test_pages_are_served(remote_server: Server, path: str) -> None:
    response = remote_server.client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_syntax_error_has_its_line(remote_server: Server) -> None:
    response = remote_server.query("SELECT *\nWHERE { ?s ?p }")
    assert response.status_code == 400
    assert response.json()["type"].endswith("/problem/malformed-query")
    assert response.json()["line"] == 2


def test_health_says_that_the_store_is_remote(remote_server: Server) -> None:
    document = remote_server.client.get("/health").json()
    assert (document["status"], document["ready"], document["store"]) == ("ok", True, "remote")


def test_metrics_are_those_of_a_store_that_is_not_ours(remote_server: Server) -> None:
    lines = remote_server.client.get("/metrics").text.splitlines()
    assert 'aigov_store_info{kind="remote",release=""} 1.0' in lines
    assert "aigov_store_commits_total 0.0" in lines


def test_bound_terms_are_not_read_as_sparql(engine: Engine) -> None:
    store = open_engine(engine)
    hostile = literal('" } INSERT DATA { GRAPH <u:g> { <u:s> <u:p> "x\\', language="en")
    text = "# of { this }\nSELECT ?o ?s WHERE { BIND(STRLEN(STR(?o)) AS ?s) }"
    row = store.select(text, o=hostile)[0]
    assert (row["o"], row["s"].value) == (hostile, str(len(hostile.value)))
    with pytest.raises(ValueError, match="IRI"):
        store.select(text, o=iri("http://e/> } #"))


def test_an_update_counts_at_once(engine: Engine) -> None:
    store = open_engine(engine)
    graph = "http://e/updated"

    async def write(store: RemoteStore) -> None:
        await store.update(Update("BASE <http://e/> INSERT DATA { GRAPH <updated> { <a> <b> 'c' } }", 10))
        await store.update(Update(f"INSERT DATA {{ GRAPH <{graph}> {{ <a> <b> 'c' }} }}", 10))
        assert await asyncio.to_thread(store.has_graph, graph)
        await store.update(Update(f"DROP SILENT GRAPH <{graph}>", 10))
        assert not await asyncio.to_thread(store.has_graph, graph)

    run_with(store, write)


def test_using_graph_uri_reaches_the_engine(engine: Engine) -> None:
    store = open_engine(engine)
    text = (
        "INSERT { GRAPH <http://e/using> { ?s <u:p> 'found' } } WHERE { ?s a <https://w3id.org/aigov/ontology#State> }"
    )

    async def write(store: RemoteStore) -> tuple[bool, bool]:
        await store.update(Update(text, 10, using_graphs=("https://w3id.org/aigov/graph/ontology",)))
        before = await asyncio.to_thread(store.has_graph, "http://e/using")
        await store.update(Update(text, 10, using_graphs=(VOCABULARY,)))
        after = await asyncio.to_thread(store.has_graph, "http://e/using")
        await store.write_graph(GraphWrite("http://e/using", "remove", 10))
        return before, after

    assert run_with(store, write) == (False, True)


def test_a_graph_is_written_read_merged_and_removed(engine: Engine) -> None:
    store = open_engine(engine)
    graph = "http://e/written"
    turtle = '<a> <p> "é\\n\\"\\\\ $1"@fr , [ <p> [] ] , 5 .'.encode()

    async def write(store: RemoteStore) -> list[bool]:
        existed = [
            await store.write_graph(GraphWrite(graph, "replace", 10, (Document(turtle, "text/turtle", "http://e/"),))),
            await store.write_graph(GraphWrite(graph, "replace", 10, (Document(turtle, "text/turtle", "http://e/"),))),
            await store.write_graph(
                GraphWrite(graph, "merge", 10, (Document(b"<u:s> <u:p> <u:o> .", "text/turtle", ""),))
            ),
        ]
        query = Query(
            f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", None, "text/turtle", 9, 9999
        )
        given = parse_graph((await store.query(query)).read().decode(), "turtle")
        expected = parse_graph("@base <http://e/> . <u:s> <u:p> <u:o> . " + turtle.decode(), "turtle")
        assert isomorphic(given, expected)
        existed.append(await store.write_graph(GraphWrite(graph, "remove", 10)))
        with pytest.raises(errors.ResourceNotFoundError):
            await store.write_graph(GraphWrite(graph, "remove", 10))
        return existed

    assert run_with(store, write) == [False, True, True, True]


def test_the_blank_nodes_of_each_document_are_its_own(engine: Engine) -> None:
    store = open_engine(engine)
    documents = (Document(b"_:x <u:p> <u:o> .", "text/turtle", ""), Document(b"_:x <u:q> <u:o> .", "text/turtle", ""))

    async def write(store: RemoteStore) -> str:
        await store.write_graph(GraphWrite("http://e/two", "replace", 10, documents))
        text = "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { GRAPH <http://e/two> { ?s ?p ?o } }"
        rows = await asyncio.to_thread(store.select, text)
        await store.write_graph(GraphWrite("http://e/two", "remove", 10))
        return rows[0]["n"].value

    assert run_with(store, write) == "2"


def test_an_empty_graph_is_one_where_the_engine_knows_such(oxigraph: Engine) -> None:
    store = open_engine(oxigraph)

    async def write(store: RemoteStore) -> list[bool]:
        documents = (Document(b"", "text/turtle", ""),)
        existed = await store.write_graph(GraphWrite("http://e/empty", "replace", 10, documents))
        exists = await asyncio.to_thread(store.has_graph, "http://e/empty")
        return [existed, exists, await store.write_graph(GraphWrite("http://e/empty", "remove", 10))]

    assert run_with(store, write) == [False, True, True]


def test_the_default_graph_can_be_written_where_it_is_stored(oxigraph: Engine) -> None:
    store = open_engine(Engine(oxigraph.query_url, oxigraph.update_url), is_union=False)
    documents = (Document(b"<u:a> <u:b> <u:c> .", "text/turtle", ""),)

    async def write(store: RemoteStore) -> int:
        await store.write_graph(GraphWrite(None, "replace", 10, documents))
        rows = await asyncio.to_thread(store.select, "SELECT * WHERE { ?s ?p ?o }")
        await store.write_graph(GraphWrite(None, "remove", 10))
        return len(rows)

    assert run_with(store, write) == 1


def test_what_others_write_is_seen_at_once(engine: Engine, remote_server: Server) -> None:
    store = open_engine(engine)
    text = "ASK { GRAPH <http://e/others> { ?s ?p ?o } }"
    before = remote_server.query(text)
    documents = (Document(b"<u:a> <u:b> <u:c> .", "text/turtle", ""),)
    run_with(store, lambda s: s.write_graph(GraphWrite("http://e/others", "replace", 10, documents)))
    fields = {"params": {"query": text}, "headers": {"If-None-Match": before.headers["etag"]}}
    after = remote_server.client.get("/sparql", **fields)
    run_with(open_engine(engine), lambda s: s.write_graph(GraphWrite("http://e/others", "remove", 10)))
    assert before.json()["boolean"] is False
    assert (after.status_code, after.json()["boolean"]) == (200, True)


@pytest.mark.parametrize(("text", "encoding"), [(LABELS, ""), ("SELECT * WHERE { ?s ?p ?o } LIMIT 90", "gzip")])
def test_large_results_are_compressed_for_who_takes_that(remote_server: Server, text: str, encoding: str) -> None:
    plain, packed = (
        remote_server.client.post("/sparql", data={"query": text}, headers={"Accept": JSON, "Accept-Encoding": wish})
        for wish in ("identity", "gzip")
    )
    assert "content-encoding" not in plain.headers
    assert packed.headers.get("content-encoding", "") == encoding
    assert read_answer(packed) == read_answer(plain)


def test_a_server_that_is_not_writable_writes_nothing(server: Server, remote_server: Server) -> None:
    ours, theirs = (s.client.post("/sparql", data={"update": "CLEAR ALL"}) for s in (server, remote_server))
    assert_same(ours, theirs)
    assert theirs.is_client_error


def test_a_graph_of_many_triples_is_one_request(engine: Engine) -> None:
    lines = "".join(f'<http://e/s{number}> <http://e/p> "{number}" .\n' for number in range(6000)).encode()
    store = open_engine(engine)

    async def write(store: RemoteStore) -> str:
        await store.write_graph(
            GraphWrite("http://e/many", "replace", 20, (Document(lines, "application/n-triples", ""),))
        )
        size = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH <http://e/many> { ?s ?p ?o } }"
        rows = await asyncio.to_thread(store.select, size)
        await store.write_graph(GraphWrite("http://e/many", "remove", 10))
        return rows[0]["n"].value

    assert run_with(store, write) == "6000"


@pytest.mark.parametrize("data", [b"<a> <b> .", b"<http://e/a> <http://e/b> <http://e/c"])
def test_data_that_cannot_be_read_change_nothing(engine: Engine, data: bytes) -> None:
    store = open_engine(engine)
    documents = (Document(b"<u:a> <u:b> <u:c> .", "text/turtle", ""), Document(data, "text/turtle", "http://e/"))
    with pytest.raises(errors.MalformedBodyError) as caught:
        run_with(store, lambda s: s.write_graph(GraphWrite(VOCABULARY, "replace", 10, documents)))
    assert caught.value.extensions["line"] == 1
    assert store.has_graph(VOCABULARY)


def test_without_an_update_address_nothing_is_written(engine: Engine) -> None:
    store = open_engine(Engine(engine.query_url, "", engine.parameters))
    with pytest.raises(errors.ReadOnlyError):
        run_with(store, lambda s: s.update(Update("DROP ALL", 5)))


def test_counts_name_the_graphs(engine: Engine, server: Server) -> None:
    counts = open_engine(engine).counts()
    sizes = {name: size for name, size in counts.by_graph.items() if name.startswith(BASE)}
    assert sizes[VOCABULARY] > 20
    assert counts.triples >= sum(sizes.values()) / 2


@pytest.mark.slow
class TestVirtuoso:
    """What is true of Virtuoso only."""

    def query(self, engine: Engine, text: str) -> bytes:
        query = Query(text, JSON, "application/n-triples", 20, 1 << 24)

        async def ask(store: RemoteStore) -> bytes:
            return (await store.query(query)).read()

        return run_with(open_engine(engine), ask)

    def test_updates_go_to_the_address_that_wants_credentials(self, virtuoso: Engine) -> None:
        store = open_engine(Engine(virtuoso.query_url, virtuoso.update_url + "-auth"), authorization="Digest dba:dba")
        write = GraphWrite("http://e/digest", "replace", 10, (Document(b"<u:s> <u:p> <u:o> .", "text/turtle", ""),))
        assert run_with(store, lambda s: s.write_graph(write)) is False
        assert store.has_graph("http://e/digest")
        with pytest.raises(errors.BackendFailedError, match="credentials"):
            run_with(
                open_engine(Engine(virtuoso.query_url, virtuoso.update_url + "-auth")), lambda s: s.write_graph(write)
            )

    def test_rows_left_out_are_an_error(self, virtuoso: Engine) -> None:
        with pytest.raises(errors.BackendTruncatedError) as caught:
            self.query(virtuoso, "SELECT * WHERE { ?s ?p ?o }")
        assert caught.value.extensions["limit_rows"] == VIRTUOSO_ROWS

    @pytest.mark.parametrize("limit", [VIRTUOSO_ROWS - 1, VIRTUOSO_ROWS])
    def test_as_many_rows_as_are_allowed_are_whole(self, virtuoso: Engine, limit: int) -> None:
        text = f"# all\nSELECT * WHERE {{ ?s ?p ?o }} # of them\nLIMIT {limit}"
        assert len(json.loads(self.query(virtuoso, text))["results"]["bindings"]) == limit

    def test_triples_left_out_are_an_error(self, virtuoso: Engine) -> None:
        with pytest.raises(errors.BackendTruncatedError):
            self.query(virtuoso, "CONSTRUCT WHERE { ?s ?p ?o }")

    def test_fewer_triples_are_whole(self, virtuoso: Engine) -> None:
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }} LIMIT {VIRTUOSO_ROWS - 1}"
        assert 0 < self.query(virtuoso, text).count(b"\n") < VIRTUOSO_ROWS

    @pytest.mark.parametrize(
        "expression",
        ["bif:http_get('http://127.0.0.1:1/')", "<bif:http_get>('http://127.0.0.1:1/')", "sql:http_get('x')"],
    )
    def test_functions_of_its_server_are_refused(self, virtuoso: Engine, expression: str) -> None:
        with pytest.raises(errors.EgressRefusedError):
            self.query(virtuoso, f"SELECT ({expression} AS ?x) WHERE {{}}")

    @pytest.mark.parametrize(
        "text",
        [
            'DEFINE get:soft "replace" SELECT * FROM <http://127.0.0.1:1/> WHERE { ?s ?p ?o }',
            "#\rASK {}\nINSERT DATA { GRAPH <u:hidden> { <u:a> <u:b> <u:c> } }",
            "ASK {} ; INSERT DATA { GRAPH <u:hidden> { <u:a> <u:b> <u:c> } }",
        ],
    )
    def test_nothing_but_a_query_is_sent_as_one(self, virtuoso: Engine, text: str) -> None:
        with pytest.raises((errors.MalformedQueryError, errors.EgressRefusedError)):
            self.query(virtuoso, text)
        assert not open_engine(virtuoso).has_graph("u:hidden")
