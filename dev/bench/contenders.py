"""The contenders: which object is created for one job, and how to see that it is done. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

NAMESPACE = "bench"
BACKLOG = "bench-backlog"
"""Waiting jobs have a namespace of their own: a query for unfinished jobs must not cost more with more waiting jobs."""

HOSTILE = "bench-hostile"
"""The namespace of the tenant whose objects are to cost the other tenants nothing."""

OUR_API = "/apis/queuedjob.dev/v1alpha1"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to run a pod to its end."""

    name: str
    root: str
    plural: str
    body: Callable[[str], Object]
    unfinished: str
    """A field selector for objects that are not done."""

    def collection(self, namespace: str = NAMESPACE) -> str:
        """Return the path of the collection."""
        return f"{self.root}/namespaces/{namespace}/{self.plural}"


def _pod_spec() -> Object:
    return {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "containers": [{"name": "main", "image": "busybox:1.36", "command": ["true"]}],
    }


def queued_job(name: str) -> Object:
    """Return a job with all defaults, as most users write it."""
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": name},
        "spec": {"template": {"spec": _pod_spec()}},
    }


def waiting_job(name: str) -> Object:
    """Return a job that is due long after the bench."""
    job = queued_job(name)
    job["spec"]["notBeforeTime"] = "2099-01-01T00:00:00Z"
    return job


def _batch_job(name: str) -> Object:
    template = {"spec": {**_pod_spec(), "restartPolicy": "Never"}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}


def _bare_pod(name: str) -> Object:
    spec = {**_pod_spec(), "restartPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


OPERATOR = Contender("QueuedJob", OUR_API, "queuedjobs", queued_job, "status.phase!=Succeeded")
JOB = Contender("batch/v1 Job, tuned", "/apis/batch/v1", "jobs", _batch_job, "status.successful=0")
SHIPPED = Contender("batch/v1 Job as shipped", "/apis/batch/v1", "jobs", _batch_job, "status.successful=0")
BARE = Contender("bare pods", "/api/v1", "pods", _bare_pod, "status.phase!=Succeeded")

ROUND = (JOB, OPERATOR, BARE, JOB)
"""One round. Job runs twice: the difference between its runs shows how much a difference to Job means."""
