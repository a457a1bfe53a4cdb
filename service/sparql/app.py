"""The endpoint as an ASGI app: read the request, choose a format, let the store answer, send all of it or an error.

A result is kept until it is complete and is sent with its length: what arrives is whole, or the status says why not.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from graph_builder.vocab import BASE, PREFIXES
from service import errors, formats
from service.negotiation import negotiate
from service.pages.render import Renderer, page_response
from service.problems import find_problem, problem_response
from service.sparql.description import serialize_description
from service.sparql.guard import Dataset, find_dataset, refuse_unwanted
from service.sparql.request import METHODS, ProtocolRequest, read_request
from service.store.frames import CHUNK_BYTES
from service.store.protocol import SPOOL_BYTES, Answer, Query, Store
from service.store.terms import Row, Term, literal

_DESCRIPTION_TYPES = formats.GRAPH_TYPES
_PAGE_BYTES = 1 << 20
"""The largest result that is shown on a page; a larger one is offered for download."""
_LONG_CHARS = 10_000
"""A longer query is looked into beside the event loop."""
_EMPTY_FORM = """PREFIX aig: <https://w3id.org/aigov/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?principle ?label (COUNT(?statement) AS ?statements) WHERE {
  ?statement aig:invokesPrinciple ?principle .
  ?principle skos:prefLabel ?label FILTER(langMatches(lang(?label), "en"))
}
GROUP BY ?principle ?label
ORDER BY DESC(?statements) ?label
"""
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use."""

    timeout_s: float
    body_bytes: int
    result_bytes: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as the page shows it; which fields count depends on `kind`."""

    kind: str
    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    truth: bool = False
    text: str = ""


class SparqlApp:
    """The SPARQL endpoint of a store."""

    def __init__(self, store: Store, limits: Limits, renderer: Renderer) -> None:
        self._store = store
        self._limits = limits
        self._renderer = renderer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        protocol_request = ProtocolRequest(None)
        try:
            if request.method == "OPTIONS":
                response = Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
            else:
                protocol_request = await read_request(request, self._limits.body_bytes)
                response = await self.answer(request, protocol_request)
        except errors.ServiceError as error:
            response = self._refuse(request, protocol_request, error)
        await response(scope, receive, send)

    async def answer(self, request: Request, asked: ProtocolRequest) -> Response:
        """Return the response to a request that has been read, here or for a named query; errors are responses too."""
        try:
            return await self._respond(request, asked)
        except errors.ServiceError as error:
            return self._refuse(request, asked, error)

    async def _respond(self, request: Request, asked: ProtocolRequest) -> Response:
        if asked.query is None:
            return await self._introduce(request, asked)
        bindings_type, graph_type = _choose_types(request, asked)
        dataset = await self._check(asked)
        as_page = formats.HTML in (bindings_type, graph_type)
        query = Query(
            text=asked.query,
            bindings_type=bindings_type and formats.serialization_of(bindings_type, graph=False),
            graph_type=graph_type and formats.serialization_of(graph_type, graph=True),
            timeout_s=min(self._limits.timeout_s, asked.timeout_s or self._limits.timeout_s),
            limit_bytes=_PAGE_BYTES if as_page else self._limits.result_bytes,
            default_graphs=dataset.default if dataset else None,
            named_graphs=dataset.named if dataset else None,
        )
        try:
            answer = await _unless_gone(request, self._store.query(query))
        except errors.NotAcceptableError as error:
            error.extensions["available"] = [*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES]
            raise
        asked_type = graph_type if answer.kind == "graph" else bindings_type
        if asked_type == formats.HTML:
            return self._show(request, asked, answer)
        return _send_result(answer, asked_type or answer.media_type)

    async def _check(self, asked: ProtocolRequest) -> Dataset | None:
        """Return the data set, None for that of the store; refuse calls of other servers, and graphs not stored here.

        The data set of the request takes the place of the query's own.
        """
        text = asked.query or ""
        if len(text) > _LONG_CHARS:
            await run_in_threadpool(refuse_unwanted, text)
        else:
            refuse_unwanted(text)
        dataset = Dataset(tuple(dict.fromkeys(asked.default_graphs)), tuple(dict.fromkeys(asked.named_graphs)))
        if not (dataset.default or dataset.named) and "from" in text.lower():
            dataset = await run_in_threadpool(find_dataset, text, BASE)
        if not (dataset.default or dataset.named):
            return None
        stored = (await run_in_threadpool(self._store.counts)).by_graph
        for graph in (*dataset.default, *dataset.named):
            if graph not in stored:
                raise errors.UnknownGraphError(
                    f"The graph <{graph}> is not stored here, and nothing is fetched from elsewhere; "
                    "the service description lists the graphs.",
                    graph=graph,
                )
        return dataset

    async def _introduce(self, request: Request, asked: ProtocolRequest) -> Response:
        """Answer a request without a query: the service description, or a form for people."""
        media_type = negotiate(_accept(request), _DESCRIPTION_TYPES)
        if media_type is None:
            raise errors.NotAcceptableError(
                "The service description is RDF; accept one of its types.", available=list(_DESCRIPTION_TYPES)
            )
        if media_type == formats.HTML:
            return page_response(request, self._page(request, asked))
        endpoint = str(request.url.replace(query="", fragment=""))
        counts = await run_in_threadpool(self._store.counts)
        try:
            body = serialize_description(endpoint, counts, media_type, PREFIXES)
        except ValueError as exc:
            raise errors.MalformedRequestError("The Host header is no host name.") from exc
        return Response(body, 200, {"Vary": "Accept"}, formats.content_type(media_type))

    def _show(self, request: Request, asked: ProtocolRequest, answer: Answer) -> Response:
        names = [n for n, c in formats.CHOICE_BY_NAME.items() if n != "html" and _carries(c, answer.kind)]
        body = self._page(request, asked, result=_read_result(answer), downloads=names)
        return page_response(request, body, headers={"Cache-Control": "no-cache"})

    def _refuse(self, request: Request, asked: ProtocolRequest, error: errors.ServiceError) -> Response:
        """Answer with a problem document, or with the form and the problem where a person reads."""
        if negotiate(_accept(request), ("application/problem+json", formats.HTML)) != formats.HTML:
            return problem_response(error)
        problem = find_problem(error)
        shown = {"title": problem.title, "detail": error.detail}
        downloads = ["json", "csv", "turtle"] if isinstance(error, errors.ResultTooLargeError) else []
        body = self._page(request, asked, problem=shown, downloads=downloads)
        return page_response(request, body, problem.status, {"Cache-Control": "no-store", **error.headers})

    def _page(self, request: Request, asked: ProtocolRequest, **context: Any) -> bytes:
        names = sorted(formats.CHOICE_BY_NAME, key=lambda name: name != "html")
        values = {"problem": None, "result": None, "downloads": [], **asked.page.context, **context}
        query = asked.query or _EMPTY_FORM
        return self._renderer.render(asked.page.template, request, query=query, formats=names, **values)


def _choose_types(request: Request, asked: ProtocolRequest) -> tuple[str | None, str | None]:
    """Choose the types for bindings and for graphs: by `format=`, else by Accept.

    Raises:
        ServiceError: MalformedRequest for an unknown format; NotAcceptable where neither kind of result can be served.
    """
    if asked.format is not None:
        choice = formats.CHOICE_BY_NAME.get(asked.format)
        if choice is None and not request.headers.get("accept"):
            known = ", ".join(formats.CHOICE_BY_NAME)
            raise errors.MalformedRequestError(f"There is no format '{asked.format}'; use one of {known}.")
        if choice is not None:
            return choice.bindings, choice.graph
    accept = _accept(request)
    chosen = negotiate(accept, formats.BINDINGS_TYPES), negotiate(accept, formats.GRAPH_TYPES)
    if chosen == (None, None):
        available = [*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES]
        raise errors.NotAcceptableError("None of the accepted media types can be served.", available=available)
    return chosen


def _accept(request: Request) -> str:
    return ", ".join(request.headers.getlist("accept"))


def _carries(choice: formats.Choice, kind: str) -> bool:
    return (choice.graph if kind == "graph" else choice.bindings) is not None


async def _unless_gone(request: Request, work: Any) -> Answer:
    """Await an answer, and give the work up as soon as the client is gone."""
    working: asyncio.Task[Answer] = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_wait_for_disconnect(request.receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            raise errors.MalformedRequestError("The client has gone.")
        return working.result()
    finally:
        watching.cancel()
        working.cancel()


async def _wait_for_disconnect(receive: Receive) -> None:
    message: Message = {"type": "http.request"}
    while message["type"] != "http.disconnect":
        message = await receive()


def _send_result(answer: Answer, media_type: str) -> Response:
    """Return the response that sends a whole result, with its length."""
    headers = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}
    if answer.length <= SPOOL_BYTES:
        return Response(answer.read(), 200, headers, formats.content_type(media_type))
    headers["Content-Length"] = str(answer.length)
    return StreamingResponse(_read_parts(answer), 200, headers, formats.content_type(media_type))


async def _read_parts(answer: Answer) -> AsyncIterator[bytes]:
    with answer.body:
        while part := answer.body.read(CHUNK_BYTES):
            yield part


def _read_result(answer: Answer) -> Shown:
    """Read a result for the page: Turtle as text, SPARQL results in JSON as rows."""
    body = answer.read()
    if answer.kind == "graph":
        return Shown("graph", text=body.decode())
    document = json.loads(body)
    if answer.kind == "boolean":
        return Shown("boolean", truth=document["boolean"])
    rows = [{name: _read_term(value) for name, value in binding.items()} for binding in document["results"]["bindings"]]
    return Shown("solutions", names=document["head"]["vars"], rows=rows)


def _read_term(value: dict[str, Any]) -> Term:
    """Return a term of SPARQL results in JSON; a triple term is shown as text."""
    match value["type"]:
        case "uri":
            return Term("iri", value["value"])
        case "bnode":
            return Term("bnode", value["value"])
        case "literal":
            return literal(value["value"], language=value.get("xml:lang", ""), datatype=value.get("datatype", ""))
        case _:
            return literal(json.dumps(value["value"], ensure_ascii=False))
