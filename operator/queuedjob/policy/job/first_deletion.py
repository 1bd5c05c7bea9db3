"""When a deletion of a pod was requested, kept before the kubelet's last DELETE rewrites deletionTimestamp. Pure.

If the deadline strikes within the grace period, the kubelet reports DeadlineExceeded, and its last DELETE rewrites
deletionTimestamp: the pod then no longer shows that the deletion came first. So the time of the request is written on
the pod while it is terminating (protocol: Attempt n is settled). Without a deadline in sight the store keeps the time,
which costs no request: a restart of the operator loses it. Our own stops carry their time in the same write as their
reason, which is believed only while the spec asks for a stop (stops.py).
"""

from dataclasses import replace

from queuedjob.policy.facts import Pod
from queuedjob.policy.time_math import earlier


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
