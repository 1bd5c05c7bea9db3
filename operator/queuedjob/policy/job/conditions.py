"""Conditions and the few derived keys that every status write updates. Pure.

Programs read conditions, users read the phase: kstatus, `kubectl wait`, Flux and Argo CD need no code for QueuedJob.
All our conditions come from one chain (CONDITIONS). Every write calls it, so no write drops a condition that still
holds. A condition that does not hold is absent, never False.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Condition, JobStatus
from queuedjob.api.types.plain_text import in_brief
from queuedjob.policy.job import reasons, spec_warnings
from queuedjob.policy.job.inputs import JobFacts, Refusal
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.upkeep import lasts, owed_writes

DEAD_LETTER_PENDING: Final = "DeadLetterPending"
WRITE_REFUSED: Final = "WriteRefused"
UNREADABLE: Final = "Unreadable"

LONGEST_MESSAGE: Final = 1024
"""Characters of a message in the status, of a condition as of the job. What a kubelet, a scheduler or a webhook says
may be longer, and a status is written often. The attempts keep the last words (attempts.py)."""


def with_derived(status: JobStatus, facts: JobFacts) -> JobStatus:
    """Return `status` with conditions, observedGeneration and attemptsSummary, ready to be written.

    A condition that starts to hold gets the API server's time as lastTransitionTime. A long message is cut.
    """
    job, now = facts.job, facts.now.late
    status = status.model_copy(update={"message": in_brief(status.message, LONGEST_MESSAGE)})
    before = {c.type: c for c in job.status.conditions}
    foreign = (c for c in status.conditions if c.type not in _OURS)
    return status.model_copy(
        update={
            "observed_generation": job.generation,
            "attempts_summary": f"{_spent(status)}/{job.terms.retry.max_attempts}",
            "conditions": (
                *(_stamped(c, before.get(c.type), job.generation, now) for c in _conditions_of(status, facts)),
                *foreign,
            ),
        }
    )


def outdated(facts: JobFacts) -> frozenset[str]:
    """Return the types of conditions that are in the status of `facts` and do not hold, or hold and are not there.

    Only warnings are compared. For a spec warning, a different message counts, too. A different message about a refusal
    is not worth a write: it changes with each refusal.
    """
    status = facts.job.status
    changed: set[tuple[str, str]] = set()
    for source in CONDITIONS:
        if (compared := source.compared) is not None:
            shown = {(c.type, compared(c)) for c in status.conditions if c.type in source.types}
            changed |= shown ^ {(c.type, compared(c)) for c in source.holds(status, facts)}
    return frozenset(kind for kind, _ in changed)


def condition(kind: str, reason: str, message: str) -> Condition:
    """Return a condition that holds, with a long message cut; `with_derived` adds generation and time."""
    return Condition(type=kind, status="True", reason=reason, message=in_brief(message, LONGEST_MESSAGE))


def _of_phase(status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    reason, message = status.reason or status.phase, status.message
    match status.phase:
        case phases.SUCCEEDED:
            yield condition("Complete", reason, message)
        case phases.CANCELLED:
            yield condition("Failed", reason, message)
        case phases.DEAD_LETTERED | phases.QUARANTINED:
            yield condition("Failed", reason, message)
            yield condition("Stalled", reason, message)
        case phases.WAITING if facts.job.terms.suspend and reason == reasons.SUSPENDED:
            yield condition("Suspended", reason, message)
        case _:
            yield condition("Reconciling", reason, message)


def _of_spec(_status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    """Yield the conditions that the spec causes (spec_warnings.py)."""
    for each in spec_warnings.with_labels(facts.judged.warnings, facts.job.misplaced_labels):
        yield condition(each.kind, each.reason, each.message)


def _of_dead_letter(status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    """Yield DeadLetterPending if the API server has refused the owed dead letter for some time.

    Once shown, the condition stays until the dead letter is filed.
    """
    refusal, ref, before = facts.letter_refusal, status.dead_letter_ref, facts.job.status
    if refusal is None or ref is None or ref.uid or ref != before.dead_letter_ref:
        return
    shown = any(c.type == DEAD_LETTER_PENDING for c in before.conditions)
    if shown or _has_lasted(facts, refusal):
        yield condition(DEAD_LETTER_PENDING, refusal.reason, f"DeadLetter {ref.name}: {refusal.message}")


def _of_refused_writes(_status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    """Yield WriteRefused while the API server refuses a write that may fail alone (upkeep.py).

    Once shown, the condition stays until none of these writes is owed. An operator that has just started knows of no
    refusal until it has tried again.
    """
    shown = next((c for c in facts.job.status.conditions if c.type == WRITE_REFUSED), None)
    if not facts.refused_writes and shown is None:
        return
    owed = list(owed_writes(facts, sort_pods(facts.job, facts.pods)))
    refused = [(each, facts.refused_writes[each.key]) for each in owed if each.key in facts.refused_writes]
    standing = [
        (each, refusal)
        for each, refusal in refused
        if shown or (lasts(facts, refusal) if each.at_once else _has_lasted(facts, refusal))
    ]
    if standing:
        (first, refusal), more = standing[0], len(standing) - 1
        also = f" (and {more} more)" if more else ""
        yield condition(WRITE_REFUSED, refusal.reason, f"{first.purpose}{also}: {refusal.message}")
    elif shown is not None and any(not each.at_once for each in owed) and not refused:
        yield shown


def _has_lasted(facts: JobFacts, refusal: Refusal) -> bool:
    return facts.now.seconds_until(refusal.since) + facts.show_after.failing <= 0


def _readable(_status: JobStatus, _facts: JobFacts) -> Iterator[Condition]:
    """Yield nothing: a job that has a plan can be read, so a condition Unreadable holds no more."""
    return iter(())


_Holds: TypeAlias = Callable[[JobStatus, JobFacts], Iterator[Condition]]


@dataclass(frozen=True, slots=True)
class _Source:
    """A function that takes the status to write and the facts, and yields which conditions of `types` hold."""

    types: frozenset[str]
    holds: _Holds
    compared: Callable[[Condition], str] | None = None
    """What is worth a write of its own when it changes, beside the type; None: it changes with a write of the phase."""


OF_PHASES: Final = frozenset({"Complete", "Failed", "Stalled", "Reconciling", "Suspended"})
"""Types of conditions that repeat the phase; all other conditions of ours are warnings."""

OF_REFUSALS: Final = frozenset({DEAD_LETTER_PENDING, WRITE_REFUSED, UNREADABLE})
"""Types of conditions that are written at once when they change, also on a job that has ended."""

CONDITIONS: Final = (
    _Source(OF_PHASES, _of_phase),
    _Source(spec_warnings.TYPES, _of_spec, compared=lambda warning: warning.message),
    _Source(frozenset({DEAD_LETTER_PENDING}), _of_dead_letter, compared=lambda _pending: ""),
    _Source(frozenset({WRITE_REFUSED}), _of_refused_writes, compared=lambda _refused: ""),
    _Source(frozenset({UNREADABLE}), _readable, compared=lambda _unreadable: ""),
)

_OURS: Final = frozenset(type_ for source in CONDITIONS for type_ in source.types)
"""Our types of conditions: each is absent unless it holds. We keep conditions of other types."""


def _conditions_of(status: JobStatus, facts: JobFacts) -> tuple[Condition, ...]:
    return tuple(each for source in CONDITIONS for each in source.holds(status, facts))


def _stamped(wanted: Condition, before: Condition | None, generation: int, now: datetime) -> Condition:
    same = before is not None and before.status == wanted.status and before.last_transition_time is not None
    since = before.last_transition_time if same and before is not None else now.replace(microsecond=0)
    return wanted.model_copy(update={"observed_generation": generation, "last_transition_time": since})


def _spent(status: JobStatus) -> int:
    """Return the number of spent attempts, with the live one. A pod without a node has not begun its attempt."""
    live = any(a.finish_time is None and a.node_name for a in status.attempts)
    live = live and not phases.is_terminal(status.phase)
    return status.counters.attempts + (1 if live else 0)
