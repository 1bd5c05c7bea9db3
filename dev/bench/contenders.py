"""Who competes: what is created for one job, and how one sees that it is done. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

NAMESPACE = "bench"
BACKLOG = "bench-backlog"
"""Waiting jobs live apart: asking whether others are done must not cost more the more wait."""

OUR_API = "/apis/queuedjob.dev/v1alpha1"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to have a pod run to its end."""

    name: str
    root: str
    plural: str
    body: Callable[[str], Object]
    unfinished: str
    """A field selector: finds what is not done."""

    def collection(self, namespace: str = NAMESPACE) -> str:
        """Path of all of them."""
        return f"{self.root}/namespaces/{namespace}/{self.plural}"


def _pod_spec() -> Object:
    return {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "containers": [{"name": "main", "image": "busybox:1.36", "command": ["true"]}],
    }


def queued_job(name: str) -> Object:
    """All defaults: what most users write."""
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": name},
        "spec": {"template": {"spec": _pod_spec()}},
    }


def waiting_job(name: str) -> Object:
    """One whose time comes long after the bench."""
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
"""One round. Job runs twice: how far its runs are apart says what a difference to it is worth."""
