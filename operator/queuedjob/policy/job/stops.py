"""Whether a job's spec asks that its attempt is stopped. Pure."""

from typing import Final

from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.total_timeout import total_deadline

_SLACK: Final = 10.0
"""Seconds by which a pod's deadline, the remainder of timeouts.total, may strike early: clocks differ."""


def spec_asks_for_a_stop(facts: JobFacts) -> bool:
    """Whether the job is suspended, cancelled, or past timeouts.total.

    The stop reason on a pod is no proof: whoever may edit the pod may write it, and an end that spends no attempt would
    then be free for ever. While the spec asks for a stop, no further attempt follows, whatever the pod says.
    """
    if facts.job.terms.suspend or facts.job.terms.cancel:
        return True
    deadline = total_deadline(facts.job)
    return deadline is not None and facts.now.seconds_until(deadline) <= _SLACK
