"""What a decision may look at: a job, its pods and its dead letters as plain data, made by `kube`."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class JobId(NamedTuple):
    """One job, by its namespace and its UID.

    A UID alone names no job: users read the UIDs of other namespaces, and write them into objects of their own.
    """

    namespace: str
    uid: str


class StopReason(enum.StrEnum):
    """Why we stop a pod. We write it on the pod before the deletion, so that the end is not taken for a disruption."""

    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    TOTAL = "total"
    STRAY = "stray"
    START = "start"
    """The main container of the pod did not start within timeouts.start."""
    DEADLINE = "deadline"
    """The pod ran past its deadline and its grace period, and its kubelet did not stop it."""
    MAIN_ENDED = "main-ended"
    """The main container had ended before the stop: its end decides, whatever the reason for the stop."""


class ContainerRole(enum.Enum):
    """The role of a container: what its end means for the pod."""

    MAIN = "main"
    REGULAR = "regular"
    INIT = "init"
    SIDECAR = "sidecar"
    """A native sidecar: an init container that is always restarted. It never decides the outcome."""


@dataclass(frozen=True, slots=True)
class Termination:
    """The end of one container. `started` is None if the kubelet reports 1970 (StartError) or no time."""

    exit_code: int
    reason: str = ""
    message: str = ""
    signal: int = 0
    started: datetime | None = None
    finished: datetime | None = None
    kept: int | None = None
    """Bytes of the message's beginning that the kubelet kept, if it cut the end off: the pod has many containers."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks for which the kubelet kills a running container: its liveness and startup probe, its postStart hook.

    Of each, what is needed to recognise its kills.
    """

    soonest: float
    """Seconds that the container runs at least before one of its checks can cause a kill."""
    marks: bool = False
    """The liveness probe is our own, for heartbeats: it marks the termination message (heartbeat_mark.py)."""
    marks_all: bool = False
    """Our own probe is the only check, so that every kill leaves a mark."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod, as last reported by the kubelet. At most one of waiting, running, terminated is set."""

    name: str
    role: ContainerRole
    waiting_reason: str = ""
    waiting_message: str = ""
    running_since: datetime | None = None
    terminated: Termination | None = None
    checks: Checks | None = None
    message_only: bool = False
    """terminationMessagePolicy is File: if the termination message is empty, the kubelet does not read the log."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of ours, live or ended. Absent facts are None or empty, never guessed.

    `number` and `name_hash` are read from the name, which no client can change. The owner is read from the controller
    reference; where users have removed it, from what is left (protocol.md, Whose a pod is).
    """

    uid: str
    name: str
    namespace: str
    resource_version: int
    created: datetime
    owner_uid: str = ""
    owner_name: str = ""
    foreign: bool = False
    """Another controller owns the pod (a ReplicaSet, a batch/v1 Job): it is never stopped, relabelled or deleted."""
    number: int | None = None
    name_hash: str = ""
    generation: int | None = None
    spec_hash: str = ""
    labelled: bool = True
    """The pod has all our labels; without them the watch does not report it any more."""
    has_labels: bool = True
    """The pod has at least one label. A JSON patch cannot add a label where the map of labels is missing."""
    has_annotations: bool = True
    """The pod has at least one annotation. The same limit of JSON patches applies."""
    has_finalizer: bool = True
    """The pod has our finalizer."""
    finalizer_index: int | None = 0
    """The index of our finalizer in the pod's finalizers; None if the pod does not have it."""
    node: str = ""
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    start_time: datetime | None = None
    deletion_time: datetime | None = None
    """deletionTimestamp: when the grace period ends or ended, not when deletion was requested (catalogue J21)."""
    deletion_grace: int | None = None
    """deletionGracePeriodSeconds: 0 after the kubelet has finished with the pod, or if a client forced the deletion."""
    deletion_noted: datetime | None = None
    """When the deletion was requested, as noted on the pod, or as the store knows it (policy/job/first_deletion.py).

    Our own stops are noted with their reason, before the DELETE: without deletion_time, none was carried out yet.
    """
    termination_grace: int = 30
    """spec.terminationGracePeriodSeconds: how long the containers may take to stop."""
    disruption: tuple[str, str] | None = None
    """Reason and message of the condition DisruptionTarget, only while it is True (catalogue J8)."""
    disruption_time: datetime | None = None
    """When the condition DisruptionTarget became True: a container that ended before was not disrupted."""
    unschedulable: str = ""
    """The scheduler's message, while the condition PodScheduled is False."""
    gates: tuple[str, ...] = ()
    """The scheduling gates that keep the pod from its node, each for people: its name, and a queue where one is known.
    Of many, the first, and how many more."""
    scheduled_time: datetime | None = None
    """When the pod got its node: since when the condition PodScheduled is True."""
    latest_condition_time: datetime | None = None
    containers: tuple[Container, ...] = ()
    main_container: str = ""
    """The name of the main container, as the pod itself says; empty if an earlier version of the operator built it."""
    stop_reason: str = ""
    stop_detail: str = ""
    """What kept the pod from starting, as REASON: WORDS. The kubelet drops this when it ends the pod."""
    stop_in_status: bool = False
    """The stop reason is not on the pod, because that write was refused: the status of the job holds it."""
    deadline_seconds: int | None = None
    deadline_by_total: bool = False
    """The remainder of timeouts.total, not timeouts.attempt, set the deadline."""
    confirmed_gone: bool = False
    """A GET of the pod's name returned 404 or another UID: this is the last known state of the pod."""
    missing_from_watch: bool = False
    """The watch reports the pod as gone, but the pod may only have lost its label. A GET must confirm it."""

    @property
    def job(self) -> JobId:
        """The job that owns the pod; its UID is empty if the pod names none."""
        return JobId(self.namespace, self.owner_uid)

    @property
    def main(self) -> Container | None:
        """The container whose end is the job's outcome."""
        return next((c for c in self.containers if c.role is ContainerRole.MAIN), None)

    @property
    def main_started(self) -> bool:
        """The main container runs, or has run. The kubelet reports one that never ran as ended, without a start."""
        main = self.main
        return main is not None and (
            main.running_since is not None or (main.terminated is not None and main.terminated.started is not None)
        )

    @property
    def ended(self) -> bool:
        """No container runs or will run: a terminal phase, deleted before it had a node, or gone (protocol.md)."""
        return (
            self.confirmed_gone
            or self.phase in {"Succeeded", "Failed"}
            or (self.deletion_time is not None and not self.node)
        )

    @property
    def live(self) -> bool:
        """The pod has not ended: it runs, or may still start."""
        return not self.ended


@dataclass(frozen=True, slots=True)
class KubeletEvent:
    """One Event of a pod, as the kubelet reported it. A repeated Event is one object with two times."""

    reason: str
    message: str
    container: str = ""
    """The regular container that the Event is about; empty if it is about the pod or an init container."""
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExtraEvidence:
    """What was read about an ended pod outside the pod object. None: not requested; empty: nothing was found."""

    log: str | None = None
    """The last words in the log of the container whose end decides."""
    events: tuple[KubeletEvent, ...] | None = None
    """The kubelet's Events about the pod, those that may tell something."""


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
    """spec.resolution.state is Resolved: another state closes nothing (protocol: Deleting)."""

    @property
    def job(self) -> JobId:
        """The job that the dead letter is about: one of its own namespace."""
        return JobId(self.namespace, self.job_uid)
