"""The whole way from texts to a checked graph, and that it is the same way every time."""

import json
import pickle
import re
import shutil
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import Graph

from graph_builder import cli
from graph_builder.errors import AigovError, CheckError, OntologyError, RegistryError, SourceError
from graph_builder.iri import mint
from graph_builder.ontology import load_vocabulary
from graph_builder.pipeline import build, dump_works, extract_documents, fingerprint_model, make_report
from graph_builder.settings import Settings, load_settings
from graph_builder.vocab import AIG

ENTRY = """work = "{work}"
title = {{ en = "A Small Statement" }}
language = "en"
issued = {issued}
issuers = ["china"]
kind = "policy-instrument"
"""
SENTENCE = "China is ready to build joint laboratories with all countries.\n"


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    return load_vocabulary(load_settings())


def put_text(folder: Path, name: str, *, work: str = "small", text: str = SENTENCE, issued: str = "2024-09-25") -> Path:
    path = folder / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    (folder / f"{name}.toml").write_text(ENTRY.format(work=work, issued=issued), encoding="utf-8")
    return path


def ask(release: Path, query: str) -> list[list[str]]:
    store = pyoxigraph.Store()
    store.bulk_load(path=str(release / "graph.nq"), format=pyoxigraph.RdfFormat.N_QUADS)
    prefixes = """PREFIX aig: <https://w3id.org/aigov/ontology#> PREFIX oa: <http://www.w3.org/ns/oa#>
        PREFIX frbr: <http://purl.org/vocab/frbr/core#> PREFIX eli: <http://data.europa.eu/eli/ontology#> """
    solutions = store.query(prefixes + query, use_default_graph_as_union=True)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    return [[term.value for term in solution] for solution in solutions]  # type: ignore[union-attr]


def test_every_quote_is_the_exact_slice_of_its_source_file(release: Path) -> None:
    """Read the files anew: the graph's own copy of the text could be wrong in the same way."""
    raw_by_language = {}
    for path in load_settings().sources.glob("*.txt"):
        entry = path.with_suffix(".toml").read_text(encoding="utf-8")
        work, language = (re.search(rf'^{key} = "(.+)"', entry, re.MULTILINE) for key in ("work", "language"))
        assert work is not None
        assert language is not None
        raw_by_language[f"{work[1]}/{language[1]}"] = path.read_bytes().decode("utf-8")
    rows = ask(
        release,
        """SELECT ?text ?start ?end ?exact { ?t oa:hasSource ?text ; oa:hasSelector ?p, ?q .
           ?p oa:start ?start ; oa:end ?end . ?q oa:exact ?exact }""",
    )
    assert len(rows) > 500
    wrong = [row for row in rows if raw_by_language[row[0].partition("/text/")[2]][int(row[1]) : int(row[2])] != row[3]]
    assert wrong == []


def test_nothing_is_said_or_named_in_an_excluded_region(release: Path) -> None:
    rows = ask(
        release,
        """SELECT ?t ?region { ?region a aig:ExcludedRegion ; aig:excludedFrom ?text ; oa:start ?from ; oa:end ?to .
           ?t oa:hasSource ?text ; oa:hasSelector ?p . ?p oa:start ?start ; oa:end ?end .
           FILTER (?start < ?to && ?from < ?end) }""",
    )
    assert rows == []


def test_versions_of_one_work_are_aligned_both_ways(release: Path) -> None:
    rows = ask(
        release,
        """SELECT ?s ?o { ?s aig:alignedWith ?o ; aig:inText ?a . ?o aig:inText ?b . ?a frbr:realizationOf ?work .
           ?b frbr:realizationOf ?work . ?a eli:is_translation_of ?b . FILTER (?a != ?b) }""",
    )
    pairs = {(left, right) for left, right in rows}
    assert pairs
    assert pairs == {(right, left) for left, right in pairs}


def test_report_counts_every_document(release: Path) -> None:
    report = json.loads((release / "report.json").read_text(encoding="utf-8"))
    assert report["conforms"] is True
    assert [(d["work"], d["language"]) for d in report["documents"]] == [
        ("capacity-building-action-plan", "en"),
        ("capacity-building-action-plan", "zh-Hant"),
        ("china-france-joint-statement-2024", "zh-Hant"),
        ("global-ai-governance-action-plan", "zh-Hant"),
        ("he-yin-commentary-2024", "zh-Hans"),
    ]
    for document in report["documents"]:
        assert document["sentences"] >= document["statements"] / 3 > 0
        assert document["mentions"] > document["statements"]
        assert all(region["reason"] for region in document["excluded"])


def test_text_of_a_work_nobody_knows_is_built_and_conforms(tmp_path: Path) -> None:
    put_text(tmp_path, "note", work="somebody-s-note")
    result = build([tmp_path], load_settings())
    assert result.checks.conforms, result.checks.findings
    (extraction,) = result.extractions
    assert [(s.act, s.speakers) for s in extraction.statements] == [("commit", ("china",))]
    (document,) = make_report(result)["documents"]  # type: ignore[misc]
    assert document["statements"] == 1


def test_text_without_a_registry_entry_is_built_and_its_issuer_stands_for_the_unknown_speaker(tmp_path: Path) -> None:
    (tmp_path / "memo.txt").write_text("We commit to share open models with all countries by 2027.\n", encoding="utf-8")
    result = build([tmp_path], load_settings())
    assert result.checks.conforms, result.checks.findings
    (extraction,) = result.extractions
    assert [(s.act, s.speakers, s.speaker_source) for s in extraction.statements] == [("commit", (), "unresolved")]
    speakers = {value for _, predicate, value, _ in result.quads if predicate == AIG.speaker}
    assert speakers == {mint(f"actor/issuer-of-{extraction.document.registration.work}")}


def test_two_files_of_one_text_version_are_an_error(tmp_path: Path, vocabulary: Graph) -> None:
    put_text(tmp_path, "one")
    put_text(tmp_path, "two")
    with pytest.raises(RegistryError, match=r"two\.txt.*the same text version as .*one\.txt"):
        extract_documents([tmp_path], load_settings(), vocabulary=vocabulary)


def test_versions_that_disagree_on_the_date_are_an_error(tmp_path: Path, vocabulary: Graph) -> None:
    put_text(tmp_path, "one")
    other = put_text(tmp_path, "two", issued="2024-09-26", text="中方愿同各国共建联合实验室。\n")
    entry = other.with_suffix(".toml")
    entry.write_text(entry.read_text(encoding="utf-8").replace('"en"', '"zh-Hans"'), encoding="utf-8")
    with pytest.raises(RegistryError, match="issued differs"):
        extract_documents([tmp_path], load_settings(), vocabulary=vocabulary)


def test_language_without_a_grammar_is_an_error(tmp_path: Path, vocabulary: Graph) -> None:
    entry = put_text(tmp_path, "one").with_suffix(".toml")
    entry.write_text(entry.read_text(encoding="utf-8").replace('language = "en"', 'language = "de"'), encoding="utf-8")
    with pytest.raises(RegistryError, match="de"):
        extract_documents([tmp_path], load_settings(), vocabulary=vocabulary)


@pytest.mark.parametrize("kind", [SourceError, RegistryError, OntologyError, CheckError])
def test_error_survives_the_way_from_a_worker(kind: type[AigovError]) -> None:
    error = kind("a.txt", "empty", "leave it out")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.remedy) == (kind, str(error), "leave it out")


def test_progress_is_told_after_each_document(tmp_path: Path, vocabulary: Graph) -> None:
    put_text(tmp_path, "one")
    put_text(tmp_path, "two", work="other")
    told: list[tuple[int, int, str]] = []
    extract_documents(
        [tmp_path], load_settings(), vocabulary=vocabulary, progress=lambda *progress: told.append(progress)
    )
    assert told == [(1, 2, "one.txt"), (2, 2, "two.txt")]


def test_a_changed_vocabulary_or_shape_is_another_model(settings: Settings, tmp_path: Path) -> None:
    for folder in ("ontology", "shapes"):
        shutil.copytree(settings.root / folder, tmp_path / folder)
    copy = Settings(tmp_path)
    assert fingerprint_model(copy) == fingerprint_model(settings)
    for name in ("ontology/vocabulary/domains.ttl", "shapes/labels.ttl"):
        before = fingerprint_model(copy)
        path = tmp_path / name
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert fingerprint_model(copy) != before


def test_a_rebuild_into_a_release_gives_the_same_graph(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(release, out)
    assert cli.main(["build", "--jobs", "1", "--out", str(out)]) == 0
    assert (out / "graph.nq").read_bytes() == (release / "graph.nq").read_bytes()


def test_a_dump_is_what_the_release_says_of_the_works(release: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = (release / "graph.nq").read_bytes().splitlines(keepends=True)
    of_works = [
        line for line in lines if line.rsplit(b" ", 2)[1].startswith(b"<https://w3id.org/aigov/graph/document/")
    ]
    assert cli.main(["dump"]) == 0
    assert sorted(capfdbinary.readouterr().out.splitlines(keepends=True)) == of_works


def test_a_dump_by_several_workers_is_the_same(settings: Settings) -> None:
    assert list(dump_works([], settings, jobs=2)) == list(dump_works([], settings, jobs=1))


def test_versions_of_a_work_that_contradict_each_other_are_not_dumped(tmp_path: Path, settings: Settings) -> None:
    put_text(tmp_path, "one")
    put_text(tmp_path, "other")
    with pytest.raises(RegistryError, match="the same text version"):
        list(dump_works([tmp_path], settings))
