import pytest

from service.errors import EgressRefusedError, MalformedRequestError
from service.sparql.guard import Dataset, find_dataset, refuse_unwanted

CALLS = [
    "SELECT * { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { service<http://127.0.0.1:PORT/>{ ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<http://127.0.0.1:PORT/>{ ?s ?p ?o } }",
    "PREFIX a: <http://127.0.0.1:PORT/> SELECT * { SERVICEa:x { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:PORT/> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:PORT/> SELECT * { SERVICESILENT:x { ?s ?p ?o } }",
    "SELECT * { ?s ?p 5SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    "SELECT * { ?s ?p 5.SERVICE<http://127.0.0.1:PORT/>{ ?a ?b ?c } }",
    "SELECT * { ?s ?p ?o . FILTER EXISTS { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "SELECT * { BIND(<http://127.0.0.1:PORT/> AS ?e) SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { VALUES ?e { <http://127.0.0.1:PORT/> } SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { SERVICE#comment\n<http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '#' . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    "SELECT * { ?s ?p '\\'#' . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    'SELECT * { ?s ?p """a"b#""" . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }',
    "SELECT * { <http://e/#x> ?p ?o . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    "SELECT * { <http://e/\\u0041#x> ?p ?o . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    "PREFIX e: <http://e/> SELECT * { e:a\\'b ?p ?o . SERVICE <http://127.0.0.1:PORT/> { ?a ?b e:c\\' } }",
    "PREFIX e: <http://e/> SELECT * { e:a\\#b ?p ?o . SERVICE <http://127.0.0.1:PORT/> { ?a ?b ?c } }",
    "SELECT * { { SELECT * { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } } }",
    "SELECT * { OPTIONAL { GRAPH ?g { ?s ?p ?o } SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "ASK { FILTER(?a<5) SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "SELECT * { LATERAL { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } } }",
    "SELECT * { \\u0053ERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
]
"""Spellings that call another server, or might; PORT stands for a listener's."""


@pytest.mark.parametrize("query", CALLS)
def test_calls_of_other_servers_are_refused(query: str) -> None:
    with pytest.raises(EgressRefusedError):
        refuse_unwanted(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service ?p ?o }",
        "SELECT * { ?s ?p 'SERVICE <http://e/> { }' }",
        'SELECT * { ?s ?p """SERVICE "x" """ }',
        "SELECT * { ?s a <http://www.w3.org/ns/dcat#DataService> } # SERVICE",
        "PREFIX dcat: <http://www.w3.org/ns/dcat#> SELECT * { ?s a dcat:DataService ; dcat:endpointURL ?u }",
        "SELECT * { ?s ?p 'x'@en-service }",
        "SELECT * { _:service ?p ?o }",
        "PREFIX load: <http://e/> SELECT * { ?s load:with ?o }",
        "BASE <http://e/> PREFIX insert: <x> SELECT * { ?s insert:delete ?o }",
    ],
)
def test_words_that_only_look_like_it_pass(query: str) -> None:
    refuse_unwanted(query)


@pytest.mark.parametrize(
    "update",
    [
        "LOAD <http://127.0.0.1/>",
        "PREFIX e: <http://e/> INSERT DATA { e:a e:b e:c }",
        "# comment\nBASE <http://e/> DELETE WHERE { ?s ?p ?o }",
        "WITH <http://e/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "clear all",
    ],
)
def test_an_update_in_the_place_of_a_query_is_refused(update: str) -> None:
    with pytest.raises(MalformedRequestError):
        refuse_unwanted(update)


@pytest.mark.parametrize(
    ("query", "graphs"),
    [
        ("SELECT * { ?s ?p ?o }", ((), ())),
        ("SELECT * FROM <http://e/a> FROM NAMED <http://e/b> { ?s ?p ?o }", (("http://e/a",), ("http://e/b",))),
        ("PREFIX g: <http://e/> ASK from g:a#x\nFROM\nNAMED g:b { }", (("http://e/a",), ("http://e/b",))),
        ("BASE <http://e/x/> SELECT * FROM <y> { ?from ?p 'FROM <http://no/>' }", (("http://e/x/y",), ())),
        (
            "PREFIX from: <http://e/> ASK FROM <http://e/a> FROM <http://e/a> { ?s from:named ?o }",
            (("http://e/a",), ()),
        ),
        ("PREFIX : <http://e/> ASK FROM :a\\,b FROM <http://e/\\u4E2d> { }", (("http://e/a,b", "http://e/中"), ())),
        ("SELECT * FROM un:known { ?s ?p ?o }", ((), ())),
    ],
)
def test_the_data_set_of_a_query_is_found(query: str, graphs: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert find_dataset(query, "http://base/") == Dataset(*graphs)
