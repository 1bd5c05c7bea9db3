"""A scheduled pod that does not start: what keeps it, and when that has lasted too long. Pure.

The kubelet tries for ever to pull an image, or to find a ConfigMap or a Secret, and leaves the pod Pending (failure
catalogue J12). How long is the operator's to say: timeouts.start.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.steps import MarkStop, Wait
from queuedjob.policy.time_math import later

INVALID_IMAGE_NAME: Final = "InvalidImageName"
"""pkg/kubelet/images: no registry can hold an image of this name, so no pull is ever tried."""

_ORDINARY: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
_SAME: Final = {"ErrImagePull": "ImagePullBackOff"}
"""The kubelet goes back and forth between these two; each change would be a write."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a pod from starting: a reason of the kubelet's, and its words for people."""

    reason: str
    words: str


def obstacle_of(pod: Pod) -> Obstacle | None:
    """The first obstacle that the kubelet names; those of containers that main waits for come first."""
    stuck = [each for each in pod.containers if each.waiting_reason not in _ORDINARY]
    first = next((each for each in stuck if _comes_before_main(each)), stuck[0] if stuck else None)
    if first is None:
        return None
    reason = _SAME.get(first.waiting_reason, first.waiting_reason)
    return Obstacle(reason, f"container {first.name}: {first.waiting_message or first.waiting_reason}")


def stop_unstarted(facts: JobFacts, pod: Pod) -> MarkStop | Wait | None:
    """Stop a scheduled pod whose main container does not start within timeouts.start.

    A name that no image can have is not waited for: nothing but another spec mends it. A pod without a node is no
    failure, but a wait that people see.
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
    """When a pod that has not started is stopped for it; None where nothing asks for that."""
    since, obstacle = _since(pod), obstacle_of(pod)
    hopeless = obstacle is not None and obstacle.reason == INVALID_IMAGE_NAME
    allowed = facts.show_after.starting if hopeless else facts.job.terms.timeouts.start
    return later(since, allowed) if since is not None and allowed is not None else None


def _since(pod: Pod) -> datetime | None:
    """Since when it could have started: since it has its node, and anew since an init container ended.

    None where nothing fails to start: it has no node, or its main container or an init container runs. What an init
    container takes is work, which the attempt's deadline bounds.
    """
    if not pod.node or pod.phase != "Pending":  # Running: no container waits (pkg/kubelet/kubelet_pods.go, getPhase)
        return None
    main, inits = pod.main, [each for each in pod.containers if each.role is ContainerRole.INIT]
    if (main is not None and (main.running_since or main.terminated)) or any(each.running_since for each in inits):
        return None
    ends = [each.terminated.finished for each in inits if each.terminated is not None]
    scheduled = pod.scheduled_time or pod.start_time or pod.created
    return max([scheduled, *(each for each in ends if each is not None)])


def _comes_before_main(container: Container) -> bool:
    return container.role is not ContainerRole.REGULAR
