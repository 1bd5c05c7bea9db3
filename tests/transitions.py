"""The transitions between phases that the code can write, found by running the plan on every kind of situation.

tests/unit/policy/job/test_transitions.py compares them with its table.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from queuedjob.api.kinds.queuedjob_status import Counters
from queuedjob.policy.job.inputs import JobFacts, RefusalKind
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import WriteStatus
from tests.builders import NOON, AJob, APod, a_job, facts, refused, seconds

LATER = 100.0
"""Seconds after NOON at which the plan runs: every delay of ShowAfter has passed."""


@cache
def written_transitions() -> frozenset[tuple[str, str]]:
    """(phase before, phase after) of every status write that changes the phase."""
    return frozenset(pair for it in _situations() if (pair := _transition(it)) is not None)


def _transition(it: JobFacts) -> tuple[str, str] | None:
    step = plan(it)
    if not isinstance(step, WriteStatus) or step.status.phase == it.job.status.phase:
        return None
    return it.job.status.phase, step.status.phase


def _situations() -> Iterator[JobFacts]:
    for before, ask in product(_unfinished(), _asked()):
        job = ask(before)
        yield facts(job, at=LATER)
        yield facts(job, at=LATER, refusal=refused(RefusalKind.WAIT, generation=job.generation))
        yield facts(job, at=LATER, refusal=refused(RefusalKind.SPEC_FAULT, generation=job.generation))
        for pod in _pods(job):
            yield facts(job, pod, at=LATER)
            if pod.node:
                yield facts(job.showing(pod), pod, at=LATER)
    for before, ask in product(_finished(), _asked()):
        for job in (before, ask(before), ask(before.edited(frozen=True))):
            yield facts(job, at=LATER)
            for pod in _pods(job):
                yield facts(job, pod, at=LATER)


def _unfinished() -> Iterator[AJob]:
    """Jobs that have not ended. One more crash or attempt may end some of them."""
    fresh = a_job().asking(poison_pill={"crashes": 2})
    yield fresh
    yield fresh.saying(phase="Waiting", reason="Backoff")
    for job in (fresh, fresh.saying(phase="Waiting", reason="Backoff")):
        spent = Counters(attempts=4, crashes=1, disruptions=20)
        yield job.saying(counters=spent, crash_times=(NOON,))


def _finished() -> Iterator[AJob]:
    yield a_job().succeeded()
    yield a_job().saying(phase="Cancelled", reason="Cancelled", finish_time=NOON)
    for reason in ("MaxAttempts", "PoisonPill"):
        yield a_job().dead(reason)
        yield a_job().dead(reason, filed=False)


def _asked() -> tuple[Callable[[AJob], AJob], ...]:
    return (
        lambda job: job,
        lambda job: job.suspended(),
        lambda job: job.cancelled(),
        lambda job: job.edited(timeouts={"total": 1.0}),
        lambda job: job.edited(retry={"max_attempts": 1}),
        lambda job: job.asking(not_before_time=NOON + seconds(LATER + 100)),
    )


def _pods(job: AJob) -> Iterator[APod]:
    pod = job.pod()
    yield pod
    yield pod.scheduled()
    yield pod.running()
    yield pod.scheduled().deleted(at=NOON, grace=0)
    for code in (0, 1, 64, 75):
        yield pod.exited(code)
    yield pod.oom_killed()
    yield pod.evicted()
    yield pod.running().stopped_by_us("suspended").exited(143)
    yield pod.running().vanished()
    yield replace(pod.running(), stop_reason="cancelled").deleted().exited(0)
