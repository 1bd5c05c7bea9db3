"""The settings of spec.retry for one failure class: its own attempts and backoff, else the general ones. Pure."""

from queuedjob.api.kinds.queuedjob import Backoff, Retry
from queuedjob.api.kinds.queuedjob_status import Counters
from queuedjob.policy.retry.backoff import waits_in_all


def schedule_of(retry: Retry, failure: str) -> Backoff:
    """The schedule of waits after failures of this class."""
    own = retry.of_class(failure)
    return own.backoff if own is not None and own.backoff is not None else retry.backoff


def has_own_schedule(retry: Retry, failure: str) -> bool:
    """Whether the waits of this class count only failures of this class."""
    own = retry.of_class(failure)
    return own is not None and own.backoff is not None


def failures_counted(retry: Retry, counters: Counters, failure: str) -> int:
    """The number of the latest failure, which has this class, in the schedule of its waits."""
    return counters.by_class.get(failure, 0) if has_own_schedule(retry, failure) else counters.attempts


def attempts_left(retry: Retry, counters: Counters) -> int:
    """The retries that surely follow if the next attempt fails in any retried class: by the nearest of all limits."""
    by_class = (
        each.max_attempts - counters.by_class.get(each.class_, 0)
        for each in retry.classes
        if each.max_attempts is not None
    )
    return max(0, min([retry.max_attempts - counters.attempts, *by_class]) - 1)


def waits_left(retry: Retry, counters: Counters, failure: str = "") -> float:
    """Seconds of all waits before the last attempt, if all attempts to come fail in this class; without jitter.

    An empty `failure` stands for the classes without settings of their own. The poison pill is left out.
    """
    own = retry.of_class(failure)
    attempts = retry.max_attempts - counters.attempts
    if own is not None and own.max_attempts is not None:
        attempts = min(attempts, own.max_attempts - counters.by_class.get(failure, 0))
    latest = failures_counted(retry, counters, failure)
    return waits_in_all(schedule_of(retry, failure), latest + 1, latest + attempts - 1)


def spent_class(retry: Retry, counters: Counters) -> str:
    """The first class whose own attempts are all used; empty if every class has attempts left."""
    spent = (
        each.class_
        for each in retry.classes
        if each.max_attempts is not None and counters.by_class.get(each.class_, 0) >= each.max_attempts
    )
    return next(spent, "")
