"""A query that goes too far is stopped; the others are answered, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from serving import ROOT, Serve, Server

VALUES = " ".join(str(number) for number in range(3000))
RUNAWAY = (
    f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ {VALUES} }} VALUES ?b {{ {VALUES} }} "
    "FILTER(SHA512(SHA512(SHA512(SHA512(SHA512(CONCAT(STR(?a), '-', STR(?b))))))) = 'x') }"
)
"""Long, but small: 9,000,000 hashes."""
BOMB = "SELECT DISTINCT ?a ?b { VALUES ?a { %s } VALUES ?b { %s } } ORDER BY ?b" % (VALUES, VALUES)  # noqa: UP031
BIG = "SELECT * { VALUES ?a { %s } VALUES ?b { %s } FILTER(?b < 100) }" % (VALUES, VALUES)  # noqa: UP031


@pytest.fixture(scope="module")
def narrow(serve: Serve) -> Iterator[Server]:
    """A server with one reader and tight limits."""
    limits = {"AIGOV_MEMORY_MB": "256", "AIGOV_RESULT_MB": "2", "AIGOV_QUEUE_LENGTH": "1", "AIGOV_QUEUE_S": "5"}
    with serve("--workers", "1", "--timeout", "1", environment=limits) as running:
        yield running


@pytest.fixture(scope="module")
def patient(serve: Serve) -> Iterator[Server]:
    """A server with one reader, much time and little memory."""
    with serve("--workers", "1", "--timeout", "60", environment={"AIGOV_MEMORY_MB": "64"}) as running:
        yield running


def post(server: Server, query: str, **fields: str) -> tuple[int, str]:
    response = server.client.post("/sparql", data={"query": query, **fields})
    return response.status_code, str(response.json().get("type", "")).rpartition("/")[2]


def readers_of(server: Server) -> set[int]:
    """Process ids of the children of a server that are alive."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return {int(pid) for pid in children.read_text().split()}


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until one reader is gone and another one is there."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "the late reader lives on, or has no successor"
        time.sleep(0.02)


def test_a_runaway_query_is_stopped_and_the_next_one_answers(narrow: Server) -> None:
    before = readers_of(narrow)
    started = time.monotonic()
    response = narrow.client.post("/sparql", data={"query": RUNAWAY})
    assert response.status_code == 504
    assert response.json()["limit_s"] == 1
    assert time.monotonic() - started < 10
    assert narrow.query("ASK {}").json()["boolean"] is True
    wait_until(lambda: len(readers_of(narrow) - before) == 1 and len(readers_of(narrow)) == 2)


def test_a_client_may_ask_for_less_time_but_not_for_more(narrow: Server) -> None:
    response = narrow.client.post("/sparql", data={"query": RUNAWAY, "timeout": "0.2"})
    assert (response.status_code, response.json()["limit_s"]) == (504, 0.2)
    response = narrow.client.post("/sparql", data={"query": RUNAWAY, "timeout": "1000"})
    assert (response.status_code, response.json()["limit_s"]) == (504, 1)


def test_a_query_that_nests_too_deep_harms_nobody(narrow: Server) -> None:
    assert post(narrow, "SELECT * {" + "{" * 100_000 + "}" * 100_000 + "}")[0] in (400, 507)
    assert narrow.query("ASK {}").json()["boolean"] is True


def test_a_result_beyond_the_limit_is_an_error_not_a_part(narrow: Server) -> None:
    assert post(narrow, BIG, timeout="1") == (507, "result-too-large")


def test_a_big_result_arrives_whole(server: Server) -> None:
    wish = {"Accept": "text/csv", "Accept-Encoding": "identity"}
    response = server.client.post("/sparql", data={"query": BIG}, headers=wish)
    assert int(response.headers["content-length"]) == len(response.content) > 1 << 20
    assert response.text.count("\n") == 1 + 3000 * 100


def test_a_result_too_big_for_a_page_is_offered_for_download(server: Server) -> None:
    response = server.client.post("/sparql", data={"query": BIG}, headers={"Accept": "text/html"})
    assert response.status_code == 507
    assert "format=csv" in response.text


def test_a_full_queue_is_said_at_once(narrow: Server) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: narrow.client.post("/sparql", data={"query": RUNAWAY}), range(4)))
    assert {answer.status_code for answer in answers} == {503, 504}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert int(refused.headers["retry-after"]) >= 1
    assert narrow.query("ASK {}").json()["boolean"] is True


def test_a_query_that_needs_too_much_memory_is_stopped(patient: Server) -> None:
    assert post(patient, BOMB) == (507, "resources-exhausted")
    assert patient.query("ASK {}").json()["boolean"] is True


def test_a_query_is_given_up_when_its_client_leaves(patient: Server) -> None:
    before = readers_of(patient)
    with pytest.raises(httpx.ReadTimeout):
        patient.client.post("/sparql", data={"query": RUNAWAY}, timeout=0.3)
    assert patient.query("ASK {}").json()["boolean"] is True
    wait_until(lambda: len(readers_of(patient) - before) == 1 and len(readers_of(patient)) == 2)


def test_no_reader_outlives_the_server(serve: Serve) -> None:
    with serve("--workers", "2") as server:
        readers = readers_of(server)
        assert len(readers) == 3
    assert not [pid for pid in readers if Path(f"/proc/{pid}").exists()]


def test_the_kernel_ends_a_reader_that_takes_too_much_processor_time() -> None:
    code = "from service.store.walls import bound_cpu; bound_cpu(0.5)\nwhile True: pass"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_a_reader_does_not_outlive_a_killed_server(serve: Serve) -> None:
    with serve("--workers", "1", "--timeout", "60") as server:
        readers = readers_of(server)
        with ThreadPoolExecutor(1) as threads:
            query = threads.submit(server.client.post, "/sparql", data={"query": RUNAWAY})
            time.sleep(0.3)
            os.kill(server.pid, signal.SIGKILL)
            assert isinstance(query.exception(), httpx.TransportError)
        wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in readers))
