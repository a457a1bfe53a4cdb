"""The endpoint as an ASGI app: read the request, choose a format, let the store answer, send all of it or an error.

A result is kept until it is complete and is sent with its length: what arrives is whole, or the status says why not.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service import errors, formats
from service.conditional import matches
from service.negotiation import negotiate
from service.pages.render import Renderer
from service.problems import PROBLEM_MEDIA_TYPE, find_problem, problem_response
from service.sparql import asgi
from service.sparql.cache import ResultCache
from service.sparql.description import Describer
from service.sparql.federation import Federation
from service.sparql.guard import refuse_egress
from service.sparql.page import show_answer, show_form, show_problem
from service.sparql.prepare import Limits, Prepared, hash_query, prepare, prepare_target
from service.sparql.request import METHODS, ProtocolRequest, read_body_request
from service.store.protocol import Answer, Store, Update
from service.writers import Writers

Headers = dict[bytes, str]
_LONG_CHARS = 10_000
"""A longer query is looked into beside the event loop."""


class SparqlApp:
    """The SPARQL endpoint of a store."""

    def __init__(
        self,
        store: Store,
        limits: Limits,
        renderer: Renderer,
        writers: Writers,
        cache: ResultCache,
        describer: Describer,
        *,
        refuses_unknown_graphs: bool,
    ) -> None:
        self._refuses_unknown_graphs = refuses_unknown_graphs
        self._store = store
        self._limits = limits
        self._renderer = renderer
        self._writers = writers
        self._cache = cache
        self._describer = describer
        self._federation = Federation(store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        asked = ProtocolRequest()
        try:
            if scope["method"] in ("GET", "HEAD"):
                headers = asgi.read_headers(scope)
                prepared = await self._prepare_target(scope["query_string"], headers)
                if prepared is None:
                    response = await self._introduce(scope, receive)
                else:
                    asked = prepared.asked
                    response = await self._answer(prepared, headers, scope, receive)
            elif scope["method"] == "OPTIONS":
                response = asgi.preflight(METHODS)
            else:
                request = Request(scope, receive)
                asked = await read_body_request(request, self._limits.body_bytes, self._limits.update_bytes)
                response = await (
                    self._update(scope, asked) if asked.update is not None else self.answer(request, asked)
                )
        except errors.ServiceError as error:
            response = self._refuse(Request(scope, receive), asked, error)
        await response(scope, receive, send)

    async def answer(self, request: Request, asked: ProtocolRequest) -> Response:
        """Return the response to a query that has been read, here or for a named query; errors are responses too."""
        try:
            headers = asgi.read_headers(request.scope)
            prepared = await self._prepare(asked, headers)
            response = await self._answer(prepared, headers, request.scope, request.receive)
            return response.copy() if isinstance(response, asgi.Whole) else response  # others add headers to theirs
        except errors.ServiceError as error:
            return self._refuse(request, asked, error)

    async def _prepare_target(self, target: bytes, headers: Headers) -> Prepared | None:
        if len(target) > self._limits.url_bytes:
            message = f"The request target is longer than {self._limits.url_bytes:,} bytes; send the query by POST."
            raise errors.UriTooLongError(message, limit_bytes=self._limits.url_bytes)
        accept, encoding = headers.get(b"accept", ""), headers.get(b"accept-encoding", "")
        if len(target) > _LONG_CHARS:
            return await run_in_threadpool(prepare_target, target, accept, encoding, self._limits)
        return prepare_target(target, accept, encoding, self._limits)

    async def _prepare(self, asked: ProtocolRequest, headers: Headers) -> Prepared:
        accept, encoding = headers.get(b"accept", ""), headers.get(b"accept-encoding", "")
        if len(asked.query or "") > _LONG_CHARS:
            return await run_in_threadpool(prepare, asked, accept, encoding, self._limits)
        return prepare(asked, accept, encoding, self._limits)

    async def _answer(self, prepared: Prepared, headers: Headers, scope: Scope, receive: Receive) -> Response:
        """Return the result of a query: what the client has already, what is kept, or what the store says."""
        version = self._store.version
        tag = prepared.entity_tag(version) if prepared.is_stable else ""
        if tag and scope["method"] != "POST" and matches(headers.get(b"if-none-match", ""), tag):
            asgi.note(scope, kind="query", query_hash=prepared.query_hash, outcome="not-modified")
            return asgi.unchanged(tag)
        wish = headers.get(b"cache-control", "").lower()
        is_kept = prepared.is_stable and "no-cache" not in wish and "no-store" not in wish
        if is_kept and (kept := self._cache.find(prepared.digest, version)):
            asgi.note(scope, kind="query", query_hash=prepared.query_hash, outcome="ok", cache="hit")
            return kept
        asgi.note(scope, kind="query", query_hash=prepared.query_hash, cache="miss")
        answer = await asgi.unless_gone(receive, self._evaluate(prepared, asgi.name_client(scope)))
        asgi.note(scope, outcome="ok")
        media_type = (prepared.graph_type if answer.kind == "graph" else prepared.bindings_type) or answer.media_type
        if media_type == formats.HTML:
            page = show_answer(self._renderer, Request(scope, receive), prepared.asked, answer)
            return asgi.open_to_all(page)
        response = asgi.send_answer(answer, media_type, tag, self._cache.largest_bytes if is_kept else 0)
        if is_kept and isinstance(response, asgi.Whole):
            self._cache.keep(prepared.digest, version, response)
        return response

    async def _evaluate(self, prepared: Prepared, client: str) -> Answer:
        """Have the store answer a query, where it names no graph that is not stored."""
        query = prepared.query_of(client)
        named = (*(query.default_graphs or ()), *(query.named_graphs or ()))
        for graph in named if self._refuses_unknown_graphs else ():
            if not await run_in_threadpool(self._store.has_graph, graph):
                raise errors.UnknownGraphError(
                    f"The graph <{graph}> is not stored here, and nothing is fetched from elsewhere; "
                    "the service description lists the graphs.",
                    graph=graph,
                )
        try:
            return await (
                self._federation.answer(query, prepared.calls) if prepared.calls else self._store.query(query)
            )
        except errors.NotAcceptableError as error:
            error.extensions["available"] = [*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES]
            raise

    async def _update(self, scope: Scope, asked: ProtocolRequest) -> Response:
        """Carry out an update of a client that has the token; 204 says that it has reached the disk."""
        text = asked.update or ""
        asgi.note(scope, kind="update", query_hash=hash_query(text))
        self._writers.admit(asgi.read_headers(scope).get(b"authorization", ""))
        await run_in_threadpool(refuse_egress, text)
        timeout_s = min(self._limits.timeout_s, asked.timeout_s or self._limits.timeout_s)
        client = asgi.name_client(scope)
        await self._store.update(Update(text, timeout_s, asked.default_graphs, asked.named_graphs, client=client))
        asgi.note(scope, outcome="ok")
        return asgi.whole(204, [(b"cache-control", b"no-store")])

    async def _introduce(self, scope: Scope, receive: Receive) -> Response:
        """Answer a request without a query: the service description, or a form for people."""
        request = Request(scope, receive)
        media_type = negotiate(", ".join(request.headers.getlist("accept")), formats.GRAPH_TYPES)
        if media_type is None:
            raise errors.NotAcceptableError(
                "The service description is RDF; accept one of its types.", available=list(formats.GRAPH_TYPES)
            )
        if media_type == formats.HTML:
            return show_form(self._renderer, request)
        endpoint = str(request.url.replace(query="", fragment=""))
        try:
            body = await self._describer.describe(endpoint, media_type, asgi.name_client(scope))
        except ValueError as exc:
            raise errors.MalformedRequestError("The Host header is no host name.") from exc
        return asgi.open_to_all(Response(body, 200, {"Vary": "Accept"}, formats.content_type(media_type)))

    def _refuse(self, request: Request, asked: ProtocolRequest, error: errors.ServiceError) -> Response:
        """Answer with a problem document, or with the form and the problem where a person reads."""
        asgi.note(request.scope, outcome=find_problem(error).slug)
        accept = ", ".join(request.headers.getlist("accept"))
        if negotiate(accept, (PROBLEM_MEDIA_TYPE, formats.HTML)) != formats.HTML:
            return asgi.open_to_all(problem_response(error))
        return asgi.open_to_all(show_problem(self._renderer, request, asked, error))
