"""The next attempt of a job: its number, start time and deadline, taken from the link that would create its pod."""

from dataclasses import dataclass, replace
from datetime import datetime

from queuedjob.policy.job.chain.start import create_attempt
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import CreatePod
from queuedjob.policy.time_math import ServerNow


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The next attempt, if nothing else happens first."""

    number: int
    time: datetime | None
    """When the attempt may start; None: at once."""
    deadline_seconds: int
    attempts_left: int
    """Attempts that may follow if this one fails."""


def next_attempt_of(facts: JobFacts) -> NextAttempt | None:
    """The next attempt; None if an attempt is under way or the job ends first.

    Ignore what holds the job back. For example, treat a suspended job as if it were resumed now.
    """
    job = facts.job
    held = replace(job, terms=job.terms.model_copy(update={"suspend": False}))
    times = [time for time in (job.terms.not_before_time, job.status.next_attempt_time) if time is not None]
    waits = [time for time in times if facts.now.seconds_until(time) > 0]
    due = max(waits, default=None)
    then = facts.now if due is None else ServerNow(due, due)
    at = replace(facts, job=held, now=then, previous=(), previous_late=0.0, refusal=None)
    step = create_attempt(at, sort_pods(held, facts.pods))
    if not isinstance(step, CreatePod):
        return None
    return NextAttempt(step.number, due, step.deadline_seconds, step.attempts_left)
