"""The steps that plan.py returns, as data. Each step is at most one write; the controllers carry it out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus
from queuedjob.policy.facts import Letter, Pod, StopReason
from queuedjob.policy.failure.evidence import Evidence


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An Event for users, posted after the write that it reports."""

    reason: str
    message: str
    warning: bool = True


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Start attempt `number`: read the job live, plan again, and POST the pod if that plan asks for the same pod."""

    number: int
    name: str
    redrives: int
    deadline_seconds: int
    deadline_by_total: bool
    attempts_left: int
    """Retries that would follow if this attempt fails."""


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Replace the status that the plan read with `status`. `rule` names the rule that decided."""

    status: JobStatus
    rule: str
    events: tuple[JobEvent, ...] = ()
    """The Events, in the order in which users should read them."""


@dataclass(frozen=True, slots=True)
class LookForPod:
    """Ask the API server whether a pod of this name exists: a watch or a store that lags cannot prove that it is gone.

    `pod` or `attempt` is the last known state of the pod, which is kept if the pod is gone.
    """

    name: str
    pod: Pod | None = None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class ReadEvidence:
    """Read once the evidence that an ended pod lacks: the tail of `container`'s log, the kubelet's Events."""

    pod: Pod
    log: bool
    events: bool
    container: str = ""


@dataclass(frozen=True, slots=True)
class JudgeEnd:
    """Classify an end by the job's own patterns, which takes too long for a plan; the verdict is then at hand."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RestoreLabels:
    """Restore our labels, which another client removed: without them, the watch does not report the pod."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class MarkStop:
    """Write on the pod why we stop it, before the pod is deleted."""

    pod: Pod
    reason: StopReason
    detail: str = ""
    """What is known about the cause now, as REASON: WORDS. It would be lost with the pod."""


@dataclass(frozen=True, slots=True)
class NoteDeletion:
    """Write on the pod when another client requested its deletion, before the pod's deadline can overtake it."""

    pod: Pod
    asked: datetime


@dataclass(frozen=True, slots=True)
class StopPod:
    """Delete a pod that carries our stop reason, or whose stop reason the job's status holds.

    Without the reason on the pod, delete it only at the version that the plan saw: a pod that has ended by itself in
    the meantime is not deleted.
    """

    pod: Pod


@dataclass(frozen=True, slots=True)
class ReleasePod:
    """Remove our finalizer from an ended pod whose outcome is in the status, or that is not counted."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class ForgetPod:
    """Remove from the store a pod that is gone and needs no further step."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete a released pod beyond podHistoryLimit, by UID and resourceVersion."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class FileLetter:
    """File the DeadLetter of this bad end under `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class MarkRedriven:
    """Mark the dead letter as Redriven: the job has run again since it was filed."""

    letter: Letter


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Delete the job: ttlAfterFinished has passed. First, a live read must confirm that `gone_letter` is gone."""

    gone_letter: str = ""


@dataclass(frozen=True, slots=True)
class WarnOfDeadline:
    """Post an Event and count it, once for each pod and across restarts: the Event's name contains the pod's UID."""

    pod: Pod
    event: JobEvent


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Read the job live and plan again: a pod is of a later redrive than the status that is known."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until an event comes or `seconds` have passed (None: until an event comes)."""

    seconds: float | None = None


Step: TypeAlias = (
    CreatePod
    | WriteStatus
    | LookForPod
    | ReadEvidence
    | JudgeEnd
    | RestoreLabels
    | MarkStop
    | NoteDeletion
    | StopPod
    | ReleasePod
    | ForgetPod
    | DeletePod
    | FileLetter
    | MarkRedriven
    | DeleteJob
    | WarnOfDeadline
    | ReadJob
    | Wait
)


_UPKEEP: Final = (RestoreLabels, NoteDeletion, ReleasePod, DeletePod, MarkRedriven, DeleteJob)
"""Writes that carry no promise to the job: each may fail alone, and the rest of the plan goes on."""


def is_upkeep(step: Step) -> bool:
    """Whether no work may wait for this write."""
    return isinstance(step, _UPKEEP)


def write_key(step: Step) -> str:
    """A name for a write whose refusal is remembered, so that the plan can go on without it; empty for other steps."""
    match step:
        case (
            RestoreLabels(pod=pod)
            | NoteDeletion(pod=pod)
            | ReleasePod(pod=pod)
            | DeletePod(pod=pod)
            | MarkStop(pod=pod)
            | StopPod(pod=pod)
        ):
            return f"{type(step).__name__}/{pod.uid}"
        case MarkRedriven(letter=letter):
            return f"{type(step).__name__}/{letter.uid}"
        case DeleteJob():
            return type(step).__name__
        case _:
            return ""
