"""Metrics computed at a scrape, instead of at every change: such a value cannot drift from the real state."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queuedjob.ports import Clock
from queuedjob.telemetry.cardinality import OTHER, Bounded, SharedNames

JobSource: TypeAlias = Callable[[], Iterable[tuple[str, str, str]]]
"""Yields (phase, namespace, queue) of every job. Called at a scrape, at most once a second (exposition.py)."""


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
    """`queuedjob_watch_age_seconds`: seconds since each watch's last event or bookmark, or since the start if none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[str, float] = {}

    def expect(self, kinds: Collection[str]) -> None:
        """Show these kinds from now on."""
        self._heard = dict.fromkeys(kinds, self._clock.monotonic())

    def heard(self, kind: str, at: float) -> None:
        """Record that an event or a bookmark of this kind came at this monotonic time."""
        self._heard[kind] = max(at, self._heard.get(kind, at))

    def collect(self) -> Iterator[Metric]:
        """One sample for each kind."""
        family = GaugeMetricFamily(
            "queuedjob_watch_age_seconds",
            "Seconds since the watch of each kind was opened or brought an event or a bookmark. Bookmarks come every "
            "minute or so, however quiet it is. Where namespaces are watched one by one, the oldest counts.",
            labels=("kind",),
        )
        now = self._clock.monotonic()
        for kind, moment in self._heard.items():
            family.add_metric((kind,), now - moment)
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
