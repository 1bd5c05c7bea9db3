"""Containers that still run after the main container has ended: stop the pod; the main container's end decides. Pure.

Kubernetes lets a pod run until its last container ends. So a helper container that does not stop would hold the job
for ever. Kubernetes itself stops native sidecars.
"""

from datetime import datetime

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.steps import MarkStop, Wait
from queuedjob.policy.time_math import later


def main_ended(pod: Pod) -> bool:
    """Whether the main container's end is in the pod's status."""
    return pod.main is not None and pod.main.terminated is not None


def leftover_containers(pod: Pod) -> tuple[Container, ...]:
    """Return the containers that keep the pod from ending after its main container has ended; () before that end."""
    if not main_ended(pod):
        return ()
    return tuple(each for each in pod.containers if each.role is ContainerRole.REGULAR and each.terminated is None)


def main_finish(pod: Pod) -> datetime:
    """Return when the main container ended. If its node lost track of it, return when the pod last changed."""
    end = pod.main.terminated if pod.main is not None else None
    known = end.finished if end is not None else None
    return known or pod.latest_condition_time or pod.created


def stop_leftover_containers(facts: JobFacts, pod: Pod) -> MarkStop | Wait | None:
    """Wait for the other containers as long as the limit allows, then stop the pod."""
    if not leftover_containers(pod):
        return None
    left = facts.now.seconds_until(later(main_finish(pod), facts.limits.main_ended))
    return MarkStop(pod, StopReason.MAIN_ENDED) if left <= 0 else Wait(left)
