"""The last link: warn that an attempt is near its deadline (failure catalogue A21). Pure."""

from typing import Final

from queuedjob.api.kinds.queuedjob_phases import is_terminal
from queuedjob.api.types.durations import format_duration
from queuedjob.api.types.times import format_second
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.leftover_containers import main_ended
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import JobEvent, Step, Wait, WarnOfDeadline
from queuedjob.policy.time_math import later

SHORTEST: Final = 60
"""Seconds. For a shorter deadline there is no warning: too little time is left to act, and an Event would cost more
than the attempt."""

OFF: Final = 100
"""Percent. At the deadline itself, a warning is useless."""


def warn_of_deadline(facts: JobFacts, pods: JobPods) -> Step | None:
    """Warn once for each pod when the set share of its deadline has passed; not if the pod has ended before."""
    limit = facts.limits.deadline_near_percent
    pod = next((each for each in pods.attempts if each.live and not each.missing_from_watch), None)
    if pod is None or is_terminal(facts.job.status.phase) or pod.uid == facts.warned or limit >= OFF:
        return None
    if pod.deletion_time is not None or main_ended(pod) or pod.start_time is None:
        return None
    deadline = pod.deadline_seconds
    if deadline is None or deadline < SHORTEST:
        return None
    left = facts.now.seconds_until(later(pod.start_time, deadline * limit / 100))
    if left > 0:
        return Wait(left)
    which = "what is left of timeouts.total" if pod.deadline_by_total else "timeouts.attempt"
    message = (
        f"attempt {pod.number} has used {limit} % of its deadline of {format_duration(deadline)} ({which}) and is "
        f"stopped at {format_second(later(pod.start_time, deadline))}"
    )
    return WarnOfDeadline(pod, JobEvent("DeadlineNear", message))
