"""What the service says about itself: metrics, access log, health."""

import asyncio
import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import Serve, Server, clean_environment, command
from test_limits import RUNAWAY

from service.app import create_app
from service.settings import Settings
from service.sparql.prepare import hash_query
from service.store.embedded import EmbeddedStore

FIELDS = ["time", "client", "method", "path", "status", "bytes", "duration_ms", "query_hash", "outcome", "cache"]
FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class Logged:
    """A server and its access log."""

    server: Server
    path: Path

    def entries(self, **wanted: object) -> list[dict[str, Any]]:
        """Entries with these values, at least one; waits until it is written."""

        def find() -> list[dict[str, Any]]:
            entries = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
            return [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]

        return wait_for(find, f"no entry with {wanted}")


@pytest.fixture(scope="module")
def logged(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    """A server with one reader, for this module."""
    path = tmp_path_factory.mktemp("log") / "access.log"
    with serve("--workers", "1", "--access-log", str(path)) as server:
        yield Logged(server, path)


def read_metrics(server: Server) -> dict[tuple[str, ...], float]:
    """Value by name and label values, in the order of the labels' names."""
    text = server.client.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return Counter({(s.name, *(s.labels[name] for name in sorted(s.labels))): s.value for s in samples})


def wait_for(find: Callable[[], FoundT], what: str) -> FoundT:
    deadline = time.monotonic() + 10
    while not (found := find()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return found


def test_requests_are_counted_by_route_class_never_by_path(logged: Logged) -> None:
    server = logged.server
    before = read_metrics(server)
    for _ in range(3):
        server.query("ASK {}")
    server.query("ASK {")
    server.client.request("PROPFIND", "/never-heard-of-this-path")
    after = read_metrics(server)
    grown = Counter({name: value - before[name] for name, value in after.items()})
    assert grown["aigov_http_requests_total", "GET", "sparql", "200"] == 3
    assert grown["aigov_http_requests_total", "GET", "sparql", "400"] == 1
    assert grown["aigov_http_requests_total", "other", "other", "405"] == 1
    assert grown["aigov_sparql_duration_seconds_count", "query", "ok"] == 3
    assert grown["aigov_sparql_duration_seconds_count", "query", "malformed-query"] == 1
    text = server.client.get("/metrics").text
    assert "never-heard" not in text
    assert "PROPFIND" not in text


def test_figures_of_the_store_are_those_of_the_moment(logged: Logged) -> None:
    server = logged.server
    before = read_metrics(server)
    server.client.post("/sparql", data={"query": RUNAWAY, "timeout": "0.2"})
    after = wait_for(
        lambda: (m := read_metrics(server))["aigov_readers",] == 2 and m, "the ended reader has no successor"
    )
    assert isinstance(after, Counter)
    assert after["aigov_readers_ended_total", "deadline"] == before["aigov_readers_ended_total", "deadline"] + 1
    assert after["aigov_readers_ended_total", "memory"] == before["aigov_readers_ended_total", "memory"]
    release = server.client.get("/health").json()["release"]
    assert after["aigov_store_info", "embedded, on disk", release] == 1
    assert after["aigov_queue_length",] == 0
    assert after["aigov_snapshots",] == 1
    assert after["aigov_readers_resident_memory_bytes",] > 1 << 20
    assert after["process_resident_memory_bytes",] > 1 << 20


def test_metrics_speak_openmetrics_where_asked(server: Server) -> None:
    response = server.client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


def test_the_log_says_what_happened_and_nothing_secret(logged: Logged) -> None:
    query = "SELECT ?confidential { ?confidential ?p ?o } LIMIT 1"
    headers = {"Authorization": "Bearer sesame", "Cookie": "a=sesame", "User-Agent": "sesame"}
    sent = logged.server.client.get("/sparql", params={"query": query}, headers=headers)
    (entry,) = logged.entries(query_hash=hash_query(query))
    assert list(entry) == FIELDS
    assert (entry["method"], entry["path"], entry["status"], entry["outcome"]) == ("GET", "/sparql", 200, "ok")
    assert (entry["client"], entry["bytes"]) == ("127.0.0.1", len(sent.content))
    assert 0 < entry["duration_ms"] < 60_000
    logged.server.client.get("/page/actor/none?token=sesame")
    (missing,) = logged.entries(path="/page/actor/none")
    assert (missing["status"], missing["outcome"], missing["query_hash"]) == (404, "not-found", None)
    text = logged.path.read_text()
    assert "sesame" not in text
    assert "confidential" not in text


def test_a_path_cannot_forge_a_line(logged: Logged) -> None:
    logged.server.client.get('/x%0A{"status":200}%22%E2%80%A8')
    assert len(logged.entries(path='/x\n{"status":200}"\u2028')) == 1


def test_a_client_that_leaves_is_logged_as_such(logged: Logged) -> None:
    before = read_metrics(logged.server)["aigov_readers_ended_total", "gone"]
    with pytest.raises(httpx.ReadTimeout):
        logged.server.client.post("/sparql", data={"query": RUNAWAY}, timeout=0.3)
    (entry,) = logged.entries(outcome="client-gone")
    assert (entry["status"], entry["bytes"]) == (None, 0)
    assert read_metrics(logged.server)["aigov_readers_ended_total", "gone"] == before + 1


def test_the_log_follows_rotation(logged: Logged) -> None:
    logged.server.client.get("/health/live")
    logged.entries(path="/health/live")
    logged.path.rename(logged.path.with_suffix(".1"))
    logged.server.client.get("/health/ready")
    wait_for(logged.path.exists, "no new file")
    assert [entry["path"] for entry in logged.entries()] == ["/health/ready"]


@pytest.mark.slow
def test_a_log_that_nobody_reads_holds_nobody_up(graph_file: Path, tmp_path: Path) -> None:
    arguments = ("--graph", str(graph_file), "--store", str(tmp_path / "store"), "--port", "0", "--workers", "1")
    with subprocess.Popen(command(*arguments), env=clean_environment(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("aigov: serving at "), "the start line comes first"
        with httpx.Client(base_url=line.split()[-1]) as client:
            for _ in range(200):  # 120 kB, and the pipe holds 64
                assert client.get("/" + "x" * 500).status_code == 404
        process.terminate()
        try:
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_a_log_that_cannot_be_written_is_an_error_at_start(graph_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "none" / "access.log"
    arguments = ("--graph", str(graph_file), "--store", str(tmp_path / "s"), "--port", "0", "--access-log", str(place))
    result = subprocess.run(command(*arguments), env=clean_environment(), capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert len(result.stderr.splitlines()) == 1
    assert str(place) in result.stderr
    assert "--access-log" in result.stderr


def test_health_is_live_and_ready_while_it_serves(server: Server) -> None:
    health = server.client.get("/health").json()
    assert (health["live"], health["ready"]) == (True, True)
    for place in ("/health/live", "/health/ready"):
        response = server.client.get(place)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        assert response.headers["cache-control"] == "no-store"
        assert server.client.head(place).status_code == 200


def test_a_service_that_starts_or_stops_is_live_but_not_ready(store: EmbeddedStore) -> None:
    app = create_app(Settings(access_log="none"), store)

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            starting = await client.get("/health/ready")
            app.lifecycle.is_up = True
            without_readers = await client.get("/health/ready")
            app.lifecycle.is_stopping = True
            return [starting, without_readers, await client.get("/health/ready"), await client.get("/health/live")]

    *refused, live = asyncio.run(ask())
    assert [response.status_code for response in refused] == [503, 503, 503]
    assert [response.json()["type"].rpartition("/")[2] for response in refused] == ["not-ready"] * 3
    assert len({response.json()["detail"] for response in refused}) == 3
    assert live.status_code == 200


def test_each_application_has_metrics_of_its_own(store: EmbeddedStore) -> None:
    apps = [create_app(Settings(access_log="none"), store) for _ in range(2)]

    async def ask() -> str:
        for app, place in zip(apps, ("/health/live", "/metrics"), strict=True):
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                text = (await client.get(place)).text
        return text

    text = asyncio.run(ask())
    assert "aigov_http_requests_total{" not in text
    assert "aigov_readers 0.0" in text
