"""The SPARQL 1.1 Graph Store HTTP Protocol: https://www.w3.org/TR/sparql11-http-rdf-update/.

`/store?graph=IRI` and `/store?default` name a graph indirectly (section 4.2), `/store/…` is the IRI of a graph itself
(section 4.1), and POST to `/store` makes a new one (section 5.5).
"""

import re
from dataclasses import replace
from typing import Literal
from uuid import uuid4

from python_multipart.exceptions import MultipartParseError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service import errors, formats
from service.conditional import matches
from service.negotiation import negotiate
from service.problems import find_problem, problem_response
from service.sparql import asgi
from service.sparql.guard import refuse_egress
from service.sparql.prepare import Limits, takes_gzip
from service.sparql.request import UPDATE, decode, parse_content_type, parse_fields, read_body, refuse_compressed
from service.store.protocol import Document, GraphWrite, Query, Store, Update
from service.writers import Writers

METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
_MULTIPART = "multipart/form-data"
_READ_TYPES = (formats.TURTLE, formats.N_TRIPLES, formats.RDF_XML, formats.JSON_LD)
_OFFERED = tuple(media_type for media_type in formats.GRAPH_TYPES if media_type != formats.HTML)
_ALL = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class GraphStoreApp:
    """The graphs of a store by HTTP."""

    def __init__(self, store: Store, limits: Limits, writers: Writers) -> None:
        self._store = store
        self._limits = limits
        self._writers = writers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        asgi.note(scope, kind="graph-store")
        request = Request(scope, receive)
        try:
            if scope["method"] == "OPTIONS":
                response = asgi.preflight(METHODS)
            elif scope["method"] in ("GET", "HEAD"):
                response = await self._read(request, *_name_graph(request))
            elif scope["method"] in METHODS:
                self._writers.admit(request.headers.get("authorization", ""))
                response = await self._write(request)
            else:
                message = f"{request.method} has no meaning for a graph."
                raise errors.MethodNotAllowedError(message, headers={"Allow": ", ".join(METHODS)})
        except errors.ServiceError as error:
            asgi.note(scope, outcome=find_problem(error).slug)
            response = problem_response(error)
        await asgi.open_to_all(response)(scope, receive, send)

    async def _read(self, request: Request, is_named: bool, graph: str | None) -> Response:
        """GET and HEAD, sections 5.2 and 5.7: the triples of a graph."""
        if not is_named:
            raise errors.MalformedRequestError("Name a graph: ?graph=IRI, ?default, or a path below this one.")
        if graph is not None and not await run_in_threadpool(self._store.has_graph, graph):
            raise errors.ResourceNotFoundError(f"There is no graph <{graph}>.")
        scope = request.scope
        accept = asgi.read_header(scope, b"accept")
        media_type = negotiate(accept, _OFFERED)
        if media_type is None:
            raise errors.NotAcceptableError("A graph is served as one of these types.", available=list(_OFFERED))
        query = Query(
            text=_ALL,
            bindings_type=None,
            graph_type=formats.serialization_of(media_type, graph=True),
            timeout_s=self._limits.timeout_s,
            limit_bytes=self._limits.result_bytes,
            default_graphs=None if graph is None else (graph,),
            named_graphs=None if graph is None else (),
            gzip=takes_gzip(asgi.read_header(scope, b"accept-encoding")),
            client=asgi.name_client(scope),
        )
        tag = asgi.make_tag(self._store.version, repr((replace(query, client=""), media_type)))
        if matches(asgi.read_header(scope, b"if-none-match"), tag):
            asgi.note(scope, outcome="not-modified")
            return asgi.unchanged(tag)
        answer = await asgi.unless_gone(request.receive, self._store.query(query))
        asgi.note(scope, outcome="ok")
        return asgi.send_answer(answer, media_type, tag)

    async def _write(self, request: Request) -> Response:
        """PUT, POST, DELETE and PATCH, sections 5.3 to 5.6; 201 where a graph was made, else 204."""
        is_named, graph = _name_graph(request)
        location = ""
        if not is_named:
            if request.method != "POST":
                raise errors.MalformedRequestError("Name a graph: ?graph=IRI, ?default, or a path below this one.")
            graph = location = f"{request.url.replace(query='', fragment='')}/{uuid4()}"
        client, timeout_s = asgi.name_client(request.scope), self._limits.timeout_s
        if request.method == "PATCH":
            await self._patch(request, graph, client)
            existed = True
        elif request.method == "DELETE":
            existed = await self._store.write_graph(GraphWrite(graph, "remove", timeout_s, (), client))
        else:
            base = graph or str(request.url.replace(query="", fragment=""))
            documents = await self._read_documents(request, base)
            action: Literal["replace", "merge"] = "replace" if request.method == "PUT" else "merge"
            existed = await self._store.write_graph(GraphWrite(graph, action, timeout_s, documents, client))
        asgi.note(request.scope, outcome="ok")
        headers = {"Cache-Control": "no-store"} | ({"Location": location} if location else {})
        return Response(None, 204 if existed else 201, headers)

    async def _patch(self, request: Request, graph: str | None, client: str) -> None:
        """Carry out an update in which the graph is the default graph: section 5.6."""
        media_type, _ = parse_content_type(request.headers.get("content-type", ""))
        if media_type != UPDATE:
            message = f"A patch is {UPDATE}; the graph is its default graph."
            raise errors.UnsupportedMediaTypeError(message, headers={"Accept-Patch": UPDATE})
        refuse_compressed(request)
        text = decode(await read_body(request, self._limits.update_bytes))
        refuse_egress(text)
        if graph is not None and not await run_in_threadpool(self._store.has_graph, graph):
            raise errors.ResourceNotFoundError(f"There is no graph <{graph}>.")
        await self._store.update(Update(text, self._limits.timeout_s, target=graph, client=client))

    async def _read_documents(self, request: Request, base: str) -> tuple[Document, ...]:
        """Return the documents of a body: one, or those of the parts of a form."""
        refuse_compressed(request)
        content_type = request.headers.get("content-type", "")
        media_type, charset = parse_content_type(content_type)
        body = await read_body(request, self._limits.update_bytes)
        if media_type != _MULTIPART:
            return (_check_document(body, media_type, charset, base),)
        documents = []
        for part in await _read_parts(request.headers, body):
            own_type, charset = parse_content_type(part.content_type or "")
            extension = (part.filename or "").rpartition(".")[2].lower()
            own_type = own_type if own_type in _READ_TYPES else formats.TYPE_BY_EXTENSION.get(extension, own_type)
            documents.append(_check_document(await part.read(), own_type, charset, base))
        if not documents:
            raise errors.MalformedBodyError("The form has no file; send each document as a file with its media type.")
        return tuple(documents)


def _name_graph(request: Request) -> tuple[bool, str | None]:
    """Return whether the request names a graph, and its IRI, None for the default graph.

    Raises:
        MalformedRequestError: it names several, or other parameters than `graph` and `default`.
    """
    fields = parse_fields(request.scope["query_string"])
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    below = path.removeprefix(str(request.scope.get("root_path", ""))).removeprefix("/store").strip("/")
    if below and not fields:
        return True, f"{request.url.scheme}://{request.url.netloc}{path}"
    names = [name for name, _ in fields]
    if not fields:
        return False, None
    if below or len(fields) > 1 or names[0] not in ("graph", "default"):
        raise errors.MalformedRequestError("Name one graph: ?graph=IRI, ?default, or a path below this one.")
    graph = fields[0][1]
    if names[0] == "graph" and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|^`\\]*", graph):
        raise errors.MalformedRequestError(f"The parameter 'graph' is no absolute IRI: {graph[:200]!r}.")
    return True, graph if names[0] == "graph" else None


def _check_document(data: bytes, media_type: str, charset: str, base: str) -> Document:
    """Return a document of a type that is read, without anything that would reach out or blow up."""
    if media_type not in _READ_TYPES or charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise errors.UnsupportedMediaTypeError(f"Send RDF as one of {', '.join(_READ_TYPES)}, in UTF-8.")
    if media_type == formats.RDF_XML and (_DOCTYPE.search(data) or data[:2] in (b"\xff\xfe", b"\xfe\xff")):
        raise errors.MalformedBodyError("RDF/XML is read without DOCTYPE and entities, in UTF-8; write them out.")
    return Document(data, media_type, base)


async def _read_parts(headers: Headers, body: bytes) -> list[UploadFile]:
    """Return the files of a form: RFC 7578."""

    async def whole() -> asgi.Parts:
        yield body

    try:
        form = await MultiPartParser(headers, whole()).parse()
    except (MultiPartException, MultipartParseError, KeyError) as exc:
        raise errors.MalformedBodyError(f"The form cannot be read ({exc}).") from exc
    return [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
