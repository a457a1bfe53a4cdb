"""Other engines on loopback, each with a folder and a port of its own: the Oxigraph server and Virtuoso."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE_S = 60
VIRTUOSO_ROWS = 1000
_VIRTUOSO_INI = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
DirsAllowed = .
NumberOfBuffers = 4000
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = {rows}
"""
_GRANT_AND_LOAD = """GRANT SPARQL_UPDATE TO "SPARQL";
ld_dir('.', 'graph.nq', 'urn:unused');
rdf_loader_run();
checkpoint;
"""


@dataclass(frozen=True)
class Engine:
    """A running engine with the fixture graph, and what our service needs to use it."""

    query_url: str
    update_url: str
    parameters: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        return "--backend", self.query_url, "--backend-update", self.update_url

    @property
    def environment(self) -> dict[str, str]:
        return {"AIGOV_BACKEND_PARAMETERS": self.parameters}


@contextmanager
def run_oxigraph(folder: Path, graph: Path) -> Iterator[Engine]:
    """Run the Oxigraph server of the development extra."""
    port = find_port()
    program = Path(sys.executable).with_name("oxigraph")
    command = [str(program), "serve", "--location", str(folder / "data"), "--bind", f"127.0.0.1:{port}"]
    url = f"http://127.0.0.1:{port}"
    with _run(command, folder, lambda: httpx.get(url + "/query", params={"query": "ASK {}"})):
        headers = {"Content-Type": "application/n-quads"}
        httpx.post(url + "/store", content=graph.read_bytes(), headers=headers).raise_for_status()
        yield Engine(url + "/query", url + "/update", "union-default-graph=true")


@contextmanager
def run_virtuoso(folder: Path, graph: Path) -> Iterator[Engine]:
    """Run the Virtuoso of the Debian package `virtuoso-opensource`, with a low limit of rows."""
    program = shutil.which("virtuoso-t")
    assert program, "install the Debian package virtuoso-opensource"
    port, sql_port = find_port(), find_port()
    ini = _VIRTUOSO_INI.format(port=port, sql_port=sql_port, rows=VIRTUOSO_ROWS)
    (folder / "virtuoso.ini").write_text(ini, encoding="utf-8")
    shutil.copy(graph, folder / "graph.nq")
    url = f"http://127.0.0.1:{port}/sparql"
    command = [program, "+foreground", "+configfile", "virtuoso.ini"]
    with _run(command, folder, lambda: httpx.get(url, params={"query": "ASK {}"})):
        client = ["isql-vt", f"127.0.0.1:{sql_port}", "dba", "dba", f"exec={_GRANT_AND_LOAD}"]
        subprocess.run(client, check=True, capture_output=True, cwd=folder)
        yield Engine(url, url)


@contextmanager
def _run(command: list[str], folder: Path, probe: Callable[[], object]) -> Iterator[None]:
    """Run a program until the end of the block, which begins when it answers."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                probe()
                break
            except httpx.HTTPError:
                assert process.poll() is None, (folder / "log").read_text(encoding="utf-8", errors="replace")
                assert time.monotonic() < end, f"{command[0]} does not answer"
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def find_port() -> int:
    """A port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
