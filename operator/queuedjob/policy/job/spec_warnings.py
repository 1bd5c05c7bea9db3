"""Settings that are valid one by one and cannot work together, or have no effect. Pure; reads terms and labels only.

A warning stays in the job's conditions as long as the spec causes it. One Event reports a new warning. The condition in
the status records that the warning is known, so a restart repeats no Event (failure catalogue B22).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff, FailurePolicy, JobTerms
from queuedjob.api.types.durations import format_duration
from queuedjob.policy.failure.classes import CLASSES, HEARTBEAT_LOST
from queuedjob.policy.failure.user_patterns import flaws_of
from queuedjob.policy.job.ineffective import ineffective_of, misplaced_labels_of
from queuedjob.policy.retry.backoff import least_delay
from queuedjob.policy.retry.per_class import has_own_schedule, schedule_of

POLICY_INVALID: Final = "FailurePolicyInvalid"
PILL_CANNOT_FIRE: Final = "PoisonPillCannotFire"
INEFFECTIVE: Final = "SpecIneffective"

TYPES: Final = frozenset({POLICY_INVALID, PILL_CANNOT_FIRE, INEFFECTIVE})
"""Types of conditions."""

_NAMED: Final = 3
"""How many rules or settings a message names; users fix them one by one anyway."""

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
    found = (_unreadable(terms.failure_policy), _too_few_attempts(terms) or _idle(terms), _ineffective(terms))
    return tuple(each for each in found if each)


def with_labels(warnings: Sequence[SpecWarning], labels: Sequence[str]) -> tuple[SpecWarning, ...]:
    """Return `warnings` with those about misplaced labels of the job, which change without its generation."""
    sentences = tuple(misplaced_labels_of(labels))
    if not sentences:
        return tuple(warnings)
    said = [each.message for each in warnings if each.kind == INEFFECTIVE]
    others = (each for each in warnings if each.kind != INEFFECTIVE)
    return (*others, SpecWarning(INEFFECTIVE, "NoEffect", "; ".join((*said, *sentences))))


def _ineffective(terms: JobTerms) -> SpecWarning | None:
    sentences = tuple(ineffective_of(terms))
    if not sentences:
        return None
    more = (f"and {len(sentences) - _NAMED} more",) if len(sentences) > _NAMED else ()
    return SpecWarning(INEFFECTIVE, "NoEffect", "; ".join((*sentences[:_NAMED], *more)))


def _too_few_attempts(terms: JobTerms) -> SpecWarning | None:
    """Warn of a number of crashes that the job's attempts cannot reach, if its author wrote that number."""
    pill, most = terms.poison_pill, terms.retry.max_attempts
    if "crashes" not in pill.model_fields_set or pill.crashes <= most:
        return None
    message = (
        f"poisonPill.crashes ({pill.crashes}) is above retry.maxAttempts ({most}), so crashes never quarantine the "
        "job; lower crashes or raise maxAttempts"
    )
    return SpecWarning(PILL_CANNOT_FIRE, "TooFewAttempts", message)


def _unreadable(policy: FailurePolicy) -> SpecWarning | None:
    """Warn of patterns that RE2 cannot read: Go in the API server can read them, or they are older than its check."""
    flaws = [(rule.name, flaw) for rule, flaw in zip(policy.rules, flaws_of(policy), strict=True) if flaw]
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
