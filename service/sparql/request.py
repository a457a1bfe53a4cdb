"""Read a request of the SPARQL 1.1 Protocol, section 2, into one form, however it was sent.

https://www.w3.org/TR/sparql11-protocol/#protocol; the method QUERY as in https://www.rfc-editor.org/rfc/rfc10008.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from service import errors

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
_MOST_FIELDS = 1000
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_CHARSETS = ("", "utf-8", "utf8", "us-ascii")


@dataclass(frozen=True, slots=True)
class Page:
    """How people see an answer: a template that extends `sparql.html`, and what it shows besides."""

    template: str = "sparql.html"
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """What a client asks for, the same by GET, by form, by direct POST and by QUERY.

    `query` and `update` are None where nothing is asked: a GET without parameters, which the service description
    answers; never are both given. `default_graphs` and `named_graphs` are as given, maybe empty: those of an update are
    its `using-graph-uri` and `using-named-graph-uri`. `format` is the `format=` parameter or None.
    """

    query: str | None = None
    update: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    timeout_s: float | None = None
    page: Page = Page()


async def read_body_request(request: Request, query_bytes: int, update_bytes: int) -> ProtocolRequest:
    """Read a request by POST or QUERY.

    Args:
        request: with its body still to be read.
        query_bytes: the longest body of a query.
        update_bytes: the longest body of an update.

    Raises:
        ServiceError: MalformedRequest, MethodNotAllowed, UnsupportedMediaType, BodyTooLarge.
    """
    if request.method not in ("POST", "QUERY"):
        message = f"{request.method} has no meaning here; use GET, POST or QUERY."
        raise errors.MethodNotAllowedError(message, headers={"Allow": ", ".join(METHODS)})
    url_fields = parse_fields(request.scope["query_string"])
    known = (FORM, QUERY, UPDATE) if request.method == "POST" else (QUERY,)
    media_type, charset = parse_content_type(request.headers.get("content-type", ""))
    refuse_compressed(request)
    if media_type not in known or charset not in _CHARSETS:
        message = f"Send a query as {QUERY} or as {FORM}, an update as {UPDATE} or as {FORM}, in UTF-8."
        raise errors.UnsupportedMediaTypeError(message, headers={"Accept-Query": QUERY})
    body = await read_body(request, query_bytes if media_type == QUERY else max(query_bytes, update_bytes))
    if media_type == FORM:
        asked = interpret(parse_fields(body), is_get=False)
        if asked.query is not None and len(body) > query_bytes:
            raise too_large(query_bytes)
        return asked
    if any(name in ("query", "update") for name, _ in url_fields):
        raise errors.MalformedRequestError("The query or update is in the body and in the URL; send one.")
    name = "query" if media_type == QUERY else "update"
    return interpret([(name, decode(body)), *url_fields], is_get=False)


def read_named(request: Request, query: str, page: Page) -> ProtocolRequest:
    """Read a request for a query of our own: its parameters are those of the endpoint but for the query itself.

    Raises:
        MalformedRequestError: as `interpret`.
    """
    fields = parse_fields(request.scope["query_string"])
    if any(name == "query" for name, _ in fields):
        raise errors.MalformedRequestError("The address names the query; send other queries to /sparql.")
    return replace(interpret([*fields, ("query", query)], is_get=True), page=page)


def interpret(fields: list[tuple[str, str]], *, is_get: bool) -> ProtocolRequest:
    """Return what the parameters of a request say.

    Raises:
        MalformedRequestError: no query where there must be one, several, a query and an update, an update by GET.
    """
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    queries, updates = values.get("query", []), values.get("update", [])
    if len(queries) + len(updates) > 1:
        raise errors.MalformedRequestError(
            f"The request has {len(queries)} queries and {len(updates)} updates; send one."
        )
    if updates and is_get:
        raise errors.MalformedRequestError("An update changes data and is sent by POST, not by GET.")
    if not queries and not updates and (values or not is_get):
        raise errors.MalformedRequestError("The request has no query; send one in the parameter 'query'.")
    prefix = "using-" if updates else ""
    return ProtocolRequest(
        query=queries[0] if queries else None,
        update=updates[0] if updates else None,
        default_graphs=tuple(values.get("using-graph-uri" if updates else "default-graph-uri", ())),
        named_graphs=tuple(values.get(f"{prefix}named-graph-uri", ())),
        format=values["format"][0] if "format" in values else None,
        timeout_s=_parse_seconds(values["timeout"][0]) if "timeout" in values else None,
    )


def parse_fields(data: bytes) -> list[tuple[str, str]]:
    """Return names and values of `application/x-www-form-urlencoded`, decoded once, in order.

    Raises:
        MalformedRequestError: not UTF-8, or too many.
    """
    try:
        return parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except UnicodeDecodeError as exc:
        raise errors.MalformedRequestError("The parameters are not UTF-8, percent-encoded.") from exc
    except ValueError as exc:
        raise errors.MalformedRequestError(f"The request has more than {_MOST_FIELDS} parameters.") from exc


def parse_content_type(header: str) -> tuple[str, str]:
    """Return media type and charset, lower case, the charset maybe empty."""
    media_type, _, parameters = header.partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media_type.strip().lower(), value.strip().strip('"').lower()
    return media_type.strip().lower(), ""


def refuse_compressed(request: Request) -> None:
    """Refuse a body that is compressed.

    Raises:
        UnsupportedMediaTypeError: it is.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise errors.UnsupportedMediaTypeError(
            "The body is compressed; send it as it is.", headers={"Accept-Encoding": "identity"}
        )


def decode(body: bytes) -> str:
    """Return a query or an update as text.

    Raises:
        MalformedRequestError: not UTF-8.
    """
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise errors.MalformedRequestError(f"The query is not UTF-8 at byte {exc.start}.") from exc


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        ServiceError: BodyTooLarge; MalformedRequest where the client goes away in the middle.
    """
    parts: list[bytes] = []
    length = 0
    try:
        async for part in request.stream():
            length += len(part)
            if length > limit_bytes:
                raise too_large(limit_bytes)
            parts.append(part)
    except ClientDisconnect as exc:
        raise errors.MalformedRequestError("The body is not complete.") from exc
    return b"".join(parts)


def too_large(limit_bytes: int) -> errors.BodyTooLargeError:
    """Return the error of a body that is longer than it may be; the connection ends with it."""
    return errors.BodyTooLargeError(
        f"The body is larger than {limit_bytes:,} bytes.", headers={"Connection": "close"}, limit_bytes=limit_bytes
    )


def _parse_seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) <= 0:
        raise errors.MalformedRequestError("The parameter 'timeout' is a number of seconds greater than 0.")
    return float(text)
