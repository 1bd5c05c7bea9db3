"""The text that Prometheus reads, from metrics that are collected at most once a second."""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queuedjob.ports import Clock

FRESH: Final = 1.0
"""Seconds for which collected metrics are served again. To collect them takes long where there are many jobs."""

_FORMATS: Final = 4
"""Texts that are kept of one collection. A scraper names versions of the formats freely, so they need a bound."""


class CachedExposition:
    """The text of some metrics. However many scrapers ask, the metrics are collected at most once in FRESH seconds."""

    def __init__(self, metrics: Collector, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._collected: _Collected | None = None
        self._texts: dict[str, bytes] = {}
        self._until = 0.0

    def __call__(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, in the format that the Accept header asks for, or in the plain one.

        Raises what a source of the metrics raises.
        """
        collected = self._fresh()
        encode, content_type = _encoder(accept)
        if content_type not in self._texts and len(self._texts) >= _FORMATS:
            encode, content_type = _encoder("")  # every scraper reads the plain format
        if content_type not in self._texts:
            self._texts[content_type] = encode(collected)
        return self._texts[content_type], content_type

    def _fresh(self) -> "_Collected":
        now = self._clock.monotonic()
        if self._collected is None or now >= self._until:
            self._collected = _Collected(tuple(self._metrics.collect()))
            self._texts = {}
            self._until = now + FRESH
        return self._collected


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except (ValueError, TypeError):  # a version that is none: 1.x
        return choose_encoder("")


class _Collected(Collector):
    """Metrics with the values that they had when they were collected."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._families = metrics

    def collect(self) -> Sequence[Metric]:
        """The same metrics each time."""
        return self._families
