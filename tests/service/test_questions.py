"""The named queries: as files, as pages, as RDF, and as answers over HTTP that are the golden ones."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rdflib import RDF, RDFS, SH, Literal, URIRef
from serving import ROOT, Serve, Server, parse_graph
from SPARQLWrapper import JSON, SPARQLWrapper

from graph_builder.iri import identifier_of
from graph_builder.vocab import BASE, SCHEMA
from service.errors import QuestionError
from service.questions.catalogue import choose_first, load_catalogue

CATALOGUE = load_catalogue()
PLACE = ROOT / "ontology" / "questions"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def bundled(serve: Serve, release: Path) -> Iterator[Server]:
    """The served graph of the bundled texts."""
    with serve("--graph", str(release / "graph.nq"), "--workers", "2") as running:
        yield running


def to_csv(results: dict[str, dict[str, list[dict[str, dict[str, str]]]]]) -> str:
    """Write results as the goldens are: own IRIs by their id, literals by their lexical form, rows sorted."""

    def shorten(term: dict[str, str] | None) -> str:
        value = term["value"] if term else ""
        return identifier_of(value) or value if term and term["type"] == "uri" else value

    names: list[str] = results["head"]["vars"]  # type: ignore[assignment]
    rows = sorted([shorten(row.get(name)) for name in names] for row in results["results"]["bindings"])
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([names, *rows])
    return stream.getvalue()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_named_query_answers_its_golden_over_http(bundled: Server, name: str) -> None:
    wrapper = SPARQLWrapper(bundled.sparql)
    wrapper.setQuery(CATALOGUE[name].text)
    wrapper.setReturnFormat(JSON)
    golden = (ROOT / "tests" / "golden" / f"{name}.csv").read_text(encoding="utf-8")
    assert to_csv(wrapper.queryAndConvert()) == golden
    by_name = bundled.client.get(f"/queries/{name}", headers={"Accept": "application/sparql-results+json"})
    assert to_csv(by_name.json()) == golden


def test_every_question_has_its_file_and_golden() -> None:
    assert list(CATALOGUE) == sorted(path.stem for path in PLACE.glob("*.ttl"))
    assert set(CATALOGUE) == {path.stem for path in (ROOT / "tests" / "golden").glob("*.csv")}


@pytest.mark.parametrize(
    "accept",
    [
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
        "application/json",
        "text/csv;q=0.5, application/sparql-results+xml;q=0.4, text/turtle;q=0.1",
    ],
)
def test_an_answer_is_what_the_endpoint_gives(bundled: Server, accept: str) -> None:
    by_name = bundled.client.get("/queries/cq04", headers={"Accept": accept})
    by_text = bundled.query(CATALOGUE["cq04"].text, accept)
    assert by_name.status_code == 200
    assert by_name.content == by_text.content
    ignored = {"vary", "date", "server-timing", "age"}
    assert {k: v for k, v in by_name.headers.items() if k not in ignored} == {
        k: v for k, v in by_text.headers.items() if k not in ignored
    }


def test_links_choose_the_format_and_programs_get_json(bundled: Server) -> None:
    assert bundled.client.get("/queries/cq04?format=csv", headers=BROWSER).text.startswith("speaker,deadline,")
    anything = bundled.client.get("/queries/cq04", headers={"Accept": "*/*"})
    assert anything.headers["content-type"] == "application/sparql-results+json"
    head = bundled.client.head("/queries/cq04", headers={"Accept": "text/csv"})
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/queries/cq99", 404, "not-found"),
        ("/question/cq99", 404, "not-found"),
        ("/queries/cq04?timeout=soon", 400, "malformed-request"),
        ("/queries/cq04?query=ASK%7B%7D", 400, "malformed-request"),
        ("/queries/cq04?default-graph-uri=http://example.org/", 400, "unknown-graph"),
    ],
)
def test_what_goes_wrong_is_a_problem(server: Server, path: str, status: int, kind: str) -> None:
    response = server.client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["type"] == f"{BASE}problem/{kind}"
    page = server.client.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/queries", "/queries/cq04"])
def test_an_unserved_type_is_refused_with_what_there_is(server: Server, path: str) -> None:
    response = server.client.get(path, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/turtle" in response.json()["available"]


def test_a_limit_holds_for_named_queries_too(bundled: Server) -> None:
    response = bundled.client.get("/queries/cq22?timeout=0.000001", headers={"Accept": "text/csv"})
    assert (response.status_code, response.json()["type"]) == (504, f"{BASE}problem/deadline-exceeded")


@pytest.mark.parametrize(("language", "says"), [("en", "Open in the query form"), ("zh", "打开"), ("fr", "Ouvrir")])
def test_pages_put_every_question_in_the_readers_language(server: Server, language: str, says: str) -> None:
    listed = server.client.get("/queries", headers=BROWSER | {"Accept-Language": language})
    assert listed.headers["content-language"].startswith(language)
    assert says in listed.text
    for query in CATALOGUE.values():
        assert str(httpx.URL(f"/queries/{query.name}?lang=")) in listed.text
        question = query.question([language])
        assert question.language.startswith(language)
        assert question.value.replace("'", "&#39;") in listed.text


def test_the_page_of_a_question_shows_words_query_and_answer(bundled: Server) -> None:
    page = bundled.client.get("/queries/cq04", headers=BROWSER | {"Accept-Language": "fr"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Quels énoncés portent une échéance" in page.text
    assert "?statement aig:deadline ?deadline" in page.text
    assert '<a href="/actor/chinese-government">' in page.text
    assert 'href="/sparql?query=PREFIX' in page.text
    assert 'href="/queries/cq04?format=csv"' in page.text
    assert "<textarea" not in page.text
    assert "<script" not in page.text


def test_the_start_page_shows_a_few_in_their_order(server: Server) -> None:
    chosen = choose_first(CATALOGUE)
    assert 3 <= len(chosen) <= 7
    assert [query.position for query in chosen] == list(range(1, len(chosen) + 1))
    page = server.client.get("/", headers={"Accept-Language": "zh"}).text
    places = [page.index(query.question(["zh"]).value) for query in chosen]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("accept", "parser"),
    [("text/turtle", "turtle"), ("application/ld+json", "json-ld"), ("application/rdf+xml", "xml")],
)
def test_the_catalogue_is_rdf_with_the_endpoint_that_answers(server: Server, accept: str, parser: str) -> None:
    response = server.client.get("/queries", headers={"Accept": accept})
    assert response.headers["content-type"].startswith(accept)
    graph = parse_graph(response.text, parser)
    questions = set(graph.subjects(RDF.type, SH.SPARQLExecutable))
    assert questions == {URIRef(f"{BASE}question/{name}") for name in CATALOGUE}
    assert set(graph.subject_objects(SCHEMA.target)) == {(q, URIRef(server.sparql)) for q in questions}
    again = server.client.get("/queries", headers={"Accept": accept, "If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    assert len(parse_graph(server.client.get("/queries?format=turtle", headers=BROWSER).text, "turtle")) == len(graph)


def test_the_description_of_one_is_its_part_of_the_catalogue(server: Server) -> None:
    graph = parse_graph(server.client.get("/queries/cq04", headers={"Accept": "text/turtle"}).text, "turtle")
    question = URIRef(BASE + "question/cq04")
    assert set(graph.subjects()) == {question}
    assert graph.value(question, SH.select) == Literal(CATALOGUE["cq04"].text)
    assert len(set(graph.objects(question, RDFS.comment))) == 3


@pytest.mark.parametrize("accept", ["text/turtle", "text/html", "text/csv"])
def test_the_iri_of_a_question_leads_to_it(bundled: Server, accept: str) -> None:
    response = bundled.client.get("/question/cq04?lang=zh", headers={"Accept": accept})
    assert (response.status_code, response.headers["location"]) == (303, "/queries/cq04?lang=zh")
    followed = bundled.client.get("/question/cq04", headers={"Accept": accept}, follow_redirects=True)
    assert followed.headers["content-type"].startswith(accept)


GOOD = (PLACE / "cq17.ttl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("rdfs:comment", "rdfs:comment rdfs:comment"), "mend the Turtle"),
        (GOOD.replace("question/cq17", "question/cq18"), "name it as the file"),
        (GOOD.replace("SELECT DISTINCT", "SELEKT DISTINCT"), "the query is not SPARQL"),
        (GOOD.replace("sh:select", "sh:construct"), "one sh:select or one sh:ask"),
        (GOOD.replace("@fr", "@de"), "give one rdfs:comment in en, zh-Hans, fr"),
        (GOOD.replace("    schema:keywords", "    schema:position 1.5 ;\n    schema:keywords"), "whole number"),
    ],
)
def test_a_bad_file_says_what_is_wrong_where_and_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    assert text != GOOD
    path = tmp_path / "cq17.ttl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError) as caught:
        load_catalogue(tmp_path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_folder_without_questions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="there are no questions"):
        load_catalogue(tmp_path)


def test_a_good_file_loads(tmp_path: Path) -> None:
    (tmp_path / "cq17.ttl").write_text(GOOD, encoding="utf-8")
    assert list(load_catalogue(tmp_path)) == ["cq17"]
