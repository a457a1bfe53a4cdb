"""Queries that call other endpoints: only those that are allowed, and with the results that the algebra says."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from endpoints import Endpoints
from listener import Listener
from serving import GRAPH, Serve, Server
from test_guard import CALLS

from service.errors import EgressRefusedError, QueryFailedError
from service.sparql.calls import find_calls, query_of, scope_query_of, with_blocks, without_calls

BASE = "https://w3id.org/aigov/"
PROLOGUE = f"""BASE <{BASE}>
PREFIX aig: <{BASE}ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX e: <http://e/>
"""
RIGHT = """
PREFIX : <http://e/>
<https://w3id.org/aigov/actor/china> :capital "北京"@zh-hans, "Beijing"@en ; :code 156 ;
  :borders :mongolia , [ :name "?" ] .
<https://w3id.org/aigov/actor/france> :code 250 ; :note "\\"quote\\", \\\\ and \\n break, \\\\u0022, SERVICE <x> { }" .
:mongolia :code 496 ; :self :mongolia .
"""
OTHER = "PREFIX : <http://e/> <https://w3id.org/aigov/actor/china> :rank 1 . :mongolia :rank 2 ."
ODD = {
    "relative": '{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"x> } } #"}}]}}',
    "injection": '{"head":{"vars":["s"]},"results":{"bindings":['
    '{"s":{"type":"literal","value":"x","xml:lang":"en } SERVICE"}}]}}',
    "stranger": '{"head":{"vars":["s","t"]},"results":{"bindings":[{"t":{"type":"uri","value":"http://e/"}}]}}',
    "triple": '{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"triple","value":{}}}]}}',
    "surrogate": '{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"literal","value":"\\ud800"}}]}}',
    "ask": '{"head":{},"boolean":true}',
    "no-json": "<sparql/>",
    "deep": "[" * 100_000,
}
BAD = ["redirecting", "cut-off", "anytime", "row-limit", "page", "missing", *ODD]
NAMES = ["right", "other", "slow", "huge", "endless", *BAD]
DEAD = "http://127.0.0.1:9/"


@pytest.fixture(scope="module")
def endpoints() -> Iterator[Endpoints]:
    opened = Endpoints({"right": RIGHT, "other": OTHER})
    opened.replies = ODD
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def federated(serve: Serve, endpoints: Endpoints, server: Server) -> Iterator[Server]:
    """A server that may call the endpoints, the shared server, and one where nobody listens."""
    allowed = [*(f"{endpoints.url}/{name}" for name in NAMES), server.sparql, DEAD]
    proxy = Listener()
    proxies = dict.fromkeys(("http_proxy", "all_proxy", "HTTP_PROXY"), f"http://127.0.0.1:{proxy.port}")
    with serve("--workers", "2", environment={"AIGOV_SERVICE_ALLOWED": ", ".join(allowed), **proxies}) as running:
        yield running
    proxy.close()
    assert proxy.visits == 0, "a proxy of the environment was used"


def fill(text: str, endpoints: Endpoints) -> str:
    """Put the addresses of endpoints in the places of `<@name>`."""
    return PROLOGUE + text.replace("<@", f"<{endpoints.url}/")


def rows_of(response: httpx.Response) -> Counter[str]:
    assert response.status_code == 200, response.text
    return Counter(json.dumps(row, sort_keys=True) for row in response.json()["results"]["bindings"])


def problem_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, str(response.json()["type"]).rpartition("/")[2]


QUERIES = {
    "join": "SELECT * { ?s a aig:State SERVICE <@right> { ?s e:code ?code } }",
    "join, the other way round": "SELECT * { SERVICE <@right> { ?s e:code ?code } ?s a aig:State }",
    "dots": "SELECT * { ?s a aig:State . SERVICE <@right> { ?s e:code ?code . } . ?s skos:prefLabel ?l . }",
    "optional around": "SELECT * { ?s a aig:State OPTIONAL { SERVICE <@right> { ?s e:capital ?capital } } }",
    "filter": "SELECT * { ?s a aig:State OPTIONAL { SERVICE <@right> { ?s e:code ?c } FILTER(?c > 200) } }",
    "optional inside": "SELECT * { SERVICE <@right> { ?s e:code ?code OPTIONAL { ?s e:capital ?capital } } }",
    "union": "SELECT * { { ?s a aig:State } UNION { SERVICE <@right> { ?s e:code ?code } } }",
    "minus": "SELECT * { ?s a aig:State MINUS { SERVICE <@right> { ?s e:capital ?capital } } }",
    "exists": "SELECT * { ?s a aig:State FILTER EXISTS { SERVICE <@right> { ?s e:capital ?c } } }",
    "not exists": "SELECT * { ?s a aig:State FILTER NOT EXISTS { SERVICE <@right> { ?s e:capital ?c } } }",
    "subquery": "SELECT * { { SELECT ?s (COUNT(*) AS ?n) { SERVICE <@right> { ?s ?p ?o } } GROUP BY ?s } ?s a ?k }",
    "subquery inside": "SELECT * { SERVICE <@right> { SELECT ?s (MAX(?c) AS ?m) { ?s e:code ?c } GROUP BY ?s } }",
    "values at the end": "SELECT * { SERVICE <@right> { ?s e:code ?code } } VALUES ?s { <actor/china> e:mongolia }",
    "two endpoints": "SELECT * { SERVICE <@right> { ?s e:code ?c } OPTIONAL { SERVICE <@other> { ?s e:rank ?rank } } }",
    "twice the same": "SELECT * { SERVICE <@right> { ?s e:code ?a } SERVICE <@right> { ?s e:code ?b } }",
    "bound names": "SELECT * { SERVICE <@right> { ?s e:code ?code } BIND(?code + 1 AS ?next) FILTER(?next > 200) }",
    "no variables": "SELECT * { SERVICE <@right> { <actor/china> e:code 156 } ?s a aig:State }",
    "no variables, no solutions": "SELECT * { SERVICE <@right> { <actor/china> e:code 1 } ?s a aig:State }",
    "no solutions": "SELECT * { SERVICE <@right> { ?s e:none ?o } }",
    "strings and comments": "SELECT * { SERVICE # <x> {\n <@right> { ?s e:code ?c FILTER('}' != '{') # }\n } }",
    "a prefixed name": "SELECT * { SERVICE at:right { ?s e:code ?code } }",
    "silent and there": "SELECT * { SERVICE SILENT <@right> { ?s e:code ?code } }",
    "silent and not there": "SELECT * { ?s a aig:State service silent <@missing> { ?s e:code ?code } }",
    "every kind of term": "SELECT ?s ?p ?o { SERVICE <@right> { ?s ?p ?o FILTER(!isBlank(?o) && !isBlank(?s)) } }",
    "unbound": "SELECT * { SERVICE <@right> { { ?s e:code ?c } UNION { ?s e:capital ?d } } }",
    "in no place for one": "SELECT * { ?s a aig:State FILTER('SERVICE <@right> { }' != ?s) } # SERVICE <@right> { }",
}


@pytest.mark.parametrize("text", QUERIES.values(), ids=QUERIES.keys())
def test_a_call_gives_what_the_engine_gives_that_calls_itself(
    text: str, federated: Server, endpoints: Endpoints
) -> None:
    query = f"PREFIX at: <{endpoints.url}/> " + fill(text, endpoints)
    data = ox.Store()
    for quad in ox.parse(path=GRAPH, format=ox.RdfFormat.TRIG):
        data.add(quad)
        data.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    results = data.query(query).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
    expected = json.loads(results or b"")
    response = federated.query(query)
    assert rows_of(response) == Counter(json.dumps(row, sort_keys=True) for row in expected["results"]["bindings"])
    assert set(response.json()["head"]["vars"]) == set(expected["head"]["vars"])


def test_a_call_within_graph_does_not_depend_on_the_graph(federated: Server, endpoints: Endpoints) -> None:
    """The engine, when it calls itself, gives nothing here; section 18.6 of SPARQL 1.1 gives a row for each graph."""
    states = federated.query(PROLOGUE + "SELECT * { GRAPH ?g { ?s a aig:State } }")
    joined = fill("SELECT ?g ?s { GRAPH ?g { ?s a aig:State SERVICE <@right> { ?s e:code ?code } } }", endpoints)
    assert rows_of(federated.query(joined)) == rows_of(states)


def test_another_service_of_ours_is_called(federated: Server, server: Server) -> None:
    query = "SELECT ?label { VALUES ?s { <actor/china> } SERVICE <%s> { ?s skos:prefLabel ?label } }" % server.sparql  # noqa: UP031
    assert len(rows_of(federated.query(PROLOGUE + query))) == 3


def test_every_form_of_query_may_call(federated: Server, endpoints: Endpoints) -> None:
    pattern = fill("", endpoints), "{ SERVICE <@right> { ?s e:code ?o } }".replace("<@", f"<{endpoints.url}/")
    assert federated.query(pattern[0] + "ASK" + pattern[1]).json()["boolean"] is True
    response = federated.query(pattern[0] + "CONSTRUCT { ?s e:c ?o }" + pattern[1], "application/n-triples")
    assert len(response.text.splitlines()) == 3
    assert (
        federated.client.post("/sparql", data={"query": "".join(pattern).replace("{", "SELECT * {", 1)}).status_code
        == 200
    )
    page = federated.query(pattern[0] + "SELECT *" + pattern[1], "text/html")
    assert "156" in page.text


def test_a_blank_node_becomes_an_iri_of_its_own(federated: Server, endpoints: Endpoints) -> None:
    query = fill(
        "SELECT ?a ?b ?c { SERVICE <@right> { ?s e:borders ?a . ?s e:borders ?b FILTER(isBlank(?a) && isBlank(?b)) } "
        "SERVICE <@right> { ?s e:borders ?c FILTER(isBlank(?c)) } }",
        endpoints,
    )
    row = federated.query(query).json()["results"]["bindings"][0]
    assert row["a"] == row["b"] != row["c"], "one node in one result is one; of two results, two"
    assert row["a"]["type"] == "uri"
    assert row["a"]["value"].startswith(BASE + ".well-known/genid/")
    again = federated.query(query).json()["results"]["bindings"][0]
    assert again["a"] != row["a"]


def test_results_with_calls_are_not_kept(federated: Server, endpoints: Endpoints) -> None:
    query = fill("SELECT * { SERVICE <@right> { ?s e:code ?code } }", endpoints)
    before = len(endpoints.asked)
    for _ in range(2):
        response = federated.query(query)
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"
    assert len(endpoints.asked) == before + 2


def test_the_other_endpoint_is_asked_for_the_group_and_no_more(federated: Server, endpoints: Endpoints) -> None:
    federated.query(fill("SELECT * { ?private ?p 'mine' . SERVICE <@right> { <x> e:code ?code } }", endpoints))
    name, asked = endpoints.asked[-1]
    assert name == "right"
    assert "private" not in asked
    assert asked.startswith(f"BASE <{BASE}>")


def test_a_long_group_is_sent_whole(federated: Server, endpoints: Endpoints) -> None:
    values = " ".join(f"e:n{number}" for number in range(2000))
    query = fill(f"SELECT * {{ SERVICE <@right> {{ VALUES ?s {{ e:mongolia {values} }} ?s e:code ?c }} }}", endpoints)
    assert len(rows_of(federated.client.post("/sparql", data={"query": query}))) == 1


@pytest.mark.parametrize("name", BAD)
def test_a_call_without_a_usable_result_fails_the_query(name: str, federated: Server, endpoints: Endpoints) -> None:
    query = fill(f"SELECT * {{ SERVICE <@{name}> {{ ?s e:code 1 }} }}", endpoints)
    response = federated.query(query)
    assert problem_of(response) == (502, "call-failed")
    assert response.json()["endpoint"] == f"{endpoints.url}/{name}"
    assert endpoints.asked[-1][0] == name, "no redirect was followed"
    silent = federated.query(query.replace("SERVICE", "SERVICE SILENT"))
    assert silent.json() == {"head": {"vars": ["s"]}, "results": {"bindings": [{}]}}


def test_a_dead_endpoint(federated: Server) -> None:
    assert problem_of(federated.query(f"SELECT * {{ SERVICE <{DEAD}> {{ ?s ?p ?o }} }}")) == (502, "call-failed")
    query = f"{PROLOGUE} SELECT ?s {{ ?s a aig:State SERVICE SILENT <{DEAD}> {{ ?s aig:x ?o }} }}"
    assert len(rows_of(federated.query(query))) == 2


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_a_slow_endpoint_ends_at_the_deadline_of_the_query(
    silent: str, federated: Server, endpoints: Endpoints
) -> None:
    query = fill(f"SELECT * {{ SERVICE {silent} <@slow> {{ ?s ?p ?o }} }}", endpoints)
    response = federated.query(query, timeout="0.3")
    assert problem_of(response) == (504, "deadline-exceeded")
    assert response.json()["limit_s"] == 0.3


def test_the_places_of_late_calls_are_given_back(federated: Server, endpoints: Endpoints) -> None:
    slow = fill("SELECT * { " + "SERVICE <@slow> { ?s ?p ?o } " * 16 + "}", endpoints)
    assert problem_of(federated.query(slow, timeout="0.3")) == (504, "deadline-exceeded")
    quick = fill("SELECT * { SERVICE <@right> { ?s e:code ?code } }", endpoints)
    assert len(rows_of(federated.query(quick))) == 3


def test_a_stopped_server_does_not_wait_for_a_call(serve: Serve, endpoints: Endpoints) -> None:
    with serve("--workers", "1", environment={"AIGOV_SERVICE_ALLOWED": f"{endpoints.url}/slow"}) as running:
        text = fill("SELECT * { SERVICE <@slow> { ?s ?p ?o } }", endpoints)
        with pytest.raises(httpx.ReadTimeout):
            running.client.get("/sparql", params={"query": text}, timeout=0.3)
        assert running.client.get("/sparql?query=ASK{}").status_code == 200


@pytest.mark.parametrize(("name", "limit"), [("huge", "limit_rows"), ("endless", "limit_bytes")])
def test_too_much_is_an_error_not_a_part(name: str, limit: str, federated: Server, endpoints: Endpoints) -> None:
    for silent in ("", "SILENT"):
        query = fill(f"SELECT (COUNT(*) AS ?n) {{ SERVICE {silent} <@{name}> {{ ?s ?p 1 }} }}", endpoints)
        response = federated.query(query.replace("?p", "e:p"))
        assert problem_of(response) == (507, "result-too-large")
        assert response.json()[limit] > 0


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <@right> { ?s e:code ?o } ?s ?p }",
        "SELECT * {\n SERVICE\n <@right> {\n ?s e:code ?o\n} ?s ?p }",
        "SELECT * {\n SERVICE <@right> {\n ?s e:code\n} ?s ?p ?o }",
        "SELECT * { SERVICE <@right> { ?s e:code ?o } } } SERVICE <@other> { ?s ?p ?o }",
        "SELECT * { SERVICE <@right> { ?s e:code ?o } UNION { ?s ?p ?o } }",
    ],
)
def test_syntax_errors_are_where_the_engine_sees_them_in_the_query_as_sent(
    text: str, federated: Server, endpoints: Endpoints
) -> None:
    query = fill(text, endpoints)
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(query)
    place = re.match(r"error at (\d+):(\d+)", str(caught.value))
    assert place is not None
    response = federated.query(query)
    assert problem_of(response) == (400, "malformed-query")
    assert (response.json()["line"], response.json()["column"]) == (int(place[1]), int(place[2]))


def test_nothing_is_sent_for_a_malformed_group(federated: Server, endpoints: Endpoints) -> None:
    before = len(endpoints.asked)
    assert federated.query(fill("SELECT * { SERVICE <@right> { ?s e:code } }", endpoints)).status_code == 400
    assert len(endpoints.asked) == before


NOT_ALLOWED = [
    *CALLS,
    "SELECT * { SERVICE <http://127.0.0.1:PORT> { ?s ?p ?o } }",
    "SELECT * { SERVICE <HTTP://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { SERVICE <http://127.0.0.1:PORT/right> { ?s ?p ?o } }",
    "BASE <http://127.0.0.1:PORT/> SELECT * { SERVICE <right> { ?s ?p ?o } }",
    "PREFIX a: <http://127.0.0.1:PORT/> SELECT * { SERVICE a:right { ?s ?p ?o } }",
    "PREFIX a: <http://127.0.0.1:PORT/> PREFIX a: <ALLOWED> SELECT * { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { SERVICE <ALLOWED> { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "SELECT * { SERVICE <ALLOWED> { SERVICESILENT<http://127.0.0.1:PORT/>{ ?s ?p ?o } } }",
    "SELECT * { SERVICE <ALLOWED> { ?s ?p ?o } SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { SERVICE <ALLOWED> { ?s ?p ?o } SERVICESILENT<http://127.0.0.1:PORT/>{ ?s ?p ?o } }",
    "SELECT * { SERVICE <ALLOWED> { ?s ?p '} }' } SERVICE <http://127.0.0.1:PORT/> { ?a ?b '{' } }",
    "SELECT * { SERVICE <ALLOWED> { SERVICE <ALLOWED> { ?s ?p ?o } } }",
    "SELECT * { BIND(<ALLOWED> AS ?e) SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { SERVICE (<ALLOWED>) { ?s ?p ?o } }",
    "SELECT * { \\u0041SERVICE <ALLOWED> { ?s ?p ?o } }",
    "SELECT * { SERVICE <ALLOWED> { ?s ?p ?o ",
]


@pytest.mark.parametrize("query", NOT_ALLOWED)
def test_what_is_not_on_the_list_is_refused_and_nobody_called(
    query: str, federated: Server, endpoints: Endpoints, listener: Listener
) -> None:
    before = len(endpoints.asked)
    text = query.replace("PORT", str(listener.port)).replace("ALLOWED", f"{endpoints.url}/right")
    response = federated.client.post("/sparql", data={"query": text})
    assert problem_of(response) == (403, "egress-refused")
    assert f"{endpoints.url}/right" in response.json()["allowed"]
    assert (listener.visits, len(endpoints.asked)) == (0, before)


def test_updates_and_graphs_call_nobody_for_all_the_list(federated: Server, endpoints: Endpoints) -> None:
    before = len(endpoints.asked)
    url = f"{endpoints.url}/right"
    update = f"INSERT {{ GRAPH <g> {{ ?s ?p ?o }} }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"
    for text in (update, f"LOAD <{url}>"):
        assert federated.client.post("/sparql", data={"update": text}).status_code == 403
    assert federated.query(f"SELECT * FROM <{url}> {{ ?s ?p ?o }}").status_code == 400
    assert len(endpoints.asked) == before


def test_an_error_without_a_list_says_that_there_could_be_one(server: Server) -> None:
    response = server.query("SELECT * { SERVICE <http://e/> { ?s ?p ?o } }")
    assert "AIGOV_SERVICE_ALLOWED" in response.json()["detail"]


ALLOWED = frozenset({"http://e/x"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://e/x> { ?s ?p ?o } }",
        "SELECT * {\n SERVICE\tSILENT # <http://no/> {\r\n <http://e/x>{?s ?p '}'} }",
        "PREFIX x: <http://e/> SELECT * { service x:x { } }",
        "BASE <http://e/> SELECT * { SERVICE <x>{} }",
        "SELECT * { SERVICE <http://e/\\u0078> {} ?s ?p 5.SERVICE<http://e/x>{ { } UNION { } } }",
    ],
)
def test_the_parts_of_a_query_with_calls_stay_in_their_places(text: str) -> None:
    calls = find_calls(text, ALLOWED, "http://base/")
    assert {call.endpoint for call in calls} == {"http://e/x"}
    rest = without_calls(text, calls)
    assert len(rest) == len(text)
    assert [place for place, c in enumerate(text) if c in "\r\n"] == [n for n, c in enumerate(rest) if c in "\r\n"]
    assert ox.Store().query(rest) is not None
    filled = with_blocks(text, calls, ["VALUES () { () }" for _ in calls])
    assert filled.count("\n") == text.count("\n")
    for call in calls:
        assert scope_query_of(text, call).startswith(rest[: call.prologue_end])
        assert scope_query_of(text, call)[call.group : call.end] == text[call.group : call.end]
        for query in (scope_query_of(text, call), query_of(text, call, "http://base/")):
            assert isinstance(ox.Store().query(query), ox.QuerySolutions)


def test_what_would_be_evaluated_otherwise_is_refused() -> None:
    with pytest.raises(QueryFailedError, match="LATERAL"):
        find_calls("SELECT * { ?s ?p ?o LATERAL { SERVICE <http://e/x> { ?s ?p ?o } } }", ALLOWED, BASE)
    with pytest.raises(QueryFailedError, match="17 times"):
        find_calls("SELECT * {" + "SERVICE <http://e/x> {}" * 17 + "}", ALLOWED, BASE)
    assert find_calls("SELECT * {" + "SERVICE <http://e/x> {" * 50_000, ALLOWED, BASE) == (), "in linear time"
    with pytest.raises(EgressRefusedError, match="within the group"):
        find_calls("SELECT * { SERVICE <http://e/x> { SERVICE <http://e/x> {} } }", ALLOWED, BASE)


W3C = ["service01", "service02", "service04a", "service07"]
"""Of the seven; the others call by a variable, or from within a call, and are refused."""


@pytest.mark.shared
@pytest.mark.parametrize("name", W3C)
def test_w3c(name: str, serve: Serve, shared: Path, tmp_path: Path) -> None:
    folder = shared / "w3c" / "sparql" / "sparql11" / "service"
    number = name[7:9]
    data = {
        f"example{digit}.org": (folder / file).read_text(encoding="utf-8")
        for digit, file in (
            ("", f"data{number}endpoint.ttl"),
            ("1", f"data{number}endpoint1.ttl"),
            ("2", f"data{number}endpoint2.ttl"),
        )
        if (folder / file).exists()
    }
    others = Endpoints(data)
    text = (folder / f"{name}.rq").read_text(encoding="utf-8")
    names = ("example.org", "example1.org", "example2.org", "invalid.endpoint.org")
    for host in names:
        text = text.replace(f"<http://{host}/sparql>", f"<{others.url}/{host}>")
    own = folder / f"data{number}.ttl"
    quads = ox.parse(path=own, format=ox.RdfFormat.TURTLE) if own.exists() else []
    graph = tmp_path / "graph.nq"
    named = (ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode("http://e/g")) for q in quads)
    graph.write_bytes(ox.serialize(named, format=ox.RdfFormat.N_QUADS) or b"")
    allowed = " ".join(f"{others.url}/{host}" for host in names)
    try:
        with serve("--graph", str(graph), "--workers", "1", environment={"AIGOV_SERVICE_ALLOWED": allowed}) as running:
            response = running.query(text, "application/sparql-results+xml")
    finally:
        others.close()
    assert solutions(response.text) == solutions((folder / f"service{number}.srx").read_text(encoding="utf-8"))


def solutions(xml: str) -> Counter[frozenset[tuple[str, str]]]:
    space = "{http://www.w3.org/2005/sparql-results#}"
    return Counter(
        frozenset((binding.attrib["name"], (binding[0].text or "").strip()) for binding in row.iter(space + "binding"))
        for row in ET.fromstring(xml).iter(space + "result")
    )
