"""The end of a server: what is at work is finished, nothing new begins, nothing is left."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from serving import clean_environment, command
from test_limits import RUNAWAY

from service.store.directory import open_directory

HASHES = " ".join(str(number) for number in range(600))
LONG = (
    f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ {HASHES} }} VALUES ?b {{ {HASHES} }} "
    "FILTER(SHA512(SHA512(SHA512(SHA512(CONCAT(STR(?a), '-', STR(?b)))))) != 'x') }"
)
"""About a second's work: 360,000 hashes."""


@dataclass
class Stopping:
    """A server that the test stops."""

    process: subprocess.Popen[str]
    url: str
    store: Path

    def readers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in children.read_text().split()}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)


@contextmanager
def run(graph: Path, store: Path, *arguments: str) -> Iterator[Stopping]:
    options = ("--graph", str(graph), "--store", str(store), "--port", "0", "--workers", "2", "--access-log", "none")
    process = subprocess.Popen(
        command(*options, *arguments), env=clean_environment(), stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stderr is not None
        line = process.stderr.readline()
        try:
            assert line.startswith("aigov: serving at "), line + process.stderr.read()
            yield Stopping(process, line.split()[-1].rstrip("/"), store)
        finally:
            process.kill()


def begin(server: Stopping, threads: ThreadPoolExecutor, query: str) -> Future[httpx.Response]:
    """Send a query, and wait until it is at work."""
    asked = threads.submit(httpx.post, server.url + "/sparql", data={"query": query}, timeout=30)
    deadline = time.monotonic() + 10
    while "aigov_http_requests_in_progress 2.0" not in httpx.get(server.url + "/metrics").text:
        assert time.monotonic() < deadline, "the query never began"
        time.sleep(0.02)
    return asked


def assert_refused(server: Stopping) -> None:
    """Wait until no new connection is taken."""
    deadline = time.monotonic() + 10
    with contextlib.suppress(httpx.TransportError):
        while httpx.get(server.url + "/health/live"):
            assert time.monotonic() < deadline, "new connections are taken"


def assert_nothing_is_left(server: Stopping, readers: set[int]) -> None:
    assert not [pid for pid in readers if Path(f"/proc/{pid}").exists()], "a reader outlives the server"
    assert not (server.store / "control.sock").exists()
    open_directory(server.store).close()


def test_a_query_at_work_is_answered_before_the_end(graph_file: Path, tmp_path: Path) -> None:
    with run(graph_file, tmp_path / "store") as server, ThreadPoolExecutor(1) as threads:
        asked, readers = begin(server, threads, LONG), server.readers()
        assert len(readers) == 3
        server.stop()
        assert_refused(server)
        assert asked.result().status_code == 200
        assert asked.result().json()["results"]["bindings"][0]["n"]["value"] == "360000"
        assert server.process.wait(timeout=10) == 0
        assert_nothing_is_left(server, readers)


@pytest.mark.slow
def test_a_query_at_work_may_use_its_time_and_no_more(graph_file: Path, tmp_path: Path) -> None:
    with run(graph_file, tmp_path / "store", "--timeout", "1") as server, ThreadPoolExecutor(1) as threads:
        asked, readers = begin(server, threads, RUNAWAY), server.readers()
        server.stop()
        assert asked.result().status_code == 504
        assert server.process.wait(timeout=10) == 0
        assert_nothing_is_left(server, readers)


def test_a_second_signal_ends_at_once(graph_file: Path, tmp_path: Path) -> None:
    with run(graph_file, tmp_path / "store", "--timeout", "60") as server, ThreadPoolExecutor(1) as threads:
        asked, readers = begin(server, threads, RUNAWAY), server.readers()
        server.stop()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=0.5)
        server.stop()
        assert server.process.wait(timeout=10) == 1
        with pytest.raises(httpx.TransportError):
            asked.result()
        assert_nothing_is_left(server, readers)


@pytest.mark.slow
def test_an_idle_connection_does_not_hold_the_end_up(graph_file: Path, tmp_path: Path) -> None:
    with run(graph_file, tmp_path / "store") as server, httpx.Client() as client:
        client.get(server.url + "/health/live")
        began = time.monotonic()
        server.stop()
        assert server.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 15  # and not the 42 s a query may take
