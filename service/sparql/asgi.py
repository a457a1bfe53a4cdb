"""What the endpoint and the graph store have in common as plain ASGI apps."""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar, cast

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope

from service import errors, formats
from service.store.protocol import SPOOL_BYTES, Answer

_PART_BYTES = 1 << 20
_PATIENCE_S = 0.05
"""So long an answer is awaited before anybody looks whether the client is still there."""
EXPOSED = "Content-Language, ETag, Link, Location, Retry-After, Vary"
_ALLOWED = "Authorization, Content-Type, Accept, If-None-Match, Cache-Control"
CORS: list[tuple[bytes, bytes]] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]
"""Every page may read every answer; credentials are never sent along, a token only by those who know it."""
NOSNIFF = (b"x-content-type-options", b"nosniff")
AnswerT = TypeVar("AnswerT")
Parts = AsyncGenerator[bytes]
"""A body in parts."""


def read_headers(scope: Scope) -> dict[bytes, str]:
    """Return the headers by their names in lower case, several lines of one joined by commas."""
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def note(scope: Scope, **facts: str) -> None:
    """Tell the access log what is known of a request."""
    if "aigov" in scope:
        scope["aigov"].update(facts)


def name_client(scope: Scope) -> str:
    """Return whose share a request is counted to: an IPv4 address, or the network that an IPv6 address is in."""
    client = scope.get("client")
    return _name_host(client[0]) if client else ""


@lru_cache(maxsize=4096)
def _name_host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(address if address.version == 4 else ipaddress.ip_network(f"{host}/64", strict=False))


def make_tag(version: str, depends_on: str) -> str:
    """Return the strong tag of a result in a state of the store: RFC 9110, section 8.8.3."""
    return f'"{sha256(f"{version} {depends_on}".encode()).hexdigest()[:32]}"'


async def unless_gone(receive: Receive, work: Awaitable[AnswerT]) -> AnswerT:
    """Await an answer, and give the work up as soon as the client is gone.

    Raises:
        MalformedRequestError: the client is gone.
    """
    watch = _Watch(receive)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.has_seen_leave and not watch.task.uncancel():
            raise errors.MalformedRequestError("The client has gone.") from None
        raise
    finally:
        watch.end()


class _Watch:
    """Cancels the present task when its client goes away; looks up only after a while."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.task = cast("asyncio.Task[object]", asyncio.current_task())
        self.has_seen_leave = False
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE_S, self._begin)
        self._looking: asyncio.Task[None] | None = None

    def end(self) -> None:
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _begin(self) -> None:
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        message: Message = {"type": "http.request"}
        while message["type"] != "http.disconnect":
            message = await self._receive()
        self.has_seen_leave = True
        self.task.cancel("gone")


class Whole(Response):
    """A response that is in memory, made without any of the work that Starlette does for others."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Take a response as it is; headers are complete, with length and CORS."""
        self.status_code = status
        self.raw_headers = headers
        self.body = body
        self.background = None

    def copy(self) -> "Whole":
        """Return a response of which the headers may be changed."""
        return Whole(self.status_code, list(self.raw_headers), bytes(self.body))


def whole(status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> Whole:
    """Return a response that is in memory; length and CORS are added to the headers."""
    length = [(b"content-length", b"%d" % len(body))] if status not in (204, 304) else []
    return Whole(status, [*headers, *length, *CORS], body)


def open_to_all(response: Response) -> Response:
    """Return a response that pages of other origins may read."""
    for name, value in CORS:
        response.headers[name.decode()] = value.decode()
    return response


def preflight(methods: tuple[str, ...]) -> Response:
    """Return the answer to OPTIONS: https://fetch.spec.whatwg.org/#http-cors-protocol."""
    allowed = ", ".join(methods)
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": _ALLOWED,
        "Access-Control-Max-Age": "86400",
    }
    return open_to_all(Response(status_code=204, headers=headers))


def send_answer(answer: Answer, media_type: str, tag: str, most_bytes: int = SPOOL_BYTES) -> Response:
    """Return the response that sends a whole result: up to so many bytes from memory, more from a file.

    The tag may be empty.
    """
    headers = _result_headers(answer, media_type, tag)
    if answer.length <= max(most_bytes, SPOOL_BYTES):
        return whole(200, headers, answer.read())
    response = StreamingResponse(_read_parts(answer), 200)
    response.raw_headers = [*headers, (b"content-length", b"%d" % answer.length), *CORS]
    return response


def unchanged(tag: str) -> Response:
    """Return 304: RFC 9110, section 15.4.5."""
    headers = [(b"etag", tag.encode()), (b"vary", b"Accept, Accept-Encoding"), (b"cache-control", b"no-cache")]
    return whole(304, headers)


def _result_headers(answer: Answer, media_type: str, tag: str) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", formats.content_type(media_type).encode()),
        (b"vary", b"Accept, Accept-Encoding"),
        NOSNIFF,
    ]
    if tag:
        headers += [(b"etag", tag.encode()), (b"cache-control", b"no-cache")]
    else:
        headers.append((b"cache-control", b"no-store"))
    if answer.encoding:
        headers.append((b"content-encoding", answer.encoding.encode()))
    return headers


async def _read_parts(answer: Answer) -> AsyncIterator[bytes]:
    if isinstance(answer.body, bytes):
        yield answer.body
        return
    with answer.body:
        while part := answer.body.read(_PART_BYTES):
            yield part
