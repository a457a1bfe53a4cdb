"""Other endpoints on loopback: right ones, and some that go wrong in each way that there is."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox

JSON = "application/sparql-results+json"
BIG = b'{"head":{"vars":["s"]},"results":{"bindings":[' + b'{"s":{"type":"uri","value":"http://e/a"}},' * 60_000


class Endpoints:
    """A server with an endpoint a path: those of `data` answer from their Turtle, the others as they are named.

    `asked` are the queries that came, with the paths that they came to.
    """

    def __init__(self, data: dict[str, str]) -> None:
        self.stores = {}
        for name, turtle in data.items():
            self.stores[name] = ox.Store()
            self.stores[name].extend(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
        self.asked: list[tuple[str, str]] = []
        self.replies: dict[str, str] = {}
        self._closing = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.answer(self, parse_qs(urlsplit(self.path).query)["query"][0])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                is_query = self.headers["content-type"] == "application/sparql-query"
                owner.answer(self, body if is_query else parse_qs(body)["query"][0])

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Say nothing of those who have gone."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        name = urlsplit(handler.path).path.strip("/")
        self.asked.append((name, query))
        status, headers, body, length = 200, {"Content-Type": JSON}, b"", None
        if name in self.stores:
            try:
                results = self.stores[name].query(query)
                body = results.serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
            except SyntaxError as exc:
                status, body = 400, str(exc).encode()
        elif name in self.replies:
            body = self.replies[name].encode()
        elif name == "slow":
            self._closing.wait(60)
        elif name == "redirecting":
            status, headers = 302, {"Location": f"{self.url}/right"}
        elif name == "huge":
            body = BIG + b'{"s":{"type":"uri","value":"http://e/a"}}]}}'
        elif name == "endless":
            body = b" " * (9 << 20)
        elif name == "cut-off":
            body, length = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}', 60
        elif name == "anytime":
            headers |= {"X-SQL-State": "S1TAT"}
            body = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
        elif name == "row-limit":
            headers |= {"X-SPARQL-MaxRows": "1"}
            body = b'{"head":{"vars":["s"]},"results":{"bindings":[{}]}}'
        elif name == "page":
            headers, body = {"Content-Type": "text/html"}, b"<p>Hello"
        else:
            status = 404
        with suppress(OSError):  # whoever asked has gone
            handler.send_response(status)
            for header, value in headers.items():
                handler.send_header(header, value)
            handler.send_header("Content-Length", str(length or len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        handler.close_connection = length is not None

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
