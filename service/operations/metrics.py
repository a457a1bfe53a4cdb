"""What Prometheus is told: counters fed by each request, and figures of the store read when somebody asks.

Names and units as https://prometheus.io/docs/practices/naming/ has them. No label takes a value that a client chooses.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from service.sparql.cache import ResultCache
from service.store.protocol import Health

ROUTES = {
    "sparql": "sparql",
    "update": "sparql",
    "store": "store",
    "data": "data",
    "": "page",
    "page": "page",
    "problem": "page",
    "queries": "page",
    "question": "page",
    "static": "static",
}
"""Route class by the first segment of the path; every other path is `other`."""
SPARQL_ROUTES = frozenset({"sparql", "store"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"})
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self, health: Callable[[], Health], results: ResultCache) -> None:
        self.registry = CollectorRegistry()
        self.in_progress = 0
        """Requests that are being answered."""
        requests = Counter(
            "aigov_http_requests", "Requests answered.", ("route", "method", "status"), registry=self.registry
        )
        sent = Counter("aigov_http_response_bytes", "Bytes of bodies sent.", ("route",), registry=self.registry)
        durations = Histogram(
            "aigov_sparql_duration_seconds",
            "From the request to the last byte, by what was asked and how it ended.",
            ("kind", "outcome"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._requests = cache(requests.labels)  # finding a child by its labels costs more than counting
        self._sent = cache(sent.labels)
        self._durations = cache(durations.labels)
        ProcessCollector(registry=self.registry)
        self.registry.register(_StoreCollector(health, results, lambda: self.in_progress))

    def count(self, route: str, method: str, status: int, length: int) -> None:
        """Count a request that has been answered; `status` is 0 where nothing was sent, `length` in bytes."""
        self._requests(route, method if method in _METHODS else "other", status or "none").inc()
        self._sent(route).inc(length)

    def time(self, kind: str, outcome: str, duration_s: float) -> None:
        """Note how long a request to the endpoint took."""
        self._durations(kind, outcome).observe(duration_s)


class _StoreCollector(Collector):
    """Reads the figures of the store at the moment of the scrape."""

    def __init__(self, health: Callable[[], Health], results: ResultCache, in_progress: Callable[[], int]) -> None:
        self._health = health
        self._results = results
        self._in_progress = in_progress

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: no figure is read before a scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        health = self._health()
        yield GaugeMetricFamily("aigov_http_requests_in_progress", "Requests at work.", value=self._in_progress())
        yield InfoMetricFamily(
            "aigov_store", "Kind and release.", {"kind": health.kind, "release": health.release or ""}
        )
        yield GaugeMetricFamily("aigov_queue_length", "Queries that wait for a reader.", value=health.waiting)
        yield GaugeMetricFamily("aigov_readers", "Reader processes alive.", value=health.readers)
        ended = CounterMetricFamily("aigov_readers_ended", "Readers ended before their time.", labels=["reason"])
        for reason, number in health.ended.items():
            ended.add_metric([reason], number)
        yield ended
        resident = sum(_resident_bytes(pid) for pid in health.reader_pids)
        yield GaugeMetricFamily("aigov_readers_resident_memory_bytes", "Memory of all readers.", value=resident)
        yield GaugeMetricFamily("aigov_snapshots", "Snapshots that are kept.", value=health.snapshots)
        yield CounterMetricFamily("aigov_store_commits", "Writes and loads since the start.", value=health.sequence - 1)
        looked_up = CounterMetricFamily("aigov_cache_requests", "Looks into the result cache.", labels=["result"])
        looked_up.add_metric(["hit"], self._results.hits)
        looked_up.add_metric(["miss"], self._results.misses)
        yield looked_up
        yield GaugeMetricFamily("aigov_cache_bytes", "Size of the result cache.", value=self._results.size_bytes)


def _resident_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where it has ended or the platform does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
