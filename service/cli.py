"""The commands of the service: `aigov serve`, `token` and `query`, and those of `operations`."""

import argparse
import math
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.errors import SettingsError
from service.operations import commands as operations

if TYPE_CHECKING:
    from service.settings import Settings


_BACKLOG = 2048
_SPARE_S = 2
"""What a stopping server adds to the time a query may take."""
_ENDPOINT = "http://127.0.0.1:8000/sparql"
_LABEL = "[A-Za-z0-9_-]{1,63}"
_URL = re.compile(rf"https?://(?:\[[0-9A-Fa-f:.]+\]|(?:{_LABEL}\.)*{_LABEL}\.?)(?::[0-9]{{1,5}})?(?:[/?][!-~]*)?")
_DAY_S = 86400
_FORMATS = ("table", "csv", "tsv", "json", "xml", "turtle", "ntriples", "jsonld")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to those of `aigov`."""
    parser = subparsers.add_parser("serve", help="serve the built graph: SPARQL, linked data, pages")
    parser.add_argument("--graph", type=Path, help="the built graph, N-Quads (default: build/graph.nq)")
    parser.add_argument("--store", type=Path, metavar="DIR", help="the folder of the store (default: store)")
    parser.add_argument("--empty", action="store_true", default=None, help="serve the store without a built graph")
    parser.add_argument(
        "--writable", action="store_true", default=None, help="accept writes with the token of AIGOV_TOKEN_SHA256"
    )
    parser.add_argument("--default-graph", choices=("union", "stored"), help="what queries see (default: union)")
    parser.add_argument("--backend", metavar="URL", help="serve another SPARQL engine: its query endpoint")
    parser.add_argument("--backend-update", metavar="URL", help="its update endpoint, for --writable")
    parser.add_argument("--host", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port, 0 for a free one (default: 8000)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="deadline of a query (default: 30)")
    parser.add_argument("--workers", type=int, metavar="N", help="reader processes (default: 3)")
    parser.add_argument(
        "--client-share", type=float, metavar="SECONDS", help="reader time a minute of a client while others wait"
    )
    parser.add_argument("--access-log", metavar="FILE", help="one line a request; - for stderr (default), or none")
    parser.set_defaults(run=run)
    parser = subparsers.add_parser("token", help="make a token for writes, and the hash that the service is given")
    parser.set_defaults(run=make_token)
    operations.register(subparsers)

    parser = subparsers.add_parser("query", help="ask a SPARQL endpoint, ours or any other")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("query", nargs="?", metavar="QUERY", help="SPARQL, @FILE with it, or - for the standard input")
    asked.add_argument("--name", metavar="NAME", help="a named query, such as cq04")
    asked.add_argument("--list", action="store_true", help="list the named queries with their questions")
    parser.add_argument("--endpoint", type=_url, default=_ENDPOINT, metavar="URL", help=f"default: {_ENDPOINT}")
    format_help = "how to show the answer (default: table; a graph is shown as Turtle)"
    parser.add_argument("--format", choices=_FORMATS, default="table", help=format_help)
    timeout_help = "how long to wait for the endpoint (default: 60)"
    parser.add_argument("--timeout", type=_seconds, default=60.0, metavar="SECONDS", help=timeout_help)
    parser.add_argument("--post", action="store_true", help="send by POST, as long queries are anyway")
    parser.set_defaults(run=_run_query)


def _url(value: str) -> str:
    try:
        url = urlsplit(value).geturl()
    except ValueError:  # brackets without an IPv6 address between them
        url = ""
    if _URL.fullmatch(url) is None:
        raise argparse.ArgumentTypeError(f"{value!r} is no URL of an endpoint, such as {_ENDPOINT}")
    return url


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 < seconds <= _DAY_S:
        raise argparse.ArgumentTypeError(f"{value} is not a number of seconds greater than 0, a day at most")
    return seconds


def _run_query(arguments: argparse.Namespace) -> int:
    from service.client import run_query

    return run_query(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit code.

    Raises:
        AigovError: the graph is missing, the store or the port is in use, a setting is wrong.
    """
    from service.settings import load_settings

    settings = load_settings(
        graph=arguments.graph,
        store=arguments.store,
        backend=arguments.backend,
        backend_update=arguments.backend_update,
        host=arguments.host,
        port=arguments.port,
        timeout_s=arguments.timeout,
        workers=arguments.workers,
        empty=arguments.empty,
        writable=arguments.writable,
        default_graph=arguments.default_graph,
        client_share_s=arguments.client_share,
        access_log=arguments.access_log,
    )
    with _listen(settings) as listener:
        return _serve(settings, listener)


def make_token(_: argparse.Namespace) -> int:
    """Print a new token and its hash; return the exit code."""
    from secrets import token_urlsafe

    from service.writers import hash_token

    token = token_urlsafe(32)
    sys.stdout.write(f"token (for clients, kept nowhere): {token}\nAIGOV_TOKEN_SHA256={hash_token(token)}\n")
    return 0


def _listen(settings: "Settings") -> socket.socket:
    """Take the port before anything else is done.

    The protocol is named because asyncio switches Nagle's algorithm off only where it is: without, small answers take
    40 ms.
    """
    place = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
        return listener
    except OSError as exc:
        listener.close()
        remedy = "stop what listens there, or name another --port (0 for a free one) or --host"
        raise SettingsError(place, f"cannot listen ({exc.strerror or exc})", remedy) from exc


def _serve(settings: "Settings", listener: socket.socket) -> int:
    import uvicorn

    from service.app import create_app
    from service.operations.server import Server

    host, port = settings.host, listener.getsockname()[1]
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=math.ceil(settings.queue_s + settings.timeout_s) + _SPARE_S,
        h11_max_incomplete_event_size=1 << 16,
    )
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    server = Server(config, address=address, lifecycle=app.lifecycle)
    server.run(sockets=[listener])
    return 1 if server.was_forced else 0
