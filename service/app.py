"""Wire the service: store, routes, problems. Nothing else happens here."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from graph_builder.vocab import BASE, PREFIXES
from service import errors, formats
from service.linked_data import routes as linked_data
from service.negotiation import negotiate
from service.openapi import add_sparql
from service.operations import health
from service.operations.access_log import open_access_log
from service.operations.control import ControlServer
from service.operations.lifecycle import Lifecycle
from service.operations.maintenance import make_commands
from service.operations.metrics import Metrics
from service.operations.observe import Observer
from service.pages import routes as pages
from service.pages.render import Renderer, page_response
from service.problems import PROBLEM_MEDIA_TYPE, find_problem, problem_response
from service.questions import routes as questions
from service.questions.catalogue import load_catalogue
from service.settings import Settings
from service.sparql import asgi
from service.sparql.app import SparqlApp
from service.sparql.cache import ResultCache
from service.sparql.description import Describer, Offer
from service.sparql.graph_store import GraphStoreApp
from service.sparql.prepare import Limits
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Store
from service.store.remote import RemoteStore, open_remote
from service.store.remote_threads import RemoteSettings
from service.writers import Writers

logger = logging.getLogger(__name__)

_STATIC = Path(__file__).parent / "pages" / "static"


def open_folder(settings: Settings) -> EmbeddedStore:
    """Open the store in the folder of these settings, as it is.

    Raises:
        StoreError: the store is in use or cannot be read.
    """
    pool = PoolSettings(
        settings.workers, settings.memory_mb << 20, settings.queue_length, settings.queue_s, settings.client_share_s
    )
    is_union = settings.default_graph == "union"
    return open_embedded(settings.store, pool=pool, base=BASE, prefixes=PREFIXES, is_union=is_union)


def open_backend(settings: Settings) -> RemoteStore:
    """Return the store that is the backend of these settings.

    Raises:
        StoreError: the backend has no usable address.
    """
    return open_remote(
        settings.backend,
        update_url=settings.backend_update if settings.writable else "",
        authorization=settings.backend_authorization,
        parameters=settings.backend_parameters,
        settings=RemoteSettings(
            settings.workers, settings.queue_length, settings.queue_s, settings.client_share_s, settings.timeout_s
        ),
        base=BASE,
        prefixes=PREFIXES,
        is_union=settings.default_graph == "union",
    )


def open_store(settings: Settings) -> Store:
    """Open the store of these settings and load the built graph into it if it is not there yet.

    A store that was restored on a machine without a build is served as it is.

    Raises:
        StoreError: the store is in use or cannot be read, there is no graph, or the backend has no usable address.
    """
    if settings.backend:
        return open_backend(settings)
    store = open_folder(settings)
    try:
        if not settings.empty and (store.health().release is None or settings.graph.exists()):
            store.load_release(settings.graph)
    except BaseException:
        store.release_folder()
        raise
    return store


def create_app(settings: Settings, store: Store | None = None) -> "Front":
    """Return the application of a store; it starts and stops the store's readers with itself.

    Args:
        settings: limits, and where the data are when no store is given.
        store: an open store; the application closes it at its end.
    """
    log = open_access_log(settings.access_log)
    catalogue = load_catalogue()
    opened = store or open_store(settings)
    results = ResultCache(settings.cache_mb << 20)
    lifecycle, metrics = Lifecycle(), Metrics(opened.health, results)
    if isinstance(opened, EmbeddedStore) and store is None and not settings.empty and not settings.graph.exists():
        lifecycle.remarks.append(f"there is no {settings.graph}; the store is served as it is")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if log is not None:
                stack.callback(log.close)
                log.start()
            stack.push_async_callback(opened.close)
            await opened.start()
            if isinstance(opened, EmbeddedStore) and opened.path is not None:
                control = ControlServer(opened.path, make_commands(opened, settings.graph))
                stack.push_async_callback(control.close)
                if remark := await control.start():
                    lifecycle.remarks.append(remark)
            lifecycle.is_up = True
            yield
            lifecycle.is_stopping = True

    renderer = Renderer()
    app = FastAPI(title="aigov", version=_version(), lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], expose_headers=asgi.EXPOSED.split(", ")
    )
    _add_problems(app, renderer)
    limits = Limits(
        settings.timeout_s,
        settings.body_mb << 20,
        settings.update_mb << 20,
        settings.url_kb << 10,
        settings.result_mb << 20,
        settings.services,
    )
    writers = Writers(settings.token_sha256 if settings.writable else None)
    is_union = settings.default_graph == "union"
    offer = Offer(is_union, bool(settings.backend), settings.writable, settings.client_share_s, limits)
    sparql = SparqlApp(
        opened,
        limits,
        renderer,
        writers,
        results,
        Describer(opened, offer),
        refuses_unknown_graphs=is_union,
    )
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.include_router(health.make_router(opened, lifecycle, metrics))
    app.include_router(pages.make_router(opened, renderer, catalogue))
    app.include_router(questions.make_router(catalogue, sparql, renderer))
    app.include_router(linked_data.make_router(opened, renderer))
    _describe_all(app)
    router = Router(app, sparql, GraphStoreApp(opened, limits, writers))
    return Front(Observer(router, metrics, log), app, lifecycle)


class Front:
    """The whole service, observed."""

    def __init__(self, app: ASGIApp, pages: FastAPI, lifecycle: Lifecycle) -> None:
        self._app = app
        self.pages = pages
        self.lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or follow the server's start and end."""
        await self._app(scope, receive, send)


class Router:
    """SPARQL as plain ASGI apps, which FastAPI would slow down, and the rest behind FastAPI."""

    def __init__(self, pages: FastAPI, sparql: ASGIApp, graph_store: ASGIApp) -> None:
        self._pages = pages
        self._sparql = sparql
        self._graph_store = graph_store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request where it belongs."""
        app: ASGIApp = self._pages
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path == "/sparql":
                app = self._sparql
            elif path == "/store" or path.startswith("/store/"):
                app = self._graph_store
        await app(scope, receive, send)


def _add_problems(app: FastAPI, renderer: Renderer) -> None:
    """Answer every error with a problem document, or with a page where a person reads."""

    def answer(request: Request, error: errors.ServiceError) -> Response:
        asgi.note(request.scope, outcome=find_problem(error).slug)
        accept = ", ".join(request.headers.getlist("accept"))
        if negotiate(accept, (PROBLEM_MEDIA_TYPE, formats.HTML)) != formats.HTML:
            return problem_response(error)
        problem = find_problem(error)
        shown = {"status": problem.status, "title": problem.title, "detail": error.detail}
        body = renderer.render("problem.html", request, problem=shown)
        return page_response(request, body, problem.status, {"Cache-Control": "no-store", **error.headers})

    @app.exception_handler(errors.ServiceError)
    def answer_service_error(request: Request, error: errors.ServiceError) -> Response:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    def answer_invalid(request: Request, error: RequestValidationError) -> Response:
        names = ", ".join(sorted(str(item["loc"][-1]) for item in error.errors()))
        return answer(request, errors.MalformedRequestError(f"Unusable parameters: {names}."))

    @app.exception_handler(HTTPException)
    def answer_http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return answer(request, errors.MethodNotAllowedError("Use GET.", headers={"Allow": "GET, HEAD"}))
        return answer(request, errors.ResourceNotFoundError("There is nothing at this address."))

    @app.exception_handler(Exception)
    def answer_defect(request: Request, error: Exception) -> Response:
        logger.error("defect at %s", request.url.path, exc_info=error)
        return answer(request, errors.InternalError("A defect of the service; it has been logged."))


def _describe_all(app: FastAPI) -> None:
    """Put the endpoint and the graph store, which FastAPI does not know, into the OpenAPI document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        add_sparql(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _version() -> str:
    try:
        return version("aigov")
    except PackageNotFoundError:
        return "0"
