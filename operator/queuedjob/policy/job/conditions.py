"""Conditions and the few derived keys that every status write brings up to date.

Programs read conditions, people the phase: kstatus, `kubectl wait`, Flux and Argo CD need no code of their own.
A condition that does not hold is absent, never False.
"""

from datetime import datetime
from typing import Final

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Condition, JobStatus
from queuedjob.policy.job import reasons, spec_warnings
from queuedjob.policy.job.inputs import Job

LETTER_PENDING: Final = "DeadLetterPending"

_OURS: Final = spec_warnings.TYPES | {"Complete", "Failed", "Stalled", "Reconciling", "Suspended", LETTER_PENDING}
"""Absent unless they hold. Conditions of other types are not ours to take away."""


def finish(status: JobStatus, job: Job, now: datetime, extra: tuple[Condition, ...] = ()) -> JobStatus:
    """`status` with conditions, observedGeneration and attemptsSummary as its phase and `job` ask for.

    `extra` are conditions beyond those of the phase and of the spec. `now` (server time) stamps the ones that are new
    or changed.
    """
    of_spec = (condition(c.kind, c.reason, c.message) for c in spec_warnings.spec_warnings_of(job.terms))
    wanted = (*_of_phase(status, job), *of_spec, *extra)
    before = {c.type: c for c in job.status.conditions}
    foreign = (c for c in status.conditions if c.type not in _OURS)
    return status.model_copy(
        update={
            "observed_generation": job.generation,
            "attempts_summary": f"{_spent(status)}/{job.terms.retry.max_attempts}",
            "conditions": (*(_stamped(c, before.get(c.type), job.generation, now) for c in wanted), *foreign),
        }
    )


def spec_warnings_shown(job: Job) -> bool:
    """Whether the status holds the concerns that the spec gives reason for, in the same words, and no other."""
    wanted = {(each.kind, each.message) for each in spec_warnings.spec_warnings_of(job.terms)}
    return wanted == {(c.type, c.message) for c in job.status.conditions if c.type in spec_warnings.TYPES}


def condition(kind: str, reason: str, message: str) -> Condition:
    """A condition that holds; `finish` adds generation and time."""
    return Condition(type=kind, status="True", reason=reason, message=message)


def _of_phase(status: JobStatus, job: Job) -> tuple[Condition, ...]:
    reason, message = status.reason or status.phase, status.message
    match status.phase:
        case phases.SUCCEEDED:
            return (condition("Complete", reason, message),)
        case phases.CANCELLED:
            return (condition("Failed", reason, message),)
        case phases.DEAD_LETTERED | phases.QUARANTINED:
            return (condition("Failed", reason, message), condition("Stalled", reason, message))
        case phases.WAITING if job.terms.suspend and reason == reasons.SUSPENDED:
            return (condition("Suspended", reason, message),)
        case _:
            return (condition("Reconciling", reason, message),)


def _stamped(wanted: Condition, before: Condition | None, generation: int, now: datetime) -> Condition:
    same = before is not None and before.status == wanted.status and before.last_transition_time is not None
    since = before.last_transition_time if same and before is not None else now.replace(microsecond=0)
    return wanted.model_copy(update={"observed_generation": generation, "last_transition_time": since})


def _spent(status: JobStatus) -> int:
    """Attempts spent, the live one included."""
    live = any(a.finish_time is None for a in status.attempts) and not phases.is_terminal(status.phase)
    return status.counters.attempts + (1 if live else 0)
