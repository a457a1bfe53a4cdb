"""Clients that people use, against the running server."""

import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from serving import Server
from SPARQLWrapper import CSV, GET, JSON, POST, POSTDIRECTLY, RDFXML, TURTLE, URLENCODED, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

SELECT = (
    "SELECT ?label { <https://w3id.org/aigov/actor/france> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }"
)
CONSTRUCT = "CONSTRUCT WHERE { <https://w3id.org/aigov/actor/france> ?p ?o }"


def make_wrapper(server: Server, query: str, return_format: str) -> SPARQLWrapper:
    wrapper = SPARQLWrapper(server.sparql)
    wrapper.setQuery(query)
    wrapper.setReturnFormat(return_format)
    return wrapper


@pytest.mark.parametrize(("method", "request_method"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)])
def test_sparqlwrapper_select_as_json(server: Server, method: str, request_method: str) -> None:
    wrapper = make_wrapper(server, SELECT, JSON)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(request_method)
    rows = wrapper.queryAndConvert()["results"]["bindings"]
    assert {row["label"]["value"] for row in rows} == {"France", "法国"}


def test_sparqlwrapper_select_as_xml(server: Server) -> None:
    document = make_wrapper(server, SELECT, XML).queryAndConvert()
    assert len(document.getElementsByTagName("result")) == 3


def test_sparqlwrapper_select_as_csv(server: Server) -> None:
    assert "法国" in make_wrapper(server, SELECT, CSV).queryAndConvert().decode()


@pytest.mark.parametrize("return_format", [TURTLE, RDFXML])
def test_sparqlwrapper_construct(server: Server, return_format: str) -> None:
    answer = make_wrapper(server, CONSTRUCT, return_format).query()
    parser = "xml" if "rdf+xml" in answer.info()["content-type"] else "turtle"
    assert len(Graph().parse(data=answer.response.read(), format=parser)) == 4


def test_sparqlwrapper_reports_a_syntax_error(server: Server) -> None:
    with pytest.raises(QueryBadFormed):
        make_wrapper(server, "SELECT * {", JSON).query()


def test_rdflib_sparqlstore(server: Server) -> None:
    graph = Graph(SPARQLStore(server.sparql))
    assert len(list(graph.triples((URIRef("https://w3id.org/aigov/actor/france"), None, None)))) == 4
