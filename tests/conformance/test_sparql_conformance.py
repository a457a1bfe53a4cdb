"""The W3C's SPARQL 1.1 tests pass over HTTP, but for those that are listed with their reasons."""

from collections import Counter
from pathlib import Path

import pytest
from engines import run_oxigraph
from w3c_suite import ROOT, Endpoint, Outcome, format_page, load_expected, refuse_everything, run_suite, serve_empty

pytestmark = pytest.mark.shared

SKIPPED_FOR = {
    "entailment regimes are not asked for",
    "federation is not asked for",
    "needs federated endpoints",
    "valid, but evaluating it needs the network (SERVICE or LOAD)",
}
"""The only reasons for which a test may be skipped; all others must run."""
UNKNOWN_FUNCTION = "sparql11/syntax-query/test_4"
"""Asks for a function that nobody has: the engine refuses it, though not as bad syntax."""


def run(shared: Path, endpoint: Endpoint) -> list[Outcome]:
    return run_suite(shared / "tools" / "w3c_sparql_http.py", shared / "w3c", endpoint)


@pytest.fixture(scope="module")
def ours(shared: Path) -> list[Outcome]:
    with serve_empty() as endpoint:
        return run(shared, endpoint)


@pytest.fixture(scope="module")
def control(shared: Path) -> list[Outcome]:
    with refuse_everything() as endpoint:
        return run(shared, endpoint)


@pytest.fixture(scope="module")
def over_backend(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    folder = tmp_path_factory.mktemp("oxigraph")
    (folder / "empty.nq").touch()
    with run_oxigraph(folder, folder / "empty.nq") as engine, serve_empty(*engine.arguments) as endpoint:
        return run(shared, endpoint)


def test_only_what_is_expected_fails(ours: list[Outcome]) -> None:
    failed = {outcome.name: outcome.why for outcome in ours if outcome.state == "failed"}
    assert {name: why for name, why in failed.items() if name not in load_expected()} == {}


def test_what_is_expected_to_fail_does(ours: list[Outcome]) -> None:
    state_by_name = {outcome.name: outcome.state for outcome in ours}
    assert {name: state_by_name.get(name) for name in load_expected()} == dict.fromkeys(load_expected(), "failed")


def test_every_expected_failure_has_its_reason() -> None:
    assert all(load_expected().values())


@pytest.mark.parametrize(
    ("suite", "size"), [("protocol", 34), ("graph-store-protocol", 13), ("service-description", 3)]
)
def test_the_suites_of_the_protocols_pass_whole(ours: list[Outcome], suite: str, size: int) -> None:
    states = Counter(outcome.state for outcome in ours if outcome.category == f"sparql11/{suite}")
    assert states == {"passed": size}


def test_nothing_is_skipped_in_silence(ours: list[Outcome]) -> None:
    skipped = [outcome for outcome in ours if outcome.state == "skipped" and outcome.why not in SKIPPED_FOR]
    assert [outcome.name for outcome in skipped] in ([], [UNKNOWN_FUNCTION])


def test_a_server_that_refuses_everything_passes_little(control: list[Outcome]) -> None:
    passed = Counter(outcome.category for outcome in control if outcome.state == "passed")
    assert passed["sparql11/protocol"] == 14
    assert passed.total() < 100


def test_the_page_says_what_was_found(ours: list[Outcome], control: list[Outcome]) -> None:
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert page == format_page(ours, control, load_expected()), "run `make conformance`"


@pytest.mark.slow
def test_a_server_over_a_backend_has_the_same_outcomes(ours: list[Outcome], over_backend: list[Outcome]) -> None:
    theirs = {outcome.name: outcome.state for outcome in over_backend}
    assert theirs == {outcome.name: outcome.state for outcome in ours}
