"""The start page and the kinds of problem."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from graph_builder.vocab import BASE
from service import errors
from service.conditional import with_etag
from service.pages.overview import load_figures, load_works
from service.pages.render import Renderer, identify_reader, page_response
from service.problems import PROBLEM_BY_SLUG
from service.questions.catalogue import Catalogue, choose_first
from service.store.protocol import Store


def make_router(store: Store, renderer: Renderer, catalogue: Catalogue) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.head("/", include_in_schema=False)
    @router.get("/", tags=["Pages"], summary="Start page", response_class=Response)
    def show_start(request: Request, lang: str | None = None) -> Response:
        """What the graph is and holds, questions to start with, the works read; in en, zh-Hans or fr."""
        reader = identify_reader(request)
        body = renderer.render(
            "start.html",
            request,
            figures=[*load_figures(store), ("triples", store.counts().triples)],
            works=load_works(store, reader.ranges),
            questions=[(query, query.question(reader.ranges)) for query in choose_first(catalogue)],
            release=store.health().release,
            base=BASE,
        )
        return with_etag(request, page_response(request, body, headers={"Vary": "Accept-Language"}))

    @router.get("/problem/{slug}", tags=["Pages"], summary="A kind of problem", response_class=Response)
    def show_problem(request: Request, slug: str) -> Response:
        """What a `type` of a problem document means."""
        problem = PROBLEM_BY_SLUG.get(slug)
        if problem is None:
            raise errors.ResourceNotFoundError(f"Nothing is known about <{BASE}problem/{slug}>.")
        described = {"title": problem.title, "status": problem.status, "detail": problem.type}
        return page_response(request, renderer.render("problem.html", request, problem=described))

    @router.head("/.well-known/void", include_in_schema=False)
    @router.get("/.well-known/void", tags=["SPARQL"], summary="Where VoID is", status_code=303)
    def find_void(request: Request) -> RedirectResponse:
        """To the service description, which has it: https://www.w3.org/TR/void/#well-known."""
        return RedirectResponse(f"{request.scope.get('root_path', '')}/sparql", 303)

    return router
