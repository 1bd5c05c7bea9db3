"""When a deletion of a pod was requested, kept before the kubelet's last DELETE rewrites deletionTimestamp. Pure.

If the deadline strikes within the grace period, the kubelet reports DeadlineExceeded, and its last DELETE rewrites
deletionTimestamp: the pod then no longer shows that the deletion came first. So the time of the request is written on
the pod while it is terminating (protocol: Attempt n is settled). Without a deadline in sight the store keeps the time,
which costs no request: a restart of the operator loses it. Our own stops carry their time in the same write as their
reason, which is believed only while the spec asks for a stop (stops.py).
"""

from dataclasses import replace
from typing import Final

from queuedjob.policy.facts import Pod
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


def with_first_deletion(known: Pod | None, pod: Pod) -> Pod:
    """Return `pod` with when its deletion was first requested, if only the version `known` of it shows that.

    A kubelet may send its last DELETE long after the containers have ended, when its node comes back; that time says
    nothing of what ended them (failure catalogue J21).
    """
    if known is None or pod.deletion_noted is not None or pod.deletion_time is None:
        return pod
    if known.deletion_noted is not None:
        return replace(pod, deletion_noted=known.deletion_noted)
    if pod.deletion_grace == 0 and known.deletion_time is not None and known.deletion_grace:
        return replace(pod, deletion_noted=earlier(known.deletion_time, known.deletion_grace))
    return pod
