"""What the service says of itself: complete, absolute, and nothing that it does not offer."""

import pytest
from openapi_spec_validator import validate
from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, VOID
from serving import Serve, Server

from graph_builder.vocab import AIG, BASE
from service.writers import hash_token

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = "http://www.w3.org/ns/formats/"
TOKEN = "a token for tests"


def describe(server: Server) -> tuple[Graph, URIRef]:
    response = server.client.get("/sparql", headers={"Accept": "text/turtle"})
    assert response.status_code == 200, response.text
    graph = Graph().parse(data=response.text, format="turtle")
    service = graph.value(predicate=RDF.type, object=SD.Service, any=False)
    assert isinstance(service, URIRef)
    return graph, service


def features_of(graph: Graph, service: URIRef) -> set[str]:
    return {str(feature).removeprefix(str(SD)) for feature in graph.objects(service, SD.feature)}


def count(server: Server, query: str) -> int:
    return int(server.query(query).json()["results"]["bindings"][0]["n"]["value"])


@pytest.fixture(scope="module")
def described(server: Server) -> tuple[Graph, URIRef]:
    return describe(server)


def test_every_value_of_a_service_description_is_a_resource(described: tuple[Graph, URIRef]) -> None:
    graph, _ = described
    stated = [(p, o) for _, p, o in graph if str(p).startswith(str(SD))]
    assert len(stated) > 20
    assert not [(p, o) for p, o in stated if isinstance(o, Literal)]
    assert not [s for s in graph.subjects() if not str(s).startswith("http://")], "nothing is relative or blank"


def test_the_endpoint_is_absolute_and_as_it_was_reached(server: Server, described: tuple[Graph, URIRef]) -> None:
    graph, service = described
    assert set(graph.objects(service, SD.endpoint)) == {URIRef(server.sparql)}
    host = server.client.get("/sparql", headers={"Host": "graph.example.org", "Accept": "text/turtle"})
    assert "http://graph.example.org/sparql" in host.text


def test_a_server_that_only_reads_says_nothing_of_writing(described: tuple[Graph, URIRef]) -> None:
    graph, service = described
    assert set(graph.objects(service, SD.supportedLanguage)) == {SD.SPARQL11Query}
    assert features_of(graph, service) == {"UnionDefaultGraph", "EmptyGraphs"}
    for predicate in (SD.inputFormat, AIG.hasGraphStore, AIG.updateSizeLimit, AIG.allowsCallOf):
        assert (service, predicate, None) not in graph


def test_a_server_that_does_more_says_so(serve: Serve) -> None:
    environment = {
        "AIGOV_TOKEN_SHA256": hash_token(TOKEN),
        "AIGOV_SERVICE_ALLOWED": "https://example.org/sparql",
        "AIGOV_CLIENT_SHARE_S": "0",
    }
    with serve(
        "--empty", "--writable", "--default-graph", "stored", "--workers", "1", environment=environment
    ) as server:
        graph, service = describe(server)
        assert set(graph.objects(service, SD.supportedLanguage)) == {SD.SPARQL11Query, SD.SPARQL11Update}
        assert features_of(graph, service) == {"BasicFederatedQuery", "EmptyGraphs"}
        formats = {URIRef(FORMATS + name) for name in ("Turtle", "N-Triples", "RDF_XML", "JSON-LD")}
        assert set(graph.objects(service, SD.inputFormat)) == formats
        assert set(graph.objects(service, AIG.allowsCallOf)) == {URIRef("https://example.org/sparql")}
        assert (service, AIG.clientTimeShare, None) not in graph
        store = graph.value(service, AIG.hasGraphStore, any=False)
        assert server.client.get(f"{store}?default").status_code == 200

        update = {"update": "INSERT DATA { <http://e/a> a <http://e/C> ; <http://e/p> 1 }"}
        written = server.client.post("/sparql", data=update, headers={"Authorization": f"Bearer {TOKEN}"})
        assert written.status_code == 204
        graph, service = describe(server)
        parts = {str(graph.value(part, VOID.property)) for part in graph.objects(None, VOID.propertyPartition)}
        assert parts == {str(RDF.type), "http://e/p"}, "a new state is counted anew"


def test_limits_are_numbers_with_units_in_their_definitions(
    server: Server, described: tuple[Graph, URIRef], ontology: Graph
) -> None:
    graph, service = described
    limits = {str(p).removeprefix(BASE + "ontology#"): o for p, o in graph.predicate_objects(service) if p in AIG}
    assert {name: str(value) for name, value in limits.items()} == {
        "queryTimeLimit": "20",
        "clientTimeShare": "60",
        "resultSizeLimit": str(512 << 20),
        "querySizeLimit": str(1 << 20),
        "requestTargetSizeLimit": str(64 << 10),
    }
    for name, value in limits.items():
        assert isinstance(value, Literal)
        assert value.datatype in (XSD.integer, XSD.decimal)
        assert (AIG[name], None, value.datatype) in ontology
        assert any(unit in str(list(ontology.objects(AIG[name]))) for unit in ("seconds", "bytes"))


def test_the_default_graph_is_a_void_data_set_with_true_sizes(server: Server, described: tuple[Graph, URIRef]) -> None:
    graph, service = described
    data = graph.value(predicate=VOID.sparqlEndpoint, object=service, any=False)
    assert (data, RDF.type, VOID.Dataset) in graph
    assert data == graph.value(graph.value(service, SD.defaultDataset), SD.defaultGraph)
    assert {literal.language for literal in graph.objects(data, DCTERMS.title)} == {"en", "zh-hans", "fr"}  # type: ignore[union-attr]
    assert int(str(graph.value(data, VOID.triples))) == count(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    for kind, size, query in (
        (VOID.classPartition, VOID.entities, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <TERM> }"),
        (VOID.propertyPartition, VOID.triples, "SELECT (COUNT(*) AS ?n) { ?s <TERM> ?o }"),
    ):
        parts = list(graph.objects(data, kind))
        assert len(parts) > 5
        for part in parts[:5]:
            term = graph.value(part, VOID["class"]) or graph.value(part, VOID.property)
            assert int(str(graph.value(part, size))) == count(server, query.replace("TERM", str(term))), term
    properties = {graph.value(part, VOID.property) for part in graph.objects(data, VOID.propertyPartition)}
    rows = server.query("SELECT DISTINCT ?p { ?s ?p ?o }").json()["results"]["bindings"]
    assert {str(term) for term in properties} == {row["p"]["value"] for row in rows}
    assert URIRef(str(AIG._NS)) in set(graph.objects(data, VOID.vocabulary))
    examples = list(graph.objects(data, VOID.exampleResource))
    assert examples
    assert all(server.client.get("/" + str(example).removeprefix(BASE)).status_code == 303 for example in examples)


def test_the_same_state_is_described_by_the_same_bytes(server: Server) -> None:
    first, second = (server.client.get("/sparql", headers={"Accept": "text/turtle"}) for _ in range(2))
    assert first.content == second.content


def test_void_is_found_where_it_is_looked_for(server: Server) -> None:
    response = server.client.get("/.well-known/void", headers={"Accept": "text/turtle"})
    assert (response.status_code, response.headers["location"]) == (303, "/sparql")
    followed = server.client.get("/.well-known/void", headers={"Accept": "text/turtle"}, follow_redirects=True)
    assert (None, RDF.type, VOID.Dataset) in Graph().parse(data=followed.text, format="turtle")


def test_openapi_is_valid_and_says_what_the_endpoint_and_the_store_take(server: Server) -> None:
    document = server.client.get("/openapi.json").json()
    validate(document)
    paths = document["paths"]
    post, store = paths["/sparql"]["post"], paths["/store"]
    assert set(post["requestBody"]["content"]) == {
        "application/x-www-form-urlencoded",
        "application/sparql-query",
        "application/sparql-update",
    }
    assert {"401", "409", "414", "422", "429"} <= set(post["responses"])
    assert {"get", "head", "put", "post", "patch", "delete"} <= set(store) & set(paths["/store/{path}"])
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, operation in store.items():
        if name in ("put", "post", "patch", "delete"):
            assert operation["security"] == [{"token": []}]
            assert "401" in operation["responses"]
    assert post["security"] == [{}, {"token": []}], "a query needs no token"
