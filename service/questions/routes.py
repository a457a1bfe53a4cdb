"""The named queries: `/queries` lists them, `/queries/cq04` answers one, `/question/cq04` is its IRI."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from graph_builder.vocab import PREFIXES
from service import errors, formats
from service.conditional import with_etag
from service.negotiation import negotiate
from service.pages.render import Renderer, identify_reader, page_response
from service.questions.catalogue import Catalogue, NamedQuery, describe_queries
from service.sparql.app import SparqlApp
from service.sparql.request import Page, read_named
from service.store.serialization import serialize_triples

_DESCRIPTION_TYPES = tuple(t for t in formats.GRAPH_TYPES if t not in formats.BINDINGS_TYPES)
_ANSWER_OR_DESCRIPTION = (*formats.BINDINGS_TYPES, *_DESCRIPTION_TYPES)
_RESPONSES: dict[int | str, dict[str, Any]] = {404: {"description": "There is no query of that name"}}
_NOT_ACCEPTABLE: dict[int | str, dict[str, Any]] = {
    406: {"description": "None of the accepted media types can be served"}
}


def make_router(catalogue: Catalogue, sparql: SparqlApp, renderer: Renderer) -> APIRouter:
    """Return the routes; include them before those of linked data, which take every path."""
    router = APIRouter(tags=["Named queries"])

    @router.head("/queries", include_in_schema=False)
    @router.get("/queries", summary="The named queries", response_class=Response, responses=_NOT_ACCEPTABLE)
    def list_queries(request: Request, lang: str | None = None, format: str | None = None) -> Response:  # noqa: A002
        """All named queries: a page, or RDF (`sh:SPARQLExecutable`) by Accept or `format`."""
        media_type = _choose_type(request, formats.GRAPH_TYPES, format)
        if media_type != formats.HTML:
            return _send_description(request, catalogue.values(), media_type)
        ranges = identify_reader(request).ranges
        shown = [(query, query.question(ranges)) for query in catalogue.values()]
        return with_etag(request, page_response(request, renderer.render("queries.html", request, queries=shown)))

    @router.head("/queries/{name}", include_in_schema=False)
    @router.get(
        "/queries/{name}",
        summary="The answer of a named query",
        response_class=Response,
        responses={**_RESPONSES, **_NOT_ACCEPTABLE},
    )
    async def answer_query(request: Request, name: str) -> Response:
        """What `/sparql` answers to the query, with the same parameters; in a type of RDF, its description."""
        query = _find(catalogue, name)
        media_type = _choose_type(request, _ANSWER_OR_DESCRIPTION, request.query_params.get("format"))
        if media_type in _DESCRIPTION_TYPES:
            return _send_description(request, [query], media_type)
        question = query.question(identify_reader(request).ranges)
        page = Page("question.html", {"named": query, "question": question})
        return await sparql.answer(request, read_named(request, query.text, page))

    @router.head("/question/{name}", include_in_schema=False)
    @router.get(
        "/question/{name}",
        summary="Dereference a question",
        response_class=RedirectResponse,
        status_code=303,
        responses=_RESPONSES,
    )
    def dereference(request: Request, name: str) -> Response:
        """Redirect from the IRI of a question to its answer or description, which are chosen there by Accept."""
        place = f"{request.scope.get('root_path', '')}/queries/{_find(catalogue, name).name}"
        return RedirectResponse(place + (f"?{request.url.query}" if request.url.query else ""), 303)

    return router


def _find(catalogue: Catalogue, name: str) -> NamedQuery:
    if name not in catalogue:
        raise errors.ResourceNotFoundError(f"There is no query '{name}'; /queries lists them all.")
    return catalogue[name]


def _choose_type(request: Request, offered: tuple[str, ...], format_name: str | None) -> str:
    """Return the media type of the answer: by `format=` where it names one that is offered, else by Accept."""
    choice = formats.CHOICE_BY_NAME.get(format_name or "")
    for media_type in (choice.bindings, choice.graph) if choice else ():
        if media_type in offered:
            return media_type
    accepted = negotiate(", ".join(request.headers.getlist("accept")), offered)
    if accepted is None:
        raise errors.NotAcceptableError("None of the accepted media types can be served.", available=list(offered))
    return accepted


def _send_description(request: Request, queries: Iterable[NamedQuery], media_type: str) -> Response:
    endpoint = str(request.base_url).rstrip("/") + "/sparql"
    exact = formats.serialization_of(media_type, graph=True)
    try:
        body = serialize_triples(describe_queries(queries, endpoint), exact, PREFIXES)
    except ValueError as exc:
        raise errors.MalformedRequestError("The Host header is no host name.") from exc
    headers = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}
    return with_etag(request, Response(body, 200, headers, formats.content_type(media_type)))
