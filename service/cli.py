"""The command `aigov serve`."""

import argparse
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import SettingsError

if TYPE_CHECKING:
    from service.settings import Settings


_BACKLOG = 2048


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve` to the commands of `aigov`."""
    parser = subparsers.add_parser("serve", help="serve the built graph: SPARQL, linked data, pages")
    parser.add_argument("--graph", type=Path, help="the built graph, N-Quads (default: build/graph.nq)")
    parser.add_argument("--store", type=Path, metavar="DIR", help="the folder of the store (default: store)")
    parser.add_argument("--backend", metavar="URL", help="serve another SPARQL engine: its query endpoint")
    parser.add_argument("--backend-update", metavar="URL", help="its update endpoint (default: none, read only)")
    parser.add_argument("--host", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port, 0 for a free one (default: 8000)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="deadline of a query (default: 30)")
    parser.add_argument("--workers", type=int, metavar="N", help="reader processes (default: 3)")
    parser.set_defaults(run=run)


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
    )
    with _listen(settings) as listener:
        return _serve(settings, listener)


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

    host, port = settings.host, listener.getsockname()[1]

    class Server(uvicorn.Server):
        """A server that says when it is ready, in one line."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                sys.stderr.write(f"aigov: serving at http://{f'[{host}]' if ':' in host else host}:{port}/\n")
                sys.stderr.flush()

    app = create_app(settings)
    Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=1 << 16,
        )
    ).run(sockets=[listener])
    return 0
