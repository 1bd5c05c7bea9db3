"""The reasons why a job waits: what each reason means, and the way out. docs/states.md has the same list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from queuedjob.policy.job import reasons


@dataclass(frozen=True, slots=True)
class WayOut:
    """The way out of a wait."""

    message: str
    command: str = ""
    """May contain {name} and {namespace}, which stand for those of the job."""


_AGAIN: Final = "The operator asks again by itself, at most 30s apart; it spends no attempt"

WAYS_OUT: Final[Mapping[str, WayOut]] = {
    reasons.SCHEDULING: WayOut("The scheduler has not placed the pod yet; this spends no attempt"),
    reasons.UNSCHEDULABLE: WayOut(
        "It runs as soon as a node has room and fits; this spends no attempt, and nothing but timeouts.total ends it. "
        "Add room, or delete the job and create it with other requests"
    ),
    reasons.SCHEDULING_GATED: WayOut(
        "It runs as soon as whoever set the scheduling gates removes them; this spends no attempt, and nothing but "
        "timeouts.total ends it. For Kueue, look at the workload of the pod, and at its queue",
        "kubectl describe workloads -n {namespace}",
    ),
    reasons.STOP_REFUSED: WayOut(
        "The pod runs on until the API server lets the operator delete it. Mend what refuses it: an admission policy "
        f"or webhook for pods, or the operator's role. {_AGAIN}",
        "kubectl get pods -n {namespace} -l queuedjob.dev/job={name}",
    ),
    reasons.DELETING: WayOut("The job is gone once its last finalizer is removed"),
    reasons.PREVIOUS_POD: WayOut(
        "A pod of an earlier job of this name must end first",
        "kubectl get pods -n {namespace} -l queuedjob.dev/job={name}",
    ),
    reasons.POD_STOPPING: WayOut("The pod ends by itself within its grace period (terminationGracePeriodSeconds)"),
    reasons.POD_TERMINATING: WayOut(
        "The pod must end first. If its node is dead, delete the Node object, or taint it "
        "node.kubernetes.io/out-of-service",
        "kubectl get pods -n {namespace} -l queuedjob.dev/job={name} -o wide",
    ),
    "ImagePullBackOff": WayOut(
        "The kubelet tries again by itself, for as long as timeouts.start allows. Make the image available, or its "
        "pull secret; if its name is wrong, delete the job and apply it with the right one"
    ),
    "CreateContainerConfigError": WayOut(
        "The kubelet tries again by itself, for as long as timeouts.start allows. Create what is missing; if the "
        "reference is wrong, delete the job and apply it with the right one"
    ),
    "InvalidImageName": WayOut("No image can have that name: the attempt is stopped, and the job is dead-lettered"),
    reasons.MAIN_ENDED: WayOut(
        "The main container's end decides. What runs on beside it is stopped by the operator; helpers belong into "
        "native sidecars, which end by themselves"
    ),
    "QuotaExceeded": WayOut(
        f"Raise the ResourceQuota or wait until others end. {_AGAIN}", "kubectl describe resourcequota -n {namespace}"
    ),
    "PodRejected": WayOut(
        "The API server says that the pod is invalid. If it goes on saying so for a minute, the job is dead-lettered. "
        "Mend the spec"
    ),
    "PodRefused": WayOut(f"Mend what refuses the pod, or the job. {_AGAIN}"),
    "PodNameTaken": WayOut(
        f"Delete the pod that has the name and is not this job's, or give this job another name. {_AGAIN}"
    ),
    "OperatorNotPermitted": WayOut(f"Tell who runs the operator: it lacks a permission. {_AGAIN}"),
    "WebhookFailed": WayOut(f"Tell who runs the cluster: a webhook that must be asked does not answer. {_AGAIN}"),
    "NamespaceTerminating": WayOut(
        "The namespace is being deleted, and its jobs with it. If it was created anew, the job runs as soon as the API "
        "server knows of that: the operator asks again by itself, at most 5m apart; it spends no attempt",
        "kubectl get namespace {namespace}",
    ),
    "ApiServerUnavailable": WayOut(f"The API server is overloaded or down. {_AGAIN}"),
}
