"""No update and no uploaded document makes this service send anything to anybody, or read a file of this machine."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from listener import Listener
from serving import Serve, Server

TOKEN = "a token for tests"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
MARKER = "words that stand in a file and nowhere else"
GRAPH = "http://e/egress"

LOADS = [
    "LOAD <http://127.0.0.1:PORT/>",
    "LOAD SILENT <http://127.0.0.1:PORT/>",
    "load<http://127.0.0.1:PORT/>",
    "LOADSILENT<http://127.0.0.1:PORT/>",
    "LOAD <http://127.0.0.1:PORT/> INTO GRAPH <http://e/egress>",
    "LOAD SILENT <http://127.0.0.1:PORT/>INTO GRAPH<http://e/egress>",
    "LOAD#comment\n<http://127.0.0.1:PORT/>",
    "#\rLOAD <http://127.0.0.1:PORT/>",
    "PREFIX : <http://127.0.0.1:PORT/> LOAD :x",
    "PREFIX : <http://127.0.0.1:PORT/> LOAD:x",
    "PREFIX : <http://127.0.0.1:PORT/> LOADSILENT:x",
    "PREFIX a: <http://127.0.0.1:PORT/> LOADa:x",
    "PREFIX load: <http://127.0.0.1:PORT/> LOAD load:x",
    "BASE <http://127.0.0.1:PORT/> LOAD <x.ttl>",
    "LOAD <\\u0068ttp://127.0.0.1:PORT/>",
    "LOAD <HTTP://127.0.0.1:PORT/>",
    "LOAD <http://localhost:PORT/>",
    "LOAD <http://2130706433:PORT/>",
    "LOAD <http://0x7f.1:PORT/>",
    "LOAD <http://[::ffff:127.0.0.1]:PORT/>",
    "LOAD <http://someone:secret@127.0.0.1:PORT/>",
    "LOAD <https://127.0.0.1:PORT/>",
    "LOAD <ftp://127.0.0.1:PORT/>",
    "\\u004cOAD <http://127.0.0.1:PORT/>",
    "LO\\u0041D <http://127.0.0.1:PORT/>",
    "CREATE SILENT GRAPH <http://e/egress>;LOAD <http://127.0.0.1:PORT/>",
    "INSERT DATA { GRAPH <http://e/egress> { <http://e/a> <http://e/b> '#' } } ; LOAD <http://127.0.0.1:PORT/>",
    "INSERT DATA { GRAPH <http://e/egress> { <http://e/a> <http://e/b> 5 } };LOAD <http://127.0.0.1:PORT/>;",
    "INSERT DATA { GRAPH <http://e/egress> { <http://e/a#> <http://e/b> '\\'#' } } ; LOAD <http://127.0.0.1:PORT/>",
    "LOAD <file://FILE>",
    "LOAD <file:FILE> INTO GRAPH <http://e/egress>",
    "LOAD SILENT <FILE> INTO GRAPH <http://e/egress>",
    "BASE <file://FILE> LOAD SILENT <> INTO GRAPH <http://e/egress>",
]
"""Spellings of LOAD that fetch, or might; PORT stands for a listener's, FILE for a path of this machine."""

CALLS = [
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { SERVICE SILENT <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "INSERT{GRAPH<http://e/egress>{?s ?p ?o}}WHERE{service<http://127.0.0.1:PORT/>{?s ?p ?o}}",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { SERVICESILENT<http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "PREFIX a: <http://127.0.0.1:PORT/> DELETE { ?s ?p ?o } WHERE { SERVICEa:x { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:PORT/> DELETE { ?s ?p ?o } WHERE { SERVICESILENT:x { ?s ?p ?o } }",
    "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?x } }",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "WITH <http://e/egress> DELETE { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { VALUES ?e { <http://127.0.0.1:PORT/> } "
    "SERVICE ?e { ?s ?p ?o } }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { BIND(<http://127.0.0.1:PORT/> AS ?e) "
    "SERVICE ?e { ?s ?p ?o } }",
    "INSERT { GRAPH <http://e/egress> { <http://e/a> <http://e/b> 1 } } WHERE { "
    "FILTER NOT EXISTS { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "INSERT { GRAPH <http://e/egress> { <http://e/a> <http://e/b> ?n } } WHERE { "
    "{ SELECT (COUNT(*) AS ?n) { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } } }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { ?a ?b ?c OPTIONAL { "
    "SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "INSERT { GRAPH <http://e/egress> { <http://e/a> <http://e/b> ?o } } WHERE { { } MINUS { "
    "SERVICE#\n<http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "INSERT DATA { GRAPH <http://e/egress> { <http://e/a> <http://e/b> '''x'y#''' } } ; "
    "DELETE { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "DELETE { ?s ?p ?o } WHERE { \\u0053ERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
]
"""Updates whose WHERE calls another server."""

NAMES = [
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } USING <http://127.0.0.1:PORT/> WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } USING NAMED <http://127.0.0.1:PORT/> "
    "WHERE { GRAPH ?g { ?s ?p ?o } }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } USING <file://FILE> WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } USING NAMED <file://FILE> WHERE { GRAPH ?g { ?s ?p ?o } }",
    "WITH <http://127.0.0.1:PORT/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <http://e/egress> { ?s ?p ?o } } WHERE { GRAPH <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "COPY <http://127.0.0.1:PORT/> TO <http://e/egress>",
    "ADD SILENT <http://127.0.0.1:PORT/> TO <http://e/egress>",
    "MOVE SILENT <file://FILE> TO <http://e/egress>",
]
"""Updates that name a graph that is not stored: the name is a name, nobody goes there."""

_RDF = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'"
_BODY = f"<rdf:RDF {_RDF}><rdf:Description rdf:about='http://e/a'><e:b>%s</e:b></rdf:Description></rdf:RDF>"
_CONTEXT = "http://127.0.0.1:PORT/context.jsonld"
DOCUMENTS = {
    "a context elsewhere": ("application/ld+json", {"@context": _CONTEXT, "@id": "http://e/a", "b": 1}),
    "one of several contexts": ("application/ld+json", {"@context": [{"b": "http://e/b"}, _CONTEXT], "b": 1}),
    "a context that imports": ("application/ld+json", {"@context": {"@version": 1.1, "@import": _CONTEXT}, "b": 1}),
    "a context of a term": (
        "application/ld+json",
        {"@context": {"b": {"@id": "http://e/b", "@context": _CONTEXT}}, "@id": "http://e/a", "b": {"c": 1}},
    ),
    "a context deeper down": (
        "application/ld+json",
        {"@id": "http://e/a", "http://e/b": {"@context": _CONTEXT, "@id": "http://e/c", "d": 1}},
    ),
    "a context relative to a base": ("application/ld+json", {"@context": [{"@base": _CONTEXT}, "x.jsonld"], "b": 1}),
    "a context in a file": ("application/ld+json", {"@context": "file://FILE", "@id": "http://e/a", "b": 1}),
    "a document type": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF SYSTEM 'http://127.0.0.1:PORT/x.dtd'>" + _BODY % "1",
    ),
    "a public document type": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF PUBLIC '-//E//E' 'http://127.0.0.1:PORT/x.dtd'>" + _BODY % "1",
    ),
    "an entity elsewhere": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM 'http://127.0.0.1:PORT/x'>]>" + _BODY % "&x;",
    ),
    "an entity in a file": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM 'file://FILE'>]>" + _BODY % "&x;",
    ),
    "a parameter entity": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF [<!ENTITY % x SYSTEM 'http://127.0.0.1:PORT/x'> %x;]>" + _BODY % "1",
    ),
    "entities that swell": (
        "application/rdf+xml",
        "<!DOCTYPE rdf:RDF [<!ENTITY x0 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY x{n} '{f'&x{n - 1};' * 10}'>" for n in range(1, 9))
        + "]>"
        + _BODY % "&x8;",
    ),
}
"""Documents that cannot be read without going elsewhere, or that declare entities: refused."""

HARMLESS = {
    "text/turtle": "@base <http://127.0.0.1:PORT/> . <a> <http://www.w3.org/2002/07/owl#imports> <b> .",
    "application/n-triples": "<http://127.0.0.1:PORT/a> <http://127.0.0.1:PORT/b> <file://FILE> .",
    "application/rdf+xml": f"<?xml-stylesheet href='http://127.0.0.1:PORT/x.xsl'?><rdf:RDF {_RDF} "
    "xml:base='http://127.0.0.1:PORT/'><rdf:Description rdf:about='a' e:b='1'/></rdf:RDF>",
    "application/ld+json": '{"@id": "http://127.0.0.1:PORT/a", "http://e/b": {"@id": "http://127.0.0.1:PORT/c"}}',
}
"""Documents that only name what is elsewhere: taken as they are."""


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that nobody may read by way of the server; valid as N-Triples, so that nothing else keeps it out."""
    path = tmp_path_factory.mktemp("secret") / "secret.nt"
    path.write_text(f'<http://e/secret> <http://e/says> "{MARKER}" .\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def writable(serve: Serve) -> Iterator[Server]:
    """A server that takes updates and graphs with the token."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    with serve("--writable", "--workers", "2", environment={"AIGOV_TOKEN_SHA256": digest}) as running:
        running.client.headers.update(AUTHORIZATION)
        yield running


def fill(text: str, listener: Listener, secret: Path) -> str:
    return text.replace("PORT", str(listener.port)).replace("FILE", str(secret))


def assert_nothing_happened(server: Server, listener: Listener) -> None:
    """Nobody was called, and no graph holds what the file says."""
    assert listener.visits == 0
    leak = f"ASK {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} FILTER(CONTAINS(STR(?o), '{MARKER}')) }}"
    assert server.query(leak).json()["boolean"] is False


def post_update(server: Server, text: str, **fields: str) -> httpx.Response:
    return server.client.post("/sparql", data={"update": text, **fields})


def test_the_server_takes_updates(writable: Server) -> None:
    """Without this the other tests of this file would show nothing."""
    answer = post_update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <http://e/a> <http://e/b> 1 }} }}")
    assert answer.status_code in (200, 204), answer.text


def test_the_bare_engine_would_reach_out(listener: Listener, secret: Path) -> None:
    """Without this the spellings might be none: most of them are followed where nobody refuses them."""
    reached = set()
    for text in [*LOADS, *CALLS]:
        before = listener.visits
        with contextlib.suppress(OSError, SyntaxError, ValueError, RuntimeError):
            ox.Store().update(fill(text, listener, secret))
        if listener.visits > before:
            reached.add(text)
    assert len(reached & set(LOADS)) >= 15
    assert len(reached & set(CALLS)) >= 10


@pytest.mark.parametrize("text", [text for text in LOADS if "LOAD SILENT" in text])
def test_load_silent_fails_in_silence(writable: Server, listener: Listener, secret: Path, text: str) -> None:
    assert post_update(writable, fill(text, listener, secret)).status_code == 204
    assert_nothing_happened(writable, listener)


@pytest.mark.parametrize("text", [*(text for text in LOADS if "LOAD SILENT" not in text), *CALLS])
def test_an_update_that_goes_elsewhere_is_refused(
    writable: Server, listener: Listener, secret: Path, text: str
) -> None:
    text = fill(text, listener, secret)
    by_form = post_update(writable, text)
    direct = writable.client.post("/sparql", content=text, headers={"Content-Type": "application/sparql-update"})
    assert {by_form.status_code, direct.status_code} <= {400, 403}, by_form.text
    assert by_form.headers["content-type"] == "application/problem+json"
    assert_nothing_happened(writable, listener)


@pytest.mark.parametrize("text", NAMES)
def test_a_graph_is_not_fetched_for_its_name(writable: Server, listener: Listener, secret: Path, text: str) -> None:
    assert post_update(writable, fill(text, listener, secret)).status_code < 500
    assert_nothing_happened(writable, listener)


@pytest.mark.parametrize("name", ["using-graph-uri", "using-named-graph-uri"])
def test_a_graph_of_the_request_is_not_fetched(writable: Server, listener: Listener, secret: Path, name: str) -> None:
    text = f"INSERT {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }} WHERE {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    for graph in ("http://127.0.0.1:PORT/", "file://FILE"):
        answer = post_update(writable, text, **{name: fill(graph, listener, secret)})
        assert answer.status_code < 500, answer.text
    assert_nothing_happened(writable, listener)


def put(server: Server, body: str, media_type: str, method: str = "PUT", **headers: str) -> httpx.Response:
    return server.client.request(
        method, "/store", params={"graph": GRAPH}, content=body, headers={"Content-Type": media_type, **headers}
    )


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_needs_another_is_refused(
    writable: Server, listener: Listener, secret: Path, name: str, method: str
) -> None:
    media_type, document = DOCUMENTS[name]
    body = fill(document if isinstance(document, str) else json.dumps(document), listener, secret)
    answer = put(writable, body, media_type, method)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARKER not in answer.text
    assert_nothing_happened(writable, listener)


@pytest.mark.parametrize("name", ["a context elsewhere", "an entity elsewhere"])
def test_a_part_of_a_form_is_read_no_less_strictly(
    writable: Server, listener: Listener, secret: Path, name: str
) -> None:
    media_type, document = DOCUMENTS[name]
    body = fill(document if isinstance(document, str) else json.dumps(document), listener, secret)
    files = {"graph": ("part", body.encode(), media_type)}
    answer = writable.client.post("/store", params={"graph": GRAPH}, files=files)
    assert 400 <= answer.status_code < 500, answer.text
    assert_nothing_happened(writable, listener)


def test_a_context_named_in_a_header_is_not_fetched(writable: Server, listener: Listener) -> None:
    link = (
        f'<http://127.0.0.1:{listener.port}/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    )
    for media_type in ("application/json", "application/ld+json"):
        assert put(writable, '{"@id": "http://e/a", "http://e/b": 1}', media_type, Link=link).status_code < 500
    assert listener.visits == 0


@pytest.mark.parametrize("media_type", HARMLESS)
def test_a_document_that_only_names_others_is_taken(
    writable: Server, listener: Listener, secret: Path, media_type: str
) -> None:
    answer = put(writable, fill(HARMLESS[media_type], listener, secret), media_type)
    assert answer.status_code in (200, 201, 204), answer.text
    assert_nothing_happened(writable, listener)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_graph_elsewhere_is_not_in_the_graph_store(writable: Server, listener: Listener, method: str) -> None:
    graph = f"http://127.0.0.1:{listener.port}/"
    assert writable.client.request(method, "/store", params={"graph": graph}).status_code == 404
    assert listener.visits == 0
