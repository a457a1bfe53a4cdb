from itertools import groupby

import httpx
import pytest
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic
from serving import Server, parse_graph

from graph_builder.vocab import BASE, OA
from service.linked_data import description
from service.linked_data.description import load_description
from service.store.embedded import EmbeddedStore
from service.store.terms import iri

PARSER_BY_TYPE = {
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
}
STATEMENT = "statement/model-plan/en/s1"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def fetch(server: Server, path: str, accept: str) -> httpx.Response:
    return server.client.get("/" + path, headers={"Accept": accept}, follow_redirects=True)


def parse(response: httpx.Response) -> Graph:
    kind = response.headers["content-type"].partition(";")[0]
    return parse_graph(response.text, PARSER_BY_TYPE[kind])


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        ("text/html", "/page/actor/china"),
        (BROWSER["Accept"], "/page/actor/china"),
        ("text/turtle", "/data/actor/china.ttl"),
        ("*/*", "/data/actor/china.ttl"),
        ("application/ld+json, text/turtle;q=0.5", "/data/actor/china.jsonld"),
        ("application/n-triples", "/data/actor/china.nt"),
        ("application/rdf+xml", "/data/actor/china.rdf"),
    ],
)
def test_a_resource_redirects_by_accept(server: Server, accept: str, location: str) -> None:
    for method in ("GET", "HEAD"):
        response = server.client.request(method, "/actor/china", headers={"Accept": accept})
        assert (response.status_code, response.headers["location"]) == (303, location)
        assert "Accept" in response.headers["vary"]


def every_iri(server: Server) -> list[str]:
    query = f"SELECT DISTINCT ?i {{ {{ ?i ?p ?o }} UNION {{ ?s ?p ?i }} FILTER(STRSTARTS(STR(?i), '{BASE}')) }}"
    rows = server.query(query).json()["results"]["bindings"]
    return sorted(row["i"]["value"] for row in rows)


def test_every_own_iri_dereferences_to_what_is_said_of_it(server: Server) -> None:
    iris = every_iri(server)
    assert len(iris) > 40
    for document, terms in groupby(iris, key=lambda own: own.partition("#")[0]):
        response = fetch(server, document.removeprefix(BASE), "application/n-triples")
        assert response.status_code == 200, document
        said = set(response.text.splitlines())
        for own in terms:
            stated = server.query(f"CONSTRUCT WHERE {{ <{own}> ?p ?o }}", "application/n-triples").text
            assert {line for line in stated.splitlines() if " _:" not in line} <= said, own
        page = fetch(server, document.removeprefix(BASE), "text/html")
        assert page.status_code == 200
        assert document in page.text


def test_a_graph_says_how_large_it_is_and_how_to_get_it(server: Server) -> None:
    document = parse(fetch(server, "graph/document/model-plan", "text/turtle"))
    size = document.value(URIRef(BASE + "graph/document/model-plan"), URIRef("http://rdfs.org/ns/void#triples"))
    assert str(size) == "95"
    assert "CONSTRUCT" in fetch(server, "graph/document/model-plan", "text/html").text


@pytest.mark.parametrize("path", ["actor/china", STATEMENT, "evidence/e1", "ontology"])
def test_all_formats_say_the_same(server: Server, path: str) -> None:
    graphs = [parse(fetch(server, path, accept)) for accept in PARSER_BY_TYPE]
    assert len(graphs[0]) > 2
    assert all(isomorphic(graph, graphs[0]) for graph in graphs)


def test_a_statement_comes_with_its_words_and_the_labels_of_its_neighbours(server: Server) -> None:
    graph = parse(fetch(server, STATEMENT, "text/turtle"))
    assert [str(words) for words in graph.objects(None, OA.exact)] == ["China upholds fairness."]
    assert "公平" in {str(o) for o in graph.objects(URIRef(BASE + "principle/fairness"))}
    page = fetch(server, STATEMENT, "text/html").text
    assert "<blockquote" in page
    assert "0–23" in page


def test_links_of_a_page_stay_inside_the_deployment(server: Server) -> None:
    page = fetch(server, "principle/fairness", "text/html").text
    assert f'href="{BASE}' not in page
    assert 'href="/statement/model-plan/en/s1"' in page
    assert 'href="http://www.wikidata.org/entity/Q1" rel="noopener external"' in page


@pytest.mark.parametrize(
    ("language", "label", "content_language"),
    [("zh-TW", "中国", "zh-Hans"), ("fr", "Chine", "fr"), ("en", "China", "en"), ("de", "China", "en")],
)
def test_a_page_speaks_the_readers_language(server: Server, language: str, label: str, content_language: str) -> None:
    response = server.client.get("/page/actor/china", headers={"Accept-Language": language})
    assert f">{label}</h1>" in response.text
    assert response.headers["content-language"] == content_language
    assert "Accept-Language" in response.headers["vary"]
    assert server.client.get(f"/page/actor/china?lang={language}").text == response.text.replace(
        'href="?lang=', 'href="?lang='
    )


@pytest.mark.parametrize("path", ["/page/actor/china", "/data/actor/china.ttl", "/data/ontology.rdf", "/"])
def test_an_unchanged_representation_is_not_sent_again(server: Server, path: str) -> None:
    first = server.client.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f'"other", W/{tag}', "*"):
        again = server.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert server.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    head = server.client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)


def test_two_languages_have_two_tags(server: Server) -> None:
    tags = {server.client.get(f"/page/actor/china?lang={tag}").headers["etag"] for tag in ("en", "fr", "zh")}
    assert len(tags) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/actor/nobody",
        "/nothing",
        "/actor/china/",
        "/page/actor/nobody",
        "/data/actor/nobody.ttl",
        "/data/actor/china",
        "/data/actor/china.exe",
        "/actor/a%20b",
        "/actor/%3Cscript%3E",
        "/page/%22%3E",
        "/data/%FF.ttl",
        "/page/actor/china?page=2",
        "/problem/none",
        "/static/none.css",
    ],
)
def test_what_is_not_known_is_not_found(server: Server, path: str) -> None:
    response = server.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    page = server.client.get(path, headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in page.text


def test_other_errors_are_problem_documents_too(server: Server) -> None:
    refused = server.client.get("/actor/china", headers={"Accept": "image/png"})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")
    assert server.client.delete("/actor/china").json()["status"] == 405
    assert server.client.get("/page/actor/china?page=x").json()["status"] == 400


def test_the_ontology_is_one_document_with_its_blank_nodes(server: Server) -> None:
    graph = parse(fetch(server, "ontology", "text/turtle"))
    assert (None, URIRef("http://www.w3.org/2002/07/owl#onProperty"), URIRef(BASE + "ontology#speaker")) in graph
    assert 'id="speaker"' in fetch(server, "ontology", "text/html").text


def test_incoming_links_come_in_pages_that_add_up(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "INCOMING_PER_PAGE", 3)
    china = iri(BASE + "actor/china")
    pages = [load_description(store, china, page) for page in (1, 2)]
    assert all(pages)
    links = [link for page in pages if page for link in page.incoming.links]
    assert [len(page.incoming.links) for page in pages if page] == [3, 2]
    assert (len(set(links)), pages[0] and pages[0].incoming.total, pages[0] and pages[0].incoming.pages) == (5, 5, 2)
