"""The input of one plan: the job, its pods, its dead letters, and facts that only this operator's memory holds."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.facts import ExtraEvidence, JobId, Letter, Pod
from queuedjob.policy.job.judgement import Judgement
from queuedjob.policy.time_math import ServerNow


@dataclass(frozen=True, slots=True)
class Job:
    """One QueuedJob without its template and payload: only the creation of a pod needs them, from a live read."""

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
    misplaced_labels: tuple[str, ...] = ()
    """Keys of labels on the job that mean something on its pods only (ineffective.py)."""
    held_by: tuple[str, ...] = ()
    """The first finalizers that keep a job which is being deleted, except the garbage collector's own."""
    retry_now: str = ""
    """Value of the annotation that asks for the next attempt now (retry_now.py); empty without it."""

    @property
    def id(self) -> JobId:
        """The job's identity."""
        return JobId(self.namespace, self.uid)


class RefusalKind(enum.Enum):
    """What the API server's refusal of a pod or a dead letter means for the job."""

    SPEC_FAULT = "the spec's fault: permanent"
    NAMESPACE_GOING = "the namespace is being deleted or is gone, and may be created anew: tried again, seldom"
    INVALID = "the spec's fault, as the API server says: permanent if it goes on saying so"
    NAME_TAKEN = "an object that is not ours has the name"
    WAIT = "may be mended by a user or an administrator: tried again, paced"
    RETRY = "the API server's own trouble: tried again, paced"


@dataclass(frozen=True, slots=True)
class FilingRefused:
    """Why a dead letter could not be filed."""

    kind: RefusalKind
    reason: str
    """CamelCase, for the condition DeadLetterPending."""
    message: str
    """The API server's message."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API server's last refusal. It is kept in memory: after a restart, the next try brings it back."""

    kind: RefusalKind
    reason: str
    """CamelCase, for status: QuotaExceeded, PodNameTaken, ..."""
    message: str
    """The API server's message."""
    since: datetime
    """Server time of the first of several such answers in a row."""
    retry_in: float
    """Seconds until the next try; 0 if the try is due."""
    generation: int
    """The job's generation that was refused: after an edit, the API server is asked again."""
    latest: datetime | None = None
    """Server time of the last of these answers; None: the same as `since`."""
    retry_now: str = ""
    """The job's annotation retry-now at the last of these answers."""

    @property
    def confirmed_for(self) -> float:
        """Seconds between the first and the last of these answers."""
        return (self.latest - self.since).total_seconds() if self.latest is not None else 0.0

    def is_spec_fault(self, generation: int, after: float) -> bool:
        """Whether the spec of this generation is at fault for good. The API server must say so for `after` seconds.

        One answer is not enough: the API servers of a control plane in the middle of an upgrade answer both ways.
        """
        confirmed = self.kind is RefusalKind.INVALID and self.confirmed_for >= after
        return self.generation == generation and (confirmed or self.kind is RefusalKind.SPEC_FAULT)


@dataclass(frozen=True, slots=True)
class Late:
    """Pod POSTs that may still arrive: we or a previous operator lost their answers (protocol: A late POST)."""

    occupied_for: float = 0.0
    """Seconds until no late POST for this job can arrive any more; 0 after that time."""
    listed: bool = True
    """The store holds a LIST of all pods that began after the bound which follows this operator's start."""
    lost: frozenset[str] = frozenset()
    """Names of pods whose POST was lost; no GET since the bound has confirmed that the pod is absent."""

    def surely_absent(self, name: str) -> bool:
        """Whether it is certain that a pod of this name, absent now, stays absent."""
        return self.occupied_for <= 0 and self.listed and name not in self.lost


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
    """Waits because the API server itself fails."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that the operator itself sets for attempts (operator settings)."""

    main_ended: float
    """Seconds that other containers may run after the main container has ended."""
    deadline_near_percent: int
    """Share of an attempt's deadline after which a warning is posted; 100: never."""
    deadline_slack: float
    """Seconds beyond deadline and grace period after which we stop a pod that its kubelet has not stopped."""
    spec_fault_after: float
    """Seconds for which the API server must refuse a pod before the spec is at fault for good."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The facts about one job, gathered for one plan."""

    job: Job
    now: ServerNow
    pods: tuple[Pod, ...] = ()
    letters: tuple[Letter, ...] = ()
    extra_evidence: Mapping[str, ExtraEvidence] = field(default_factory=dict)
    """What was read about ended pods outside the pod objects, by UID of the pod."""
    incomplete_since: Mapping[str, datetime] = field(default_factory=dict)
    """Since when pods are known as ended while a container still seems to run (last_status.py), by UID of the pod."""
    previous: tuple[Pod, ...] = ()
    """Live pods of an earlier job of the same name."""
    previous_late: float = 0.0
    """Seconds during which a lost POST for an earlier job of the same name may still arrive."""
    late: Late = field(default_factory=Late)
    refusal: Refusal | None = None
    """The refusal of the next pod."""
    letter_refusal: Refusal | None = None
    refused_writes: Mapping[str, Refusal] = field(default_factory=dict)
    """Refusals of writes that may fail alone, by their key (steps.write_key)."""
    spread: float = 0.0
    """A random number from [-1, 1], for jitter. The caller draws it, so that equal facts give equal plans."""
    show_after: ShowAfter = field(kw_only=True)
    limits: Limits = field(kw_only=True)
    judgement: Judgement | None = field(default=None, compare=False)
    """What follows from the job's terms alone, derived before; None: derived when it is asked for."""
    warned: str = ""
    """UID of the pod for which this operator last posted a deadline warning.

    After a restart, the name of the existing Event prevents a second one.
    """

    @property
    def judged(self) -> Judgement:
        """What follows from the job's terms alone."""
        return self.judgement or Judgement(self.job)
