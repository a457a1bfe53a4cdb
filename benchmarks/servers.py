"""The servers that are measured: how each is started on loopback, and what its processes use.

A server runs until the end of its `with` block; what it writes goes to a file that is shown if it does not start.
Memory is counted over the server and its workers: the proportional set size (PSS) counts a page that several of them
share once, the resident set size (RSS) counts it for each.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_START_S = 900
"""How long a server may take to load its data."""
IDLE_SHARE = 0.05
"""Less of a core than this is idle."""


@dataclass(frozen=True)
class Server:
    """A running server: its process, and where it answers queries."""

    name: str
    process: psutil.Process
    sparql: str

    def processes(self) -> list[psutil.Process]:
        """The server and everything it has started, as long as they live."""
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def memory_mb(self) -> tuple[float, float]:
        """PSS and RSS of all processes together, in 10^6 bytes."""
        sizes = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                memory = process.memory_full_info()
                sizes.append((memory.pss, memory.rss))
        return sum(pss for pss, _ in sizes) / 1e6, sum(rss for _, rss in sizes) / 1e6

    def cpu_s(self) -> dict[int, float]:
        """CPU seconds of each living process so far, by process id; in steps of 0.01."""
        used = {}
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used[process.pid] = times.user + times.system
        return used

    def load(self, interval_s: float) -> float:
        """How many cores the living processes used in the interval that begins now; it is waited for."""
        started, before = time.perf_counter(), self.cpu_s()
        time.sleep(interval_s)
        used = sum(seconds - before.get(pid, seconds) for pid, seconds in self.cpu_s().items())
        return used / (time.perf_counter() - started)

    def wait_until_idle(self, timeout_s: float = 120) -> None:
        """Wait until nothing is computed any more, for example for clients that have left.

        Raises:
            TimeoutError: it still computes.
        """
        deadline = time.monotonic() + timeout_s
        while self.load(0.2) > IDLE_SHARE:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not become idle")


@contextmanager
def serve_aigov(store: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start `aigov serve` on a store.

    Raises:
        RuntimeError: it did not start; with what it said.
    """
    command = [sys.executable, "-m", "graph_builder.cli", "serve", "--store", str(store), "--port", "0"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AIGOV_")}
    with _run([*command, *options], environment={**plain, **(environment or {})}) as (process, log):
        address = _wait_for(process, log, lambda said: re.search(r"serving at (http://\S+?)/\n", said))
        yield Server("aigov", process, f"{address[1]}/sparql")


@contextmanager
def serve_oxigraph(location: Path) -> Iterator[Server]:
    """Start `oxigraph serve-read-only` on a folder of its own.

    Raises:
        RuntimeError: it did not start; with what it said.
    """
    port = _free_port()
    command = [find_program("oxigraph"), "serve-read-only", f"--location={location}", f"--bind=127.0.0.1:{port}"]
    with _run(command) as (process, log):
        _wait_for(process, log, lambda _: _listens(port))
        yield Server("oxigraph", process, f"http://127.0.0.1:{port}/query")


@contextmanager
def serve_rdflib(graph: Path) -> Iterator[Server]:
    """Start `rdflib-endpoint` on a file; its default graph is the union of all graphs.

    Raises:
        RuntimeError: it did not start; with what it said.
    """
    port = _free_port()
    command = [find_program("rdflib-endpoint"), "serve", "--host=127.0.0.1", f"--port={port}", str(graph)]
    with _run(command) as (process, log):
        _wait_for(process, log, lambda _: _listens(port))
        yield Server("rdflib-endpoint", process, f"http://127.0.0.1:{port}/")


def find_program(name: str) -> str:
    """Return the path of a program, of this Python's environment first.

    Raises:
        FileNotFoundError: it is not installed.
    """
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        remedy = "install the Debian package wrk" if name == "wrk" else "pip install 'aigov[bench]'"
        raise FileNotFoundError(f"there is no program {name}; {remedy}")
    return path


def copy_engine_folder(store: Path, target: Path) -> None:
    """Copy the data of a stopped store of ours to where another server of the same engine can have them.

    Raises:
        FileNotFoundError: there is no store.
    """
    generation = json.loads((store / "current.json").read_text(encoding="utf-8"))["generation"]
    shutil.copytree(store / generation, target)


@contextmanager
def _run(command: list[str], environment: Mapping[str, str] | None = None) -> Iterator[tuple[psutil.Process, Path]]:
    with tempfile.TemporaryDirectory(prefix="aigov-bench-") as folder:
        log = Path(folder) / "log"
        with log.open("w") as file:
            started = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        try:
            yield psutil.Process(started.pid), log
        finally:
            started.terminate()
            try:
                started.wait(timeout=30)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def _wait_for(process: psutil.Process, log: Path, ready: Callable[[str], Any]) -> Any:
    """Return what `ready` makes of the log once that is not false."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if answer := ready(log.read_text(encoding="utf-8", errors="replace")):
            return answer
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{' '.join(process.cmdline()[:4]) or 'the server'} did not start: {said}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
