"""Read a job's manifest from a file: its terms answer questions that need no cluster."""

from collections.abc import Iterator
from typing import IO, Any

import yaml

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.types.times import format_time
from queuedjob.kube.objects.queuedjobs import Unreadable, job_from
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Body

_NOBODYS = "00000000-0000-0000-0000-000000000000"


def job_in(file: IO[str], now: ServerNow) -> tuple[Job, Body]:
    """The first QueuedJob in a YAML file, as a job created just now, and its spec. Raises Unreadable."""
    try:
        documents = list(yaml.safe_load_all(file))
    except yaml.YAMLError as error:
        raise Unreadable(f"no YAML: {error}") from error
    found = next(_jobs(documents), None)
    if found is None:
        raise Unreadable(f"no {names.API_VERSION} QueuedJob in it")
    spec = found.get("spec") or {}
    return job_of(spec, now, name=(found.get("metadata") or {}).get("name") or "job"), spec


def main_container(terms: JobTerms, spec: Body) -> str:
    """The name of the container whose end decides the attempt; empty if the spec names no container."""
    match spec:
        case {"template": {"spec": {"containers": [{"name": str(first)}, *_]}}}:
            return terms.main_container or first
        case _:
            return terms.main_container or ""


def job_of(spec: Body, now: ServerNow, name: str = "job") -> Job:
    """A job with this spec that no operator has looked at yet. Raises Unreadable."""
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": _NOBODYS,
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": format_time(now.early),
    }
    return job_from({"metadata": metadata, "spec": spec}).read()


def _jobs(documents: list[Any]) -> Iterator[Body]:
    for each in documents:
        if isinstance(each, dict) and (each.get("apiVersion"), each.get("kind")) == (names.API_VERSION, "QueuedJob"):
            yield each
