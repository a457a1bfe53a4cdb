"""What the clients of the soak send: good, slow, hostile, malformed requests and writes, with the answers they may get.

Every function makes one request out of many, by chance, the same chance for the same seed. `port` is that of a
listener whom nobody should call.
"""

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

OK = frozenset({200})
WRITTEN = frozenset({200, 201, 204})
REFUSED = frozenset(range(400, 432))
STOPPED = frozenset({504, 507})
BROKEN = 0
"""In the place of a status: the connection ended before there was one."""
JSON, FORM = "application/sparql-results+json", "application/x-www-form-urlencoded"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
BIG = "SELECT * { ?s ?p ?o . ?o ?q ?v } LIMIT 60000"
GRAPHS = 10
"""So many graphs are written, again and again, so that the data do not grow."""
_QUERIES = Path(__file__).with_name("queries")
_ZIPPED = {"Content-Encoding": "gzip"}
_NUMBERS = " ".join(map(str, range(3000)))


@dataclass(frozen=True)
class Request:
    """A request, and the statuses it may get besides those of a busy server."""

    method: str
    path: str
    allowed: frozenset[int]
    content: bytes | Iterable[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def describe(self) -> str:
        """Its beginning, for a message."""
        content = self.content[:150].decode(errors="replace") if isinstance(self.content, bytes) else ""
        return f"{self.method} {self.path[:150]} {content}"


def query(text: str, allowed: frozenset[int], accept: str = JSON, **fields: str) -> Request:
    """A query by POST form."""
    body = urlencode({"query": text, **fields}).encode()
    return Request("POST", "/sparql", allowed, body, {"Content-Type": FORM, "Accept": accept})


def good(chance: random.Random) -> Request:
    """What honest clients ask."""
    text = chance.choice(_read_queries())
    number = chance.randint(1, 50)
    return chance.choice(
        [
            query("ASK { ?s ?p ?o }", OK),
            query(f"SELECT * {{ ?s ?p ?o }} LIMIT {number}", OK),
            query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }} LIMIT {number}", OK, "text/turtle"),
            query(text, OK),
            Request("GET", f"/sparql?query={quote(text)}", OK, headers={"Accept": "text/csv"}),
            Request("GET", "/sparql", OK, headers={"Accept": "text/turtle"}),
            Request("GET", "/", OK, headers={"Accept": "text/html"}),
            Request("GET", "/health", OK),
        ]
    )


def slow(chance: random.Random) -> Request:
    """Honest queries that take long, or give much."""
    return chance.choice(
        [
            query(CROSS, STOPPED, timeout="1"),
            query(CROSS, STOPPED),
            query(BIG, OK | STOPPED),
            query(BIG, OK | STOPPED, "text/csv"),
            query("SELECT * { ?s ?p ?o } ORDER BY DESC(?o) ?s LIMIT 9", OK | STOPPED),
        ]
    )


def hostile(chance: random.Random, port: int) -> Request:
    """Requests that want the server to call somebody, to fall over, or to fill its memory."""
    there = f"<http://127.0.0.1:{port}/>"
    deep = 30_000
    return chance.choice(
        [
            query(f"SELECT * {{ SERVICE {there} {{ ?s ?p ?o }} }}", REFUSED),
            query(f"SELECT * {{ SERVICESILENT{there}{{ ?s ?p ?o }} }}", REFUSED),
            query(f"PREFIX a: {there} SELECT * {{ SERVICEa:x {{ ?s ?p ?o }} }}", REFUSED),
            query(f"SELECT * {{ \\u0053ERVICE {there} {{ ?s ?p ?o }} }}", REFUSED),
            query(f"SELECT * {{ ?s ?p '#' FILTER EXISTS {{ SERVICE {there} {{ ?s ?p ?o }} }} }}", REFUSED),
            query(f"SELECT * {{ VALUES ?e {{ {there} }} SERVICE ?e {{ ?s ?p ?o }} }}", REFUSED),
            query(f"SELECT * FROM {there} {{ ?s ?p ?o }}", REFUSED),
            query("SELECT * FROM <file:///etc/hostname> { ?s ?p ?o }", REFUSED),
            query(f"LOAD {there}", REFUSED),
            Request(
                "POST", "/sparql", REFUSED, urlencode({"update": f"LOAD {there}"}).encode(), {"Content-Type": FORM}
            ),
            query("SELECT * {" + "{" * deep + "}" * deep + "}", REFUSED | STOPPED),
            query("ASK { FILTER(" + "(" * deep + "1" + ")" * deep + ") }", REFUSED | STOPPED),
            query("ASK { FILTER(" + "!" * deep + "true) }", REFUSED | STOPPED),
            query(
                f"SELECT DISTINCT * {{ VALUES ?a {{ {_NUMBERS} }} VALUES ?b {{ {_NUMBERS} }} }} ORDER BY ?b", STOPPED
            ),
            query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", STOPPED, "text/csv", timeout="1"),
            query("SELECT (COUNT(*) AS ?n) { ?a (!<http://e/>)* ?b . ?c (!<http://e/>)* ?d }", STOPPED, timeout="1"),
            query(_doubling(28), REFUSED | STOPPED, timeout="1"),
            Request("POST", "/sparql", REFUSED | {BROKEN}, b"query=" + b"x" * (4 << 20), {"Content-Type": FORM}),
            Request("POST", "/sparql", REFUSED | {BROKEN}, _EndlessBody(), {"Content-Type": FORM}),
            Request("POST", "/sparql", REFUSED | {BROKEN}, _zipped_spaces(), {"Content-Type": FORM, **_ZIPPED}),
        ]
    )


def malformed(chance: random.Random) -> Request | bytes:
    """Requests against the protocols; bytes are sent as they are."""
    bindings = {"Content-Type": "application/sparql-query", "Accept": JSON}
    requests: list[Request | bytes] = [
        query("SELECT * { ?s ?p ", REFUSED),
        query("SELECT (COUNT(?x) AS ?x) { ?x ?p ?o ", REFUSED),
        query("DROP ALL", REFUSED),
        query("ASK {}", REFUSED, timeout="soon"),
        query("ASK {}", REFUSED, **{"default-graph-uri": "no graph here"}),
        query("ASK {}", OK | REFUSED, "application/x-nothing"),
        Request("GET", "/sparql?query=ASK%20%7B%7D&query=ASK%20%7B%7D", REFUSED),
        Request("GET", "/sparql?query=%FF%FE", REFUSED),
        Request("GET", "/sparql?update=CLEAR%20ALL", REFUSED),
        Request("POST", "/sparql", REFUSED, b"\xff\xfe\x00ASK {}", bindings),
        Request("POST", "/sparql", REFUSED, b"ASK {}", {"Content-Type": "text/plain"}),
        Request("POST", "/sparql", REFUSED, b"ASK {}", {}),
        Request("POST", "/sparql", REFUSED, b"&".join([b"a=b"] * 5000), {"Content-Type": FORM}),
        Request("PUT", "/sparql", REFUSED, b"ASK {}", bindings),
        Request("BREW", "/sparql", REFUSED),
        Request("GET", "/page/nothing/here", REFUSED),
        Request("GET", "/%00/../../etc/passwd", REFUSED),
        Request("GET", "/sparql?query=" + "x" * 40_000, REFUSED | {BROKEN}),
        Request("GET", "/", OK | REFUSED | {BROKEN}, headers={"X-Long": "x" * 100_000}),
        b"nonsense\r\n\r\n",
        b"GET /sparql HTTP/1.1\r\n\r\n",
        b"GET /sparql HTTP/9.9\r\nHost: e\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Length: many\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nASK ",
        b"POST /sparql HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nASK\r\n",
        b"GET /sparql?query=ASK{} HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 4096,
    ]
    return chance.choice(requests)


def write(chance: random.Random, token: str, port: int) -> Request:
    """Writes with the token, a few without, and some that must be refused."""
    graph = f"http://e/soak/{chance.randrange(GRAPHS)}"
    data = "".join(f"<http://e/s{n}> <http://e/p> {n} .\n" for n in range(100))
    bearer = {"Authorization": f"Bearer {token}"}
    sparql, turtle = "application/sparql-update", "text/turtle"
    target, there = f"/store?graph={quote(graph, safe='')}", f"http://127.0.0.1:{port}/"
    calling = f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{there}> {{ ?s ?p ?o }} }}"
    context = json.dumps({"@context": there, "@id": "http://e/a", "b": 1})

    def update(text: str, allowed: frozenset[int], **headers: str) -> Request:
        return Request("POST", "/sparql", allowed, text.encode(), {"Content-Type": sparql, **bearer, **headers})

    return chance.choice(
        [
            update(f"INSERT DATA {{ GRAPH <{graph}> {{ {data} }} }}", WRITTEN),
            update(f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", WRITTEN),
            update(f"WITH <{graph}> DELETE {{ ?s ?p ?o }} INSERT {{ ?s ?p 1 }} WHERE {{ ?s ?p ?o }}", WRITTEN),
            update(f"DROP SILENT GRAPH <{graph}>", WRITTEN),
            update(f"INSERT DATA {{ GRAPH <{graph}> {{ ", REFUSED),
            update(calling, REFUSED),
            update(f"LOAD <{there}>", REFUSED),
            update(f"DROP GRAPH <{graph}>", REFUSED, Authorization="Bearer of bad news"),
            Request("PUT", target, WRITTEN, data.encode(), {"Content-Type": turtle, **bearer}),
            Request("POST", target, WRITTEN, data.encode(), {"Content-Type": turtle, **bearer}),
            Request("DELETE", target, WRITTEN | {404}, None, bearer),
            Request("PUT", target, REFUSED, data.encode(), {"Content-Type": turtle}),
            Request("PUT", target, REFUSED, b"<a> <b", {"Content-Type": turtle, **bearer}),
            Request("PUT", target, REFUSED, context.encode(), {"Content-Type": "application/ld+json", **bearer}),
        ]
    )


class _EndlessBody:
    """A form that goes on for 64 MB, without a length."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"query="
        for _ in range(1024):
            yield b"x" * (64 << 10)


def _doubling(times: int) -> str:
    """A query whose strings double in length again and again."""
    binds = " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(times))
    return f"SELECT (STRLEN(?s{times}) AS ?n) {{ BIND('xxxxxxxx' AS ?s0) {binds} }}"


@cache
def _zipped_spaces() -> bytes:
    """64 MB in 64 kB."""
    return gzip.compress(b"query=ASK%7B%7D" + b"+" * (64 << 20))


@cache
def _read_queries() -> tuple[str, ...]:
    """The queries of the benchmark that hold for any data and give little."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(_QUERIES.glob("*.rq")))
    return tuple(text for text in texts if "$" not in text and "oa:prefix" not in text)
