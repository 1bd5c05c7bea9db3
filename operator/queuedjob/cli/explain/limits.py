"""How much of a job's limits is used, and how long the job would wait after the next failure."""

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob import Retry
from queuedjob.api.kinds.queuedjob_status import Counters
from queuedjob.cli.explain.models import Limits, LimitUse
from queuedjob.cli.explain.next_attempt import NextAttempt
from queuedjob.cli.explain.what_if import GivenEnd, what_if
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.retry.per_class import waits_left
from queuedjob.policy.time_math import earlier


def limits_of(facts: JobFacts, next_attempt: NextAttempt | None) -> Limits:
    """How much of its limits the job in `facts` has used. `next_attempt` is None if no attempt will follow."""
    job, counters = facts.job, facts.job.status.counters
    retry, pill = job.terms.retry, job.terms.poison_pill
    since = earlier(facts.now.late, pill.window)
    over = phases.is_terminal(job.status.phase)
    return Limits(
        attempts=LimitUse(used=counters.attempts, limit=retry.max_attempts),
        disruptions=LimitUse(used=counters.disruptions, limit=retry.max_disruptions),
        crashes=LimitUse(used=sum(each >= since for each in job.status.crash_times), limit=pill.crashes),
        crash_window=pill.window,
        total_deadline=None if over else total_deadline(job),
        next_wait=None if over else _wait_after_a_failure(facts),
        waits_left=None if over else waits_left(retry, counters),
        waits_left_by_class={} if over else _waits_left_by_class(retry, counters),
        next_deadline=None if next_attempt is None else float(next_attempt.deadline_seconds),
    )


def _waits_left_by_class(retry: Retry, counters: Counters) -> dict[str, float]:
    """Seconds of all waits that are left, for each class with attempts of its own."""
    limited = (each.class_ for each in retry.classes if each.max_attempts is not None)
    return {name: waits_left(retry, counters, name) for name in limited}


def _wait_after_a_failure(facts: JobFacts) -> float | None:
    """Seconds to wait after a failure now; None if that failure would end the job."""
    at = what_if(facts, GivenEnd(exit_code=1)).status.next_attempt_time
    return None if at is None else (at - facts.now.late).total_seconds()
