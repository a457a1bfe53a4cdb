"""How many queries a second the endpoint answers, beside `oxigraph serve-read-only` and `rdflib-endpoint`.

usage: python benchmarks/sparql.py [--triples N] [--seconds S] [--rounds R] [--without-rdflib]

Needs a built graph (`make build`), wrk (Debian package of that name) and `pip install 'aigov[bench]'`. The data are the
built graph and renamed copies of its documents, some million triples by default. All servers have the same triples in
their default graph: Oxigraph gets a copy of our store (same engine, same files, optimised), rdflib-endpoint the union
of the named graphs. Answers are compared before anything is timed.

wrk asks over kept-alive connections, in each round every query of every server one after the other, each after the
servers have become idle: eight connections for short queries, two for those beyond a tenth of a second, and longer
than S seconds where that would be too few answers. "Cold" requests carry `Cache-Control: no-cache`; "cached" ones do
not. rdflib-endpoint answers one query at a time, so it is asked one at a time, in one round.

Requests a second depend on the machine and what else it does; the ratios are what can be compared.
"""

import argparse
import http.client
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pyoxigraph as ox
from scale import multiply
from servers import IDLE_SHARE, Server, copy_engine_folder, find_program, serve_aigov, serve_oxigraph, serve_rdflib

ROOT = Path(__file__).resolve().parent.parent
QUERIES = Path(__file__).with_name("queries")
NO_CACHE = {"Cache-Control": "no-cache"}
LONG_S = 0.1
ANSWERS = 12  # at least about as many a sample
MOST_S = 20.0  # no sample is longer
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
RUNAWAY_S = 2.0
RUNAWAYS = 3  # one after the other
_WORK = "SELECT ?work { ?work a <https://w3id.org/aigov/ontology#SourceWork> FILTER(STRSTARTS(STR(?work), '%s')) }"
_STATEMENTS = """
SELECT ?statement {
  ?statement <https://w3id.org/aigov/ontology#inText>/<http://purl.org/vocab/frbr/core#realizationOf> <%s> .
}"""
_COPIES = "https://w3id.org/aigov/instrument/capacity-building-action-plan"
_NUMERIC = {"integer", "decimal", "double", "float"}


@dataclass
class Measured:
    """One query: what it asks, how long its answer takes, and requests a second by server and kind of request."""

    name: str
    text: str
    accept: str
    rows: int = 0
    latency_s: float = 0.0
    rates: dict[str, list[float]] = field(default_factory=dict)

    def rate(self, kind: str) -> float:
        """The median; NaN where this was not measured."""
        return statistics.median(self.rates[kind]) if kind in self.rates else math.nan


def main() -> int:
    """Build the store, compare the answers, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", type=Path, default=ROOT / "build" / "graph.nq", help="default: build/graph.nq")
    parser.add_argument("--triples", type=int, default=1_000_000, help="default: 1,000,000")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a sample (default: 2)")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, help="readers of our server (default: its own)")
    parser.add_argument("--without-rdflib", action="store_true", help="rdflib-endpoint needs minutes and some 3 GB")
    options = parser.parse_args()
    if not options.graph.is_file():
        sys.stderr.write(f"benchmark: there is no {options.graph}; run `make build`, or name a graph with --graph\n")
        return 2
    try:
        for program in ("wrk", "oxigraph", *(() if options.without_rdflib else ("rdflib-endpoint",))):
            find_program(program)
    except FileNotFoundError as exc:
        sys.stderr.write(f"benchmark: {exc}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="aigov-bench-") as folder, ExitStack() as stack:
        run(options, Path(folder), stack)
    return 0


def run(options: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
    """Start the servers on the same data and measure them."""
    graph, store = folder / "graph.nq", folder / "store"
    with graph.open("w", encoding="utf-8") as file:
        file.writelines(multiply(options.graph, options.triples))
    arguments = [f"--graph={graph}", "--client-share=0", "--access-log=none"]
    arguments += [f"--workers={options.workers}"] if options.workers else []
    with serve_aigov(store, *arguments) as loading:
        size = ask(loading, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        loaded = loading.memory_mb()
    copy_engine_folder(store, folder / "oxigraph")
    ours = stack.enter_context(serve_aigov(store, *arguments))
    native = stack.enter_context(serve_oxigraph(folder / "oxigraph"))
    peers = [ours, native]
    if not options.without_rdflib:
        peers.append(stack.enter_context(serve_rdflib(graph)))
    count = int(size["results"]["bindings"][0]["n"]["value"])
    say(f"{count:,} triples, {options.rounds} rounds of {options.seconds:g} s, {os.cpu_count()} cores")
    say(", ".join(f"{name} {version(name)}" for name in ("aigov", "oxigraph", "rdflib-endpoint", "rdflib")) + "\n")
    queries = load_queries(ours)
    for server in peers:
        ask(server, "ASK { ?s ?p ?o }")
    rest = {server.name: server.memory_mb() for server in peers}
    for query in queries:
        check_answers(query, peers)
    for number in range(options.rounds):
        for query in queries:
            measure(query, peers, options.seconds, number)
        sys.stderr.write(f"round {number + 1} of {options.rounds} done\n")
    print_rates(queries)
    print_memory(rest, peers, loaded)
    print_runaway(ours)


def load_queries(server: Server) -> list[Measured]:
    """Read `queries/*.rq`; `$work` and `$statement` become those of the middle one of the copies."""
    works = sorted(row["work"]["value"] for row in ask(server, _WORK % _COPIES)["results"]["bindings"])
    work = works[len(works) // 2]
    rows = ask(server, _STATEMENTS % work)["results"]["bindings"]
    statement = min(row["statement"]["value"] for row in rows)
    queries = []
    for path in sorted(QUERIES.glob("*.rq")):
        text = path.read_text(encoding="utf-8").replace("$work", f"<{work}>").replace("$statement", f"<{statement}>")
        graph = re.search(r"^CONSTRUCT", text, re.MULTILINE)
        accept = "application/n-triples" if graph else "application/sparql-results+json"
        queries.append(Measured(path.stem, text, accept))
    return queries


def ask(server: Server, text: str) -> dict[str, Any]:
    """Return the answer to a query, SPARQL results in JSON.

    Raises:
        httpx.HTTPError: it was not answered.
    """
    headers = {"Accept": "application/sparql-results+json"}
    answer = httpx.get(server.sparql, params={"query": text}, headers=headers, timeout=600).raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


def check_answers(query: Measured, servers: Sequence[Server]) -> None:
    """Let every server answer once or twice, remember how many rows and how long.

    Raises:
        ValueError: the answers differ, or there is none to be timed.
    """
    answers = {}
    for server in servers:
        url, headers = request_of(query, server)
        with httpx.Client(headers={**headers, **NO_CACHE}, timeout=600) as client:
            client.get(url)
            started = time.perf_counter()
            response = client.get(url).raise_for_status()
            if server in servers[:2]:
                query.latency_s = max(query.latency_s, time.perf_counter() - started)
        answers[server.name] = read_answer(response)
    first = answers[servers[0].name]
    query.rows = len(first)
    for name, answer in answers.items():
        if answer != first:
            odd = sorted(set(map(str, first)) ^ set(map(str, answer)))[:4]
            raise ValueError(f"{query.name}: {name} has {len(answer)} rows, {servers[0].name} {len(first)}; {odd}")
    if not first:
        raise ValueError(f"{query.name} has no answer: nothing to measure")


def read_answer(response: httpx.Response) -> list[tuple[str, ...]]:
    """Return the rows or triples of an answer, sorted; numbers by value, language tags in lower case."""
    if "json" not in response.headers["content-type"]:
        triples = ox.parse(response.content, format=ox.RdfFormat.N_TRIPLES)
        return sorted((str(t.subject), str(t.predicate), str(t.object).lower()) for t in triples)
    document = response.json()
    if "boolean" in document:
        return [(str(document["boolean"]),)]
    names = document["head"]["vars"]
    return sorted(tuple(_plain(row.get(name)) for name in names) for row in document["results"]["bindings"])


def _plain(term: dict[str, str] | None) -> str:
    if term is None:
        return ""
    if term.get("datatype", "").rpartition("#")[2] in _NUMERIC:
        return f"{Decimal(term['value']):.9f}"
    return f"{term['type'][0]} {term['value']} {term.get('xml:lang', '').lower()}"


def request_of(query: Measured, server: Server) -> tuple[str, dict[str, str]]:
    """The URL and the headers of a query by GET."""
    return f"{server.sparql}?query={quote(query.text)}", {"Accept": query.accept}


def measure(query: Measured, servers: Sequence[Server], seconds: float, round_number: int) -> None:
    """Add one sample of each server; which one comes first changes from round to round."""
    ours, native, *rest = servers
    samples: list[tuple[str, Callable[[], float]]] = [
        ("cold", lambda: run_wrk(query, ours, seconds, NO_CACHE)),
        ("cached", lambda: run_wrk(query, ours, seconds, {})),
        ("oxigraph", lambda: run_wrk(query, native, seconds, NO_CACHE)),
    ]
    if rest and round_number == 0:
        samples.append(("rdflib", lambda: ask_one_by_one(query, rest[0], seconds)))
    turn = round_number % len(samples)
    for kind, sample in samples[turn:] + samples[:turn]:
        for server in servers:
            server.wait_until_idle()
        query.rates.setdefault(kind, []).append(sample())


def run_wrk(query: Measured, server: Server, seconds: float, headers: dict[str, str]) -> float:
    """Return requests a second.

    Raises:
        RuntimeError: an answer was not 2xx, or a connection broke.
    """
    url, own = request_of(query, server)
    connections = 2 if query.latency_s > LONG_S else 8
    duration = math.ceil(min(MOST_S, max(seconds, ANSWERS * query.latency_s)))
    command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={duration}s", "--timeout=60s"]
    command += [f"--header={name}: {value}" for name, value in {**own, **headers}.items()]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{server.name}, {query.name}: {said}")
    return float(rate[1])


def ask_one_by_one(query: Measured, server: Server, seconds: float) -> float:
    """Return requests a second over one kept-alive connection, at least one."""
    url, headers = request_of(query, server)
    with httpx.Client(headers={**headers, **NO_CACHE}, timeout=600) as client:
        client.get(url)
        count, started = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - started < seconds:
            client.get(url).raise_for_status()
            count += 1
        return count / (time.perf_counter() - started)


def print_rates(queries: Sequence[Measured]) -> None:
    """Print requests a second and their ratios, as Markdown."""
    heads = ["query", "rows", "aigov cold", "cached", "oxigraph", "rdflib-endpoint"]
    say(table_row([*heads, "cold / oxigraph", "cached / oxigraph", "cold / rdflib"]))
    say("| --- " + "| ---: " * 8 + "|")
    ratios: list[tuple[float, ...]] = []
    for query in queries:
        cold, cached, native, rdflib = (query.rate(kind) for kind in ("cold", "cached", "oxigraph", "rdflib"))
        ratios.append((cold / native, cached / native, cold / rdflib))
        rates = [number(rate, 0 if rate >= 100 else 1) for rate in (cold, cached, native, rdflib)]
        say(table_row([query.name, f"{query.rows:,}", *rates, *(number(ratio, 2) for ratio in ratios[-1])]))
    means = (math.exp(statistics.fmean(map(math.log, column))) for column in zip(*ratios, strict=True))
    say(table_row(["**geometric mean**", "", "", "", "", "", *(number(mean, 2) for mean in means)]))
    others = min(cached for _, cached, _ in ratios[1:])
    say(f"\npoint query: cold {ratios[0][0]:.2f}, cached {ratios[0][1]:.2f} of oxigraph")
    say(f"the least of the others through the cache: {others:.2f}\n")


def print_memory(rest: dict[str, tuple[float, float]], servers: Sequence[Server], loaded: tuple[float, float]) -> None:
    """Print what each server uses at rest, before and after the queries."""
    say("| memory, MB | processes | PSS, started | PSS, after the queries | RSS, started | RSS, after |")
    say("| --- | ---: | ---: | ---: | ---: | ---: |")
    for server in servers:
        before, after = rest[server.name], server.memory_mb()
        sizes = [f"{size:,.0f}" for size in (before[0], after[0], before[1], after[1])]
        say(table_row([server.name, str(len(server.processes())), *sizes]))
    say(f"\nOur server right after it has loaded the data anew: PSS {loaded[0]:,.0f}, RSS {loaded[1]:,.0f} MB.\n")


def print_runaway(server: Server) -> None:
    """Print how queries without end are stopped, and how others fare meanwhile."""
    ends: list[tuple[int, float]] = []
    for _ in range(RUNAWAYS):
        server.wait_until_idle()
        ends.append(time_end(server))
    statuses = ", ".join(str(status) for status in sorted({status for status, _ in ends}))
    latest_s = max(late_s for _, late_s in ends)
    say(f"{RUNAWAYS} runaway queries, deadline {RUNAWAY_S:g} s: answered {statuses}; the core is idle", end=" ")
    say(f"{statistics.median(late_s for _, late_s in ends):.2f} s after it, at the latest {latest_s:.2f} s")
    server.wait_until_idle()
    calm = ask_paced(server, threading.Event(), RUNAWAYS * RUNAWAY_S)
    done = threading.Event()

    def run_away_and_tell() -> None:
        for _ in range(RUNAWAYS):
            run_away(server)
        done.set()

    asking = threading.Thread(target=run_away_and_tell)
    asking.start()
    busy = ask_paced(server, done, 120)
    asking.join()
    for name, waits in (("alone", calm), ("beside the runaways, their ends included", busy)):
        p50, p99 = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
        say(
            f"an ASK {name}: p50 {1000 * p50:.1f}, p99 {1000 * p99:.1f}, max {1000 * max(waits):.1f} ms of {len(waits)}"
        )


def run_away(server: Server) -> int:
    """Ask a query without end; return the status."""
    fields = {"query": RUNAWAY, "timeout": f"{RUNAWAY_S:g}"}
    return httpx.post(server.sparql, data=fields, headers=NO_CACHE, timeout=60).status_code


def time_end(server: Server) -> tuple[int, float]:
    """Ask a query without end; return the status, and how long after its deadline nothing was computed any more.

    The resolution is 0.05 s. Nobody else may ask meanwhile.

    Raises:
        RuntimeError: the query computed nothing, or goes on after a minute.
    """
    answers: list[int] = []
    started = time.perf_counter()
    asking = threading.Thread(target=lambda: answers.append(run_away(server)))
    asking.start()
    time.sleep(RUNAWAY_S / 2)
    if server.load(RUNAWAY_S / 4) < 2 * IDLE_SHARE:
        raise RuntimeError("the query without end computes nothing")
    idle_s = quiet = 0.0
    while quiet < 3:
        now = time.perf_counter() - started
        busy = server.load(0.05) > IDLE_SHARE
        idle_s, quiet = (0.0, 0) if busy else (idle_s or now, quiet + 1)
        if now > 60:
            raise RuntimeError("the query without end goes on")
    asking.join()
    return answers[0], idle_s - RUNAWAY_S


def ask_paced(server: Server, done: threading.Event, most_s: float) -> list[float]:
    """Ask an ASK every 5 ms until something is done, past the cache; return the seconds each answer took."""
    address = urlsplit(server.sparql)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    path = f"{address.path}?query={quote('ASK { ?s ?p ?o }')}"
    waits, started = [], time.perf_counter()
    while not done.is_set() and time.perf_counter() - started < most_s:
        asked = time.perf_counter()
        connection.request("GET", path, headers=NO_CACHE)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"an ASK was answered {response.status}")
        waits.append(time.perf_counter() - asked)
        time.sleep(0.005)
    connection.close()
    return waits


def number(value: float, digits: int) -> str:
    """A number for people; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def table_row(cells: Sequence[str]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def say(text: str, end: str = "\n") -> None:
    """Print a line at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
