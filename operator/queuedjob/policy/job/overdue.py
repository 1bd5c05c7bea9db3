"""A pod that runs on past its deadline, because its kubelet does not stop it. Pure.

Only the kubelet enforces activeDeadlineSeconds. It may be dead while the pod tolerates that, or stuck: then nothing in
Kubernetes ends the pod. The operator marks and deletes such a pod. It still waits for the pod's end, because a node
that is only out of reach may still run it.
"""

from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.leftover_containers import main_ended
from queuedjob.policy.job.steps import MarkStop, Wait
from queuedjob.policy.time_math import later


def stop_overdue(facts: JobFacts, pod: Pod) -> MarkStop | Wait | None:
    """Stop a pod when its deadline, its grace period and the slack have passed."""
    since = pod.start_time or pod.scheduled_time
    if since is None or pod.deadline_seconds is None:
        return None
    allowed = pod.deadline_seconds + pod.termination_grace + facts.limits.deadline_slack
    left = facts.now.seconds_until(later(since, allowed))
    if left > 0:
        return Wait(left)
    return MarkStop(pod, StopReason.MAIN_ENDED if main_ended(pod) else StopReason.DEADLINE)
