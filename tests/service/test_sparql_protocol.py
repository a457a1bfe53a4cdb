import csv
import io
import json
import xml.etree.ElementTree as ET

import httpx
import pytest
from rdflib import Graph
from rdflib.compare import isomorphic
from serving import Server, parse_graph

SELECT = "SELECT ?label { <https://w3id.org/aigov/actor/china> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }"
CONSTRUCT = "CONSTRUCT WHERE { <https://w3id.org/aigov/principle/fairness> ?p ?o }"
LABELS = ["China", "Chine", "中国"]
FORM = "application/x-www-form-urlencoded"
DOCUMENT = "https://w3id.org/aigov/graph/document/model-plan"
VOCABULARY = "https://w3id.org/aigov/graph/vocabulary"


def labels_of(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return sorted(row["label"]["value"] for row in response.json()["results"]["bindings"])


def problem_of(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    return str(document["type"]).rpartition("/")[2]


def test_get_form_and_direct_post_answer_alike(server: Server) -> None:
    query = SELECT + " # 100 % éà中 + & ="
    accept = {"Accept": "application/sparql-results+json"}
    answers = [
        server.client.get("/sparql", params={"query": query}, headers=accept),
        server.client.post("/sparql", data={"query": query}, headers=accept),
        server.client.post(
            "/sparql",
            content=query.encode(),
            headers=accept | {"Content-Type": "application/sparql-query; charset=UTF-8"},
        ),
    ]
    assert [labels_of(answer) for answer in answers] == [LABELS] * 3
    assert len({answer.content for answer in answers}) == 1


def test_no_accept_header_gives_json(server: Server) -> None:
    request = server.client.build_request("GET", "/sparql", params={"query": SELECT})
    del request.headers["accept"]
    response = server.client.send(request)
    assert response.headers["content-type"] == "application/sparql-results+json"
    assert labels_of(response) == LABELS


def read_json(text: str) -> list[str]:
    return [row["label"]["value"] for row in json.loads(text)["results"]["bindings"]]


def read_xml(text: str) -> list[str]:
    return [
        literal.text or "" for literal in ET.fromstring(text).iter("{http://www.w3.org/2005/sparql-results#}literal")
    ]


def read_csv(text: str) -> list[str]:
    return [row["label"] for row in csv.DictReader(io.StringIO(text))]


def read_tsv(text: str) -> list[str]:
    return [line.split('"')[1] for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("accept", "content_type", "read"),
    [
        ("application/sparql-results+json", "application/sparql-results+json", read_json),
        ("application/json", "application/json", read_json),
        ("application/sparql-results+xml", "application/sparql-results+xml", read_xml),
        ("text/xml, application/rdf+xml", "text/xml; charset=utf-8", read_xml),
        ("text/csv", "text/csv; charset=utf-8", read_csv),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8", read_tsv),
        ("text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8", read_csv),
    ],
)
def test_results_in_every_format(server: Server, accept: str, content_type: str, read: object) -> None:
    response = server.query(SELECT, accept)
    assert response.headers["content-type"] == content_type
    assert "Accept" in response.headers["vary"]
    assert callable(read)
    assert sorted(read(response.text)) == LABELS


@pytest.mark.parametrize(
    ("accept", "parser"),
    [
        ("text/turtle", "turtle"),
        ("application/n-triples", "nt"),
        ("application/ld+json", "json-ld"),
        ("application/rdf+xml", "xml"),
        ("application/n-quads", "nquads"),
        ("application/trig", "trig"),
    ],
)
def test_graphs_in_every_format_say_the_same(server: Server, accept: str, parser: str) -> None:
    response = server.query(CONSTRUCT, accept)
    assert response.headers["content-type"].partition(";")[0] == accept
    expected = Graph().parse(data=server.query(CONSTRUCT, "application/n-triples").text, format="nt")
    assert len(expected) == 6
    assert isomorphic(parse_graph(response.text, parser), expected)


def test_ask(server: Server) -> None:
    assert server.query("ASK { ?s ?p ?o }").json()["boolean"] is True
    assert (
        "false</boolean>" in server.query("ASK { ?s ?p 'nothing of the kind' }", "application/sparql-results+xml").text
    )


def test_describe_is_rdf(server: Server) -> None:
    response = server.query("DESCRIBE <https://w3id.org/aigov/actor/china>", "*/*")
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    assert len(Graph().parse(data=response.text, format="turtle")) == 5


def test_format_parameter_serves_links(server: Server) -> None:
    browser = "text/html,*/*;q=0.8"
    assert server.query(SELECT, browser, format="csv").headers["content-type"] == "text/csv; charset=utf-8"
    assert server.query(CONSTRUCT, browser, format="json").headers["content-type"] == "application/ld+json"


def test_head_has_no_body(server: Server) -> None:
    response = server.client.head("/sparql", params={"query": SELECT}, headers={"Accept": "text/csv"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "accept"),
    [(SELECT, "text/turtle"), (CONSTRUCT, "text/csv"), (SELECT, "image/png"), ("ASK {}", "application/n-triples")],
)
def test_what_the_client_cannot_take_is_not_sent(server: Server, query: str, accept: str) -> None:
    response = server.query(query, accept)
    assert response.status_code == 406
    assert problem_of(response) == "not-acceptable"
    assert "text/turtle" in response.json()["available"]


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [("SELECT * {", 1, 11), ("SELECT *\nWHERE { ?s ?p }", 2, 16), ("SELECT * { ?s nix:p ?o }", 1, 20)],
)
def test_syntax_errors_say_where(server: Server, query: str, line: int, column: int) -> None:
    response = server.query(query)
    assert response.status_code == 400
    assert problem_of(response) == "malformed-query"
    assert (response.json()["line"], response.json()["column"]) == (line, column)


def test_an_unknown_function_is_named(server: Server) -> None:
    response = server.query("SELECT (<http://example.org/f>(1) AS ?x) {}")
    assert (response.status_code, problem_of(response)) == (422, "query-failed")
    assert "http://example.org/f" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "status", "kind"),
    [
        ("GET", "?query=ASK{}&query=ASK{}", {}, b"", 400, "malformed-request"),
        ("GET", "?default-graph-uri=http://e/", {}, b"", 400, "malformed-request"),
        ("GET", "?query=%FF", {}, b"", 400, "malformed-request"),
        ("GET", "?query=ASK{}&timeout=-1", {}, b"", 400, "malformed-request"),
        ("POST", "", {"Content-Type": FORM}, b"x=y", 400, "malformed-request"),
        ("POST", "", {"Content-Type": FORM}, b"query=ASK{}&query=ASK{}", 400, "malformed-request"),
        ("POST", "", {"Content-Type": "application/sparql-query"}, "ASK {}".encode("utf-16"), 400, "malformed-request"),
        ("POST", "?query=ASK{}", {"Content-Type": "application/sparql-query"}, b"ASK {}", 400, "malformed-request"),
        ("POST", "", {}, b"ASK {}", 415, "unsupported-media-type"),
        ("POST", "", {"Content-Type": "text/plain"}, b"ASK {}", 415, "unsupported-media-type"),
        ("POST", "", {"Content-Type": FORM, "Content-Encoding": "gzip"}, b"", 415, "unsupported-media-type"),
        ("POST", "", {"Content-Type": "application/sparql-update"}, b"CLEAR ALL", 403, "read-only"),
        ("POST", "", {"Content-Type": FORM}, b"update=CLEAR+ALL", 403, "read-only"),
        ("GET", "?update=CLEAR+ALL", {}, b"", 400, "malformed-request"),
        ("GET", "?query=CLEAR+ALL", {}, b"", 400, "malformed-request"),
        ("GET", "?query=ASK{+SERVICE+<http://e/>{}}", {}, b"", 403, "egress-refused"),
        ("PUT", "?query=ASK{}", {}, b"", 405, "method-not-allowed"),
        ("DELETE", "", {}, b"", 405, "method-not-allowed"),
    ],
)
def test_requests_against_the_protocol(
    server: Server, method: str, url: str, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    response = server.client.request(method, "/sparql" + url, headers=headers, content=body)
    assert (response.status_code, problem_of(response)) == (status, kind)
    assert (status == 405) == ("allow" in response.headers)


def test_a_body_beyond_the_limit_is_refused(server: Server) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    response = server.client.post("/sparql", content=b"#" * (1 << 20) + b"\nASK {}", headers=headers)
    assert (response.status_code, problem_of(response)) == (413, "body-too-large")
    assert response.json()["limit_bytes"] == 1 << 20


def test_default_graph_is_the_union_with_each_triple_once(server: Server) -> None:
    query = "SELECT (COUNT(*) AS ?n) { <https://w3id.org/aigov/actor/china> a <https://w3id.org/aigov/ontology#State> }"
    assert server.query(query).json()["results"]["bindings"][0]["n"]["value"] == "1"


COUNT = "SELECT (COUNT(*) AS ?label) { ?s <https://w3id.org/aigov/ontology#act> ?o }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?label) { GRAPH ?g { ?s <https://w3id.org/aigov/ontology#act> ?o } }"


@pytest.mark.parametrize(
    ("query", "fields", "count"),
    [
        (COUNT, {}, "4"),
        (COUNT, {"default-graph-uri": DOCUMENT}, "4"),
        (COUNT, {"default-graph-uri": VOCABULARY}, "0"),
        (COUNT, {"named-graph-uri": DOCUMENT}, "0"),
        (COUNT_NAMED, {}, "4"),
        (COUNT_NAMED, {"named-graph-uri": DOCUMENT}, "4"),
        (COUNT_NAMED, {"named-graph-uri": VOCABULARY}, "0"),
        (COUNT_NAMED, {"default-graph-uri": DOCUMENT}, "0"),
        (COUNT.replace("{", f"FROM <{DOCUMENT}> {{", 1), {}, "4"),
        (COUNT.replace("{", f"FROM <{VOCABULARY}> {{", 1), {}, "0"),
        (COUNT_NAMED.replace("{", f"FROM NAMED <{VOCABULARY}> {{", 1), {}, "0"),
        (COUNT.replace("{", f"FROM <{VOCABULARY}> {{", 1), {"default-graph-uri": DOCUMENT}, "4"),
    ],
)
def test_the_data_set_is_what_the_request_says(server: Server, query: str, fields: dict[str, str], count: str) -> None:
    assert labels_of(server.query(query, **fields)) == [count]


def test_several_default_graphs_are_merged(server: Server) -> None:
    query = "SELECT (COUNT(*) AS ?label) { <https://w3id.org/aigov/actor/china> a ?kind }"
    derived = "https://w3id.org/aigov/graph/derived"
    response = server.client.get("/sparql", params={"query": query, "default-graph-uri": [VOCABULARY, derived]})
    assert labels_of(response) == ["1"]
    from_clauses = f"FROM <graph/vocabulary> FROM <{derived}> FROM NAMED <{derived}> {{ GRAPH ?g {{ ?s a ?k }}"
    assert labels_of(server.query(query.replace("{", from_clauses, 1))) == ["1"]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("SELECT * FROM <http://example.org/remote> { ?s ?p ?o }", {}),
        ("SELECT * FROM NAMED <file:///etc/passwd> { ?s ?p ?o }", {}),
        ("ASK {}", {"default-graph-uri": "http://example.org/remote"}),
        ("ASK {}", {"named-graph-uri": "not an IRI"}),
    ],
)
def test_a_graph_that_is_not_stored_is_refused(server: Server, query: str, fields: dict[str, str]) -> None:
    response = server.query(query, **fields)
    assert (response.status_code, problem_of(response)) == (400, "unknown-graph")


def test_relative_iris_are_resolved_against_the_base(server: Server) -> None:
    assert server.query("ASK { <actor/china> ?p ?o }").json()["boolean"] is True


def test_service_description_is_rdf_about_this_endpoint(server: Server) -> None:
    response = server.client.get("/sparql")
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    graph = Graph().parse(data=response.text, format="turtle")
    rows = graph.query(
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#>"
        "SELECT ?endpoint (COUNT(?name) AS ?graphs) { ?s a sd:Service ; sd:endpoint ?endpoint ; sd:defaultDataset ?d ."
        "?d sd:namedGraph ?n . ?n sd:name ?name ; sd:graph/void:triples ?size } GROUP BY ?endpoint"
    )
    assert [(str(row[0]), int(row[1])) for row in rows] == [(server.sparql, 5)]  # type: ignore[index]
    assert server.client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("host", ["a<b", "a b", 'a"b', "a>,<b"])
def test_a_wrong_host_header_does_no_harm(server: Server, host: str) -> None:
    response = server.client.get("/sparql", headers={"Host": host})
    assert response.status_code in (200, 400)
    assert response.status_code == 400 or len(Graph().parse(data=response.text, format="turtle")) > 20


def test_browsers_may_call_from_anywhere(server: Server) -> None:
    origin = {"Origin": "https://example.org"}
    assert server.client.get("/sparql?query=ASK{}", headers=origin).headers["access-control-allow-origin"] == "*"
    assert server.client.get("/sparql?query=ASK{", headers=origin).headers["access-control-allow-origin"] == "*"
    asked = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = server.client.options("/sparql", headers=asked)
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert server.client.options("/sparql").status_code == 204


def test_people_get_a_form_and_a_table(server: Server) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    form = server.client.get("/sparql", headers={"Accept": browser})
    assert "<textarea" in form.text
    table = server.query(SELECT, browser)
    assert table.headers["content-type"] == "text/html; charset=utf-8"
    assert all(label in table.text for label in LABELS)
    assert "<pre>" in server.query(CONSTRUCT, browser).text
    assert "Oui" in server.query("ASK {}", browser, lang="fr").text


def test_people_see_what_is_wrong_beside_their_query(server: Server) -> None:
    response = server.query("SELECT * { <script>", "text/html")
    assert response.status_code == 400
    assert "SELECT * { &lt;script&gt;" in response.text
    assert "<script>" not in response.text


def test_variable_names_and_values_are_escaped_on_the_page(server: Server) -> None:
    response = server.query(
        "SELECT ('<img src=x onerror=alert(1)>' AS ?x) (<javascript:alert(1)> AS ?y) {}", "text/html"
    )
    assert "<img" not in response.text
    assert 'href="javascript' not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
