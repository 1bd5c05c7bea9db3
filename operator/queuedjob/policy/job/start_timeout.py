"""A scheduled pod that does not start: the obstacle, and when we stop the pod. Pure.

The kubelet tries for ever to pull an image, or to find a ConfigMap or a Secret, and leaves the pod Pending (failure
catalogue J12). timeouts.start limits this time, and the operator stops the pod.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason
from queuedjob.policy.failure.evidence import INVALID_IMAGE_NAME, ORDINARY_WAITS
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.steps import MarkStop, Wait
from queuedjob.policy.time_math import later

_SAME: Final = {"ErrImagePull": "ImagePullBackOff"}
"""The kubelet alternates between these two reasons; each change would be a write."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a pod from starting: the kubelet's reason, and its message for users."""

    reason: str
    words: str


def obstacle_of(pod: Pod) -> Obstacle | None:
    """Return the first obstacle that the kubelet reports: of main, an init container or a sidecar, else of others."""
    stuck = [each for each in pod.containers if each.waiting_reason not in ORDINARY_WAITS]
    first = next((each for each in stuck if _comes_before_main(each)), stuck[0] if stuck else None)
    if first is None:
        return None
    reason = _SAME.get(first.waiting_reason, first.waiting_reason)
    return Obstacle(reason, f"container {first.name}: {first.waiting_message or first.waiting_reason}")


def stop_unstarted(facts: JobFacts, pod: Pod) -> MarkStop | Wait | None:
    """Stop a scheduled pod whose main container does not start within timeouts.start.

    A name that no image can have gets a short time instead (show_after.starting): only another spec fixes it. A pod
    without a node is not a failure, but a wait that the status shows.
    """
    deadline = start_deadline(facts, pod)
    if deadline is None:
        return None
    left = facts.now.seconds_until(deadline)
    if left > 0:
        return Wait(left)
    obstacle = obstacle_of(pod)
    return MarkStop(pod, StopReason.START, f"{obstacle.reason}: {obstacle.words}" if obstacle else "")


def start_deadline(facts: JobFacts, pod: Pod) -> datetime | None:
    """Return when a pod that has not started is stopped; None if there is no such deadline."""
    since, obstacle = _since(pod), obstacle_of(pod)
    hopeless = obstacle is not None and obstacle.reason == INVALID_IMAGE_NAME
    allowed = facts.show_after.starting if hopeless else facts.job.terms.timeouts.start
    return later(since, allowed) if since is not None and allowed is not None else None


def _since(pod: Pod) -> datetime | None:
    """Return since when the pod could have started: since it got its node, or since an init container ended last.

    Return None if nothing fails to start: the pod has no node, its main container has started, or an init container
    runs. The time of an init container is work, which the attempt's deadline limits.
    """
    if not pod.node or pod.phase != "Pending":  # Running: no container waits (pkg/kubelet/kubelet_pods.go, getPhase)
        return None
    inits = [each for each in pod.containers if each.role is ContainerRole.INIT]
    if pod.main_started or any(each.running_since for each in inits):
        return None
    ends = [each.terminated.finished for each in inits if each.terminated is not None]
    scheduled = pod.scheduled_time or pod.start_time or pod.created
    return max([scheduled, *(each for each in ends if each is not None)])


def _comes_before_main(container: Container) -> bool:
    return container.role is not ContainerRole.REGULAR
