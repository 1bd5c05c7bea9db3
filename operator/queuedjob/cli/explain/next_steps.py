"""What happens next to a job, and what a person can do: a chain of situations, the first that holds answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED
from queuedjob.cli.explain.models import LetterStory, NextStory
from queuedjob.cli.explain.next_attempt import Coming
from queuedjob.cli.explain.phrasing import moment, sentence, some, span
from queuedjob.cli.explain.wait_reasons import WAYS_OUT
from queuedjob.cli.explain.what_if import Told, imagined
from queuedjob.policy.facts import Pod
from queuedjob.policy.job import phases
from queuedjob.policy.job.chain.start import differs_from_failed_spec
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.start_timeout import start_deadline
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.time_math import later

_SOON: Final = 30.0
"""Seconds that an operator may take to come to a job, behind others or after a restart, before that is worth a word."""

_AN_OPERATOR: Final = "is an operator running, and does it work in this namespace?"


@dataclass(frozen=True, slots=True)
class Scene:
    """All that there is to tell from."""

    facts: JobFacts
    roster: JobPods
    seen: str
    """The reason that can be seen now, whether or not the status says it yet."""
    coming: Coming | None
    letter: LetterStory | None

    @property
    def attempt(self) -> Pod | None:
        """The pod of the attempt in hand."""
        return next(iter(self.roster.attempts), None)


Teller: TypeAlias = Callable[[Scene], tuple[NextStory, ...] | None]


def next_of(scene: Scene) -> tuple[NextStory, ...]:
    """What happens next."""
    answers = (answer for teller in TELLERS if (answer := teller(scene)) is not None)
    return (*next(answers, ()), *_lifetime(scene))


def _going(scene: Scene) -> tuple[NextStory, ...] | None:
    if not scene.facts.job.deleting:
        return None
    return (_told("It is being deleted: its pods are stopped, and nothing more is started"),)


def _over_for_good(scene: Scene) -> tuple[NextStory, ...] | None:
    match scene.facts.job.status.phase:
        case phases.SUCCEEDED:
            return (_told("Nothing: it is over for good"), *_expiry(scene))
        case phases.CANCELLED:
            over = "Nothing: it is over for good. To do the work after all, delete the job and create it again"
            return (_told(over), *_expiry(scene))
        case _:
            return None


def _dead(scene: Scene) -> tuple[NextStory, ...] | None:
    job, letter = scene.facts.job, scene.letter
    if job.status.phase not in phases.DEAD:
        return None
    said: list[NextStory] = []
    if letter is not None:
        said.extend(_letter(scene, letter))
    if differs_from_failed_spec(job) and not job.terms.cancel:
        held = ", once spec.suspend is false" if job.terms.suspend else ""
        said.append(_told(f"Its spec has changed since it died: it runs again{held}. If it does not: {_AN_OPERATOR}"))
    else:
        said.append(_told("It runs again, as if it were new, once its spec is changed and applied"))
        again = '{"spec":{"template":{"metadata":{"annotations":{"again":"WHY"}}}}}'
        said.append(_told("Where nothing in the spec was wrong, an annotation is change enough:", _patch(scene, again)))
    return (*said, *_expiry(scene))


def _letter(scene: Scene, letter: LetterStory) -> tuple[NextStory, ...]:
    job = scene.facts.job
    match letter.phase:
        case "Owed":
            return (_told(f"Its dead letter {letter.name} is not filed yet, and must be before it can run"),)
        case "Resolved":
            return (_told(f"Dead letter {letter.name} is resolved: somebody has closed the case"),)
        case "Gone":
            return (_told(f"Its dead letter {letter.name} has been deleted"),)
        case _:
            told = f"Dead letter {letter.name} waits for somebody. Action {letter.action}: {letter.advice}"
            return (_told(told, f"kubectl describe dl {letter.name} -n {job.namespace}"),)


def _not_looked_at(scene: Scene) -> tuple[NextStory, ...] | None:
    job, now = scene.facts.job, scene.facts.now.late
    if job.status.observed_generation != NOT_OBSERVED or scene.attempt is not None:
        return None
    waited = (now - job.created).total_seconds()
    if waited < _SOON:
        return (_told("An operator looks at it in a moment"),)
    return (_told(f"An operator should have looked at it by now: {_AN_OPERATOR}"),)


def _cancelled(scene: Scene) -> tuple[NextStory, ...] | None:
    if not scene.facts.job.terms.cancel:
        return None
    stopped = "the attempt is stopped, and then " if scene.attempt is not None else ""
    return (_told(f"spec.cancel is true: {stopped}the job ends as Cancelled, unless its work is done before"),)


def _suspended(scene: Scene) -> tuple[NextStory, ...] | None:
    if not scene.facts.job.terms.suspend:
        return None
    first = "No attempt starts while spec.suspend is true; timeouts.total stands still meanwhile"
    if scene.attempt is not None:
        first = "spec.suspend is true: the attempt is stopped, and not counted"
    resume = _told("To resume it:", _patch(scene, '{"spec":{"suspend":false}}'))
    return (_told(first), resume, *_attempt_to_come(scene, first="Once it is resumed,"))


def _ended(scene: Scene) -> tuple[NextStory, ...] | None:
    pod = scene.attempt
    if pod is None or pod.live:
        return None
    return (_told(f"Attempt {pod.number} has ended and is counted in a moment. If it is not: {_AN_OPERATOR}"),)


def _under_way(scene: Scene) -> tuple[NextStory, ...] | None:
    pod, now = scene.attempt, scene.facts.now.late
    if pod is None:
        return None
    said: list[NextStory] = []
    if scene.seen in WAYS_OUT:
        said.append(_way_out(scene, scene.seen))
    must_start = start_deadline(scene.facts, pod) if pod.deletion_time is None else None
    if must_start is not None:
        said.append(_told(f"If it has not started by {moment(must_start, now)}, it is stopped (timeouts.start)"))
    if pod.start_time is not None and pod.deadline_seconds is not None and pod.deletion_time is None:
        deadline = moment(later(pod.start_time, pod.deadline_seconds), now)
        by = "timeouts.total" if pod.deadline_by_total else "its deadline"
        said.append(_told(f"It may run until {by} strikes at {deadline}"))
    return (*said, *_if_it_fails(scene))


def _if_it_fails(scene: Scene) -> tuple[NextStory, ...]:
    facts = scene.facts
    now, retry = facts.now.late, facts.job.terms.retry
    failed = imagined(facts, Told(exit_code=1)).status
    if failed.phase == phases.WAITING:
        wait = (failed.next_attempt_time - now).total_seconds() if failed.next_attempt_time is not None else 0.0
        left = retry.max_attempts - failed.counters.attempts
        after = f"after about {span(wait)}" if wait > 0 else "at once"
        said = [_told(f"If it fails, the next attempt follows {after}; {some(left, 'attempt')} would be left")]
    else:
        said = [_told(f"If it fails, that is the end: {failed.phase} ({failed.reason})")]
    crashed = imagined(facts, Told(exit_code=137, reason="OOMKilled")).status
    if crashed.phase == phases.QUARANTINED:
        said.append(_told("If it crashes, it is quarantined: a poison pill"))
    return tuple(said)


def _waiting(scene: Scene) -> tuple[NextStory, ...] | None:
    status = scene.facts.job.status
    if status.phase == phases.WAITING and status.reason in WAYS_OUT:
        return (_way_out(scene, status.reason), *_attempt_to_come(scene, first="Then"))
    return _attempt_to_come(scene)


TELLERS: Final[tuple[Teller, ...]] = (
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


def _attempt_to_come(scene: Scene, *, first: str = "") -> tuple[NextStory, ...]:
    """`first`: what must come before, in words."""
    coming, now = scene.coming, scene.facts.now.late
    if coming is None:
        return ()
    at = moment(coming.time, now) if coming.time is not None else ""
    when = (f", not before {at}" if at else "") if first else (f" at {at}" if at else " at once")
    told = f"{first} attempt {coming.number} starts{when}, with a deadline of {span(coming.deadline_seconds)}"
    left = f"If it fails, {some(coming.attempts_left, 'more attempt')} may follow"
    return (_told(told), _told(left), *_overdue(scene))


def _overdue(scene: Scene) -> tuple[NextStory, ...]:
    status, now = scene.facts.job.status, scene.facts.now.late
    due = status.next_attempt_time
    if due is None or (now - due).total_seconds() < _SOON or status.reason != phases.BACKOFF:
        return ()
    return (_told(f"It was due at {moment(due, now)}: {_AN_OPERATOR}"),)


def _lifetime(scene: Scene) -> tuple[NextStory, ...]:
    job, now = scene.facts.job, scene.facts.now.late
    deadline = total_deadline(job)
    if deadline is None or phases.is_terminal(job.status.phase) or job.deleting:
        return ()
    return (_told(f"timeouts.total ends it as DeadLettered (TotalTimeout) at {moment(deadline, now)}"),)


def _expiry(scene: Scene) -> tuple[NextStory, ...]:
    job, now = scene.facts.job, scene.facts.now.late
    ttl, finished = job.terms.ttl_after_finished, job.status.finish_time
    if ttl is None or finished is None:
        return ()
    once = ", once its dead letter is resolved or gone" if job.status.phase in phases.DEAD else ""
    return (_told(f"ttlAfterFinished deletes it at {moment(later(finished, ttl), now)}{once}"),)


def _way_out(scene: Scene, reason: str) -> NextStory:
    way, job = WAYS_OUT[reason], scene.facts.job
    return _told(way.told, way.command.format(name=job.name, namespace=job.namespace))


def _patch(scene: Scene, patch: str) -> str:
    job = scene.facts.job
    return f"kubectl patch qj {job.name} -n {job.namespace} --type merge -p '{patch}'"


def _told(words: str, command: str = "") -> NextStory:
    return NextStory(told=sentence(words), command=command)
