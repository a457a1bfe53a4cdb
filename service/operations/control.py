"""A socket in the folder of the store, through which the command line talks to the server that has the store.

One line of JSON each way. Asked: `{"command": "reload" | "backup" | "restore", "path": …}`. Answered:
`{"ok": true, "message": …}` or, as an `AigovError` has it, `{"ok": false, "where": …, "what": …, "remedy": …}`. Only
the user who runs the server may connect (mode 0600).
"""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from graph_builder.errors import AigovError
from service.errors import StoreError

logger = logging.getLogger(__name__)

_NAME = "control.sock"
_READ_S = 5.0
_TOO_LONG = "has a path too long for the socket of `aigov reload`, `backup` and `restore`"
_SHORTER = "name the folder of the store by a shorter path, for instance one relative to the working directory"

Command = Callable[[Path | None], Coroutine[Any, Any, str]]
"""Does what is asked and returns one sentence for the person who asked."""


class ControlServer:
    """The server's end of the socket: one command at a time."""

    def __init__(self, store: Path, commands: Mapping[str, Command]) -> None:
        """Make ready.

        Args:
            store: the folder of the store, whose lock this process holds.
            commands: by name; each gets the path of the request, or None.
        """
        self._path = store / _NAME
        self._commands = commands
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def start(self) -> str | None:
        """Listen; return a remark where the platform cannot name a socket there, and there is none."""
        self._path.unlink(missing_ok=True)  # left by a server that was killed: the lock of the folder is ours
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self._path))
            self._path.chmod(0o600)  # before anybody can connect, which takes `listen`
        except OSError as exc:
            listener.close()
            if exc.errno is not None:
                raise StoreError(str(self._path), f"cannot be made ({exc.strerror})", "mend that") from exc
            return f"{self._path} {_TOO_LONG}; {_SHORTER}"
        self._server = await asyncio.start_unix_server(self._greet, sock=listener)
        return None

    async def close(self) -> None:
        """Finish the command that is at work, if any, and take no more."""
        if self._server is None:
            return
        self._server.close()
        async with self._turn:
            for client in self._clients:
                client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _greet(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        """Answer one client."""
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.CancelledError):
            async with asyncio.timeout(_READ_S):
                line = await incoming.readline()
            async with self._turn:
                outgoing.write(json.dumps(await self._obey(line)).encode() + b"\n")
                await outgoing.drain()
        outgoing.close()

    async def _obey(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            command, path = self._commands[request["command"]], request.get("path")
            message = await command(Path(path) if path is not None else None)
        except AigovError as exc:
            return {"ok": False, "where": exc.where, "what": exc.what, "remedy": exc.remedy}
        except (ValueError, KeyError, TypeError, AttributeError):
            return _refusal("not a request that is known here", "use the `aigov` of the same version as the server")
        except Exception:
            logger.exception("a command failed")
            return _refusal("the command failed in the server", "see the messages of the server")
        return {"ok": True, "message": message}


def _refusal(what: str, remedy: str) -> dict[str, Any]:
    return {"ok": False, "where": "server", "what": what, "remedy": remedy}


def ask_server(store: Path, command: str, path: Path | None) -> str | None:
    """Have the server that has this store obey a command; return its message, or None where there is no server.

    Raises:
        StoreError: the server could not do it, ended before it answered, or belongs to another user.
        SocketPathError: the path of the store is too long for a socket; there may be a server or not.
    """
    address = store / _NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        try:
            channel.connect(str(address))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return None
        except OSError as exc:
            if exc.errno is None:
                raise SocketPathError(str(address), _TOO_LONG, _SHORTER) from exc
            remedy = "run the command as the user who runs the server"
            raise StoreError(str(address), f"cannot be used ({exc.strerror})", remedy) from exc
        line = b""
        with contextlib.suppress(ConnectionError), channel.makefile("rwb") as file:
            file.write(json.dumps({"command": command, "path": None if path is None else str(path)}).encode() + b"\n")
            file.flush()
            line = file.readline()
    if not line.endswith(b"\n"):
        raise StoreError(str(address), "the server ended before it answered", "start it, and try again")
    answer = json.loads(line)
    if not answer["ok"]:
        raise StoreError(answer["where"], answer["what"], answer["remedy"])
    return str(answer["message"])


class SocketPathError(StoreError):
    """The folder of the store lies so deep that a socket in it has no name."""
