"""Settings that are valid one by one and cannot work together. Pure; reads the terms alone.

A warning stays in the job's conditions as long as the spec causes it. One Event reports a new warning. The condition in
the status records that the warning is known, so a restart repeats no Event (failure catalogue B22).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff, FailurePolicy, JobTerms
from queuedjob.api.types.durations import format_duration
from queuedjob.policy.failure.classes import CLASSES, HEARTBEAT_LOST
from queuedjob.policy.failure.user_patterns import flaw_of
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.steps import JobEvent, Step, WriteStatus
from queuedjob.policy.retry.backoff import least_delay
from queuedjob.policy.retry.per_class import has_own_schedule, schedule_of

POLICY_INVALID: Final = "FailurePolicyInvalid"
PILL_CANNOT_FIRE: Final = "PoisonPillCannotFire"

TYPES: Final = frozenset({POLICY_INVALID, PILL_CANNOT_FIRE})
"""Types of conditions."""

_NAMED: Final = 3
"""How many rules a message names; users fix them one by one anyway."""

_SUMMED: Final = 5
"""How many waits a message shows; if there are more, it shows the first waits and the last."""


@dataclass(frozen=True, slots=True)
class SpecWarning:
    """One warning that becomes a condition."""

    kind: str
    reason: str
    message: str


def spec_warnings_of(terms: JobTerms) -> tuple[SpecWarning, ...]:
    """Return the warnings for these terms; most jobs have none."""
    return tuple(each for each in (_unreadable(terms.failure_policy), _idle(terms)) if each)


def with_events(job: Job, step: Step) -> Step:
    """Return `step` with an Event for each warning that it writes, if the status has no such condition and message."""
    if not isinstance(step, WriteStatus):
        return step
    known = {(c.type, c.message) for c in job.status.conditions}
    fresh = (c for c in step.status.conditions if c.type in TYPES and (c.type, c.message) not in known)
    events = tuple(JobEvent(c.type, c.message) for c in fresh)
    return replace(step, events=(*step.events, *events)) if events else step


def _unreadable(policy: FailurePolicy) -> SpecWarning | None:
    """Warn of patterns that RE2 cannot read: Go in the API server can read them, or they are older than its check."""
    flaws = [(r.name, flaw) for r in policy.rules if r.message_matches and (flaw := flaw_of(r.message_matches))]
    if not flaws:
        return None
    named = "; ".join(f"{name} ({flaw})" for name, flaw in flaws[:_NAMED])
    more = f" and {len(flaws) - _NAMED} more" if len(flaws) > _NAMED else ""
    message = (
        f"messageMatches of these rules cannot be read, so they never decide: {named}{more}; write them in RE2 syntax, "
        "or smaller"
    )
    return SpecWarning(POLICY_INVALID, "BadPattern", message)


def _idle(terms: JobTerms) -> SpecWarning | None:
    """Warn of a poison pill whose window is shorter than the shortest time in which its crashes can happen."""
    pill, schedules = terms.poison_pill, tuple(_schedules(terms))
    waits = _least_waits(schedules, pill.crashes - 1)
    if round(sum(waits), 3) <= pill.window:
        return None
    count = f"{len(waits)} wait{'s' if len(waits) > 1 else ''}"
    spared = " with all jitter taken away" if any(each.jitter_percent for each in schedules) else ""
    message = (
        f"{pill.crashes} crashes need at least {count}, {_sum(waits)}{spared}; poisonPill.window is "
        f"{format_duration(pill.window)}, so they never quarantine the job; raise the window or lower the backoff"
    )
    return SpecWarning(PILL_CANNOT_FIRE, "WindowTooShort", message)


def _schedules(terms: JobTerms) -> Iterator[Backoff]:
    """Yield the schedules of waits after crashes. Hangs count as crashes only if timeouts.heartbeat is set."""
    hangs = terms.timeouts.heartbeat is not None
    poisoning = [each.name for each in CLASSES if each.poisons and (hangs or each is not HEARTBEAT_LOST)]
    own = [name for name in poisoning if has_own_schedule(terms.retry, name)]
    yield from (schedule_of(terms.retry, name) for name in own)
    shared = next((name for name in poisoning if name not in own), None)
    if shared is not None:
        yield schedule_of(terms.retry, shared)


def _least_waits(schedules: Sequence[Backoff], count: int) -> Sequence[float]:
    """Return the `count` shortest waits that can follow crashes, in the order of their length.

    A class with its own schedule counts only its own failures. The waits of a schedule never decrease, so the shortest
    waits are the first waits of each schedule.
    """
    return sorted(least_delay(schedule, number) for schedule in schedules for number in range(1, count + 1))[:count]


def _sum(waits: Sequence[float]) -> str:
    """Return the waits and their sum as text, such as 1h + 2h = 3h."""
    shown = [format_duration(each) for each in waits]
    if len(shown) > _SUMMED:
        shown = [*shown[: _SUMMED - 2], "...", shown[-1]]
    total = format_duration(sum(waits))
    return f"{' + '.join(shown)} = {total}" if len(shown) > 1 else total
