"""A QueuedJob as a user writes it, before an API server has it."""

from typing import Final

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.types.times import format_time
from queuedjob.kube.objects.queuedjobs import Unreadable, job_from
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Body

_NO_UID: Final = "00000000-0000-0000-0000-000000000000"


def is_job(document: object) -> bool:
    """Whether a YAML document is a QueuedJob."""
    ours = (names.API_VERSION, QUEUEDJOB.kind)
    return isinstance(document, dict) and (document.get("apiVersion"), document.get("kind")) == ours


def name_and_spec(manifest: Body) -> tuple[str, Body]:
    """The job's name, empty if it has none, and its spec. Raises Unreadable."""
    metadata, spec = manifest.get("metadata") or {}, manifest.get("spec") or {}
    for field, value in (("metadata", metadata), ("spec", spec)):
        if not isinstance(value, dict):
            raise Unreadable(f"{field}: it is no object")
    name = metadata.get("name")
    return name if isinstance(name, str) else "", spec


def job_of(spec: Body, now: ServerNow, name: str = "job") -> Job:
    """A job with this spec that no operator has looked at yet. Raises Unreadable."""
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": _NO_UID,
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": format_time(now.early),
    }
    return job_from({"metadata": metadata, "spec": spec}).read()
