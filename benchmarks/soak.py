"""Does the service hold: good, slow, hostile and malformed requests for minutes, at a steady moderate rate.

usage: python benchmarks/soak.py [--minutes M] [--url URL [--token TOKEN]]

Needs a built graph (`make build`) and `pip install 'aigov[bench]'`. Without `--url` it starts a server of its own, with
a new store, two readers and a deadline of 5 s. Only loopback: the requests are hostile (`traffic.py`). The verdict:

- memory: the median RSS of the server in the last third of the time is less than 5 % above that in the first third,
  after a warm-up of a minute (or a quarter of the time, where that is less);
- answers: every request gets one of the answers it may get; of 5xx only 503 (busy), 504 (deadline) and 507 (resources);
- processes: at the end as many as at the start, and after the shutdown none of all that were seen;
- egress: nobody called the listener that the hostile requests name.

Exit code 0 where all four hold, else 1.
"""

import argparse
import hashlib
import random
import secrets
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import psutil
import traffic
from servers import Server, serve_aigov

ROOT = Path(__file__).resolve().parent.parent
RATE_BY_KIND = {"good": 8.0, "slow": 0.5, "hostile": 2.0, "malformed": 3.0, "rude": 1.0, "write": 1.0}
"""Requests a second of each client; each has an address of its own."""
GROWTH = 0.05
BUSY = frozenset({429, 503})
SAMPLE_S, REPORT_S = 2.0, 10.0
_LORIS, _LORIS_S = 20, 20.0  # so many slow connections at a time, each so long
_TIMEOUT_S = 30.0


class Outcomes:
    """What became of the requests; many threads write to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count: Counter[tuple[str, int]] = Counter()
        self.faults: list[str] = []

    def add(self, kind: str, status: int, allowed: frozenset[int], what: str) -> None:
        """Count an answer; keep it as a fault if the request may not get it."""
        with self._lock:
            self.count[kind, status] += 1
            if status not in allowed | BUSY:
                self.faults.append(f"{kind}: {status or 'no answer'} for {what}")


@dataclass(frozen=True)
class Sample:
    """What the server used at a moment: its own RSS and the PSS of all its processes in MB, how many they are."""

    at_s: float
    rss_mb: float
    pss_mb: float
    processes: int


class Client:
    """One client: an address of its own, a kind of requests, its own chance."""

    def __init__(self, kind: str, server: Server, outcomes: Outcomes, number: int) -> None:
        self.kind, self._outcomes = kind, outcomes
        self._place = urlsplit(server.sparql)
        self._address = f"127.0.0.{10 + number}"
        self._http = httpx.Client(
            base_url=f"http://{self._place.netloc}",
            transport=httpx.HTTPTransport(local_address=self._address),
            timeout=_TIMEOUT_S,
        )

    def send(self, request: traffic.Request | bytes) -> None:
        """Send a request and note the answer, which must be whole."""
        if isinstance(request, bytes):
            status, allowed = self._send_bytes(request), frozenset(range(200, 500)) | {traffic.BROKEN}
            self._outcomes.add(self.kind, status, allowed, repr(request[:150]))
            return
        try:
            answer = self._http.request(request.method, request.path, content=request.content, headers=request.headers)
            status = answer.status_code
            if status == 200 and answer.headers["content-type"].startswith(traffic.JSON):
                answer.json()
        except httpx.TransportError:
            status = traffic.BROKEN
        except ValueError:
            status = -1  # a part of an answer
        self._outcomes.add(self.kind, status, request.allowed, request.describe())

    def _send_bytes(self, data: bytes) -> int:
        with suppress(OSError, ValueError, IndexError), self._connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return int(connection.recv(4096).split(maxsplit=2)[1])
        return traffic.BROKEN

    def _connect(self) -> socket.socket:
        place = (self._place.hostname or "", self._place.port or 80)
        return socket.create_connection(place, timeout=5, source_address=(self._address, 0))


class RudeClient(Client):
    """A client that dawdles, closes half of its connection, or leaves in the middle of an answer."""

    def __init__(self, kind: str, server: Server, outcomes: Outcomes, number: int) -> None:
        super().__init__(kind, server, outcomes, number)
        self._slow: deque[tuple[float, socket.socket]] = deque()

    def behave(self, chance: random.Random) -> None:
        """Do one rude thing, and let every slow connection send one byte more."""
        chance.choice([self._dawdle, self._close_half, self._leave_download, self._leave_query, self._say_nothing])()
        while self._slow and (time.monotonic() - self._slow[0][0] > _LORIS_S or len(self._slow) > _LORIS):
            self._slow.popleft()[1].close()
        for _, connection in self._slow:
            with suppress(OSError):
                connection.send(b"x")

    def _dawdle(self) -> None:
        connection = self._connect()
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: e\r\nContent-Length: 9999\r\nX-Slow: ")
        self._slow.append((time.monotonic(), connection))
        self._note(traffic.BROKEN)

    def _close_half(self) -> None:
        with self._connect() as connection:
            connection.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                connection.recv(4096)
        self._note(traffic.BROKEN)

    def _leave_download(self) -> None:
        with self._connect() as connection:
            path = f"/sparql?query={quote(traffic.BIG)}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: e\r\nAccept: text/csv\r\n\r\n".encode())
            with suppress(OSError):
                connection.recv(1 << 16)
        self._note(traffic.BROKEN)

    def _leave_query(self) -> None:
        with self._connect() as connection:
            connection.sendall(f"GET /sparql?query={quote(traffic.CROSS)} HTTP/1.1\r\nHost: e\r\n\r\n".encode())
            time.sleep(0.2)
        self._note(traffic.BROKEN)

    def _say_nothing(self) -> None:
        self._connect().close()
        self._note(traffic.BROKEN)

    def _note(self, status: int) -> None:
        self._outcomes.add(self.kind, status, frozenset({traffic.BROKEN}), "")


def main() -> int:
    """Soak, print the samples and the verdict; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="default: 10")
    parser.add_argument("--url", help="a running server on loopback (default: start one)")
    parser.add_argument("--token", help="its bearer token; without one nothing is written")
    parser.add_argument("--graph", type=Path, default=ROOT / "build" / "graph.nq", help="default: build/graph.nq")
    options = parser.parse_args()
    if options.url and urlsplit(options.url).hostname != "127.0.0.1":
        sys.stderr.write("soak: the requests are hostile; name a server at http://127.0.0.1:PORT only\n")
        return 2
    if not options.url and not options.graph.is_file():
        sys.stderr.write(f"soak: there is no {options.graph}; run `make build`, or name a graph with --graph\n")
        return 2
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, ExitStack() as stack:
        if options.url:
            server, token = find_server(options.url), options.token
        else:
            server, token = start_server(stack, options.graph)
        port = listener.getsockname()[1]
        outcomes, samples, seen = soak(server, token, port, 60 * options.minutes)
        faults = judge(samples, outcomes)
        stack.close()
        if not options.url:
            time.sleep(SAMPLE_S)
            faults += [f"process {process.pid} outlived the server" for process in seen if lives(process)]
        listener.setblocking(False)
        with suppress(BlockingIOError):
            faults.append(f"somebody called the listener, from {listener.accept()[1]}")
    say("\n".join(f"FAULT {fault}" for fault in faults[:40]) or "no fault")
    say("verdict: " + ("it does not hold" if faults else "it holds"))
    return 1 if faults else 0


def start_server(stack: ExitStack, graph: Path) -> tuple[Server, str]:
    """Start a writable server of our own; return it and its token."""
    token = secrets.token_urlsafe()
    environment = {
        "AIGOV_MEMORY_MB": "512",
        "AIGOV_TOKEN_SHA256": hashlib.sha256(token.encode()).hexdigest(),
    }
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="aigov-soak-"))
    arguments = (f"--graph={graph}", "--workers=2", "--timeout=5", "--writable", "--access-log=none")
    return stack.enter_context(serve_aigov(Path(folder) / "store", *arguments, environment=environment)), token


def find_server(url: str) -> Server:
    """Return the server that listens at a URL of this machine.

    Raises:
        LookupError: nobody listens there, or the process is another user's.
    """
    port = urlsplit(url).port or 80
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return Server("aigov", psutil.Process(connection.pid), url.rstrip("/") + "/sparql")
    raise LookupError(f"no process that may be looked at listens at {url}")


def soak(
    server: Server, token: str | None, port: int, seconds: float
) -> tuple[Outcomes, list[Sample], set[psutil.Process]]:
    """Send everything for so long; return the outcomes, the samples, and every process that was seen."""
    outcomes, stop = Outcomes(), threading.Event()
    with suppress(TimeoutError):
        server.wait_until_idle(30)
    start = len(server.processes())
    kinds = [kind for kind in RATE_BY_KIND if token or kind != "write"]
    steps = [make_step(kind, server, outcomes, number, token or "", port) for number, kind in enumerate(kinds)]
    threads = [
        threading.Thread(target=keep_going, name=f"client {kind}", args=(step, RATE_BY_KIND[kind], stop), daemon=True)
        for kind, step in zip(kinds, steps, strict=True)
    ]
    for thread in threads:
        thread.start()
    samples, seen = watch(server, seconds, outcomes)
    outcomes.faults += [f"{thread.name} broke off" for thread in threads if not thread.is_alive()]
    stop.set()
    for thread in threads:
        thread.join(2 * _TIMEOUT_S)
    with suppress(TimeoutError):
        server.wait_until_idle(30)
    seen |= set(server.processes())
    end = len(server.processes())
    if end != start:
        outcomes.faults.append(f"{start} processes at the start, {end} at the end")
    return outcomes, samples, seen


def make_step(kind: str, server: Server, outcomes: Outcomes, number: int, token: str, port: int) -> Callable[[], None]:
    """Return what a client of a kind does again and again."""
    chance = random.Random(number)
    if kind == "rude":
        rude = RudeClient(kind, server, outcomes, number)
        return lambda: rude.behave(chance)
    client = Client(kind, server, outcomes, number)
    make: dict[str, Callable[[], traffic.Request | bytes]] = {
        "good": lambda: traffic.good(chance),
        "slow": lambda: traffic.slow(chance),
        "hostile": lambda: traffic.hostile(chance, port),
        "malformed": lambda: traffic.malformed(chance),
        "write": lambda: traffic.write(chance, token, port),
    }
    return lambda: client.send(make[kind]())


def keep_going(step: Callable[[], None], rate: float, stop: threading.Event) -> None:
    """Do a step so many times a second, as far as the answers allow."""
    due = time.monotonic()
    while not stop.is_set():
        with suppress(OSError):
            step()
        due = max(due + 1 / rate, time.monotonic())
        stop.wait(due - time.monotonic())


def watch(server: Server, seconds: float, outcomes: Outcomes) -> tuple[list[Sample], set[psutil.Process]]:
    """Take a sample every two seconds, print one every ten; return those after the warm-up and the processes seen."""
    samples: list[Sample] = []
    seen: set[psutil.Process] = set()
    warm_s = min(60.0, seconds / 4)
    started, reported = time.monotonic(), 0.0
    say("seconds  server RSS MB  all PSS MB  processes  requests  faults")
    while (now := time.monotonic() - started) < seconds:
        processes = server.processes()
        if not processes or not server.process.is_running():
            outcomes.faults.append(f"the server ended after {now:.0f} s")
            break
        seen.update(processes)
        with suppress(psutil.NoSuchProcess):
            rss = server.process.memory_info().rss / 1e6
            samples.append(Sample(now, rss, server.memory_mb()[0], len(processes)))
            if now >= reported:
                reported += REPORT_S
                total, faults = outcomes.count.total(), len(outcomes.faults)
                say(f"{now:7.0f}  {rss:13.1f}  {samples[-1].pss_mb:10.1f}  {len(processes):9}  {total:8}  {faults:6}")
        time.sleep(SAMPLE_S)
    return [sample for sample in samples if sample.at_s >= warm_s], seen


def lives(process: psutil.Process) -> bool:
    """Whether a process still runs; one that has ended and waits for its parent does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def judge(samples: list[Sample], outcomes: Outcomes) -> list[str]:
    """Print what was counted; return what is wrong."""
    for kind in RATE_BY_KIND:
        counted = sorted((status, count) for (of, status), count in outcomes.count.items() if of == kind)
        say(f"{kind}: " + (", ".join(f"{status or 'closed'} × {count}" for status, count in counted) or "none"))
    faults = list(outcomes.faults)
    good = {status: count for (kind, status), count in outcomes.count.items() if kind == "good"}
    if good.get(200, 0) < 0.5 * sum(good.values()):
        faults.append("less than half of the good requests were answered")
    third = len(samples) // 3
    if third < 3:
        return [*faults, f"only {len(samples)} samples of the memory: let it run longer"]
    first, last = (statistics.median(s.rss_mb for s in part) for part in (samples[:third], samples[-third:]))
    growth = last / first - 1
    whole = [statistics.median(s.pss_mb for s in part) for part in (samples[:third], samples[-third:])]
    say(f"RSS of the server: {first:.1f} MB in the first third, {last:.1f} in the last: {growth:+.1%}")
    most = max(sample.processes for sample in samples)
    say(f"PSS of all processes: {whole[0]:.1f} and {whole[1]:.1f} MB; at most {most} of them")
    return faults + ([f"the RSS grew by {growth:.1%}"] if growth >= GROWTH else [])


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
