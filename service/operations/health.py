"""How the service does: `/health` for people, `/health/live` and `/health/ready` for supervisors, `/metrics`."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from service import errors
from service.operations.lifecycle import Lifecycle
from service.operations.metrics import Metrics
from service.store.protocol import Store

_UNCACHED = {"Cache-Control": "no-store"}


def make_router(store: Store, lifecycle: Lifecycle, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Operation"])

    def is_ready() -> bool:
        return lifecycle.is_up and not lifecycle.is_stopping and store.health().is_ready

    @router.get("/health", summary="How the service does")
    def show_health(response: Response) -> dict[str, Any]:
        """Status, size of the data, the loaded release, and which walls stand around the readers."""
        health = store.health()
        counts = store.counts()
        response.headers.update(_UNCACHED)
        return {
            "status": "ok" if is_ready() else "degraded",
            "live": True,
            "ready": is_ready(),
            "store": health.kind,
            "triples": counts.triples,
            "graphs": len(counts.by_graph),
            "release": health.release,
            "readers": {
                "alive": health.readers,
                "waiting": health.waiting,
                "walls": asdict(health.walls) if health.walls else None,
            },
        }

    @router.head("/health/live", include_in_schema=False)
    @router.get("/health/live", summary="Whether the process is alive")
    async def show_live(response: Response) -> dict[str, str]:
        """Answers as long as requests are taken at all; touches neither threads nor data."""
        response.headers.update(_UNCACHED)
        return {"status": "ok"}

    @router.head("/health/ready", include_in_schema=False)
    @router.get(
        "/health/ready",
        summary="Whether queries are answered",
        responses={503: {"description": "Starting, stopping, or the store does not answer"}},
    )
    def show_ready(response: Response) -> dict[str, str]:
        """200 while queries are answered, else 503."""
        if not is_ready():
            raise errors.NotReadyError(_describe(lifecycle), headers={"Retry-After": "1"})
        response.headers.update(_UNCACHED)
        return {"status": "ok"}

    @router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    def show_metrics(request: Request) -> Response:
        """Counters since the start and figures of this moment, in the text format or as OpenMetrics."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), 200, {**_UNCACHED, "Content-Type": media_type})

    return router


def _describe(lifecycle: Lifecycle) -> str:
    if lifecycle.is_stopping:
        return "The service is stopping."
    return "No reader is up, or the store does not answer." if lifecycle.is_up else "The service is starting."
