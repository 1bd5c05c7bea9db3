"""What spec.retry says of one failure class: attempts and backoff of its own, else those of all. Pure."""

from queuedjob.api.kinds.queuedjob import Backoff, Retry
from queuedjob.api.kinds.queuedjob_status import Counters


def schedule_of(retry: Retry, failure: str) -> Backoff:
    """The waits after failures of this class."""
    own = retry.of_class(failure)
    return own.backoff if own is not None and own.backoff is not None else retry.backoff


def has_own_schedule(retry: Retry, failure: str) -> bool:
    """Whether its waits count failures of this class only."""
    own = retry.of_class(failure)
    return own is not None and own.backoff is not None


def failures_counted(retry: Retry, counters: Counters, failure: str) -> int:
    """The number of the latest failure, of this class, in the schedule that it waits by."""
    return counters.by_class.get(failure, 0) if has_own_schedule(retry, failure) else counters.attempts


def spent_class(retry: Retry, counters: Counters) -> str:
    """A class whose own attempts are all spent; empty while each has some left."""
    spent = (
        each.class_
        for each in retry.per_class
        if each.max_attempts is not None and counters.by_class.get(each.class_, 0) >= each.max_attempts
    )
    return next(spent, "")
