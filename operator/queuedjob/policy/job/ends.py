"""The ends of a job, in one order that decides when several ends hold at once. Pure.

The docstring of `settle_ended_attempt` (chain/end.py) lists the steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob import Retry
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.retry import poison_pill
from queuedjob.policy.retry.per_class import spent_class

_RETRY: Final = Retry()


@dataclass(frozen=True, slots=True)
class EndInputs:
    """The state of a job from which its end is decided. Counts are those of this run, since the last redrive."""

    succeeded: bool = False
    """An attempt succeeded."""
    cancelled: bool = False
    """spec.cancel is set."""
    permanent: bool = False
    """The last attempt's class is not retried."""
    poisoned: bool = False
    total_passed: bool = False
    """The current timeouts.total has passed."""
    disruptions: int = 0
    max_disruptions: int = _RETRY.max_disruptions
    attempts: int = 0
    """Attempts spent."""
    max_attempts: int = _RETRY.max_attempts
    spent_class: str = ""
    """A failure class whose own attempts (retry.perClass) are all spent; else empty."""


@dataclass(frozen=True, slots=True)
class End:
    """One way in which a job ends."""

    reason: str
    phase: str
    bad: bool
    """The end leaves a DeadLetter."""
    holds: Callable[[EndInputs], bool]


SUCCEEDED: Final = End("Succeeded", phases.SUCCEEDED, bad=False, holds=lambda it: it.succeeded)
CANCELLED: Final = End("Cancelled", phases.CANCELLED, bad=False, holds=lambda it: it.cancelled)
PERMANENT: Final = End("Permanent", phases.DEAD_LETTERED, bad=True, holds=lambda it: it.permanent)
POISON_PILL: Final = End("PoisonPill", phases.QUARANTINED, bad=True, holds=lambda it: it.poisoned)
TOTAL_TIMEOUT: Final = End("TotalTimeout", phases.DEAD_LETTERED, bad=True, holds=lambda it: it.total_passed)
MAX_DISRUPTIONS: Final = End(
    "MaxDisruptions", phases.DEAD_LETTERED, bad=True, holds=lambda it: it.disruptions > it.max_disruptions
)
MAX_ATTEMPTS: Final = End(
    "MaxAttempts",
    phases.DEAD_LETTERED,
    bad=True,
    holds=lambda it: it.attempts >= it.max_attempts or bool(it.spent_class),
)

ENDS: Final = (SUCCEEDED, CANCELLED, PERMANENT, POISON_PILL, TOTAL_TIMEOUT, MAX_DISRUPTIONS, MAX_ATTEMPTS)
"""Strongest first: done work outranks everything, spec.cancel outranks failures, a sure cause outranks a vague one."""


def end_inputs(facts: JobFacts, status: JobStatus, verdict: Verdict | None = None) -> EndInputs:
    """Step 5: return the state of the job of `facts` with `status`, which already counts the attempt of `verdict`."""
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


def end_of(inputs: EndInputs) -> End | None:
    """Step 5: return the strongest end that holds; None while the job continues."""
    return next((end for end in ENDS if end.holds(inputs)), None)
