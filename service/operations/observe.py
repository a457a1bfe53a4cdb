"""Time every request, count it and log it: a wrapper around the whole application, outside of everything else.

What the inner applications know of a request they put into `scope["aigov"]`, a dictionary that is made here:
`query_hash`; `outcome`, "ok", "not-modified" or the slug of a problem; `cache`, "hit" or "miss"; `kind`, what is asked
of the endpoint.
"""

from collections.abc import Awaitable
from time import perf_counter, time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.operations.access_log import AccessLog, Entry
from service.operations.metrics import ROUTES, SPARQL_ROUTES, Metrics


class Observer:
    """The application, observed."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: AccessLog | None) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; count it when it has been answered, or given up."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["aigov"] = known = {}
        status = length = 0
        is_whole = has_left = False
        began = perf_counter()

        def send_on(message: Message) -> Awaitable[None]:
            nonlocal status, length, is_whole
            if message["type"] == "http.response.body":
                length += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
            elif message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        async def receive_on() -> Message:
            nonlocal has_left
            message = await receive()
            if not status and message["type"] == "http.disconnect":
                has_left = True
            return message

        self._metrics.in_progress += 1
        try:
            await self._app(scope, receive_on, send_on)
        finally:
            self._metrics.in_progress -= 1
            if has_left:  # what was sent afterwards reached nobody
                status, length, known["outcome"] = 0, 0, "client-gone"
            elif not is_whole:
                known["outcome"] = "aborted"
            self._record(scope, known, status, length, perf_counter() - began)

    def _record(self, scope: Scope, known: dict[str, str], status: int, length: int, duration_s: float) -> None:
        method, path = scope["method"], scope["path"]
        route = ROUTES.get(path.removeprefix(scope.get("root_path", ""))[1:].partition("/")[0], "other")
        outcome = known.get("outcome") or _outcome_of(status)
        sent = 0 if method == "HEAD" else length
        self._metrics.count(route, method, status, sent)
        if route in SPARQL_ROUTES:
            self._metrics.time(known.get("kind", "none"), outcome, duration_s)
        if self._log is not None:
            client = scope.get("client")
            self._log.add(
                Entry(
                    time() - duration_s,
                    client[0] if client else None,
                    method,
                    path,
                    status or None,
                    sent,
                    duration_s,
                    known.get("query_hash"),
                    outcome,
                    known.get("cache"),
                )
            )


def _outcome_of(status: int) -> str:
    """Return the outcome of a request of which no more is known than its status."""
    if status == 304:
        return "not-modified"
    return "ok" if status < 400 else "refused"
