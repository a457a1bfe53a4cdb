"""`aigov query` against our server, the Oxigraph server, and servers that do not do as they should."""

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from serving import ROOT, Server, clean_environment, parse_graph

from graph_builder.cli import main
from service.questions.catalogue import load_catalogue

SELECT = "SELECT ?s ?force { ?s <https://w3id.org/aigov/ontology#force> ?force } ORDER BY ?s"
CONSTRUCT = "CONSTRUCT WHERE { <https://w3id.org/aigov/actor/france> ?p ?o }"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `aigov query` in this process: exit code, stdout, stderr."""

    def start(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["query", *arguments])
        except SystemExit as exc:
            code = int(str(exc.code))
        return (code, *capfd.readouterr())

    return start


def run_process(*arguments: str, data: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graph_builder.cli", "query", *arguments]
    variables = clean_environment() | environment
    return subprocess.run(
        command, env=variables, input=data, capture_output=True, encoding="utf-8", timeout=30, check=False
    )


@contextmanager
def stub(
    status: int, body: bytes, content_type: str = "text/plain", **headers: str
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve one answer to everything, and note what was asked: method, path, accept, query."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            query = parse_qs(sent or self.path.partition("?")[2]).get("query", [""])[0]
            asked.append({"method": self.command, "path": self.path, "accept": self.headers["Accept"], "query": query})
            self.send_response(status)
            for name, value in {"Content_Type": content_type, "Content_Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/sparql", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def oxigraph(graph_file: Path) -> Iterator[str]:
    """The query endpoint of the Oxigraph server with the fixture graph."""
    binary = Path(sys.executable).with_name("oxigraph")
    program = str(binary) if binary.is_file() else shutil.which("oxigraph")
    assert program, "the Oxigraph server is missing: pip install -e '.[dev]'"
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    options = ["serve", "--bind", url.removeprefix("http://"), "--union-default-graph"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                try:
                    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 1):
                        break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            quads = {"Content-Type": "application/n-quads"}
            assert httpx.post(f"{url}/store", content=graph_file.read_bytes(), headers=quads).is_success
            yield f"{url}/query"
        finally:
            process.terminate()


@pytest.fixture(params=["aigov", "oxigraph"])
def endpoint(request: pytest.FixtureRequest, server: Server) -> str:
    """Our endpoint, then that of another engine."""
    return server.sparql if request.param == "aigov" else str(request.getfixturevalue("oxigraph"))


def test_select_is_a_table(run: Run, endpoint: str) -> None:
    code, out, err = run(SELECT, "--endpoint", endpoint)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["s", "force"]
    assert set(lines[1]) == {"-", " "}
    assert lines[2].split() == ["statement/model-plan/en/s1", "force/supports"]


@pytest.mark.parametrize(("query", "word"), [("ASK { }", "yes\n"), ("ASK { FILTER(false) }", "no\n")])
def test_ask_is_a_word(run: Run, endpoint: str, query: str, word: str) -> None:
    assert run(query, "--endpoint", endpoint) == (0, word, "")


@pytest.mark.parametrize(
    ("name", "parser"), [("table", "turtle"), ("turtle", "turtle"), ("ntriples", "nt"), ("jsonld", "json-ld")]
)
@pytest.mark.parametrize("query", [CONSTRUCT, "# a comment\nDESCRIBE <https://w3id.org/aigov/actor/france>"])
def test_graphs_come_as_rdf(run: Run, endpoint: str, name: str, parser: str, query: str) -> None:
    code, out, err = run(query, "--endpoint", endpoint, "--format", name)
    assert (code, err, len(parse_graph(out, parser))) == (0, "", 4)


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_other_formats_come_as_the_endpoint_sends_them(run: Run, server: Server, name: str) -> None:
    code, out, err = run(SELECT, "--endpoint", server.sparql, "--format", name)
    assert (code, err) == (0, "")
    assert out.encode() == server.client.get("/sparql", params={"query": SELECT, "format": name}).content


@pytest.mark.parametrize(("name", "begins"), [("json", "["), ("xml", "<?xml")])
def test_json_and_xml_of_a_graph_are_json_ld_and_rdf_xml(run: Run, endpoint: str, name: str, begins: str) -> None:
    code, out, err = run(CONSTRUCT, "--endpoint", endpoint, "--format", name)
    assert (code, err) == (0, "")
    parse_graph(out, {"json": "json-ld", "xml": "xml"}[name])


def test_a_query_comes_from_a_file_or_the_standard_input(run: Run, endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "query.rq"
    path.write_text("\ufeff" + SELECT, encoding="utf-8")
    expected = run(SELECT, "--endpoint", endpoint)
    assert run(f"@{path}", "--endpoint", endpoint) == expected
    piped = run_process("-", "--endpoint", endpoint, data=SELECT, PYTHONIOENCODING="ascii")
    assert (piped.returncode, piped.stdout, piped.stderr) == expected


def test_a_named_query_is_sent_as_it_stands(run: Run) -> None:
    with stub(200, b'{"head": {}, "boolean": true}', "application/sparql-results+json") as (url, asked):
        assert run("--name", "cq04", "--endpoint", url) == (0, "yes\n", "")
    assert [request["query"] for request in asked] == [load_catalogue()["cq04"].text]


def test_named_queries_are_listed_in_the_language_of_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    for locale, says in (("zh_CN.UTF-8", "谁反对什么"), ("fr_FR", "Qui s'oppose"), ("C", "Who opposes what")):
        monkeypatch.setenv("LANG", locale)
        code, out, err = run("--list")
        assert (code, err, len(out.splitlines())) == (0, "", len(load_catalogue()))
        assert f"cq08  {says}" in out


def test_a_syntax_error_shows_the_line_and_the_place(run: Run, server: Server) -> None:
    code, out, err = run('SELECT *\n{ ?s "公平" ?p }', "--endpoint", server.sparql)
    lines = err.splitlines()
    assert (code, out, len(lines)) == (1, "", 3)
    assert lines[0].startswith("aigov: The query is not valid SPARQL: Line 2, column ")
    assert lines[1] == '  { ?s "公平" ?p }'
    column = int(lines[0].split("column ")[1].split(":")[0])
    before = '{ ?s "公平" ?p }'[: column - 1]
    assert lines[2].index("^") == 2 + len(before) + sum(character in "公平" for character in before)


def test_a_syntax_error_of_another_engine_is_one_line(run: Run, oxigraph: str) -> None:
    code, out, err = run("SELECT * {", "--endpoint", oxigraph)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("aigov: 400 Bad Request: error at 1:")


def test_a_caret_finds_its_place_in_a_long_line(run: Run) -> None:
    query = "SELECT * {" + " ?s ?p ?o ." * 100 + " ! }"
    column = query.index("!") + 1
    body = json.dumps({"title": "T", "detail": "D", "line": 1, "column": column}).encode()
    with stub(400, body, "application/problem+json") as (url, _):
        _, _, err = run(query, "--endpoint", url)
    said, shown, caret = err.splitlines()
    assert said == f"aigov: T: D (line 1, column {column})"
    assert len(shown) < 130
    assert shown[caret.index("^")] == "!"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("INSERT DATA { <a:a> <a:b> <a:c> }",), "aigov: The request does not follow the protocol: "),
        (("SELECT * { SERVICE <http://127.0.0.1:9/> { } }",), "aigov: Requests to other servers are refused: "),
        ((SELECT, "--format", "turtle"), "aigov: None of the accepted media types can be served: "),
        ((CONSTRUCT, "--format", "csv"), "aigov: None of the accepted media types can be served: "),
        (("ASK FROM <http://example.org/none> { }",), "aigov: The graph is not stored here: "),
    ],
)
def test_a_problem_is_one_line(run: Run, server: Server, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = run(*arguments, "--endpoint", server.sparql)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith(says)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 414, 429, 500, 503, 504, 507])
def test_every_status_keeps_its_details(run: Run, status: int) -> None:
    body = json.dumps({"title": 'It\'s no "use"', "detail": "Because\nof 中文 \x1b[31m."}).encode()
    with stub(status, body, "application/problem+json", Retry_After="7") as (url, _):
        code, out, err = run("ASK { }", "--endpoint", url)
    assert (code, out, err) == (1, "", 'aigov: It\'s no "use": Because of 中文 [31m. Try again in 7 s.\n')


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"", "text/plain", "aigov: 500 Internal Server Error\n"),
        (b"<html>oh</html>", "text/html", "aigov: 500 Internal Server Error\n"),
        (b"out of\nluck", "text/plain", "aigov: 500 Internal Server Error: out of luck\n"),
        (b"[1]", "application/problem+json", "aigov: 500 Internal Server Error\n"),
        (b"{", "application/problem+json", "aigov: 500 Internal Server Error\n"),
    ],
)
def test_an_error_without_details_is_its_status(run: Run, body: bytes, content_type: str, says: str) -> None:
    with stub(500, body, content_type) as (url, _):
        assert run("ASK { }", "--endpoint", url) == (1, "", says)


def test_a_web_page_is_no_endpoint(run: Run, server: Server) -> None:
    code, out, err = run("ASK { }", "--endpoint", server.url + "/")
    assert (code, out) == (1, "")
    assert "name the address of the endpoint itself" in err


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"head": {}}', b'{"head": {"vars": []}, "results": 1}', b"\xff"])
def test_a_broken_answer_is_said_to_be_one(run: Run, body: bytes) -> None:
    with stub(200, body, "application/sparql-results+json") as (url, _):
        code, out, err = run("ASK { }", "--endpoint", url)
    assert (code, out) == (1, "")
    assert "not SPARQL results in JSON" in err


def test_an_answer_that_breaks_off_is_not_shown(run: Run) -> None:
    with stub(200, b"a,b\n1,2\n", "text/csv", Content_Length="100") as (url, _):
        code, out, err = run(SELECT, "--endpoint", url, "--format", "csv")
    assert (code, out) == (1, "")
    assert "broke off" in err


def test_another_type_than_asked_for_is_named(run: Run) -> None:
    with stub(200, b"<r/>", "application/sparql-results+xml") as (url, _):
        code, out, err = run(SELECT, "--endpoint", url, "--format", "csv")
    assert (code, out) == (0, "<r/>")
    assert "sent application/sparql-results+xml" in err


def test_nobody_there_says_what_to_do(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, out, err = run("ASK { }", "--endpoint", f"http://127.0.0.1:{port}/sparql")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "`aigov serve`" in err
    assert "--endpoint" in err


def test_silence_ends_at_the_timeout(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/sparql"
        code, out, err = run("ASK { }", "--endpoint", url, "--timeout", "0.2")
    assert (code, out) == (1, "")
    assert "did not answer within 0.2 s" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "QUERY --name --list"),
        (("ASK { }", "--name", "cq04"), "not allowed with"),
        (("--name", "cq99"), "aigov query --list"),
        (("@none.rq",), "none.rq: cannot be read"),
        (("ASK { }", "--endpoint", "localhost:8000"), "no URL"),
        (("ASK { }", "--endpoint", "file:///etc/hosts"), "no URL"),
        (("ASK { }", "--endpoint", "http://127.0.0.1:port/"), "no URL"),
        (("ASK { }", "--endpoint", "http://127.0.0.1/ /"), "no URL"),
        (("ASK { }", "--endpoint", "http://a..b/"), "no URL"),
        (("ASK { }", "--endpoint", "http://[::1.2]/"), "no URL"),
        (("ASK { }", "--format", "exe"), "invalid choice"),
        (("ASK { }", "--timeout", "0"), "greater than 0"),
        (("ASK { }", "--timeout", "nan"), "greater than 0"),
        (("ASK { }", "--timeout", "1e10"), "a day at most"),
        (("ASK { }", "--timeout", "soon"), "invalid"),
    ],
)
def test_wrong_usage_is_code_2(run: Run, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert says in err


@pytest.mark.parametrize(
    ("options", "length", "method"), [((), 0, "GET"), (("--post",), 0, "POST"), ((), 5000, "POST")]
)
def test_long_queries_are_posted(run: Run, options: tuple[str, ...], length: int, method: str) -> None:
    query = "prefix load: <http://example.org/load?a=b#> ASK { } #" + "é&" * length
    with stub(200, b'{"head": {}, "boolean": true}', "application/sparql-results+json") as (url, asked):
        assert run(query, "--endpoint", f"{url}?default-graph-uri=http%3A%2F%2Fe%2F", *options)[0] == 0
    assert [(request["method"], request["query"]) for request in asked] == [(method, query)]
    assert ("default-graph-uri=http%3A//e/" in asked[0]["path"]) == (method == "GET")


def test_results_are_liked_better_where_the_query_seems_to_give_them(run: Run) -> None:
    with stub(200, b"", "text/turtle") as (url, asked):
        for query in (SELECT, CONSTRUCT):
            run(query, "--endpoint", url)
    assert [request["accept"] for request in asked] == [
        "application/sparql-results+json, text/turtle;q=0.5",
        "text/turtle, application/sparql-results+json;q=0.5",
    ]


def test_the_output_is_utf_8_whatever_the_locale(server: Server) -> None:
    query = "SELECT ?l { <https://w3id.org/aigov/actor/france> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }"
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    result = run_process(query, "--endpoint", server.sparql, **ascii_only)
    assert (result.returncode, result.stderr) == (0, "")
    assert "法国" in result.stdout


def test_a_table_fits_the_terminal(server: Server) -> None:
    words = [
        sys.executable,
        "-m",
        "graph_builder.cli",
        "query",
        'SELECT ("one two three four" AS ?a) ("five" AS ?b) { }',
    ]
    ours, theirs = pty.openpty()
    variables = clean_environment() | {"COLUMNS": "16"}
    try:
        subprocess.run([*words, "--endpoint", server.sparql], env=variables, stdout=theirs, timeout=30, check=True)
        shown = os.read(ours, 4096).decode().replace("\r\n", "\n")
    finally:
        os.close(ours)
        os.close(theirs)
    assert shown == "a           b\n----------  ----\none two     five\nthree four\n"


def test_a_reader_that_goes_away_is_no_error(server: Server) -> None:
    words = [sys.executable, "-m", "graph_builder.cli", "query", "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 3000"]
    with subprocess.Popen(
        [*words, "--endpoint", server.sparql], env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def test_help_needs_no_client_library() -> None:
    code = (
        "import sys, graph_builder.cli\n"
        "try: graph_builder.cli.main(['query', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('SPARQLWrapper', 'rdflib', 'wcwidth', 'pyoxigraph') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.endswith("[]\n")
