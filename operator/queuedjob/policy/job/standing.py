"""Where a job stands, for ends.py to judge: by its terms, its status and the verdict on an attempt that just ended."""

from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.job.ends import EndInputs
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.retry import poison_pill
from queuedjob.policy.retry.per_class import spent_class


def end_inputs(facts: JobFacts, status: JobStatus, verdict: Verdict | None = None) -> EndInputs:
    """Where the job of `facts` stands with `status`, in which an attempt of `verdict` is counted already."""
    terms = facts.job.terms
    pill = terms.poison_pill
    deadline = total_deadline(facts.job)
    failure = verdict.failure if verdict is not None else None
    poisons = failure is not None and failure.poisons
    return EndInputs(
        succeeded=verdict is not None and verdict.succeeded,
        cancelled=terms.cancel,
        permanent=failure is not None and not failure.retried,
        poisoned=poisons and poison_pill.poisoned(status.crash_times, pill.crashes, pill.window) is not None,
        total_passed=deadline is not None and facts.now.seconds_until(deadline) <= 0,
        disruptions=status.counters.disruptions,
        max_disruptions=terms.retry.max_disruptions,
        attempts=status.counters.attempts,
        max_attempts=terms.retry.max_attempts,
        spent_class=spent_class(terms.retry, status.counters),
    )
