"""The link that writes on a terminating pod when its deletion was asked for (first_deletion.py)."""

from typing import Final

from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.leftover_containers import main_ended
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import NoteDeletion, Step
from queuedjob.policy.job.upkeep import first_unrefused
from queuedjob.policy.time_math import earlier, later

_LATE_KUBELET: Final = 300.0
"""Seconds that a kubelet may be late. After this time, Kubernetes marks the pods of a dead node as disrupted, with the
time (tolerationSeconds, plugin/pkg/admission/defaulttolerationseconds)."""


def note_deletion(facts: JobFacts, pods: JobPods) -> Step | None:
    """Note the deletion of an attempt's pod by another client, if the pod's deadline may strike before the pod ends."""
    if facts.job.deleting:
        return None  # the garbage collector deletes what a deleted job owns, and no attempt follows
    for pod in pods.attempts:
        if not pod.live or pod.missing_from_watch or pod.stop_reason or pod.deletion_noted or pod.disruption:
            continue
        if pod.deletion_time is None or not pod.deletion_grace or main_ended(pod):
            continue
        if pod.start_time is None or pod.deadline_seconds is None:
            continue
        asked, struck = earlier(pod.deletion_time, pod.deletion_grace), later(pod.start_time, pod.deadline_seconds)
        if asked < struck <= later(pod.deletion_time, _LATE_KUBELET):
            return first_unrefused(facts, [NoteDeletion(pod, asked)])
    return None
