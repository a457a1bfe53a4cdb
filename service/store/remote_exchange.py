"""One request to a remote engine by the SPARQL 1.1 Protocol, and its answer, cut off at a deadline.

Requests are made by SPARQLWrapper and sent as forms, which have no limit of length. The connection is our own: it goes
to the address that the operator named and nowhere else (no redirects, no proxies from the environment), and it is shut
down at the deadline, wherever the other side is then: an answer that trickles ends as well.
"""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from SPARQLWrapper import INSERT, JSON, POST, SELECT, SPARQLWrapper

from service import errors
from service.store.deadline import Deadline
from service.store.remote_refusals import read_breakdown, read_refusal

Fields = Sequence[tuple[str, str]]
_DIGEST = "digest "
_AGENT = "aigov (https://w3id.org/aigov/)"


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the engine is, and what is sent with each request.

    Attributes:
        query_url: its query endpoint.
        update_url: its update endpoint, empty for a store that is only read.
        authorization: an Authorization header, or `Digest USER:PASSWORD`; never shown.
    """

    query_url: str
    update_url: str = ""
    authorization: str = field(default="", repr=False)


class Reply:
    """An answer with a status of success, whose body is read once.

    `is_framed` tells whether HTTP says where the body ends; `failure` is why reading it ended early.
    """

    def __init__(self, response: Any, deadline: Deadline) -> None:
        self._response = response
        self._deadline = deadline
        self._headers = response.headers
        length = self._headers.get("Content-Length")
        is_chunked = self._headers.get("Transfer-Encoding", "").lower() == "chunked"
        self._missing = int(length) if length and length.isdecimal() and not is_chunked else None
        self.status = int(response.status)
        self.is_framed = is_chunked or self._missing is not None
        self.failure: errors.ServiceError | None = None

    @property
    def media_type(self) -> str:
        """The media type, without parameters."""
        return str(self._headers.get_content_type()) if self._headers.get("Content-Type") else ""

    def header(self, name: str) -> str:
        """Return a header, empty if absent."""
        return str(self._headers.get(name, ""))

    def read(self, size: int = 1 << 16) -> bytes:
        """Return the next bytes, empty only at the end of a whole body.

        Raises:
            ServiceError: the deadline has passed, or the body is not complete.
        """
        try:
            data = bytes(self._response.read(max(1, size)))
        except (OSError, http.client.HTTPException) as exc:
            raise self._fail("breaks off", late=isinstance(exc, TimeoutError)) from exc
        if self._missing is not None:
            self._missing -= len(data)
            if not data and self._missing > 0:
                raise self._fail("is shorter than it says")
        if not data and self._deadline.is_over:
            raise self._fail("breaks off")
        return data

    def read_all(self, limit_bytes: int) -> bytes:
        """Return the whole body.

        Raises:
            ServiceError: as `read`, or the body is longer.
        """
        body = bytearray()
        while data := self.read():
            body += data
            if len(body) > limit_bytes:
                raise errors.BackendFailedError("The answer of the store behind this endpoint is too long.")
        return bytes(body)

    def _fail(self, what: str, *, late: bool = False) -> errors.ServiceError:
        broken = errors.BackendFailedError(f"The answer of the store behind this endpoint {what}; it was discarded.")
        self.failure = self._deadline.exceeded() if late or self._deadline.is_over else broken
        return self.failure


class Transport:
    """Sends requests to one engine; may be used from several threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tls: ssl.SSLContext | None = None

    @contextmanager
    def query(self, text: str, fields: Fields, accept: str, deadline: Deadline) -> Iterator[Reply]:
        """Send a query, and give the beginning of its answer.

        Raises:
            ServiceError: MalformedQuery, DeadlineExceeded, BackendUnavailable, BackendFailed.
        """
        wrapper = _QueryWrapper(self._backend.query_url, agent=_AGENT, returnFormat=JSON)
        with self._send(wrapper, text, fields, accept, deadline) as reply:
            if reply.status != 200:
                raise errors.BackendFailedError(f"The store behind this endpoint answers with status {reply.status}.")
            yield reply

    @contextmanager
    def update(self, text: str, fields: Fields, deadline: Deadline) -> Iterator[Reply]:
        """Send an update; see `query`."""
        wrapper = _UpdateWrapper(self._backend.update_url, agent=_AGENT, returnFormat=JSON)
        with self._send(wrapper, text, fields, "*/*", deadline) as reply:
            yield reply

    @contextmanager
    def _send(
        self, wrapper: "_QueryWrapper", text: str, fields: Fields, accept: str, deadline: Deadline
    ) -> Iterator[Reply]:
        wrapper.setMethod(POST)
        wrapper.setOnlyConneg(True)
        wrapper.setQuery(text)
        for name, value in fields:
            wrapper.addParameter(name, value)
        wrapper.addCustomHttpHeader("Accept", accept)
        authorization = self._backend.authorization
        if authorization and not authorization.lower().startswith(_DIGEST):
            wrapper.addCustomHttpHeader("Authorization", authorization)
        wrapper.opener = self._make_opener(wrapper.endpoint, deadline)
        wrapper.limit_s = deadline.remaining_s()
        try:
            response = wrapper.query().response
        except urllib.error.HTTPError as exc:
            with exc:
                raise read_refusal(exc, deadline) from None
        except (OSError, http.client.HTTPException) as exc:
            raise read_breakdown(exc, deadline) from exc
        with response:
            if deadline.is_over:  # headers that break off look like headers that end
                raise deadline.exceeded()
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise errors.BackendFailedError("The store behind this endpoint compresses its answer, unasked.")
            yield Reply(response, deadline)

    def _make_opener(self, url: str, deadline: Deadline) -> urllib.request.OpenerDirector:
        """Return an opener that knows one deadline, no proxies, no redirects and no other schemes."""
        if url.lower().startswith("https:") and self._tls is None:
            self._tls = ssl.create_default_context()
        opener = urllib.request.OpenerDirector()
        opener.add_handler(urllib.request.HTTPDefaultErrorHandler())
        opener.add_handler(urllib.request.HTTPErrorProcessor())
        opener.add_handler(_Handler(deadline, self._tls))
        authorization = self._backend.authorization
        if authorization.lower().startswith(_DIGEST):
            user, _, password = authorization[len(_DIGEST) :].strip().partition(":")
            passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            passwords.add_password(None, url, user, password)
            opener.add_handler(urllib.request.HTTPDigestAuthHandler(passwords))
        return opener


class _QueryWrapper(SPARQLWrapper):
    """SPARQLWrapper with our connection.

    The kind of request is told, not read from the text: the expressions for that take cubic time (8,000 characters of
    `PREFIX a:<` take 26 s), and a client chooses the text.
    """

    kind = SELECT
    opener: urllib.request.OpenerDirector
    limit_s: float

    def _parseQueryType(self, query: str) -> str:  # noqa: N802 -- a method of SPARQLWrapper
        return self.kind

    def _query(self) -> tuple[Any, str]:
        return self.opener.open(self._createRequest(), timeout=self.limit_s), self.returnFormat


class _UpdateWrapper(_QueryWrapper):
    kind = INSERT


class _Connection(http.client.HTTPConnection):
    deadline: Deadline

    def connect(self) -> None:
        super().connect()
        self.deadline.watch(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    deadline: Deadline

    def connect(self) -> None:
        super().connect()
        self.deadline.watch(self.sock)


class _Handler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        urllib.request.HTTPHandler.__init__(self)
        self._deadline = deadline
        self._tls = tls

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(self._connect, _Connection), req)

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(self._connect, _SecureConnection, context=self._tls), req)

    def _connect(self, kind: Any, host: str, **options: Any) -> Any:
        connection = kind(host, **options)
        connection.deadline = self._deadline
        return connection
