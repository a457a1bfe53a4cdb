"""The SSSOM tables: read as triples, refused with file and line, and in step with the vocabularies."""

from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SKOS

from graph_builder.errors import OntologyError
from graph_builder.iri import mint
from graph_builder.mappings import load_mappings
from graph_builder.turtle import parse_turtle
from graph_builder.vocab import AIG, SDG

ONTOLOGY = Path(__file__).parents[1] / "ontology"

HEADER = """#curie_map:
#  aigov: https://w3id.org/aigov/
#  wikidata: http://www.wikidata.org/entity/
#  semapv: https://w3id.org/semapv/vocab/
#  skos: http://www.w3.org/2004/02/skos/core#
#mapping_set_id: https://example.org/test
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tcomment\n"
ROW = "aigov:actor/china\tskos:exactMatch\twikidata:Q148\tsemapv:ManualMappingCuration\tsaid by two files\n"


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    graph = Graph()
    for path in sorted((ONTOLOGY / "vocabulary").glob("*.ttl")):
        graph += parse_turtle(path)
    return graph


@pytest.fixture(scope="module")
def mappings() -> Graph:
    return load_mappings(ONTOLOGY / "mappings")


def write(folder: Path, text: str, name: str = "test.sssom.tsv") -> Path:
    folder.joinpath(name).write_text(text, encoding="utf-8")
    return folder


def test_a_row_becomes_one_triple(tmp_path: Path) -> None:
    graph = load_mappings(write(tmp_path, HEADER + COLUMNS + ROW))
    assert set(graph) == {(mint("actor/china"), SKOS.exactMatch, URIRef("http://www.wikidata.org/entity/Q148"))}


def test_a_folder_without_tables_has_no_mappings(tmp_path: Path) -> None:
    assert len(load_mappings(write(tmp_path, "notes", "README.md"))) == 0


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    columns = "mapping_justification\tobject_id\tobject_label\tsubject_id\tpredicate_id\n"
    row = 'semapv:ManualMappingCuration\twikidata:Q148\t"a ""quoted"" label"\taigov:actor/china\tskos:closeMatch\n'
    graph = load_mappings(write(tmp_path, HEADER + columns + row))
    assert graph.value(mint("actor/china"), SKOS.closeMatch) == URIRef("http://www.wikidata.org/entity/Q148")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (COLUMNS + ROW, 1, "no curie_map"),
        ("", 1, "no curie_map"),
        ("#curie_map: [\n" + COLUMNS + ROW, 1, "the metadata block is not YAML"),
        (HEADER + "subject_id\tpredicate_id\tobject_id\n", 7, "no column mapping_justification"),
        (HEADER, 7, "no column subject_id, predicate_id, object_id, mapping_justification"),
        (HEADER + COLUMNS + ROW + "aigov:actor/france\tskos:exactMatch\n", 9, "not as many cells as the heading row"),
        (HEADER + COLUMNS + ROW.rstrip("\n") + "\tmore\n", 8, "not as many cells as the heading row"),
        (HEADER + COLUMNS + ROW.replace("wikidata:Q148", "Q148"), 8, "object_id 'Q148' is no CURIE"),
        (HEADER + COLUMNS + ROW.replace("wikidata:Q148", ""), 8, "object_id '' is no CURIE"),
        (HEADER + COLUMNS + ROW.replace("wikidata:", "wd:"), 8, "object_id has the unknown prefix 'wd'"),
        (
            HEADER + COLUMNS + ROW.replace("semapv:", "sempav:"),
            8,
            "mapping_justification has the unknown prefix 'sempav'",
        ),
        (HEADER + COLUMNS + ROW.replace("exactMatch", "sameMatch"), 8, "unknown predicate_id skos:sameMatch"),
        (HEADER + COLUMNS + ROW.replace("aigov:actor/china", "wikidata:Q1"), 8, "is no term of ours"),
        (HEADER + COLUMNS + ROW + ROW.replace("exactMatch", "broadMatch"), 9, "again (first in"),
        (HEADER + COLUMNS + ROW.replace("said by", '"said" by'), 8, "not a TSV row"),
    ],
)
def test_a_bad_table_is_refused_with_file_and_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(OntologyError) as caught:
        load_mappings(write(tmp_path, text))
    assert caught.value.where == f"{tmp_path / 'test.sssom.tsv'}, line {line}"
    assert what in caught.value.what
    assert "\n" not in str(caught.value)


def test_a_pair_may_not_stand_in_two_tables(tmp_path: Path) -> None:
    write(tmp_path, HEADER + COLUMNS + ROW, "a.sssom.tsv")
    write(tmp_path, HEADER + COLUMNS + ROW, "b.sssom.tsv")
    with pytest.raises(OntologyError, match=r"b\.sssom\.tsv, line 8: .* again \(first in .*a\.sssom\.tsv, line 8\)"):
        load_mappings(tmp_path)


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("test.sssom.tsv").write_bytes((HEADER + COLUMNS).encode() + b"\xff")
    with pytest.raises(OntologyError, match="not UTF-8"):
        load_mappings(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="no such folder"):
        load_mappings(tmp_path / "mappings")


def test_every_mapped_term_is_in_the_vocabularies(mappings: Graph, vocabulary: Graph) -> None:
    assert {s for s in mappings.subjects() if (s, SKOS.prefLabel, None) not in vocabulary} == set()


def test_every_domain_contributes_to_a_goal(mappings: Graph, vocabulary: Graph) -> None:
    linked = {s for s, o in mappings.subject_objects(SKOS.relatedMatch) if str(o).startswith(str(SDG))}
    domains = {d for d in vocabulary.subjects(RDF.type, AIG.PolicyDomain) if (d, AIG.matchable, None) not in vocabulary}
    assert domains
    assert domains - linked == set()


def test_every_table_gives_its_labels_and_sources(mappings: Graph) -> None:
    tables = sorted((ONTOLOGY / "mappings").glob("*.sssom.tsv"))
    assert tables
    for path in tables:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert rows[0][-1] == "comment"
        assert all(cell for row in rows for cell in row), path.name
        assert rows[1:] == sorted(rows[1:], key=lambda row: (row[0], row[3])), path.name


@pytest.mark.parametrize(
    ("ours", "predicate", "theirs"),
    [
        ("actor/china", SKOS.exactMatch, "http://www.wikidata.org/entity/Q148"),
        ("actor/china", SKOS.exactMatch, "http://publications.europa.eu/resource/authority/country/CHN"),
        ("domain/climate", SKOS.exactMatch, "http://metadata.un.org/thesaurus/1001030"),
        ("domain/health", SKOS.relatedMatch, "http://metadata.un.org/sdg/3"),
        ("principle/capacity-building", SKOS.exactMatch, "http://eurovoc.europa.eu/c_f40562e9"),
    ],
)
def test_known_matches_are_there(mappings: Graph, ours: str, predicate: URIRef, theirs: str) -> None:
    assert (mint(ours), predicate, URIRef(theirs)) in mappings
