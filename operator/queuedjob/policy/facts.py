"""What a decision may look at: a job, its pods and its letters as plain data, projected by `kube`."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class StopReason(enum.StrEnum):
    """Why we stop a pod; written on the pod before it is deleted, so that nobody takes it for a disruption."""

    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    TOTAL = "total"
    STRAY = "stray"
    START = "start"
    """Its main container did not start within timeouts.start."""
    MAIN_ENDED = "main-ended"
    """The main container had ended before: its end decides, whatever asked for the stop."""


class ContainerRole(enum.Enum):
    """What a container's end means for its pod."""

    MAIN = "main"
    REGULAR = "regular"
    INIT = "init"
    SIDECAR = "sidecar"
    """A native sidecar: an init container that is always restarted. It never decides the outcome."""


@dataclass(frozen=True, slots=True)
class Termination:
    """The end of one container. `started` is None where the kubelet says 1970 (StartError) or nothing."""

    exit_code: int
    reason: str = ""
    message: str = ""
    signal: int = 0
    started: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True, slots=True)
class Liveness:
    """A container's liveness probe, as far as its kills are to be recognised."""

    soonest: float
    """Seconds that a container lives at least before this probe can have it killed."""
    marks: bool = False
    """It is our own, for heartbeats: it says so in the termination message (heartbeat_mark.py)."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod, as the kubelet reported it last. At most one of waiting, running, terminated is set."""

    name: str
    role: ContainerRole
    waiting_reason: str = ""
    waiting_message: str = ""
    running_since: datetime | None = None
    terminated: Termination | None = None
    liveness: Liveness | None = None
    message_only: bool = False
    """terminationMessagePolicy File: where it says nothing, its kubelet does not look into its log."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of ours, live or ended. Absent facts are None or empty, never guessed.

    `number` and `name_hash` are read from the name, the owner from the owner reference, else from the labels
    (protocol.md, The store): people strip labels.
    """

    uid: str
    name: str
    namespace: str
    resource_version: int
    created: datetime
    owner_uid: str = ""
    owner_name: str = ""
    number: int | None = None
    name_hash: str = ""
    generation: int | None = None
    spec_hash: str = ""
    labelled: bool = True
    """All labels of ours are on it; without them the watch loses sight of it."""
    has_labels: bool = True
    """It has some label; a JSON patch can add to none."""
    has_annotations: bool = True
    """The same for annotations."""
    has_finalizer: bool = True
    """Our finalizer is on it."""
    finalizer_index: int | None = 0
    """Where our finalizer stands among the pod's finalizers; None when it is gone."""
    node: str = ""
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    start_time: datetime | None = None
    deletion_time: datetime | None = None
    """deletionTimestamp: when the grace period ends or ended, not when deletion was asked for (catalogue J21)."""
    deletion_grace: int | None = None
    """deletionGracePeriodSeconds: 0 once the kubelet is done with the pod, or where somebody forced its deletion."""
    termination_grace: int = 30
    """spec.terminationGracePeriodSeconds: how long its containers may take to stop."""
    disruption: tuple[str, str] | None = None
    """Reason and message of the condition DisruptionTarget, only while it is True (catalogue J8)."""
    disruption_time: datetime | None = None
    """When that condition became True: what ended before was not disrupted."""
    unschedulable: str = ""
    """The scheduler's words, while the condition PodScheduled is False."""
    scheduled_time: datetime | None = None
    """When it got its node: since when the condition PodScheduled is True."""
    latest_condition_time: datetime | None = None
    containers: tuple[Container, ...] = ()
    stop_reason: str = ""
    stop_detail: str = ""
    """What kept it from starting, as REASON: WORDS; the kubelet forgets it when it ends the pod."""
    deadline_seconds: int | None = None
    deadline_by_total: bool = False
    """The remainder of timeouts.total, not timeouts.attempt, set the deadline."""
    confirmed_gone: bool = False
    """A GET of its name said 404 or another UID: this is the last that was seen of it."""
    missing_from_watch: bool = False
    """Its watch says that it is gone; it may only have lost its label. To be confirmed by a GET."""

    @property
    def main(self) -> Container | None:
        """The container whose end is the job's outcome."""
        return next((c for c in self.containers if c.role is ContainerRole.MAIN), None)

    @property
    def ended(self) -> bool:
        """Nothing of it runs or will run: a terminal phase, deleted before it had a node, or gone (protocol.md)."""
        return (
            self.confirmed_gone
            or self.phase in {"Succeeded", "Failed"}
            or (self.deletion_time is not None and not self.node)
        )

    @property
    def live(self) -> bool:
        """Not ended: it runs, or may still come to run."""
        return not self.ended


@dataclass(frozen=True, slots=True)
class ExtraEvidence:
    """What was read of an ended pod's traces beyond itself. None: not asked for; empty: nothing came of it."""

    log: str | None = None
    """The tail of the log of the container whose end decides."""
    unhealthy: str | None = None
    """Why the kubelet killed the main container for its liveness probe, in the words of its Event."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One DeadLetter of a job."""

    uid: str
    name: str
    namespace: str
    resource_version: int
    job_uid: str
    redrives: int
    phase: str
    resolved: bool
    """A person wrote spec.resolution."""
    labels: Mapping[str, str] = field(default_factory=dict)
