"""What happens next to a job, and what a user can do. CHAIN lists the situations: the first that applies answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED
from queuedjob.cli.explain.models import DeadLetterExplanation, NextStep
from queuedjob.cli.explain.next_attempt import NextAttempt
from queuedjob.cli.explain.phrasing import moment, sentence, some, span
from queuedjob.cli.explain.wait_reasons import WAYS_OUT
from queuedjob.cli.explain.what_if import GivenEnd, what_if
from queuedjob.policy.facts import Pod
from queuedjob.policy.job import reasons
from queuedjob.policy.job.chain.show_status import held_words
from queuedjob.policy.job.chain.start import differs_from_failed_spec
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.start_timeout import start_deadline
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.retry.per_class import attempts_left
from queuedjob.policy.time_math import later

_SOON: Final = 30.0
"""Seconds that an operator may need to reach a job, behind other jobs or after a restart. Mention a longer delay."""

_AN_OPERATOR: Final = "is an operator running, and does it work in this namespace?"


@dataclass(frozen=True, slots=True)
class Context:
    """All that the next steps are derived from."""

    facts: JobFacts
    pods: JobPods
    seen: str
    """The reason that can be seen now, whether or not the status shows it yet."""
    next_attempt: NextAttempt | None
    letter: DeadLetterExplanation | None

    @property
    def attempt(self) -> Pod | None:
        """The pod of the current attempt."""
        return next(iter(self.pods.attempts), None)


Link: TypeAlias = Callable[[Context], tuple[NextStep, ...] | None]


def next_steps_of(context: Context) -> tuple[NextStep, ...]:
    """What happens next to the job, and what a user can do."""
    answers = (answer for link in CHAIN if (answer := link(context)) is not None)
    return (*next(answers, ()), *_lifetime(context))


def _going(context: Context) -> tuple[NextStep, ...] | None:
    job = context.facts.job
    if not job.deleting:
        return None
    if not job.held_by:
        return (_step("It is being deleted: its pods are stopped, and nothing more is started"),)
    return (
        _step("It is being deleted: no further attempt is started. A pod that runs goes on until the job is gone"),
        _step(
            f"It stays until its {held_words(job)}",
            f"kubectl get queuedjob {job.name} -n {job.namespace} -o jsonpath='{{.metadata.finalizers}}'",
        ),
    )


def _over_for_good(context: Context) -> tuple[NextStep, ...] | None:
    match context.facts.job.status.phase:
        case phases.SUCCEEDED:
            return (_step("Nothing: it is over for good"), *_expiry(context))
        case phases.CANCELLED:
            over = "Nothing: it is over for good. To do the work after all, delete the job and create it again"
            return (_step(over), *_expiry(context))
        case _:
            return None


def _dead(context: Context) -> tuple[NextStep, ...] | None:
    job, letter = context.facts.job, context.letter
    if job.status.phase not in phases.DEAD:
        return None
    steps: list[NextStep] = []
    if letter is not None:
        steps.extend(_letter(context, letter))
    if differs_from_failed_spec(job) and not job.terms.cancel:
        held = ", once spec.suspend is false" if job.terms.suspend else ""
        steps.append(_step(f"Its spec has changed since it died: it runs again{held}. If it does not: {_AN_OPERATOR}"))
    else:
        steps.append(_step("It runs again, as if it were new, once its spec is changed and applied"))
        again = '{"spec":{"template":{"metadata":{"annotations":{"again":"WHY"}}}}}'
        steps.append(
            _step("Where nothing in the spec was wrong, an annotation is change enough:", _patch(context, again))
        )
    return (*steps, *_expiry(context))


def _letter(context: Context, letter: DeadLetterExplanation) -> tuple[NextStep, ...]:
    job = context.facts.job
    match letter.phase:
        case "Owed":
            return (_step(f"Its dead letter {letter.name} is not filed yet, and must be before it can run"),)
        case "Resolved":
            return (_step(f"Dead letter {letter.name} is resolved: a person has closed the case"),)
        case "Gone":
            return (_step(f"Its dead letter {letter.name} has been deleted"),)
        case _:
            words = f"Dead letter {letter.name} waits for a person. Action {letter.action}: {letter.advice}"
            return (_step(words, f"kubectl describe dl {letter.name} -n {job.namespace}"),)


def _refused_writes(context: Context) -> NextStep:
    """Where to look if an operator runs, and the status shows nothing: perhaps it may not write the status."""
    job = context.facts.job
    words = "If one is, the job's Events tell which of its writes were refused, and why:"
    return _step(words, f"kubectl describe queuedjob {job.name} -n {job.namespace}")


def _not_looked_at(context: Context) -> tuple[NextStep, ...] | None:
    job, now = context.facts.job, context.facts.now.late
    if job.status.observed_generation != NOT_OBSERVED or context.attempt is not None:
        return None
    waited = (now - job.created).total_seconds()
    if waited < _SOON:
        return (_step("An operator looks at it in a moment"),)
    return (_step(f"An operator should have looked at it by now: {_AN_OPERATOR}"), _refused_writes(context))


def _cancelled(context: Context) -> tuple[NextStep, ...] | None:
    if not context.facts.job.terms.cancel:
        return None
    stopped = "the attempt is stopped, and then " if context.attempt is not None else ""
    return (_step(f"spec.cancel is true: {stopped}the job ends as Cancelled, unless its work is done before"),)


def _suspended(context: Context) -> tuple[NextStep, ...] | None:
    if not context.facts.job.terms.suspend:
        return None
    first = "No attempt starts while spec.suspend is true; timeouts.total stands still meanwhile"
    if context.attempt is not None:
        first = "spec.suspend is true: the attempt is stopped, and not counted"
    resume = _step("To resume it:", _patch(context, '{"spec":{"suspend":false}}'))
    return (_step(first), resume, *_attempt_to_come(context, first="Once it is resumed,"))


def _ended(context: Context) -> tuple[NextStep, ...] | None:
    pod = context.attempt
    if pod is None or pod.live:
        return None
    words = f"Attempt {pod.number} has ended and is counted in a moment. If it is not: {_AN_OPERATOR}"
    return (_step(words), _refused_writes(context))


def _under_way(context: Context) -> tuple[NextStep, ...] | None:
    pod, now = context.attempt, context.facts.now.late
    if pod is None:
        return None
    steps: list[NextStep] = []
    if context.seen in WAYS_OUT:
        steps.append(_way_out(context, context.seen))
    must_start = start_deadline(context.facts, pod) if pod.deletion_time is None else None
    if must_start is not None:
        steps.append(_step(f"If it has not started by {moment(must_start, now)}, it is stopped (timeouts.start)"))
    if pod.start_time is not None and pod.deadline_seconds is not None and pod.deletion_time is None:
        deadline = moment(later(pod.start_time, pod.deadline_seconds), now)
        by = "timeouts.total" if pod.deadline_by_total else "its deadline"
        steps.append(_step(f"It may run until {by} strikes at {deadline}"))
    return (*steps, *_if_it_fails(context))


def _if_it_fails(context: Context) -> tuple[NextStep, ...]:
    facts = context.facts
    now = facts.now.late
    failed = what_if(facts, GivenEnd(exit_code=1)).status
    if failed.phase == phases.WAITING:
        wait = (failed.next_attempt_time - now).total_seconds() if failed.next_attempt_time is not None else 0.0
        after = f"after about {span(wait)}" if wait > 0 else "at once"
        # What the pod was told, too: other classes than that of `failed` may have fewer attempts left.
        left = attempts_left(facts.job.terms.retry, facts.job.status.counters)
        limit = f"; {some(left, 'attempt')} would be left" if left else ", unless its class has none left"
        steps = [_step(f"If it fails, the next attempt follows {after}{limit}")]
    else:
        steps = [_step(f"If it fails, that is the end: {failed.phase} ({failed.reason})")]
    crashed = what_if(facts, GivenEnd(exit_code=137, reason="OOMKilled")).status
    if crashed.phase == phases.QUARANTINED:
        steps.append(_step("If it crashes, it is quarantined: a poison pill"))
    return tuple(steps)


def _waiting(context: Context) -> tuple[NextStep, ...] | None:
    status = context.facts.job.status
    if status.phase == phases.WAITING and status.reason in WAYS_OUT:
        return (_way_out(context, status.reason), *_attempt_to_come(context, first="Then"))
    return _attempt_to_come(context)


CHAIN: Final[tuple[Link, ...]] = (
    _going,
    _over_for_good,
    _dead,
    _not_looked_at,
    _cancelled,
    _ended,
    _suspended,
    _under_way,
    _waiting,
)


def _attempt_to_come(context: Context, *, first: str = "") -> tuple[NextStep, ...]:
    """Describe the next attempt. `first` names, in words, what must happen before."""
    next_attempt, now = context.next_attempt, context.facts.now.late
    if next_attempt is None:
        return ()
    at = moment(next_attempt.time, now) if next_attempt.time is not None else ""
    when = (f", not before {at}" if at else "") if first else (f" at {at}" if at else " at once")
    start = (
        f"{first} attempt {next_attempt.number} starts{when}, with a deadline of {span(next_attempt.deadline_seconds)}"
    )
    left = f"If it fails, {some(next_attempt.attempts_left, 'more attempt')} may follow"
    return (_step(start), *_sooner(context), _step(left), *_overdue(context))


def _sooner(context: Context) -> tuple[NextStep, ...]:
    """How to start the next attempt now, where only a wait for its time holds it back."""
    job, now = context.facts.job, context.facts.now
    due, not_before = job.status.next_attempt_time, job.terms.not_before_time
    if due is None or now.seconds_until(due) <= 0 or job.terms.suspend:
        return ()
    if not_before is not None and now.seconds_until(not_before) > 0:
        return ()
    return (_step("To start it now:", f"queuedjob retry {job.name} -n {job.namespace}"),)


def _overdue(context: Context) -> tuple[NextStep, ...]:
    status, now = context.facts.job.status, context.facts.now.late
    due = status.next_attempt_time
    if due is None or (now - due).total_seconds() < _SOON or status.reason != reasons.BACKOFF:
        return ()
    return (_step(f"It was due at {moment(due, now)}: {_AN_OPERATOR}"),)


def _lifetime(context: Context) -> tuple[NextStep, ...]:
    job, now = context.facts.job, context.facts.now.late
    deadline = total_deadline(job)
    if deadline is None or phases.is_terminal(job.status.phase) or job.deleting:
        return ()
    return (_step(f"timeouts.total ends it as DeadLettered (TotalTimeout) at {moment(deadline, now)}"),)


def _expiry(context: Context) -> tuple[NextStep, ...]:
    job, now = context.facts.job, context.facts.now.late
    ttl, finished = job.terms.ttl_after_finished, job.status.finish_time
    if ttl is None or finished is None:
        return ()
    once = ", once its dead letter is resolved or gone" if job.status.phase in phases.DEAD else ""
    return (_step(f"ttlAfterFinished deletes it at {moment(later(finished, ttl), now)}{once}"),)


def _way_out(context: Context, reason: str) -> NextStep:
    way, job = WAYS_OUT[reason], context.facts.job
    return _step(way.message, way.command.format(name=job.name, namespace=job.namespace))


def _patch(context: Context, patch: str) -> str:
    job = context.facts.job
    return f"kubectl patch qj {job.name} -n {job.namespace} --type merge -p '{patch}'"


def _step(words: str, command: str = "") -> NextStep:
    return NextStep(message=sentence(words), command=command)
