"""What to do next for one job, as data: the answers of plan.py, each at most one write (controllers apply them)."""

from dataclasses import dataclass
from typing import TypeAlias

from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus
from queuedjob.policy.facts import Letter, Pod, StopReason


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An Event for people, posted after the write that it tells of."""

    reason: str
    message: str
    warning: bool = True


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Start attempt `number`: a live read of the job, the same plan on it, then the POST."""

    number: int
    name: str
    redrives: int
    deadline_seconds: int
    deadline_by_total: bool
    attempts_left: int
    """Retries that would follow if this attempt fails."""


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Put `status` in the place of the one that the plan read. `rule` names what decided."""

    status: JobStatus
    rule: str
    events: tuple[JobEvent, ...] = ()
    """In the order in which people should read them."""


@dataclass(frozen=True, slots=True)
class LookForPod:
    """Ask the API server whether the pod of this name is there; a watch or a lagging store has no right to say no.

    `pod` or `attempt` is what was known of it, to be kept as its last sight when it is gone.
    """

    name: str
    pod: Pod | None = None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class ReadEvidence:
    """Read what an ended pod does not tell of its end, once: the tail of `container`'s log, the kubelet's Events."""

    pod: Pod
    log: bool
    events: bool
    container: str = ""


@dataclass(frozen=True, slots=True)
class RestoreLabels:
    """Somebody took labels of ours off a pod that we hold: put them back, or its watch stays blind to it."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class MarkStop:
    """Write on the pod why we stop it; only then may it be deleted."""

    pod: Pod
    reason: StopReason
    detail: str = ""
    """What is known of the cause now and would be lost with the pod, as REASON: WORDS."""


@dataclass(frozen=True, slots=True)
class StopPod:
    """Delete a pod that carries our stop reason."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class ReleasePod:
    """Take our finalizer off an ended pod whose outcome is in the status, or that is not counted."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class ForgetPod:
    """Drop a pod that is gone, and needs nothing of us any more, from the store."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete a released pod beyond podHistoryLimit, by UID and resourceVersion."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class FileLetter:
    """File the DeadLetter of this death under `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class MarkRedriven:
    """The job has run again since this letter was filed."""

    letter: Letter


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """ttlAfterFinished has passed. `gone_letter` must be confirmed gone by a live read first."""

    gone_letter: str = ""


@dataclass(frozen=True, slots=True)
class WarnOfDeadline:
    """Post an Event and count it, once for each pod, whichever operator asks: the Event's name is the pod's."""

    pod: Pod
    event: JobEvent


@dataclass(frozen=True, slots=True)
class ReadJob:
    """The store is behind: read the job live and plan again."""

    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before an event comes or `seconds` have passed (None: only an event changes anything)."""

    seconds: float | None = None


Step: TypeAlias = (
    CreatePod
    | WriteStatus
    | LookForPod
    | ReadEvidence
    | RestoreLabels
    | MarkStop
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
