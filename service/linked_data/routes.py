"""Dereference IRIs: 303 from the resource to its page or document, which have addresses of their own.

`/actor/china` is the resource, `/page/actor/china` its page, `/data/actor/china.ttl` (.jsonld, .nt, .rdf) a document.
"""

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from graph_builder.vocab import BASE, PREFIXES
from service import errors, formats
from service.conditional import with_etag
from service.linked_data.description import Description, is_known, load_description
from service.linked_data.view import EntityView
from service.links import local_path
from service.negotiation import negotiate
from service.pages.render import Renderer, identify_reader, page_response
from service.store.protocol import Store
from service.store.serialization import serialize_triples
from service.store.terms import Term, iri

_RESPONSES: dict[int | str, dict[str, Any]] = {404: {"description": "Nothing is known about the resource"}}


def make_router(store: Store, renderer: Renderer) -> APIRouter:
    """Return the routes; the last one takes every path that is left, so include this router last."""
    router = APIRouter(tags=["Linked data"])

    @router.head("/page/{path:path}", include_in_schema=False)
    @router.get("/page/{path:path}", summary="The page of a resource", response_class=Response, responses=_RESPONSES)
    def show_page(request: Request, path: str, page: int = 1, lang: str | None = None) -> Response:
        """The page of a resource in the language of `lang` or Accept-Language; `page` turns its incoming links."""
        description = _describe(store, _resource(request, "/page/"), page)
        view = EntityView(description, identify_reader(request).ranges)
        alternates = _alternates(description)
        body = renderer.render("entity.html", request, view=view, alternates=alternates)
        links = ", ".join(f'<{_root(request)}{url}>; rel="alternate"; type="{kind}"' for kind, url in alternates)
        return with_etag(request, page_response(request, body, headers={"Link": links, "Vary": "Accept-Language"}))

    @router.head("/data/{path:path}", include_in_schema=False)
    @router.get(
        "/data/{path:path}", summary="The description of a resource", response_class=Response, responses=_RESPONSES
    )
    def send_document(request: Request, path: str, page: int = 1) -> Response:
        """A bounded description; the extension says the format: ttl, jsonld, nt or rdf. `page` turns incoming links."""
        resource = _resource(request, "/data/")
        name, dot, extension = resource.value.rpartition(".")
        media_type = formats.TYPE_BY_EXTENSION.get(extension)
        if not dot or media_type is None:
            known = ", ".join(formats.TYPE_BY_EXTENSION)
            raise errors.ResourceNotFoundError(f"Documents end in one of: {known}.")
        description = _describe(store, iri(name), page)
        body = serialize_triples(description.triples(), media_type, PREFIXES)
        headers = {"X-Content-Type-Options": "nosniff", "Link": _document_links(request, description)}
        return with_etag(request, Response(body, 200, headers, formats.content_type(media_type)))

    @router.head("/{path:path}", include_in_schema=False)
    @router.get(
        "/{path:path}",
        summary="Dereference a resource",
        response_class=RedirectResponse,
        status_code=303,
        responses={**_RESPONSES, 406: {"description": "None of the accepted media types can be served"}},
    )
    def dereference(request: Request, path: str) -> Response:
        """Redirect to the page or to the document of a resource, by the Accept header."""
        resource = _resource(request, "/")
        if not _is_known(store, resource):
            raise errors.ResourceNotFoundError(f"Nothing is known about <{resource.value}>.")
        media_type = negotiate(", ".join(request.headers.getlist("accept")), formats.ENTITY_TYPES)
        if media_type is None:
            types = list(formats.ENTITY_TYPES)
            raise errors.NotAcceptableError("A resource is served as one of these types.", available=types)
        place = _page_path(resource) if media_type == formats.HTML else _data_path(resource, media_type)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(_root(request) + place + query, 303, {"Vary": "Accept"})

    return router


def _resource(request: Request, prefix: str) -> Term:
    """Return the IRI that a path stands for: percent signs decoded once, unless that would make it no IRI."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0].removeprefix(_root(request)).removeprefix(prefix)
    decoded = unquote(path)
    return iri(BASE + (path if set(decoded) & set('<>"{}|^`\\ ') else decoded))


def _is_known(store: Store, resource: Term) -> bool:
    try:
        return is_known(store, resource)
    except ValueError:  # not an IRI
        return False


def _describe(store: Store, resource: Term, page: int) -> Description:
    try:
        description = load_description(store, resource, max(1, page))
    except ValueError:  # not an IRI
        description = None
    if description is None or (page != 1 and not 1 <= page <= description.incoming.pages):
        raise errors.ResourceNotFoundError(f"Nothing is known about <{resource.value}>.")
    return description


def _alternates(description: Description) -> list[tuple[str, str]]:
    return [(media_type, _data_path(description.resource, media_type)) for media_type in formats.EXTENSION_BY_TYPE]


def _document_links(request: Request, description: Description) -> str:
    root, resource = _root(request), description.resource
    links = [f'<{root}{_page_path(resource)}>; rel="alternate"; type="{formats.HTML}"']
    incoming = description.incoming
    if incoming.page < incoming.pages:
        links.append(f'<?page={incoming.page + 1}>; rel="next"')
    if incoming.page > 1:
        links.append(f'<?page={incoming.page - 1}>; rel="prev"')
    return ", ".join(links)


def _page_path(resource: Term) -> str:
    return "/page" + (local_path(resource.value) or "")


def _data_path(resource: Term, media_type: str) -> str:
    return f"/data{local_path(resource.value)}.{formats.EXTENSION_BY_TYPE[media_type]}"


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
