"""What a client gets when the engine behind the service is bad: an error that says so, never a part of a result."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from engines import find_port
from serving import Serve

from graph_builder.vocab import BASE, PREFIXES
from service import errors
from service.store.protocol import Answer, GraphWrite, Query, Update
from service.store.remote import RemoteStore, open_remote
from service.store.remote_threads import RemoteSettings

JSON, NT, CSV = "application/sparql-results+json", "application/n-triples", "text/csv"
ROWS = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"x"}}]}}'
TRIPLES = b"<http://e/a> <http://e/b> <http://e/c> .\n"
SELECT, CONSTRUCT, ASK = "SELECT * WHERE { ?s ?p ?a }", "CONSTRUCT WHERE { ?s ?p ?o }", "ASK { ?s ?p ?o }"


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says; the question whether it is a Virtuoso with a refusal."""

    protocol_version = "HTTP/1.1"
    server: "BadServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = parse_qs(body)
        self.close_connection = True
        if "bif:" in fields.get("query", [""])[0]:
            self.reply(400, "text/plain", b"no such prefix")
            return
        self.server.asked.append((self.path, dict(self.headers), fields))
        try:
            self.server.behave(self)
        except OSError:
            self.server.was_cut.set()

    def reply(self, status: int, media_type: str, body: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, media_type: str, *headers: tuple[str, str]) -> None:
        self.send_response_only(200)
        for name, value in (("Content-Type", media_type), *headers):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class BadServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave: Callable[[Handler], None] = lambda handler: handler.reply(200, JSON, ROWS)
        self.asked: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        self.was_cut = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"

    def handle_error(self, *_: Any) -> None:
        pass


@pytest.fixture
def bad() -> Iterator[BadServer]:
    with BadServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def open_store(url: str, **options: Any) -> RemoteStore:
    settings = RemoteSettings(workers=2, queue_length=1, queue_s=5)
    return open_remote(url, **{"settings": settings, "base": BASE, "prefixes": PREFIXES, **options})


def ask(store: RemoteStore, text: str, timeout_s: float = 5, limit_bytes: int = 1 << 20) -> bytes:
    query = Query(text, CSV, NT, timeout_s, limit_bytes)

    async def run() -> Answer:
        await store.start()
        try:
            return await store.query(query)
        finally:
            await store.close()

    return asyncio.run(run()).read()


def run_update(store: RemoteStore, text: str) -> None:
    async def run() -> None:
        await store.start()
        try:
            await store.update(Update(text, 5))
        finally:
            await store.close()

    asyncio.run(run())


def cut_chunks(handler: Handler) -> None:
    handler.begin(JSON, ("Transfer-Encoding", "chunked"))
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(ROWS), ROWS))


def no_length(media_type: str, body: bytes) -> Callable[[Handler], None]:
    def behave(handler: Handler) -> None:
        handler.begin(media_type, ("Connection", "close"))
        handler.wfile.write(body)

    return behave


def reply(*arguments: Any, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(*arguments, **headers)


BROKEN: dict[str, tuple[str, Callable[[Handler], None]]] = {
    "shorter than it says": (SELECT, reply(200, JSON, ROWS, len(ROWS) + 100)),
    "whole JSON, shorter than it says": (SELECT, reply(200, JSON, ROWS + b" " * 9, len(ROWS) + 10)),
    "chunks without an end": (SELECT, cut_chunks),
    "cut, no length": (SELECT, no_length(JSON, ROWS[:-2])),
    "text after the result": (SELECT, reply(200, JSON, ROWS + b"The SPARQL operation has been cancelled")),
    "text in the result": (SELECT, reply(200, JSON, ROWS[:60] + b"!!!!>># timeout")),
    "empty": (SELECT, reply(200, JSON, b"")),
    "a page": (SELECT, reply(200, "text/html", b"<h1>Welcome</h1>")),
    "a page that says it is JSON": (SELECT, reply(200, JSON, b"<h1>Welcome</h1>")),
    "another form": (SELECT, reply(200, CSV, b"a\r\nx\r\n")),
    "no media type": (SELECT, lambda h: (h.send_response_only(200), h.end_headers(), h.wfile.write(ROWS))[0]),
    "a boolean for a SELECT": (SELECT, reply(200, JSON, b'{"head":{},"boolean":true}')),
    "solutions for an ASK": (ASK, reply(200, JSON, ROWS)),
    "a cut boolean": (ASK, reply(200, JSON, b'{"head":{},"boolean":true')),
    "text after a boolean": (ASK, reply(200, JSON, b'{"head":{},"boolean":true} timed out')),
    "no boolean": (ASK, reply(200, JSON, b'{"head":{},"boolean":"yes"}')),
    "solutions for a CONSTRUCT": (CONSTRUCT, reply(200, JSON, ROWS)),
    "triples without an end": (CONSTRUCT, no_length(NT, TRIPLES)),
    "triples cut in a line": (CONSTRUCT, reply(200, NT, TRIPLES + TRIPLES[:20])),
    "triples cut at a line": (CONSTRUCT, reply(200, NT, TRIPLES, len(TRIPLES) * 2)),
    "text after triples": (CONSTRUCT, reply(200, NT, TRIPLES + b"The SPARQL operation has been cancelled\n")),
    "a part": (SELECT, reply(206, JSON, ROWS)),
    "nothing": (SELECT, reply(204, JSON, b"")),
    "compressed": (SELECT, reply(200, JSON, ROWS, Content_Encoding="gzip")),
    "a failure": (SELECT, reply(500, "text/plain", b"out of memory")),
    "a redirect": (SELECT, reply(302, "text/plain", b"", Location="http://127.0.0.1:1/")),
    "credentials wanted": (SELECT, reply(401, "text/plain", b"no")),
    "no such address": (SELECT, reply(404, "text/html", b"<h1>Not found</h1>")),
    "no HTTP": (SELECT, lambda h: h.wfile.write(b"hello\r\n") and None),
    "closed at once": (SELECT, lambda h: h.connection.close()),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_whole_is_an_error(bad: BadServer, name: str) -> None:
    text, bad.behave = BROKEN[name]
    with pytest.raises(errors.BackendFailedError):
        ask(open_store(bad.url), text)


@pytest.mark.parametrize(
    ("text", "behave", "expected"),
    [
        (SELECT, reply(200, JSON, ROWS), b"a\r\nx\r\n"),
        (SELECT, no_length(JSON, ROWS), b"a\r\nx\r\n"),
        (SELECT, reply(200, "application/json; charset=utf-8", ROWS), b"a\r\nx\r\n"),
        (
            SELECT,
            reply(200, JSON, ROWS.replace(b"literal", b"bnode").replace(b'"x"', b'"nodeID://b1"')),
            b"a\r\n_:b1\r\n",
        ),
        (ASK, reply(200, JSON, b'{"head":{},"boolean":false}'), b"false"),
        (CONSTRUCT, reply(200, NT, TRIPLES), TRIPLES),
        (CONSTRUCT, reply(200, "text/plain", TRIPLES), TRIPLES),
    ],
)
def test_what_is_whole_is_served(bad: BadServer, text: str, behave: Callable[[Handler], None], expected: bytes) -> None:
    bad.behave = behave
    assert ask(open_store(bad.url), text) == expected


def hang(handler: Handler) -> None:
    handler.connection.recv(1)
    raise ConnectionError


def hang_in_the_body(handler: Handler) -> None:
    handler.begin(JSON, ("Content-Length", "1000"))
    hang(handler)


def trickle(handler: Handler) -> None:
    handler.begin(JSON, ("Content-Length", "1000000"))
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.02)


def trickle_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize("behave", [hang, hang_in_the_body, trickle, trickle_headers])
def test_a_slow_answer_ends_at_the_deadline(bad: BadServer, behave: Callable[[Handler], None]) -> None:
    bad.behave = behave
    with pytest.raises(errors.DeadlineExceededError) as caught:
        ask(open_store(bad.url), SELECT, timeout_s=0.6)
    assert caught.value.extensions == {"limit_s": 0.6}
    assert bad.was_cut.wait(5), "the connection is still open"


def test_our_own_queries_have_a_deadline_too(bad: BadServer) -> None:
    bad.behave = trickle
    store = open_store(bad.url, settings=RemoteSettings(timeout_s=0.6))
    with pytest.raises(errors.DeadlineExceededError):
        store.select(SELECT)
    assert bad.was_cut.wait(5)


def test_an_engine_that_stops_at_its_own_deadline_is_believed(bad: BadServer) -> None:
    bad.behave = reply(500, "text/plain", b"Virtuoso S1T00 Error SR171: Transaction timed out\n\nSPARQL query:\nsecret")
    with pytest.raises(errors.DeadlineExceededError, match=r"SR171: Transaction timed out$"):
        ask(open_store(bad.url), SELECT)


def test_a_query_that_nobody_waits_for_is_cut(bad: BadServer) -> None:
    bad.behave = hang
    store = open_store(bad.url)

    async def run() -> None:
        await store.start()
        working = asyncio.create_task(store.query(Query(SELECT, CSV, NT, 20, 1000)))
        while not bad.asked:
            await asyncio.sleep(0.01)
        working.cancel()
        assert await asyncio.to_thread(bad.was_cut.wait, 5)
        await store.close()

    asyncio.run(run())


def test_few_are_asked_at_a_time_and_few_may_wait(bad: BadServer) -> None:
    together, most = [0], [0]
    lock = threading.Lock()

    def behave(handler: Handler) -> None:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.2)
        with lock:
            together[0] -= 1
        handler.reply(200, JSON, ROWS)

    bad.behave = behave
    store = open_store(bad.url)

    async def run() -> list[Any]:
        await store.start()
        queries = (store.query(Query(SELECT, CSV, NT, 5, 1000)) for _ in range(5))
        outcomes = await asyncio.gather(*queries, return_exceptions=True)
        await store.close()
        for outcome in outcomes:
            if isinstance(outcome, Answer):
                outcome.read()
        return outcomes

    outcomes = asyncio.run(run())
    assert most == [2]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Answer"] * 3 + ["PoolBusyError"] * 2


@pytest.mark.parametrize(("headers", "wait"), [({"Retry_After": "7"}, "7"), ({}, "5"), ({"Retry_After": "soon"}, "5")])
def test_a_busy_engine_is_tried_again_later(bad: BadServer, headers: dict[str, str], wait: str) -> None:
    bad.behave = reply(503, "text/plain", b"", **headers)
    with pytest.raises(errors.BackendUnavailableError) as caught:
        ask(open_store(bad.url), SELECT)
    assert caught.value.headers == {"Retry-After": wait}


def test_an_engine_that_is_not_there_is_tried_again_later() -> None:
    with pytest.raises(errors.BackendUnavailableError):
        ask(open_store(f"http://127.0.0.1:{find_port()}/"), SELECT)


def test_health_tells_of_an_engine_that_does_not_answer(bad: BadServer) -> None:
    bad.behave = reply(500, "text/plain", b"")
    health = open_store(bad.url).health()
    assert (health.kind, health.readers, health.is_ready) == ("remote, does not answer", 0, False)


@pytest.mark.parametrize(
    ("said", "position", "detail"),
    [
        (b"error at 2:7: expected a brace", (2, 7), "Line 2, column 7: expected a brace"),
        (b"error at 1:45: expected a brace", (1, 45 - len(f"BASE <{BASE}> ")), "Line 1, column 14: expected a brace"),
        (b"Virtuoso 37000 Error SP030: SPARQL compiler, line 3: syntax error\n\nSPARQL query:\nx", (3, None), None),
        (b'{"exception": "Invalid query", "query": "x"}', (None, None), "Invalid query"),
    ],
)
def test_a_syntax_error_keeps_its_position(
    bad: BadServer, said: bytes, position: tuple[int | None, int | None], detail: str | None
) -> None:
    bad.behave = reply(400, "application/json" if said.startswith(b"{") else "text/plain", said)
    with pytest.raises(errors.MalformedQueryError) as caught:
        ask(open_store(bad.url), SELECT)
    assert (caught.value.extensions.get("line"), caught.value.extensions.get("column")) == position
    assert detail is None or caught.value.detail == detail
    assert "SPARQL query:" not in caught.value.detail


def test_long_complaints_are_shortened(bad: BadServer) -> None:
    bad.behave = reply(500, "text/plain", b"x" * 100_000)
    with pytest.raises(errors.BackendFailedError) as caught:
        ask(open_store(bad.url), SELECT)
    assert len(caught.value.detail) < 600


def test_a_result_of_incomplete_evaluation_is_an_error(bad: BadServer) -> None:
    bad.behave = reply(200, JSON, ROWS, X_SQL_State="S1TAT")
    with pytest.raises(errors.BackendTruncatedError):
        ask(open_store(bad.url), SELECT)


@pytest.mark.parametrize(("counted", "is_whole"), [(b"1", True), (b"2", False), (b"?", False)])
def test_a_result_of_as_many_rows_as_are_sent_is_counted(bad: BadServer, counted: bytes, is_whole: bool) -> None:
    def behave(handler: Handler) -> None:
        if "COUNT" in bad.asked[-1][2]["query"][0]:
            handler.reply(200, JSON, ROWS.replace(b'"a"', b'"rows"').replace(b'"x"', b'"%s"' % counted))
        else:
            handler.reply(200, JSON, ROWS, X_SPARQL_MaxRows="1")

    bad.behave = behave
    if is_whole:
        assert ask(open_store(bad.url), SELECT) == b"a\r\nx\r\n"
    else:
        with pytest.raises(errors.BackendTruncatedError):
            ask(open_store(bad.url), SELECT)


def test_a_result_too_large_for_the_client_is_an_error(bad: BadServer) -> None:
    bad.behave = reply(200, NT, TRIPLES * 100)
    with pytest.raises(errors.ResultTooLargeError):
        ask(open_store(bad.url), CONSTRUCT, limit_bytes=1000)


def test_proxies_of_the_environment_are_not_used(bad: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{find_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask(open_store(bad.url), SELECT) == b"a\r\nx\r\n"


def test_parameters_of_the_operator_give_way_to_a_data_set(bad: BadServer) -> None:
    store = open_store(bad.url, parameters="union-default-graph=true&key=a%26b")
    ask(store, SELECT)

    async def run() -> None:
        await store.start()
        (await store.query(Query(SELECT, CSV, NT, 5, 1000, ("http://e/d",), ("http://e/n",)))).read()
        await store.close()

    asyncio.run(run())
    plain, chosen = ({name: values for name, values in asked[2].items() if name != "query"} for asked in bad.asked)
    assert plain == {"union-default-graph": ["true"], "key": ["a&b"]}
    assert chosen == {"key": ["a&b"], "default-graph-uri": ["http://e/d"], "named-graph-uri": ["http://e/n"]}


def test_credentials_are_sent_and_not_shown(bad: BadServer) -> None:
    store = open_store(bad.url, authorization="Bearer s3cret")
    ask(store, SELECT)
    assert bad.asked[0][1]["Authorization"] == "Bearer s3cret"
    bad.behave = reply(401, "text/plain", b"Bearer s3cret is wrong")
    with pytest.raises(errors.BackendFailedError) as caught:
        ask(open_store(bad.url, authorization="Bearer s3cret"), SELECT)
    assert "s3cret" not in caught.value.detail


def test_digest_credentials_answer_a_challenge(bad: BadServer) -> None:
    def behave(handler: Handler) -> None:
        if handler.headers.get("Authorization", "").startswith('Digest username="me"'):
            handler.reply(200, JSON, ROWS)
        else:
            handler.reply(401, "text/plain", b"", WWW_Authenticate='Digest realm="SPARQL", nonce="1", qop="auth"')

    bad.behave = behave
    assert ask(open_store(bad.url, authorization="Digest me:pass:word"), SELECT) == b"a\r\nx\r\n"


def test_an_update_without_confirmation_says_that_it_may_have_happened(bad: BadServer) -> None:
    bad.behave = hang
    store = open_store(bad.url, update_url=bad.url)

    async def run() -> None:
        await store.start()
        try:
            await store.update(Update("INSERT DATA { GRAPH <g> { <a> <b> <c> } }", 0.6, ("http://e/g",)))
        finally:
            await store.close()

    with pytest.raises(errors.DeadlineExceededError, match="look whether"):
        asyncio.run(run())
    assert bad.asked[0][2]["using-graph-uri"] == ["http://e/g"]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("CLEAR ALL ; LOAD SILENT <http://127.0.0.1:1/> ; DROP ALL", "CLEAR ALL ; INSERT DATA {} ; DROP ALL"),
        ("INSERT DATA { <a> <b> 'LOAD' }", "INSERT DATA { <a> <b> 'LOAD' }"),
    ],
)
def test_an_engine_is_not_told_to_load(bad: BadServer, text: str, sent: str) -> None:
    run_update(open_store(bad.url, update_url=bad.url), text)
    (asked,) = bad.asked
    assert asked[2]["update"] == [f"BASE <{BASE}> {sent}"]


def test_an_update_with_load_that_cannot_be_told_apart_is_not_sent(bad: BadServer) -> None:
    with pytest.raises(errors.EgressRefusedError):
        run_update(open_store(bad.url, update_url=bad.url), "CLEAR ALL } LOAD SILENT <http://127.0.0.1:1/>")
    assert not bad.asked


def test_one_client_does_not_take_every_turn(bad: BadServer) -> None:
    store = open_store(bad.url)
    hanging, order = threading.Event(), []

    def behave(handler: Handler) -> None:
        order.append(bad.asked[-1][2]["query"][0].rpartition("#")[2])
        hanging.wait(5)
        handler.reply(200, JSON, ROWS)

    bad.behave = behave

    async def query(client: str, number: int) -> None:
        text = f"{SELECT} #{client}{number}"
        (await store.query(Query(text, CSV, NT, 10, 1000, client=client))).close()

    async def run() -> None:
        await store.start()
        greedy = [asyncio.create_task(query("greedy", number)) for number in range(2)]
        while not order:
            await asyncio.sleep(0.01)
        modest = asyncio.create_task(query("modest", 0))
        while len(order) < 2:
            await asyncio.sleep(0.01)
        hanging.set()
        await asyncio.gather(*greedy, modest)
        await store.close()

    asyncio.run(run())
    assert order == ["greedy0", "modest0", "greedy1"]


def test_what_an_engine_cannot_do_is_said(bad: BadServer) -> None:
    store = open_store(bad.url, update_url=bad.url)
    with pytest.raises(errors.UnsupportedError):
        asyncio.run(store.update(Update("CLEAR ALL", 5, target="http://e/g")))
    with pytest.raises(errors.DefaultGraphError):
        asyncio.run(store.write_graph(GraphWrite(None, "replace", 5)))
    assert not bad.asked


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA { <a> <b> <c> }", 1, 1),
        ("PREFIX a: <u:>\n  DEFINE x", 2, 3),
        ("PREFIX SELECT * WHERE {}", 1, 8),
        ("", 1, 1),
        ("\x0bSELECT * WHERE {}", 1, 1),
    ],
)
def test_nothing_but_a_query_is_sent(bad: BadServer, text: str, line: int, column: int) -> None:
    with pytest.raises(errors.MalformedQueryError) as caught:
        ask(open_store(bad.url), text)
    assert caught.value.extensions == {"line": line, "column": column}
    assert not bad.asked


def test_comments_before_a_query_are_not_sent(bad: BadServer) -> None:
    ask(open_store(bad.url), "# one\rPREFIX a: <u:> # two\nSELECT * WHERE { # three\n ?s ?p ?a }")
    sent = bad.asked[0][2]["query"][0]
    assert sent == f"BASE <{BASE}>      \rPREFIX a: <u:>      \nSELECT * WHERE {{ # three\n ?s ?p ?a }}"


@pytest.mark.parametrize(
    "url",
    ["", "ftp://e/", "http://", "file:///etc/passwd", "http://u:p@e/", "http://e/#x", "http://e:port/", "http://é/"],
)
def test_an_address_that_cannot_be_used_is_refused_at_start(url: str) -> None:
    with pytest.raises(errors.StoreError):
        open_store(url)


@pytest.mark.parametrize(("behave", "status", "kind"), [(cut_chunks, 502, "failed"), (hang, 504, "deadline")])
def test_the_service_answers_with_a_problem_document(
    bad: BadServer, serve: Serve, behave: Callable[[Handler], None], status: int, kind: str
) -> None:
    bad.behave = behave
    with serve("--backend", bad.url, "--timeout", "0.5") as server:
        response = server.query(SELECT)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert kind in response.json()["type"]


def test_an_engine_that_hangs_holds_up_nobody_else(bad: BadServer, serve: Serve) -> None:
    released = threading.Event()

    def behave(handler: Handler) -> None:
        released.wait(20)
        handler.reply(200, JSON, b'{"head":{},"boolean":true}')

    bad.behave = behave
    with serve("--backend", bad.url) as server, ThreadPoolExecutor(1) as threads:
        fields = {"query": "ASK {}", "default-graph-uri": "http://e/g"}
        late = threads.submit(httpx.post, server.sparql, data=fields, timeout=20)
        while not bad.asked:
            time.sleep(0.01)
        try:
            assert server.client.get("/problem/busy", timeout=5).status_code == 200
            assert not late.done()
        finally:
            released.set()
        assert late.result().json()["boolean"] is True


def test_the_service_starts_before_its_engine(serve: Serve) -> None:
    with serve("--backend", f"http://127.0.0.1:{find_port()}/query") as server:
        response = server.query(SELECT)
        page = server.client.get("/", headers={"Accept": "text/html"})
        live, ready = (server.client.get(f"/health/{kind}") for kind in ("live", "ready"))
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (live.status_code, ready.status_code) == (200, 503)


def test_a_port_that_never_accepts_is_a_missed_deadline() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with socket.create_connection(address), pytest.raises(errors.DeadlineExceededError):
            ask(open_store(f"http://127.0.0.1:{address[1]}/"), SELECT, timeout_s=0.6)
