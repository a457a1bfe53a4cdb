"""Read a request of the SPARQL 1.1 Protocol, section 2.1, into one form, however it was sent.

https://www.w3.org/TR/sparql11-protocol/#query-operation
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
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_MOST_FIELDS = 1000
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Page:
    """How people see an answer: a template that extends `sparql.html`, and what it shows besides."""

    template: str = "sparql.html"
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """What a client asks for, the same by GET, by form and by direct POST.

    `query` is None where nothing is asked: a GET without parameters, which the service description answers.
    `default_graphs` and `named_graphs` are as given, maybe empty. `format` is the `format=` parameter or None.
    """

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    timeout_s: float | None = None
    page: Page = Page()


async def read_request(request: Request, limit_bytes: int) -> ProtocolRequest:
    """Read a request.

    Raises:
        ServiceError: MalformedRequest, MethodNotAllowed, UnsupportedMediaType, BodyTooLarge, ReadOnly for an update.
    """
    url_fields = _parse_fields(request.scope["query_string"])
    if request.method in ("GET", "HEAD"):
        return _interpret(url_fields, is_get=True)
    if request.method != "POST":
        raise errors.MethodNotAllowedError(
            f"{request.method} has no meaning here; use GET or POST.", headers={"Allow": ", ".join(METHODS)}
        )
    media_type, charset = _parse_content_type(request.headers.get("content-type", ""))
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise errors.UnsupportedMediaTypeError("The body is compressed; send it as it is.")
    if media_type == UPDATE:
        raise errors.ReadOnlyError("Updates are not accepted; this endpoint answers queries only.")
    if media_type not in (FORM, QUERY) or charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise errors.UnsupportedMediaTypeError(f"Send the query as {QUERY} or as {FORM}, in UTF-8.")
    body = await _read_body(request, limit_bytes)
    if media_type == FORM:
        return _interpret(_parse_fields(body), is_get=False)
    if any(name in ("query", "update") for name, _ in url_fields):
        raise errors.MalformedRequestError("The query is in the body and in the URL; send one.")
    return _interpret([("query", _decode(body)), *url_fields], is_get=False)


def read_named(request: Request, query: str, page: Page) -> ProtocolRequest:
    """Read a request for a query of our own: its parameters are those of the endpoint but for the query itself.

    Raises:
        ServiceError: MalformedRequest.
    """
    fields = _parse_fields(request.scope["query_string"])
    if any(name == "query" for name, _ in fields):
        raise errors.MalformedRequestError("The address names the query; send other queries to /sparql.")
    return replace(_interpret([*fields, ("query", query)], is_get=True), page=page)


def _interpret(fields: list[tuple[str, str]], *, is_get: bool) -> ProtocolRequest:
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise errors.ReadOnlyError("Updates are not accepted; this endpoint answers queries only.")
    queries = values.get("query", [])
    if len(queries) > 1:
        raise errors.MalformedRequestError(f"The request has {len(queries)} queries; send one.")
    if not queries and (values or not is_get):
        raise errors.MalformedRequestError("The request has no query; send one in the parameter 'query'.")
    return ProtocolRequest(
        query=queries[0] if queries else None,
        default_graphs=tuple(values.get("default-graph-uri", ())),
        named_graphs=tuple(values.get("named-graph-uri", ())),
        format=values["format"][0] if "format" in values else None,
        timeout_s=_parse_seconds(values["timeout"][0]) if "timeout" in values else None,
    )


def _parse_fields(data: bytes) -> list[tuple[str, str]]:
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


def _parse_content_type(header: str) -> tuple[str, str]:
    media_type, _, parameters = header.partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media_type.strip().lower(), value.strip().strip('"').lower()
    return media_type.strip().lower(), ""


def _parse_seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) <= 0:
        raise errors.MalformedRequestError("The parameter 'timeout' is a number of seconds greater than 0.")
    return float(text)


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise errors.MalformedRequestError(f"The query is not UTF-8 at byte {exc.start}.") from exc


async def _read_body(request: Request, limit_bytes: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    try:
        async for part in request.stream():
            length += len(part)
            if length > limit_bytes:
                raise errors.BodyTooLargeError(
                    f"The body is larger than {limit_bytes:,} bytes.",
                    headers={"Connection": "close"},
                    limit_bytes=limit_bytes,
                )
            parts.append(part)
    except ClientDisconnect as exc:
        raise errors.MalformedRequestError("The body is not complete.") from exc
    return b"".join(parts)
