"""What the tests of the service share besides fixtures: the fixture graph, and how a server is started."""

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
from rdflib import Dataset, Graph

ROOT = Path(__file__).resolve().parents[2]
GRAPH = Path(__file__).with_name("graph.trig")
COMMAND = """
import argparse, sys
from graph_builder.errors import AigovError
from service.cli import register
parser = argparse.ArgumentParser()
register(parser.add_subparsers(required=True))
arguments = parser.parse_args(sys.argv[1:])
try:
    sys.exit(arguments.run(arguments))
except AigovError as exc:
    sys.exit(f"aigov: {exc}")
"""


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    pid: int
    client: httpx.Client

    @property
    def sparql(self) -> str:
        return self.url + "/sparql"

    def query(self, text: str, accept: str = "application/sparql-results+json", **fields: str) -> httpx.Response:
        return self.client.get("/sparql", params={"query": text, **fields}, headers={"Accept": accept})


Serve = Callable[..., AbstractContextManager[Server]]


def write_graph(path: Path) -> Path:
    """Write the fixture graph as sorted N-Quads, as a build does."""
    quads = ox.parse(path=GRAPH, format=ox.RdfFormat.TRIG)
    lines = (ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines()
    path.write_bytes(b"\n".join(sorted(lines)) + b"\n")
    return path


def parse_graph(text: str, parser: str) -> Graph:
    """Return the triples of a document in one graph, whatever graphs its format may have."""
    graph = Graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's parsers use what rdflib deprecates
        quads = list(Dataset().parse(data=text, format=parser).quads())
    for subject, predicate, value, _ in quads:
        graph.add((subject, predicate, value))
    return graph


def command(*arguments: str) -> list[str]:
    """The command line of `aigov serve`, installed or not."""
    return [sys.executable, "-c", COMMAND, "serve", *arguments]


def clean_environment() -> dict[str, str]:
    return {n: v for n, v in os.environ.items() if not n.startswith("AIGOV_")} | {"PYTHONPATH": str(ROOT)}
