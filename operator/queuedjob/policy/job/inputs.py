"""All that one plan may know: the job, its pods and letters, and what only this operator's memory holds."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.facts import ExtraEvidence, Letter, Pod


@dataclass(frozen=True, slots=True)
class Job:
    """One QueuedJob without its template and payload, which only the pod's making needs (from a live read)."""

    uid: str
    name: str
    namespace: str
    resource_version: int
    generation: int
    created: datetime
    deleting: bool
    terms: JobTerms
    spec_hash: str
    policy_hash: str
    status: JobStatus


class RefusalKind(enum.Enum):
    """What the API server's no to a pod or a letter means for its job."""

    SPEC_FAULT = "the spec's fault: permanent"
    NAMESPACE_GOING = "nothing more is created"
    NAME_TAKEN = "an object that is not ours has the name"
    WAIT = "may be mended by somebody: tried again, paced"
    RETRY = "the API server's own trouble: tried again, paced"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API server's last no, kept in memory: after a restart the next try brings it back."""

    kind: RefusalKind
    reason: str
    """CamelCase, for status: QuotaExceeded, PodNameTaken, ..."""
    message: str
    """The API server's words."""
    since: datetime
    """Server time of the first such answer in a row."""
    retry_in: float
    """Seconds until the next try; 0 when it is due."""
    generation: int
    """The job's generation that was refused: an edit asks anew."""


@dataclass(frozen=True, slots=True)
class Late:
    """What may still arrive: pod POSTs whose answers were lost, ours or a predecessor's (protocol: A late POST)."""

    occupied_for: float = 0.0
    """Seconds until no late POST for this job can arrive any more; 0 once that has passed."""
    listed: bool = True
    """A LIST of all pods, begun after the bound that follows this operator's start, is in the store."""
    lost: frozenset[str] = frozenset()
    """Names of pods whose POST was lost and whose absence no GET has confirmed since the bound."""

    def surely_absent(self, name: str) -> bool:
        """Whether it is certain that a pod of this name, absent now, stays absent."""
        return self.occupied_for <= 0 and self.listed and name not in self.lost


@dataclass(frozen=True, slots=True)
class ServerNow:
    """The API server's time, known up to an interval.

    Waits are compared with `early` and schedules written from `late`, so that no wait ends before its time.
    """

    early: datetime
    late: datetime

    def seconds_until(self, time: datetime) -> float:
        """Seconds until `time` has surely come; 0 or less once it has."""
        return (time - self.early).total_seconds()

    def after(self, seconds: float) -> datetime:
        """The time that surely is at least `seconds` from now."""
        return self.late + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class ShowAfter:
    """How long a state must last before it is worth a status write; seconds (operator settings)."""

    running: float
    """From the start of the main container."""
    starting: float
    """From the pod's creation, while its main container has not started."""
    terminating: float
    """Beyond the end of a deleted pod's grace period: its node may be dead."""
    waiting: float = 1.0
    """Other waits."""
    failing: float = 5.0
    """Waits for the API server itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator itself holds attempts to (operator settings)."""

    main_ended: float
    """Seconds that other containers may run on after the main one."""
    deadline_near_percent: int
    """Share of an attempt's deadline after which people are warned; 100: never."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """One job as gathered for one plan."""

    job: Job
    now: ServerNow
    pods: tuple[Pod, ...] = ()
    letters: tuple[Letter, ...] = ()
    extra_evidence: Mapping[str, ExtraEvidence] = field(default_factory=dict)
    """What was read of ended pods beyond themselves, by their UIDs."""
    previous: tuple[Pod, ...] = ()
    """Live pods of an earlier job of the same name."""
    previous_late: float = 0.0
    """Seconds in which a lost POST for an earlier job of the same name may still arrive."""
    late: Late = field(default_factory=Late)
    refusal: Refusal | None = None
    """Of the next pod."""
    letter_refusal: Refusal | None = None
    spread: float = 0.0
    """Drawn from [-1, 1] by the caller, for jitter: equal facts give equal plans."""
    show_after: ShowAfter = field(kw_only=True)
    limits: Limits = field(kw_only=True)
    warned: str = ""
    """UID of the pod whose deadline this operator has warned of last; after a restart the Event itself knows."""
