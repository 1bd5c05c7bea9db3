"""The operator's metrics: a separate registry, one method for each kind of event, units in the names.

Labels, and why each one has few values:
- queue, type: users who create jobs choose them, so they are bounded here (cardinality.py); the rest is `_other`. No
  namespace can keep the places from the others, and what is out of use gives its place up (fair_share.py): its series
  end, and begin at 0 if it comes back.
- phase, class, kind, verb, workqueue: words of the operator. Phase and class are read from stored objects, which
  another version may have written, so they are bounded too.
- resource: the kinds that the operator reads and writes, with their subresources; never an object's name.
- code: HTTP statuses of one API server; 0 stands for no answer.
- reason, error: mostly words of the operator, but a kubelet or a webhook may choose a reason, so they are bounded.
- namespace: those that --namespace names.
No other label holds a namespace, and none a job or a pod: those are in the logs and in the objects.
"""

import math
from collections.abc import Callable, Iterator
from http import HTTPStatus
from platform import python_version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queuedjob.ports import Clock
from queuedjob.telemetry.cardinality import Bounded, SharedNames
from queuedjob.telemetry.collectors import AgeSource, JobCollector, JobSource, WatchAgeCollector, WithoutCreated

SUCCEEDED: Final = "Succeeded"
"""The class of an attempt that did not fail."""

_QUEUES: Final = 100
_QUEUES_AND_TYPES: Final = 300
_WORDS: Final = 50
"""Distinct values of a label whose words are the operator's, except for those of other versions and components."""

_API_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 60)
"""Up to the longest timeout of a request: 15 s for one object, 60 s for a page of a listing."""

_WORK_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_API_ERRORS: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.TOO_MANY_REQUESTS: "Throttled",
}


class Metrics(Collector):
    """Everything that /metrics shows."""

    def __init__(self, clock: Clock, *, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        self._names = SharedNames(
            clock,
            queues=_QUEUES,
            pairs=_QUEUES_AND_TYPES,
            on_queue_lost=self._queue_lost,
            on_pair_lost=self._pair_lost,
        )
        self._class = Bounded(_WORDS)
        self._wait_reason = Bounded(_WORDS)
        self._refusal_reason = Bounded(_WORDS)
        self._letter_reason = Bounded(_WORDS)
        self._error = Bounded(_WORDS)

        ProcessCollector(registry=registry)
        Gauge(
            "queuedjob_build_info",
            "1, with the versions of the operator and of Python as labels.",
            ("version", "python"),
            registry=registry,
        ).labels(version, python_version()).set(1)

        self._jobs = JobCollector(Bounded(_WORDS), self._names)
        registry.register(self._jobs)
        self._watches = WatchAgeCollector()
        registry.register(self._watches)

        self._active = Gauge("queuedjob_active_attempts", "Pods of attempts that have not ended.", registry=registry)
        self._attempts = Counter(
            "queuedjob_attempts_total",
            "Attempts that ended, by failure class (Succeeded where there was none), queue and type.",
            ("class", "queue", "type"),
            registry=registry,
        )
        self._retries = Counter(
            "queuedjob_retries_total",
            "Attempts that another one follows, by the class of the one that ended.",
            ("class",),
            registry=registry,
        )
        self._retries_now = Counter(
            "queuedjob_retries_now_total",
            "Waits for a next attempt that a user ended (annotation retry-now).",
            registry=registry,
        )
        self._letters = Counter(
            "queuedjob_dead_letters_filed_total",
            "DeadLetters filed, by why the job ended and by queue.",
            ("reason", "queue"),
            registry=registry,
        )
        self._refusals = Counter(
            "queuedjob_pod_refusals_total",
            "Pods that the API server refused to create, by reason; tries again count.",
            ("reason",),
            registry=registry,
        )
        self._not_taken = Counter(
            "queuedjob_objects_not_taken_total",
            "Objects that the operator could not take in, by kind. Tries again count.",
            ("kind",),
            registry=registry,
        )
        self._waits = Counter(
            "queuedjob_waits_total",
            "Waits that a job's status showed, by reason.",
            ("reason",),
            registry=registry,
        )
        self._deadlines_near = Counter(
            "queuedjob_deadline_near_total",
            "Attempts that came near their deadline (--deadline-near-percent), by queue and type.",
            ("queue", "type"),
            registry=registry,
        )
        self._events_lost = Counter(
            "queuedjob_events_lost_total",
            "Events that were not posted: Full, because too many waited, or NotServed, because the API server did not "
            "take them. They are not posted again.",
            ("reason",),
            registry=registry,
        )
        self._taken_over = Counter(
            "queuedjob_jobs_taken_over_total",
            "Unfinished jobs that the operator found at its start.",
            registry=registry,
        )
        self._api_requests = Counter(
            "queuedjob_api_requests_total",
            "Requests to the API server, by verb, resource and HTTP status; 0: no answer came.",
            ("verb", "resource", "code"),
            registry=registry,
        )
        self._api_seconds = Histogram(
            "queuedjob_api_request_duration_seconds",
            "Seconds from a request to its whole answer (a watch's: to its headers), or until it was given up.",
            ("verb", "resource"),
            buckets=_API_SECONDS,
            registry=registry,
        )
        self._api_errors = Counter(
            "queuedjob_api_errors_total",
            "Requests that the API server did not serve: NoAnswer, ServerFailed (5xx), Throttled (429), Unauthorized "
            "(401), Forbidden (403: a missing permission, a quota or a policy). Conflicts and absent objects are "
            "ordinary answers.",
            ("resource", "error"),
            registry=registry,
        )
        self._depth = Gauge(
            "queuedjob_workqueue_depth",
            "Keys that are due and wait for a worker.",
            ("workqueue",),
            registry=registry,
        )
        self._queued_seconds = Histogram(
            "queuedjob_workqueue_latency_seconds",
            "Seconds from when a key was due until a worker took it.",
            ("workqueue",),
            buckets=_WORK_SECONDS,
            registry=registry,
        )
        self._work_seconds = Histogram(
            "queuedjob_workqueue_work_duration_seconds",
            "Seconds that handling a key took, requests to the API server included.",
            ("workqueue",),
            buckets=_WORK_SECONDS,
            registry=registry,
        )
        self._reconcile_errors = Counter(
            "queuedjob_reconcile_errors_total",
            "Times that handling a key failed, by kind of error; it is tried again.",
            ("workqueue", "error"),
            registry=registry,
        )
        self._namespaces = Gauge(
            "queuedjob_namespace_served",
            "1 while the API server serves a namespace that --namespace names; 0 while it refuses it.",
            ("namespace",),
            registry=registry,
        )
        self._leader = Gauge(
            "queuedjob_leader",
            "1 while this process works: it holds the Lease, or there is no leader election.",
            registry=registry,
        )
        self._terms = Counter(
            "queuedjob_terms_total",
            "Terms that this process has begun: how often it took the Lease.",
            registry=registry,
        )
        self._skew = Gauge(
            "queuedjob_server_clock_skew_seconds",
            "Seconds that the API server's clock is ahead of this machine's; NaN before its first answer.",
            registry=registry,
        )
        self._skew.set(math.nan)

    # Values that are read at each scrape. The wiring passes the sources.

    def count_jobs(self, source: JobSource) -> None:
        """Take the jobs' phases, namespaces and queues from `source`."""
        self._jobs.source = source

    def count_active_attempts(self, source: Callable[[], int]) -> None:
        """Take the number of live pods from `source`."""
        self._active.set_function(source)

    def measure_watches(self, source: AgeSource) -> None:
        """Take the age of the oldest watch of each kind, in seconds, from `source`."""
        self._watches.source = source

    def measure_depth(self, workqueue: str, source: Callable[[], int]) -> None:
        """Take the number of keys that are due in `workqueue` from `source`."""
        self._depth.labels(workqueue).set_function(source)

    def measure_leader(self, source: Callable[[], bool]) -> None:
        """Take from `source` whether this process works."""
        self._leader.set_function(lambda: float(source()))

    def term_begun(self) -> None:
        """Record that this process has taken the Lease."""
        self._terms.inc()

    def measure_clock_skew(self, source: Callable[[], float | None]) -> None:
        """Take the seconds that the API server's clock is ahead from `source`; None while they are not known."""

        def skew() -> float:
            seconds = source()
            return math.nan if seconds is None else seconds

        self._skew.set_function(skew)

    # Events that are reported when they happen.

    def attempt_finished(self, class_: str, namespace: str, queue: str, type_: str) -> None:
        """An attempt of a job in `namespace` is settled. `class_`: its failure class, or SUCCEEDED without one."""
        self._attempts.labels(self._class(class_), *self._names.pair(namespace, queue, type_)).inc()

    def retry_planned(self, class_: str) -> None:
        """An attempt of this failure class ended, and another one will follow it."""
        self._retries.labels(self._class(class_)).inc()

    def retried_now(self) -> None:
        """A user ended the wait for a next attempt."""
        self._retries_now.inc()

    def dead_letter_filed(self, reason: str, namespace: str, queue: str) -> None:
        """A job of `queue` in `namespace` ended without success, and its dead letter is filed."""
        self._letters.labels(self._letter_reason(reason), self._names.queue(namespace, queue)).inc()

    def pod_refused(self, reason: str) -> None:
        """The API server refused to create a pod."""
        self._refusals.labels(self._refusal_reason(reason)).inc()

    def wait_shown(self, reason: str) -> None:
        """A job's status shows that the job waits, and why."""
        self._waits.labels(self._wait_reason(reason)).inc()

    def deadline_near(self, namespace: str, queue: str, type_: str) -> None:
        """An attempt of a job in `namespace` has used most of its deadline."""
        self._deadlines_near.labels(*self._names.pair(namespace, queue, type_)).inc()

    def event_lost(self, reason: str) -> None:
        """An Event was not posted. `reason`: Full or NotServed."""
        self._events_lost.labels(reason).inc()

    def jobs_taken_over(self, jobs: int) -> None:
        """The operator started and found this many unfinished jobs."""
        self._taken_over.inc(jobs)

    def api_request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """A request to the API server ended. `code` 0: no answer."""
        self._api_requests.labels(verb, resource, code).inc()
        self._api_seconds.labels(verb, resource).observe(seconds)
        if error := _api_error(code):
            self._api_errors.labels(resource, error).inc()

    def work_taken(self, workqueue: str, seconds: float) -> None:
        """A worker took a key that had been due for `seconds`."""
        self._queued_seconds.labels(workqueue).observe(seconds)

    def work_done(self, workqueue: str, seconds: float) -> None:
        """A worker finished a key after `seconds`, with or without an error."""
        self._work_seconds.labels(workqueue).observe(seconds)

    def reconcile_failed(self, workqueue: str, error: Exception) -> None:
        """Handling a key ended in `error`."""
        self._reconcile_errors.labels(workqueue, self._error(type(error).__name__)).inc()

    def object_not_taken(self, kind: str) -> None:
        """An object of `kind` could not be taken in."""
        self._not_taken.labels(kind).inc()

    def namespace_served(self, namespace: str, *, served: bool) -> None:
        """A namespace that --namespace names serves the operator, or refuses it."""
        self._namespaces.labels(namespace).set(int(served))

    def _queue_lost(self, queue: str) -> None:
        for metric in (self._attempts, self._letters, self._deadlines_near):
            metric.remove_by_labels({"queue": queue})

    def _pair_lost(self, queue: str, type_: str) -> None:
        for metric in (self._attempts, self._deadlines_near):
            metric.remove_by_labels({"queue": queue, "type": type_})

    def collect(self) -> Iterator[Metric]:
        """All metrics with the values that they have now (exposition.py makes text of them)."""
        return WithoutCreated(self._registry).collect()


def _api_error(code: int) -> str:
    if code == 0:
        return "NoAnswer"
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "ServerFailed"
    return _API_ERRORS.get(code, "")
