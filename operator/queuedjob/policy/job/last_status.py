"""A pod whose phase is terminal while its status shows running containers: wait for the complete status. Pure.

At a deadline, the kubelet's first terminal status may come before it has seen the containers end (pkg/kubelet: the
statuses of containers come from a cache). The complete status follows within seconds, and only it has exit code and
last words. The finalizer holds the pod meanwhile. If the node is gone, the complete status never comes.
"""

from typing import Final

from queuedjob.policy.facts import Pod
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.steps import Wait
from queuedjob.policy.time_math import later

LONGEST: Final = 10.0
"""Seconds to wait. On a busy node, the complete status came after 2 to 6 s (seen with 1.36)."""


def is_incomplete(pod: Pod) -> bool:
    """Whether an ended pod's status still shows a running container. A pod that is gone tells no more."""
    return pod.ended and not pod.confirmed_gone and any(each.running_since is not None for each in pod.containers)


def wait_for_last_status(facts: JobFacts, pod: Pod) -> Wait | None:
    """Return how long to wait for the complete status of an ended pod; None if there is nothing to wait for.

    The time counts from when this operator first saw the pod so: an operator that starts in between waits anew.
    """
    if not is_incomplete(pod):
        return None
    since = facts.incomplete_since.get(pod.uid)
    left = LONGEST if since is None else facts.now.seconds_until(later(since, LONGEST))
    return Wait(left) if left > 0 else None
