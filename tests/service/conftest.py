"""A served fixture graph: one server for all tests of a run, on a free port of loopback, as `aigov serve` starts it.

`server` is shared and must be left as it was found; a test that needs other limits starts its own with `serve`.
"""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from listener import Listener
from serving import Serve, Server, clean_environment, command, write_graph

from graph_builder.vocab import BASE, PREFIXES
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings


@pytest.fixture(scope="session")
def graph_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture graph as N-Quads."""
    return write_graph(tmp_path_factory.mktemp("graph") / "graph.nq")


@pytest.fixture(scope="session")
def serve(graph_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Start a server with further arguments and environment; it is stopped at the end of the block."""

    @contextmanager
    def start(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
        store = tmp_path_factory.mktemp("store")
        options = ("--graph", str(graph_file), "--store", str(store), "--port", "0", *arguments)
        process = subprocess.Popen(
            command(*options),
            cwd=store,
            env=clean_environment() | (environment or {}),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        line = process.stderr.readline()
        match = re.search(r"serving at (http://\S+?)/\n", line)
        assert match, line + process.stderr.read()
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        try:
            with httpx.Client(base_url=match[1], timeout=20) as client:
                yield Server(match[1], process.pid, client)
        finally:
            process.terminate()
            process.wait(timeout=20)
            drain.join(timeout=5)
            process.stderr.close()

    return start


@pytest.fixture(scope="session")
def server(serve: Serve) -> Iterator[Server]:
    """The shared server, with two readers."""
    with serve("--workers", "2", "--timeout", "20") as running:
        yield running


@pytest.fixture
def store(graph_file: Path) -> Iterator[EmbeddedStore]:
    """The fixture graph in memory, without readers: for everything that needs `select` only."""
    opened = open_embedded(None, pool=PoolSettings(workers=1), base=BASE, prefixes=PREFIXES)
    opened.load_release(graph_file)
    yield opened
    opened.release_folder()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Who reaches out would come here."""
    opened = Listener()
    yield opened
    opened.close()
