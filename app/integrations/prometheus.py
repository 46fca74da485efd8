"""Write metrics in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.integrations.request_metrics import RequestMetrics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True)
class Gauge:
    """A figure of this moment, once or for each value of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: dict[tuple[str, ...], float] = field(default_factory=dict)


class _Metrics(Collector):
    def __init__(self, requests: RequestMetrics, gauges: Iterable[Gauge]) -> None:
        self._requests, self._gauges = requests, gauges

    def collect(self) -> Iterator[Metric]:
        yield from self._requests.collect()
        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family


def render(requests: RequestMetrics, gauges: Iterable[Gauge]) -> bytes:
    """The counts of all requests and the figures of this moment, as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(_Metrics(requests, gauges))
    return generate_latest(registry)
