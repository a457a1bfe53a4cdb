"""No query makes this service send anything to anybody, whatever its spelling, with and without the check in front."""

import asyncio
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from listener import Listener
from serving import ROOT, Server
from test_guard import CALLS

from service.errors import ServiceError
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Document, GraphWrite, Query

walled = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"), reason="no socket filter here"
)


def test_the_listener_would_notice(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        connection.recv(1)
    assert listener.visits == 1


def test_the_endpoint_calls_nobody(server: Server, listener: Listener) -> None:
    for query in CALLS:
        response = server.client.post("/sparql", data={"query": query.replace("PORT", str(listener.port))})
        assert response.status_code in (400, 403), query
    target = f"<http://127.0.0.1:{listener.port}/>"
    for update in (f"LOAD {target}", f"LOAD SILENT {target} INTO GRAPH <http://e/>"):
        assert server.client.post("/sparql", data={"update": update}).status_code == 403
        assert server.client.post("/sparql", data={"query": update}).status_code == 400
    assert listener.visits == 0


@pytest.mark.parametrize("graph", ["http://127.0.0.1:PORT/", "HTTP://127.0.0.1:PORT/x.ttl", "file:///etc/hostname"])
def test_a_graph_that_is_not_stored_is_not_fetched(server: Server, listener: Listener, graph: str) -> None:
    graph = graph.replace("PORT", str(listener.port))
    path, _, last = graph.rpartition("/")
    for clause in (f"FROM <{graph}>", f"FROM NAMED <{graph}>", f"FROM <\\u{ord(graph[0]):04x}{graph[1:]}>"):
        assert server.query(f"SELECT * {clause} {{ ?s ?p ?o }}").status_code == 400, clause
    prefixed = f"PREFIX p: <{path}/> SELECT * FROM p:{last} {{ ?s ?p ?o }}"
    assert server.query(prefixed).status_code == 400
    for name in ("default-graph-uri", "named-graph-uri"):
        assert server.query("ASK {}", **{name: graph}).status_code == 400
        assert server.client.post("/sparql", data={"query": "ASK {}", name: graph}).status_code == 400
    assert listener.visits == 0


async def _ask_readers(store: EmbeddedStore, port: int) -> list[str]:
    """Send every spelling past the check, straight to a reader."""
    outcomes = []
    await store.start()
    try:
        document = Document(b"<http://e/a> <http://e/b> 1 .", "text/turtle", "http://e/")
        await store.write_graph(GraphWrite("http://e/g", "replace", 10, (document,)))
        for text in CALLS:
            query = Query(text.replace("PORT", str(port)), "text/csv", "text/turtle", 10, 1 << 20)
            try:
                outcomes.append((await store.query(query)).read().decode())
            except ServiceError as error:
                outcomes.append(type(error).__name__)
    finally:
        await store.close()
    return outcomes


@walled
def test_readers_call_nobody_even_without_the_check(listener: Listener) -> None:
    store = open_embedded(None, pool=PoolSettings(workers=1), base="http://e/", prefixes={})
    outcomes = asyncio.run(_ask_readers(store, listener.port))
    assert "InternalError" in outcomes, "no spelling reached the engine: the test shows nothing"
    assert listener.visits == 0


@walled
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX"])
def test_a_reader_cannot_open_a_socket(family: str) -> None:
    code = (
        "import socket; from service.store.walls import forbid_sockets\n"
        f"socket.socket(socket.{family}).close(); print(forbid_sockets())\n"
        f"try: socket.socket(socket.{family}); print('open')\n"
        "except PermissionError: print('refused')"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["seccomp", "refused"]


@walled
def test_the_kernel_says_so_of_the_running_readers(server: Server) -> None:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    modes = {Path(f"/proc/{pid}/status").read_text().partition("Seccomp:")[2].split()[0] for pid in children}
    assert modes == {"2"}
