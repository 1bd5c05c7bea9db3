"""Metrics computed at a scrape, instead of at every change: such a value cannot drift from the real state."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queuedjob.telemetry.cardinality import OTHER, Bounded, SharedNames

JobSource: TypeAlias = Callable[[], Iterable[tuple[str, str, str]]]
"""Yields (phase, namespace, queue) of every job. Called at a scrape, at most once a second (exposition.py)."""

AgeSource: TypeAlias = Callable[[], Mapping[str, float]]
"""Returns the age of the oldest watch of each kind, in seconds. Called at a scrape."""


class JobCollector(Collector):
    """`queuedjob_jobs`: how many jobs are in which phase, by queue."""

    def __init__(self, phases: Bounded, names: SharedNames) -> None:
        self._phases = phases
        self._names = names
        self._seen: set[tuple[str, str]] = set()
        self.source: JobSource = tuple

    def collect(self) -> Iterator[Metric]:
        """One sample for each phase and queue; 0 if there were jobs before and there are none now."""
        jobs = Counter(self.source())
        for _, namespace, queue in jobs:
            self._names.queue(namespace, queue)  # a use: it may take another one's place
        totals: Counter[tuple[str, str]] = Counter()
        for (phase, _, queue), number in jobs.items():
            totals[self._phases(phase), queue if self._names.shows(queue) else OTHER] += number
        self._seen = {(p, q) for p, q in self._seen | totals.keys() if q == OTHER or self._names.shows(q)}
        family = GaugeMetricFamily("queuedjob_jobs", "QueuedJobs by phase and queue.", labels=("phase", "queue"))
        for phase, queue in sorted(self._seen):
            family.add_metric((phase, queue), totals[phase, queue])
        yield family


class WatchAgeCollector(Collector):
    """`queuedjob_watch_age_seconds`: for how many seconds the oldest watch of each kind has brought nothing."""

    def __init__(self) -> None:
        self.source: AgeSource = dict

    def collect(self) -> Iterator[Metric]:
        """One sample for each kind."""
        family = GaugeMetricFamily(
            "queuedjob_watch_age_seconds",
            "Seconds since the watch of each kind was opened or brought an event or a bookmark. Bookmarks come every "
            "minute or so, however quiet it is. Where namespaces are watched one by one, the oldest counts.",
            labels=("kind",),
        )
        for kind, age in self.source().items():
            family.add_metric((kind,), age)
        yield family


class WithoutCreated(Collector):
    """Another collector's metrics without the `_created` samples, which double the series and have no use."""

    def __init__(self, inner: Collector) -> None:
        self._inner = inner

    def collect(self) -> Iterator[Metric]:
        """The metrics with all samples except `_created`."""
        for metric in self._inner.collect():
            metric.samples = [sample for sample in metric.samples if sample.name != f"{metric.name}_created"]
            yield metric
