"""Requests as API server and operator count them in their /metrics. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

READS = frozenset({"GET", "LIST"})
WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"})

_VERBS = {"create": "POST", "update": "PUT"}
"""The operator's verbs that the API server names differently; the others differ in case only."""

_NOT_OF_JOBS = frozenset({"version", "leases", "api", "apis", "openapi"})
"""Probes, heartbeats and discovery: their number depends on the time, not on the number of jobs."""

Counts = Counter[tuple[str, str]]
"""(verb, resource with its subresource) → requests."""


@dataclass(frozen=True, slots=True)
class PerJob:
    """Requests for one job."""

    reads: float
    writes: float
    by_kind: Mapping[str, float]
    """"PUT jobs/status" → so many; those below one in a hundred jobs are left out."""


def of_server(exposition: str) -> Counts:
    """Return all requests that the API server answered."""
    return _counts(exposition, "apiserver_request_total")


def of_operator(exposition: str) -> Counts:
    """Return all requests that the operator sent, with retries and refusals; without kopf's LISTs and WATCHes."""
    return _counts(exposition, "queuedjob_api_requests_total")


def per_job(before: Counts, after: Counts, jobs: int, own: Counts | None = None) -> PerJob:
    """Return the requests between two looks, without the bench's `own` ones. WATCHes are neither reads nor writes."""
    between = Counter(after)
    between.subtract(before)
    between.subtract(own or {})
    counted = {kind: number / jobs for kind, number in between.items() if kind[1].split("/")[0] not in _NOT_OF_JOBS}
    return PerJob(
        reads=sum(number for (verb, _), number in counted.items() if verb in READS),
        writes=sum(number for (verb, _), number in counted.items() if verb in WRITES),
        by_kind={f"{verb} {what}": number for (verb, what), number in sorted(counted.items()) if number >= 0.01},
    )


def value(exposition: str, name: str) -> float:
    """Return the sum of all samples called `name`."""
    return sum(sample.value for sample in _samples(exposition, name))


def _counts(exposition: str, name: str) -> Counts:
    counts: Counts = Counter()
    for sample in _samples(exposition, name):
        labels = sample.labels
        verb = labels["verb"]
        what = "/".join(part for part in (labels["resource"], labels.get("subresource", "")) if part)
        counts[_VERBS.get(verb, verb.upper()), what] += int(sample.value)
    return counts


def _samples(exposition: str, name: str) -> Iterator[Sample]:
    wanted = (line for line in exposition.splitlines() if line.startswith((f"{name}{{", f"{name} ")))
    for family in text_string_to_metric_families("\n".join(wanted) + "\n"):
        yield from family.samples
