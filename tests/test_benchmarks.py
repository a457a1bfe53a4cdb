"""The benchmarks measure what they say: their data are what they should be, every query has an answer, each starts."""

import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from scale import multiply
from soak import Outcomes, Sample, judge

ROOT = Path(__file__).resolve().parents[1]
QUERIES = sorted((ROOT / "benchmarks" / "queries").glob("*.rq"))
WORK = "https://w3id.org/aigov/instrument/capacity-building-action-plan-002"


@pytest.fixture(scope="module")
def lines(release: Path) -> list[str]:
    """The built graph and two copies of its documents."""
    return list(multiply(release / "graph.nq", 100_000))


@pytest.fixture(scope="module")
def store(lines: list[str]) -> ox.Store:
    store = ox.Store()
    store.bulk_load("".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
    return store


def test_the_multiplied_graph_is_the_same_every_time(lines: list[str], release: Path) -> None:
    assert lines == list(multiply(release / "graph.nq", 100_000))


def test_copies_differ_in_their_names_and_quotes(lines: list[str]) -> None:
    copies = [line for line in lines if "-001" in line and "graph/document/" in line]
    assert copies
    assert not {line for line in copies if "#exact>" in line and "[1]" not in line}
    documents = [line for line in lines if "graph/document/" in line]
    assert len(set(documents)) == len(documents)


def test_copies_have_dates_of_their_own(store: ox.Store) -> None:
    dates = {str(q.object) for q in store.quads_for_pattern(ox.NamedNode(WORK), None, None) if "date_doc" in str(q)}
    first = ox.NamedNode(WORK.removesuffix("-002"))
    assert dates.isdisjoint(str(q.object) for q in store.quads_for_pattern(first, None, None))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_query_has_an_answer(store: ox.Store, path: Path) -> None:
    evidence = "https://w3id.org/aigov/ontology#evidence"
    statement = next(
        quad.subject.value
        for quad in store.quads_for_pattern(None, ox.NamedNode(evidence), None)
        if "capacity-building-action-plan-002" in quad.subject.value
    )
    text = path.read_text(encoding="utf-8").replace("$work", f"<{WORK}>").replace("$statement", f"<{statement}>")
    answer = store.query(text, use_default_graph_as_union=True)
    if isinstance(answer, ox.QueryBoolean):
        assert bool(answer)
    else:
        assert next(iter(answer))


def test_there_are_twelve_queries() -> None:
    assert [path.name[:2] for path in QUERIES] == [f"{number:02}" for number in range(1, 13)]


@pytest.mark.parametrize("name", ["sparql.py", "soak.py", "build.py"])
def test_a_benchmark_says_how_it_is_used(name: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / name), "--help"]
    assert "usage" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def samples(*rss_mb: float) -> list[Sample]:
    return [Sample(60.0 + 2 * place, size, 2 * size, 4) for place, size in enumerate(rss_mb)]


@pytest.mark.parametrize(("last", "holds"), [(104.0, True), (106.0, False)])
def test_the_soak_sees_memory_that_grows(last: float, holds: bool) -> None:
    measured = samples(*[100.0] * 10, *[102.0] * 10, *[last] * 9, 1000.0)
    assert (judge(measured, Outcomes()) == []) is holds


@pytest.mark.parametrize(
    ("kind", "status", "holds"),
    [("good", 200, True), ("slow", 503, True), ("good", 500, False), ("good", 0, False), ("hostile", 200, False)],
)
def test_the_soak_sees_answers_that_may_not_be(kind: str, status: int, holds: bool) -> None:
    outcomes = Outcomes()
    allowed = frozenset({403}) if kind == "hostile" else frozenset({200})
    outcomes.add(kind, status, allowed, "GET /sparql")
    assert (judge(samples(*[100.0] * 30), outcomes) == []) is holds


@pytest.mark.slow
def test_the_service_holds_for_two_minutes(release: Path) -> None:
    graph = release / "graph.nq"
    command = [sys.executable, str(ROOT / "benchmarks" / "soak.py"), "--minutes", "2", "--graph", str(graph)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    faults = [line for line in result.stdout.splitlines() if line.startswith("FAULT ")]
    assert [fault for fault in faults if "the RSS grew" not in fault] == [], result.stdout + result.stderr
    growth = re.search(r"in the last: ([+-][0-9.]+)%", result.stdout)
    assert growth, result.stdout + result.stderr
    assert float(growth[1]) < 25, "two minutes are too short for less: the allocator has not settled"
