"""Run the W3C's SPARQL 1.1 tests over HTTP against `aigov serve`, and write the result down as a page.

usage: python tests/conformance/w3c_suite.py [--runner FILE] [--tests DIR] [--out docs/conformance.md]

The runner is a program that drives an endpoint through the W3C's manifests (RUNNER TESTS QUERY-URL UPDATE-URL
STORE-URL --json FILE), the tests a checkout of github.com/w3c/rdf-tests. Neither is part of this project: both are
looked for in the folder `../shared` beside the checkout, or where the options say.
"""

import argparse
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT.parent / "shared" / "tools" / "w3c_sparql_http.py"
TESTS = ROOT.parent / "shared" / "w3c"
EXPECTED = Path(__file__).with_name("expected-failures.txt")
OPTIONS = ("--empty", "--writable", "--default-graph", "stored", "--workers", "2")
DOCUMENTED = "AIGOV_TOKEN_SHA256=… aigov serve --store DIR " + " ".join(OPTIONS)
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Outcome:
    """What became of one test: passed, failed or skipped, and why if not the first."""

    category: str
    test: str
    state: str
    why: str

    @property
    def name(self) -> str:
        return f"{self.category}/{self.test}"


@dataclass(frozen=True)
class Endpoint:
    """Where the requests go, and what the Authorization header says."""

    query: str
    update: str
    store: str
    authorization: str = ""


def run_suite(runner: Path, tests: Path, endpoint: Endpoint) -> list[Outcome]:
    """Send every test to an endpoint, whose data are dropped; return the outcomes in the order of the manifests.

    Raises:
        RuntimeError: the runner broke off.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "outcomes.json"
        command = [sys.executable, str(runner), str(tests), endpoint.query, endpoint.update, endpoint.store]
        command += ["--json", str(report), "--timeout", "20"]
        command += [f"--auth={endpoint.authorization}"] if endpoint.authorization else []
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        if not report.is_file():
            raise RuntimeError(f"{runner} wrote no outcomes: {result.stderr[-2000:] or result.stdout[-2000:]}")
        outcomes = json.loads(report.read_text(encoding="utf-8"))
    return [Outcome(one["category"], one["name"], one["state"], one["why"]) for one in outcomes]


def load_expected(path: Path = EXPECTED) -> dict[str, str]:
    """Read the tests that are known to fail: name → reason, in the order of the file."""
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    names = (line.partition("#") for line in lines)
    return {name.strip(): reason.strip() for name, _, reason in names}


@contextmanager
def serve_empty(*further: str) -> Iterator[Endpoint]:
    """Start an empty, writable server of ours on loopback, as it is documented; its data go with it.

    Args:
        further: options besides those that are documented.

    Raises:
        RuntimeError: it did not start; with what it said.
    """
    token = secrets.token_urlsafe()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AIGOV_")}
    environment = {**plain, "AIGOV_TOKEN_SHA256": hashlib.sha256(token.encode()).hexdigest()}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "graph_builder.cli", "serve", "--store", f"{folder}/store", "--port", "0"]
        process = subprocess.Popen(
            [*command, *OPTIONS, *further],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert process.stderr is not None
        line = process.stderr.readline()
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        try:
            match = re.search(r"serving at (http://\S+?)/\n", line)
            if match is None:
                raise RuntimeError(f"the server did not start: {line}{process.stderr.read()}")
            drain.start()
            sparql = f"{match[1]}/sparql"
            yield Endpoint(sparql, sparql, f"{match[1]}/store", f"Bearer {token}")
        finally:
            process.terminate()
            process.wait(timeout=20)
            if drain.is_alive():
                drain.join(timeout=5)
            process.stderr.close()


class _Refusal(BaseHTTPRequestHandler):
    """400 to every request but the runner's own DROP ALL before each test, which must succeed for one to be run."""

    protocol_version = "HTTP/1.1"

    def _refuse(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204 if body == b"DROP ALL" else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def refuse_everything() -> Iterator[Endpoint]:
    """Serve the control: an endpoint that is good for nothing, and still passes what only wants a refusal."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusal) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield Endpoint(f"{url}/sparql", f"{url}/sparql", f"{url}/store")
        finally:
            server.shutdown()
            thread.join()


def format_page(ours: Sequence[Outcome], control: Sequence[Outcome], expected: Mapping[str, str]) -> str:
    """Write the page: a table by category, the failures by name with their reasons, the reasons of what was skipped."""
    counts, passed_by_control = _count(ours), _count(control)
    total = Counter(outcome.state for outcome in ours)
    lines = [
        "# Conformance",
        "",
        "Made by `make conformance`; nobody edits it. The W3C's SPARQL 1.1 tests (github.com/w3c/rdf-tests), sent over",
        "HTTP to a server that is emptied before each, started with",
        "",
        "```",
        DOCUMENTED,
        "```",
        "",
        f"**{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped.** The last column is the",
        "control: a server that answers 400 to everything. What it passes are tests that only want a refusal.",
        "",
        "| category | passed | failed | skipped | the control passes |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for category, count in counts.items():
        of_control = passed_by_control[category]["passed"]
        name = category.partition("/")[2]
        lines.append(f"| {name} | {count['passed']} | {count['failed']} | {count['skipped']} | {of_control} |")
    passed = sum(outcome.state == "passed" for outcome in control)
    lines.append(f"| **all** | {total['passed']} | {total['failed']} | {total['skipped']} | {passed} |")
    lines += ["", "## What fails", ""]
    failures = [outcome for outcome in ours if outcome.state == "failed"]
    for outcome in failures:
        reason = expected.get(outcome.name) or f"**not expected**: {_one_line(outcome.why)}"
        lines.append(f"- `{outcome.name.partition('/')[2]}`: {reason}")
    lines += ["" if failures else "Nothing.\n", "## What is skipped", ""]
    reasons = Counter(
        (outcome.category.partition("/")[2], outcome.why) for outcome in ours if outcome.state == "skipped"
    )
    lines += [f"- {count} of {category}: {_one_line(why)}" for (category, why), count in reasons.items()]
    return "\n".join(lines) + "\n"


def _count(outcomes: Sequence[Outcome]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.category, Counter())[outcome.state] += 1
    return counts


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def main() -> int:
    """Run ours and the control, write the page; return 1 if anything fails that is not expected, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", type=Path, default=RUNNER)
    parser.add_argument("--tests", type=Path, default=TESTS)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "conformance.md")
    options = parser.parse_args()
    if not options.runner.is_file() or not (options.tests / "sparql" / "sparql11").is_dir():
        sys.stderr.write(
            f"conformance: the runner {options.runner} or the tests {options.tests}/sparql/sparql11 are not there; get "
            "github.com/w3c/rdf-tests and a runner, and say `make conformance RUNNER=FILE TESTS=DIR`\n"
        )
        return 2
    with refuse_everything() as endpoint:
        control = run_suite(options.runner, options.tests, endpoint)
    with serve_empty() as endpoint:
        ours = run_suite(options.runner, options.tests, endpoint)
    expected = load_expected()
    new = options.out.with_name(f".{options.out.name}.new")
    new.write_text(format_page(ours, control, expected), encoding="utf-8")
    new.replace(options.out)
    surprises = [outcome for outcome in ours if outcome.state == "failed" and outcome.name not in expected]
    sys.stderr.writelines(f"conformance: {one.name} failed: {_one_line(one.why)}\n" for one in surprises)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
